//! Building the response.

pub(crate) mod finish;
pub(crate) mod local_reply;
pub(crate) mod object;
pub(crate) mod reply;
