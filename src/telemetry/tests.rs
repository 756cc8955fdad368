//! What log lines look like, and what happens when they cannot be written.

use std::sync::{Arc, Condvar, Mutex};

use super::*;

/// Standard output that a test can read, and hold up.
#[derive(Clone, Default)]
struct Screen(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    written: Vec<u8>,
    held: bool,
}

impl Screen {
    fn hold_up(&self, held: bool) {
        self.0.state.lock().unwrap().held = held;
        self.0.changed.notify_all();
    }

    /// Waits until so many lines have come, for ten seconds at most.
    fn wait_for_lines(&self, lines: usize) {
        let state = self.0.state.lock().unwrap();
        let missing = |state: &mut State| state.written.iter().filter(|byte| **byte == b'\n').count() < lines;
        let patience = std::time::Duration::from_secs(10);
        let (_state, waited) = self.0.changed.wait_timeout_while(state, patience, missing).unwrap();
        assert!(!waited.timed_out(), "the lines did not come");
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.state.lock().unwrap().written.clone()).unwrap()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let state = self.0.state.lock().unwrap();
        let mut state = self.0.changed.wait_while(state, |state| state.held).unwrap();
        state.written.extend_from_slice(bytes);
        self.0.changed.notify_all();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log(format: LogFormat, file: Option<std::path::PathBuf>) -> Log {
    Log { level: "info".to_owned(), format, file, max_size: 1 << 20, keep: 2 }
}

/// What `act` logs to standard output.
fn logged(log: &Log, act: impl FnOnce()) -> String {
    let screen = Screen::default();
    let (dispatch, guard) = assemble(log, &directives(&log.level), screen.clone()).unwrap();
    tracing::dispatcher::with_default(&dispatch, act);
    drop(guard);
    screen.text()
}

fn json(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_is_one_json_object_whatever_a_user_writes() {
    let title = "x\"}\n{\"level\":\"ERROR\"}\r\u{1b}[31m";
    let text = logged(&log(LogFormat::Json, None), || {
        let _request = tracing::info_span!("request", id = 7, path = title).entered();
        tracing::info!(title, level = "mine", count = 3, ratio = 0.5, done = true, "Sent {title}");
        tracing::debug!("too fine");
    });
    let lines = json(&text);
    assert_eq!(lines.len(), 1, "{text}");
    let line = &lines[0];
    assert_eq!(line["message"], format!("Sent {title}"));
    assert_eq!((&line["level"], &line["level_"]), (&"INFO".into(), &"mine".into()));
    assert_eq!((&line["title"], &line["count"]), (&title.into(), &3.into()));
    assert_eq!((&line["ratio"], &line["done"]), (&0.5.into(), &true.into()));
    assert_eq!(line["spans"]["request"], serde_json::json!({ "id": 7, "path": title }));
    let timestamp = line["timestamp"].as_str().unwrap();
    assert!(
        timestamp.ends_with('Z') && timestamp.len() == "2026-01-11T14:30:00.000000Z".len(),
        "{timestamp}"
    );
}

#[test]
fn a_line_of_text_stays_one_line() {
    let text = logged(&log(LogFormat::Text, None), || {
        tracing::warn!("Sent x\n2026 ERROR forged\u{1b}[31m\u{2028}é")
    });
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.ends_with("Sent x\\n2026 ERROR forged\\x1b[31m\\u{2028}é\n") && text.contains(" WARN "),
        "{text}"
    );
}

#[test]
fn the_file_is_json_beside_text_on_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    for (format, name) in [(LogFormat::Text, "text.log"), (LogFormat::Json, "json.log")] {
        let path = folder.path().join("logs").join(name);
        let screen = logged(&log(format, Some(path.clone())), || {
            let _request = tracing::info_span!("request", id = 7).entered();
            tracing::info!("Ready");
        });
        let lines = json(&std::fs::read_to_string(&path).unwrap());
        assert_eq!((&lines[0]["message"], &lines[0]["spans"]["request"]["id"]), (&"Ready".into(), &7.into()));
        assert_eq!(screen.starts_with('{'), format == LogFormat::Json, "{screen}");
    }
}

#[test]
fn libraries_are_quiet_below_warnings() {
    assert!(directives("info").starts_with("info,hyper=warn,"));
    assert!(directives("error").starts_with("error,hyper=error,"));
    let text = logged(&log(LogFormat::Json, None), || {
        tracing::info!(target: "hyper::proto", "noise");
        tracing::warn!(target: "hyper::proto", "news");
    });
    assert_eq!(json(&text).len(), 1);
}

#[test]
fn lines_that_nobody_takes_are_dropped_counted_and_warned_of() {
    const LINES: usize = 150_000;
    let screen = Screen::default();
    screen.hold_up(true);
    let (dispatch, guard) = assemble(&log(LogFormat::Json, None), "info", screen.clone()).unwrap();
    let registry = metrics::Registry::new(crate::clock::Instant(0));
    guard.register(&registry);
    tracing::dispatcher::with_default(&dispatch, || {
        // One batch waits at the screen, one behind it, and the rest must go.
        for _ in 0..LINES {
            tracing::info!("a line");
        }
        let dropped = guard.dropped_lines();
        assert!(dropped > 0);
        let line = format!("belfry_log_lines_dropped_total{{to=\"stdout\"}} {dropped}\n");
        assert!(registry.encode().contains(&line), "{}", registry.encode());
        screen.hold_up(false);
        screen.wait_for_lines(LINES - dropped);
        guard.warn_of_dropped_lines();
        guard.warn_of_dropped_lines();
    });
    drop(guard);
    assert_eq!(screen.text().matches("that could not be written in time").count(), 1);
}

#[test]
fn what_cannot_work_is_said_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    std::fs::write(&in_the_way, "").unwrap();
    let bad_file = log(LogFormat::Json, Some(in_the_way.join("api.log")));
    let error = assemble(&bad_file, "info", std::io::sink()).err().unwrap().to_string();
    assert!(error.contains("set log.file to a file that can be written"), "{error}");
    let error =
        assemble(&log(LogFormat::Json, None), "belfry=loud", std::io::sink()).err().unwrap().to_string();
    assert!(error.starts_with("RUST_LOG is \"belfry=loud\""), "{error}");
}
