//! The worker that prints a document: one request on standard input, one PDF on standard output, then it ends.
//!
//! Templates are written by people and run here, away from the server: a process of its own can be limited and
//! ended, a thread cannot. It reads no file, reaches no network and knows no time but the day that it is handed.
//! The server knows this crate only as a program that it starts (`src/template/pdf/`), never as a library.

mod limits;
mod print;
mod request;
mod watch;
mod world;

use std::io::{Read, Write, stdin, stdout};
use std::process::ExitCode;

use request::{Answer, Request};

/// The longest request, in bytes.
const LONGEST_REQUEST: u64 = 16 * 1024 * 1024;

/// Reads a request, prints it and ends: 0 with the PDF, or 1 with a line of JSON that says what was wrong.
///
/// Whoever starts it hands over an empty environment.
pub fn work() -> ExitCode {
    let answer = match limits::set_ceilings().map_err(Answer::broken).and_then(|()| read()) {
        Ok(request) => watch::print(request),
        Err(answer) => answer,
    };
    let (bytes, code) = match answer {
        Answer::Printed(pdf) => (pdf, ExitCode::SUCCESS),
        Answer::Failed(failure) => (failure.to_json(), ExitCode::FAILURE),
    };
    // Nobody is left to be told that nobody listens.
    match stdout().write_all(&bytes).and_then(|()| stdout().flush()) {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

fn read() -> Result<Request, Answer> {
    let mut text = Vec::new();
    stdin().take(LONGEST_REQUEST).read_to_end(&mut text).map_err(Answer::broken)?;
    let request: Request = serde_json::from_slice(&text).map_err(Answer::broken)?;
    limits::set(&request.limits).map_err(Answer::broken)?;
    Ok(request)
}
