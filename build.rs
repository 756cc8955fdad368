//! Has release builds look again at the pages that they hold.

fn main() {
    // Debug builds read the pages from disk. The macro that embeds them is told of changed files, not of new ones.
    let is_debug = std::env::var("PROFILE").is_ok_and(|profile| profile == "debug");
    println!("cargo::rerun-if-changed={}", if is_debug { "build.rs" } else { "web/dist" });
}
