//! The shell: the only code that names the platform. It reads what there is, carries out what the
//! core decides, and decides nothing itself.

pub(crate) mod error_document;
pub(crate) mod fetch;
pub(crate) mod inbound;
pub(crate) mod log;
pub(crate) mod respond;
pub(crate) mod settings;
