//! The one binary: hands the command line to `belfry::cli`.

fn main() -> std::process::ExitCode {
    belfry::cli::main()
}
