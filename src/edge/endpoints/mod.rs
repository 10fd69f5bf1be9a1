//! What a request can ask for, one file each.

pub(crate) mod purge;
pub(crate) mod site;
pub(crate) mod status_page;
