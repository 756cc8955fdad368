//! `belfry check`: is the configuration right, and what does it say?

use std::path::Path;

pub(super) fn check(path: &Path) -> anyhow::Result<()> {
    let config = super::load(path)?;
    println!("{}", config.describe().trim_end());
    for warning in config.warnings() {
        println!("warning: {warning}");
    }
    println!("{} is in order", path.display());
    Ok(())
}
