//! Promises broken on purpose, so that a test can show that it would notice. Debug builds only, and off.

use std::sync::LazyLock;
use std::time::Duration;

/// How late a sabotaged commit comes: about as long as a disk takes to sync.
pub(super) const LATE: Duration = Duration::from_millis(5);

static ANSWERS_BEFORE_COMMIT: LazyLock<bool> =
    LazyLock::new(|| std::env::var("BELFRY_SABOTAGE").is_ok_and(|how| how == "answer_before_commit"));

/// Whether writes are answered before they are durable: `tests/crash` with `--sabotage` must notice.
pub(super) fn answers_before_commit() -> bool {
    cfg!(debug_assertions) && *ANSWERS_BEFORE_COMMIT
}
