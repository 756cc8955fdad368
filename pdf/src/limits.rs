//! What the process forbids itself before it reads a template: the kernel holds it, whatever typst does.

use rustix::io::Result;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::request::Limits;

/// More memory than any request is granted.
const MOST_MEMORY: u64 = 2 * 1024 * 1024 * 1024;

/// More work of the processor than any request is granted, in seconds.
const MOST_WORK: u64 = 30;

/// Standard input, output and error are open already; no more.
const MOST_FILES: u64 = 3;

/// What holds for every request.
pub fn set_ceilings() -> Result<()> {
    hold(Resource::Core, 0)?;
    // Pipes are no files that could grow.
    hold(Resource::Fsize, 0)?;
    hold(Resource::Nofile, MOST_FILES)?;
    hold(Resource::Cpu, MOST_WORK)?;
    hold_memory(MOST_MEMORY)
}

/// What this request may use. The processor's time is watched more closely (`watch.rs`): the kernel counts whole
/// seconds, and stands behind.
pub fn set(limits: &Limits) -> Result<()> {
    hold(Resource::Cpu, (limits.work_ms / 1000 + 2).min(MOST_WORK))?;
    hold_memory(limits.memory.min(MOST_MEMORY))
}

fn hold_memory(bytes: u64) -> Result<()> {
    // macOS does not know this limit; the limit on work holds there as well.
    if cfg!(target_os = "linux") { hold(Resource::As, bytes) } else { Ok(()) }
}

fn hold(resource: Resource, most: u64) -> Result<()> {
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
}
