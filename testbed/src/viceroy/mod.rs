//! Fastly's local runtime: the process, its generated configuration, what it prints, and modules with limited
//! memory for it to run. Which Viceroy to run is decided elsewhere: `B2_EDGE_VICEROY` names it.

pub(crate) mod config;
mod host_calls;
mod output;
pub(crate) mod process;
pub mod wasm_import;
pub mod wasm_memory;
