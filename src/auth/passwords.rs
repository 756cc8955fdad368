//! Passwords: Argon2id, off the async threads, and never more than two at a time.
//!
//! A hash takes 19 MiB and some 20 ms on purpose. Whoever could start many at once could take the node's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Refusal;
use crate::http::Problem;

/// The shortest password, in characters.
pub const SHORTEST: usize = 8;

/// The longest password, in characters.
pub const LONGEST: usize = 1024;

/// Memory of one hash, in KiB (OWASP: 19 MiB, 2 passes, 1 lane).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Hashes at one time.
const AT_ONCE: usize = 2;

/// Hashes that may wait; at 20 ms each for two at a time, the last of them waits some three seconds.
const MAY_WAIT: usize = 256;

/// The hash of a password that nobody has: what an unknown person's password is compared with, so that the
/// answer takes as long as for a known one.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$QmVsZnJ5Tm9ib2R5czAwMQ$7uW1Zb7mE0m3bQm3x0Y3S3mB2b1xJ8hZk9mX0vW1aXo";

/// A hashed password in PHC form. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hash(String);

impl Hash {
    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hash")
    }
}

/// Whether somebody may have this password.
///
/// # Errors
/// One that is too short, too long or holds NUL.
pub fn check(password: &str) -> Result<(), Refusal> {
    let characters = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&characters) {
        return Err(Refusal::invalid(format!("password must be {SHORTEST} to {LONGEST} characters long")));
    }
    if password.contains('\0') {
        return Err(Refusal::invalid("password must not contain the character NUL"));
    }
    Ok(())
}

/// Hashes a password on this thread. For the command line; a server asks [`Hashing`].
///
/// # Errors
/// A password that nobody may have.
pub fn hash(password: &str) -> Result<Hash, Refusal> {
    check(password)?;
    let hash = hasher().hash_password(password.as_bytes());
    Ok(Hash(hash.expect("the parameters are in range and the system gives random bytes").to_string()))
}

fn verify(hash: Option<&str>, password: &str) -> bool {
    let is_right = hasher().verify_password(password.as_bytes(), hash.unwrap_or(NOBODYS)).is_ok();
    is_right && hash.is_some()
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes and compares on threads of their own, two at a time, with a queue that ends.
pub(super) struct Hashing {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Hashing {
    pub fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), waiting: AtomicUsize::new(0) }
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// 400 for one that nobody may have, 503 when too many wait.
    pub async fn hash(&self, password: String) -> Result<Hash, Problem> {
        check(&password)?;
        Ok(self.run(move || hash(&password)).await??)
    }

    /// Whether `password` has this hash; without one it takes as long and says no.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn verify(&self, hash: Option<String>, password: String) -> Result<bool, Problem> {
        self.run(move || verify(hash.as_deref(), &password)).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let permit = self.turn().await?;
        let done = tokio::task::spawn_blocking(move || {
            // The permit goes with the work: a caller who goes away does not make room for a third hash.
            let _permit = permit;
            work()
        });
        done.await.map_err(|error| Problem::fault(&error))
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let _place = Place::take(&self.waiting).ok_or_else(|| {
            Problem::unavailable("Too many people are signing in; try again in a moment", 2)
        })?;
        Ok(self.permits.clone().acquire_owned().await.expect("the semaphore is never closed"))
    }
}

/// A place in the queue, given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        if waiting.fetch_add(1, Ordering::Relaxed) < MAY_WAIT {
            return Some(Place(waiting));
        }
        waiting.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_another_is_not() {
        let hash = hash("correct horse").unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert!(verify(Some(hash.as_str()), "correct horse"));
        assert!(!verify(Some(hash.as_str()), "Correct horse"));
        assert_eq!(format!("{hash:?}"), "Hash");
    }

    #[test]
    fn nobody_has_the_hash_that_stands_for_unknown_people() {
        assert!(argon2::password_hash::phc::PasswordHash::new(NOBODYS).is_ok());
        assert!(!verify(None, "correct horse"));
    }

    #[test]
    fn passwords_have_8_to_1024_characters_and_no_nul() {
        let long = "ü".repeat(1024);
        for (password, good) in [("1234567", false), ("äöüßäöüß", true), (&long, true), ("12345678\0", false)]
        {
            assert_eq!(check(password).is_ok(), good, "{password:.20}");
        }
        assert!(check(&format!("{long}x")).is_err());
    }

    #[tokio::test]
    async fn beyond_the_queue_people_are_asked_to_come_back() {
        let hashing = Arc::new(Hashing::new());
        let held = hashing.permits.clone().acquire_many_owned(2).await.unwrap();
        let waiting: Vec<_> = (0..MAY_WAIT)
            .map(|_| {
                let hashing = hashing.clone();
                tokio::spawn(async move { hashing.turn().await.is_ok() })
            })
            .collect();
        while hashing.waiting.load(Ordering::Relaxed) < MAY_WAIT {
            tokio::task::yield_now().await;
        }
        assert_eq!(hashing.turn().await.unwrap_err().status.as_u16(), 503);
        drop(held);
        for turn in waiting {
            assert!(turn.await.unwrap());
        }
        assert!(hashing.turn().await.is_ok());
    }
}
