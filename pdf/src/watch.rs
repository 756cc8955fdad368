//! Prints beside a watch on the processor's time: a template that loops has done its work long before a second of
//! the kernel's is full, and one on a busy machine is not blamed for waiting.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rayon::ThreadPoolBuilder;
use rustix::time::{ClockId, clock_gettime};

use crate::print;
use crate::request::{Answer, Failure, Request};

/// Typst goes down into what is nested by calling itself.
const STACK: usize = 16 * 1024 * 1024;

/// How often the watch is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Prints, unless it takes more work than the request grants.
pub fn print(request: Request) -> Answer {
    let granted = Duration::from_millis(request.limits.work_ms);
    let (tell, told) = channel();
    let printing = move || {
        // One thread: its time is what is counted, and each further one would reserve memory of its own.
        let answer = match ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global() {
            Ok(()) => print::print(&request),
            Err(error) => Answer::broken(error),
        };
        // Nobody listens any more when the process ends.
        let _ = tell.send(answer);
    };
    if let Err(error) = thread::Builder::new().name("print".into()).stack_size(STACK).spawn(printing) {
        return Answer::broken(error);
    }
    loop {
        match told.recv_timeout(LOOK_EVERY) {
            Ok(answer) => return answer,
            // It panicked over this template; whatever else there is to know stands on standard error.
            Err(RecvTimeoutError::Disconnected) => return Answer::refused("the printer cannot cope with it"),
            Err(RecvTimeoutError::Timeout) if worked() > granted => return Answer::Failed(Failure::Slow),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// How long the processor has worked for this process.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
