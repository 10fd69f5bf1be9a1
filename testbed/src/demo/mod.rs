//! What `cargo xtask serve` shows: two origins, the sample site with its gallery in them, and log lines for people to read.
//! Starting and stopping it all is the program's own work, in `src/bin/serve.rs`.

pub mod gallery;
pub mod log_view;
mod mp4;
mod origins;
mod png;
pub mod s3;
pub mod sample;

pub use origins::{CONFIG, DemoOrigin, EDGE_PORT, EU, ORIGINS, US};
