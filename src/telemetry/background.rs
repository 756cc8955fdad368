//! Hands log lines to a thread of their own, many at a time.
//!
//! A line costs its caller a copy into a buffer. The thread is woken by the first line of a batch only, waits a
//! moment for more and writes them all: waking it for each line would cost more than the rest of a request.

use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Lines are dropped while so many bytes wait: half a minute's worth of a busy server.
pub(super) const WAITING_BYTES: usize = 4 * 1024 * 1024;

/// How long the thread gathers lines before it writes them.
const GATHERED_FOR: Duration = Duration::from_millis(20);

/// How long the end of the process waits for its last lines.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is handed to the output at once; a file is put aside between two pieces only.
const PIECE: usize = 64 * 1024;

/// Takes lines for the background; clones write to the same place.
#[derive(Clone)]
pub(super) struct Lines(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    dropped: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// Whole lines.
    waiting: Vec<u8>,
    /// No more lines are taken.
    closed: bool,
    /// The thread has written everything.
    done: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// Lines that were dropped because too many waited.
    pub fn dropped(&self) -> usize {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

impl Write for Lines {
    /// `line` is one whole line, or several.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        if state.waiting.len() + line.len() > WAITING_BYTES || state.closed {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return Ok(line.len());
        }
        let is_first = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        drop(state);
        if is_first {
            self.0.changed.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Lines;

    fn make_writer(&'w self) -> Lines {
        self.clone()
    }
}

/// Keeps the thread; when it is dropped, what waits is written first.
pub(super) struct Worker(Lines);

impl Drop for Worker {
    /// Waits for the thread, but not for ever: nobody may be reading standard output.
    fn drop(&mut self) {
        let shared = &self.0.0;
        let mut state = shared.lock();
        state.closed = true;
        shared.changed.notify_all();
        let _ = shared.changed.wait_timeout_while(state, PATIENCE, |state| !state.done);
    }
}

/// Starts a thread that writes lines to `output`.
pub(super) fn start(name: &str, output: impl Write + Send + 'static) -> io::Result<(Lines, Worker)> {
    let shared = Shared { state: Mutex::default(), changed: Condvar::new(), dropped: AtomicUsize::new(0) };
    let lines = Lines(Arc::new(shared));
    let shared = lines.0.clone();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || write_all(&shared, output))?;
    Ok((lines.clone(), Worker(lines)))
}

fn write_all(shared: &Shared, mut output: impl Write) {
    let mut batch = Vec::new();
    loop {
        let state = shared.lock();
        let idle = |state: &mut State| state.waiting.is_empty() && !state.closed;
        let state = shared.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
        let gathering = |state: &mut State| state.waiting.len() < WAITING_BYTES / 2 && !state.closed;
        let (mut state, _) = shared
            .changed
            .wait_timeout_while(state, GATHERED_FOR, gathering)
            .unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut state.waiting, &mut batch);
        let closed = state.closed;
        drop(state);
        for piece in pieces(&batch) {
            // A closed terminal or a full disk costs these lines, not the server.
            let _ = output.write_all(piece);
        }
        let _ = output.flush();
        batch.clear();
        batch.shrink_to(WAITING_BYTES / 16);
        if closed {
            shared.lock().done = true;
            shared.changed.notify_all();
            return;
        }
    }
}

/// Whole lines, about [`PIECE`] bytes of them at a time.
fn pieces(mut lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let end = match lines.get(PIECE..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n')) {
            Some(position) => PIECE + position + 1,
            None => lines.len(),
        };
        let (piece, rest) = lines.split_at(end);
        lines = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_where_lines_do() {
        let lines = "a line of some length\n".repeat(20_000);
        let cut: Vec<&[u8]> = pieces(lines.as_bytes()).collect();
        assert!(cut.len() > 5 && cut.iter().all(|piece| piece.ends_with(b"\n")));
        assert_eq!(cut.concat(), lines.as_bytes());
    }
}
