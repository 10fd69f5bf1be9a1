//! Ranks the configured origins for the POP of a request. Not here: what happens when an origin fails, which
//! `origins` decides.

pub mod data_center;
pub mod pops;
pub mod region;
pub mod route;
