//! What a request can ask for, one file each. Not here: how an object is read.

pub(crate) mod purge;
pub(crate) mod site;
pub(crate) mod status_page;
