//! Thumbnails of uploads: what a notification tells of, where the object is, and the name of its thumbnail.

pub(crate) mod b2_event;
pub(crate) mod bucket;
pub(crate) mod location;
pub(crate) mod notification;
