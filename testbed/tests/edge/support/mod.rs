//! What the tests of every subject share: the stages that they run on, the faults that they inject, what a
//! correct cache may return, and the schema of the log line. Its only tests are those of its own model and stages.

pub(crate) mod alone;
pub(crate) mod crowd;
pub(crate) mod history;
mod history_tests;
mod idle;
mod idle_tests;
pub(crate) mod log_schema;
pub(crate) mod scenarios;
pub(crate) mod stage;
pub(crate) mod stage_pool;
