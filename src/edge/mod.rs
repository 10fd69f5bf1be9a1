//! The shell: the only code that names the platform. It reads what there is, carries out what the
//! core decides, and decides nothing itself.

pub(crate) mod cache;
pub(crate) mod deliver;
pub(crate) mod endpoints;
pub(crate) mod origins;
pub(crate) mod platform;
pub(crate) mod read;
pub(crate) mod response;
