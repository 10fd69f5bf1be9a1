//! Listings of folders without an index document: which representation a client gets, and its content. Not here: how an
//! origin lists a folder, and how long that is cached.

mod html;
mod json;
pub mod page;
pub mod page_token;
pub mod render;
pub mod settings;
