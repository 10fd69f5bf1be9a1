//! The gallery of the sample site: photos that are painted here, and the page that shows variants of them.

mod engines;
mod landscape;
mod page;
mod photo;
mod photos;

pub use engines::with_render_service;
pub use page::{KEY, page};
pub(crate) use photos::objects;
