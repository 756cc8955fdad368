//! The one binary: hands the command line to `belfry::cli`, and the printer that it starts.

fn main() -> std::process::ExitCode {
    belfry::cli::main(belfry_pdf::work)
}
