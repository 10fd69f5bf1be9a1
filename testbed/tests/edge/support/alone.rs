//! Tests that keep both cores busy for seconds, one after the other.
//!
//! Beside one of them, other tests take longer; beside two, so much longer that the times no longer fit which a test allows
//! for a busy machine.

use tokio::sync::{Mutex, MutexGuard};

/// Waits until no other test that keeps the machine busy runs. The next one waits until the guard is dropped.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
