//! Promises broken on purpose, so that a test can show that it would notice. Debug builds only, and off.

use std::sync::LazyLock;
use std::time::Duration;

/// How long a sabotaged commit on PostgreSQL waits: about as long as the sync of a disk.
pub(super) const LATE: Duration = Duration::from_millis(5);

static ANSWERS_BEFORE_COMMIT: LazyLock<bool> =
    LazyLock::new(|| std::env::var("BELFRY_SABOTAGE").is_ok_and(|how| how == "answer_before_commit"));

/// Whether writes are answered before they are durable: `tests/crash` with `--sabotage` must notice.
pub(super) fn answers_before_commit() -> bool {
    cfg!(debug_assertions) && *ANSWERS_BEFORE_COMMIT
}
