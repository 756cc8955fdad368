//! A log file that is put aside when it is full: `api.log`, then `api.log.1` (the newest) to `api.log.<keep>`.
//!
//! Every call of `write` is one whole line (or several), and lines are never torn: neither between two files nor by a
//! disk that fills up in the middle of one. Lines that cannot be written are counted and forgotten.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Lines are gathered up to this size before they are written without being asked to.
const BUFFER_BYTES: usize = 64 * 1024;

/// The owner writes, the group may read: log lines name people, but hold no secrets.
const MODE: u32 = 0o640;

/// A file that is put aside at a size. Written when flushed, when the buffer is full, and when dropped.
pub struct RotatingFile {
    path: PathBuf,
    max_size: u64,
    keep: usize,
    /// `None` until the next write opens it.
    file: Option<File>,
    /// Bytes in the file.
    length: u64,
    /// Whole lines that are not in the file yet.
    buffer: Vec<u8>,
    /// The size at which putting aside is tried next: more than `max_size` after it did not work.
    next_rotation: u64,
    handle: Handle,
}

/// Reaches a [`RotatingFile`] that some other thread writes.
#[derive(Clone, Default)]
pub struct Handle {
    reopen: Arc<AtomicBool>,
    lost: Arc<AtomicUsize>,
}

impl Handle {
    /// Has the file opened anew before its next line: somebody else (logrotate) moved it away.
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Release);
    }

    /// Lines that could not be written, because the disk was full for example.
    pub fn lost_lines(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }
}

impl RotatingFile {
    /// Opens or makes the file and the folder it lies in. A file that grows beyond `max_size` bytes is put aside, and
    /// `keep` of those are kept.
    pub fn open(path: &Path, max_size: u64, keep: usize) -> io::Result<RotatingFile> {
        let mut rotating = RotatingFile {
            path: path.to_path_buf(),
            max_size,
            keep,
            file: None,
            length: 0,
            buffer: Vec::new(),
            next_rotation: max_size,
            handle: Handle::default(),
        };
        rotating.opened()?;
        Ok(rotating)
    }

    /// A handle for whoever does not own the file.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// The open file; opens it if need be.
    fn opened(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let file = OpenOptions::new().create(true).append(true).mode(MODE).open(&self.path)?;
            self.length = file.metadata()?.len();
            self.file = Some(file);
        }
        Ok(self.file.as_mut().expect("it was opened above"))
    }

    /// Writes the buffer out, or counts its lines as lost.
    fn write_out(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        let buffer = std::mem::take(&mut self.buffer);
        match self.opened().and_then(|file| file.write_all(&buffer)) {
            Ok(()) => self.length += buffer.len() as u64,
            Err(_) => self.forget(&buffer),
        }
        self.buffer = buffer;
        self.buffer.clear();
    }

    fn forget(&mut self, lines: &[u8]) {
        let count = lines.iter().filter(|byte| **byte == b'\n').count();
        self.handle.lost.fetch_add(count, Ordering::Relaxed);
        // Part of it may have been written: the next line must not continue a torn one.
        if let Some(file) = self.file.take() {
            let _ = file.set_len(self.length);
        }
    }

    /// Puts the file aside and makes every older one a step older.
    fn rotate(&mut self) {
        // Where that is not possible (no permission, or the file is a device), go on with the file and try again later.
        let is_file = std::fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.is_file());
        if !is_file || self.put_aside().is_err() {
            self.next_rotation = self.length + self.max_size;
            return;
        }
        self.file = None;
        self.length = 0;
        self.next_rotation = self.max_size;
    }

    fn put_aside(&self) -> io::Result<()> {
        // Not only one too many: `keep` may have been lowered.
        let mut oldest = self.keep.max(1);
        while std::fs::remove_file(self.numbered(oldest)).is_ok() {
            oldest += 1;
        }
        if self.keep == 0 {
            return std::fs::remove_file(&self.path);
        }
        for number in (1..self.keep).rev() {
            match std::fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(&self.path, self.numbered(1))
    }

    fn numbered(&self, number: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

impl Write for RotatingFile {
    /// Takes all of `lines`, or counts them as lost: an error would only make the caller stop writing.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if self.handle.reopen.swap(false, Ordering::AcqRel) {
            self.write_out();
            self.file = None;
        }
        if self.file.is_none() {
            // The true length decides whether the lines still fit; `write_out` tells of an error.
            let _ = self.opened();
        }
        let after = self.length + (self.buffer.len() + lines.len()) as u64;
        if after > self.next_rotation {
            self.write_out();
            if self.length > 0 {
                self.rotate();
            }
        }
        self.buffer.extend_from_slice(lines);
        if self.buffer.len() >= BUFFER_BYTES {
            self.write_out();
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_out();
        Ok(())
    }
}

impl Drop for RotatingFile {
    fn drop(&mut self) {
        self.write_out();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const MAX: usize = 100;

    #[derive(Clone, Debug)]
    enum Step {
        /// A line of so many bytes.
        Line(usize),
        Flush,
        /// The process ends and starts again.
        Restart,
        /// logrotate moves the file away and says so.
        MovedAway,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            20 => (1..MAX + 20).prop_map(Step::Line),
            4 => Just(Step::Flush),
            2 => Just(Step::Restart),
            1 => Just(Step::MovedAway),
        ];
        proptest::collection::vec(step, 0..80)
    }

    /// What should lie on the disk: the file, and those put aside, newest first.
    #[derive(Default)]
    struct Model {
        current: String,
        aside: VecDeque<String>,
    }

    impl Model {
        fn line(&mut self, line: &str, keep: usize) {
            if !self.current.is_empty() && self.current.len() + line.len() > MAX {
                self.aside.push_front(std::mem::take(&mut self.current));
                self.aside.truncate(keep);
            }
            self.current.push_str(line);
        }
    }

    proptest! {
        #[test]
        fn the_files_hold_what_the_model_holds(steps in steps(), keep in 0..4_usize) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("logs/api.log");
            let open = || RotatingFile::open(&path, MAX as u64, keep).unwrap();
            let (mut file, mut model) = (open(), Model::default());
            for (number, step) in steps.iter().enumerate() {
                match step {
                    Step::Line(length) => {
                        let line = format!("{}\n", (number % 10).to_string().repeat(length - 1));
                        file.write_all(line.as_bytes()).unwrap();
                        model.line(&line, keep);
                    }
                    Step::Flush => file.flush().unwrap(),
                    Step::Restart => {
                        drop(file);
                        file = open();
                    }
                    Step::MovedAway => {
                        file.flush().unwrap();
                        std::fs::rename(&path, folder.path().join("elsewhere")).ok();
                        file.handle().reopen();
                        model.current.clear();
                    }
                }
            }
            file.flush().unwrap();
            prop_assert_eq!(file.handle().lost_lines(), 0);
            let read = |path: PathBuf| std::fs::read_to_string(path).unwrap_or_default();
            prop_assert_eq!(read(path.clone()), model.current);
            for number in 0..keep + 2 {
                let expected = model.aside.get(number).cloned().unwrap_or_default();
                prop_assert_eq!(read(file.numbered(number + 1)), expected);
            }
        }
    }

    #[test]
    fn a_full_disk_loses_lines_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api.log");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let mut file = RotatingFile::open(&path, 100, 2).unwrap();
        for _ in 0..1_000 {
            file.write_all(b"a line that finds no room\n").unwrap();
        }
        file.flush().unwrap();
        assert_eq!(file.handle().lost_lines(), 1_000);

        std::fs::remove_file(&path).unwrap();
        file.write_all(b"room again\n").unwrap();
        file.flush().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "room again\n");
        assert_eq!(file.handle().lost_lines(), 1_000);
    }

    #[test]
    fn a_folder_that_vanishes_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/api.log");
        let mut file = RotatingFile::open(&path, 100, 2).unwrap();
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        file.handle().reopen();
        file.write_all(b"still here\n").unwrap();
        file.flush().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "still here\n");
    }

    #[test]
    fn fewer_kept_files_take_the_others_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api.log");
        for number in 1..=5 {
            std::fs::write(folder.path().join(format!("api.log.{number}")), "old\n").unwrap();
        }
        let mut file = RotatingFile::open(&path, 4, 2).unwrap();
        file.write_all(b"one\n").unwrap();
        file.write_all(b"two\n").unwrap();
        file.flush().unwrap();
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["api.log", "api.log.1", "api.log.2"]);
    }
}
