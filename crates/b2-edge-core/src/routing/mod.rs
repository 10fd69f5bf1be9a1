//! From the POP to the origins in order of preference.

pub mod data_center;
pub mod pops;
pub mod region;
pub mod route;
