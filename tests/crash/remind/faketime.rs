//! A clock that can be stepped under a running server: libfaketime, which reads from a file how far it is ahead.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::client;

/// The wall clock of a server; what measures time that passes is left alone.
pub struct WallClock {
    library: PathBuf,
    folder: TempDir,
    /// Seconds.
    ahead: i64,
}

impl WallClock {
    /// A clock that is not ahead; `None` where libfaketime is not installed.
    pub fn new() -> anyhow::Result<Option<Self>> {
        let Some(library) = library() else { return Ok(None) };
        let clock = Self { library, folder: tempfile::tempdir()?, ahead: 0 };
        clock.write()?;
        Ok(Some(clock))
    }

    /// What makes a program have this clock.
    pub fn environment(&self) -> Vec<(String, String)> {
        let (library, file) = (self.library.display().to_string(), self.file().display().to_string());
        let pairs = [
            ("LD_PRELOAD", &*library),
            ("FAKETIME_TIMESTAMP_FILE", &*file),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            // By this name in older versions.
            ("DONT_FAKE_MONOTONIC", "1"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// What it shows, in microseconds since 1970.
    pub fn now(&self) -> i64 {
        client::now().as_microsecond() + self.ahead * 1_000_000
    }

    /// Moves it by so many seconds, from one moment to the next.
    pub fn step(&mut self, seconds: i64) -> anyhow::Result<()> {
        self.ahead += seconds;
        self.write()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }

    /// The server never reads half of it.
    fn write(&self) -> anyhow::Result<()> {
        let draft = self.folder.path().join("draft");
        fs::write(&draft, format!("{:+}\n", self.ahead))?;
        Ok(fs::rename(draft, self.file())?)
    }
}

/// Where Debian's package `faketime` puts what programs with threads need.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|file| file.exists())
}
