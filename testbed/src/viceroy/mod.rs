//! Fastly's local runtime: the process, its generated configuration, what it prints, and modules with limited
//! memory for it to run. Which Viceroy to run is decided elsewhere: `B2_EDGE_VICEROY` names it.

mod cache_reset;
pub(crate) mod config;
mod host_calls;
mod output;
pub(crate) mod process;
mod renewal;
pub mod wasm_import;
pub mod wasm_memory;
mod wasm_module;
