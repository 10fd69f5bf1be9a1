//! The Tokio runtime on which origins and their connections run.

use std::sync::LazyLock;

use tokio::runtime::{Builder, Handle, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("testbed-origin")
        .enable_all()
        .build()
        .expect("the testbed's runtime starts")
});

/// A runtime that outlives every test: a task that is spawned here does not end with the `#[tokio::test]`
/// that happened to start it.
#[must_use]
pub fn runtime() -> &'static Handle {
    RUNTIME.handle()
}
