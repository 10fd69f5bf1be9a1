//! Image variants: which paths are variants, of what source and by which preset, and every decision about them. It has
//! no codecs; the crate `b2-edge-render` makes the bytes.

pub mod etag;
pub mod failure;
pub mod format;
pub mod mac;
pub mod negotiation;
pub mod preset;
pub mod render_request;
pub mod render_response;
pub mod route;
pub mod settings;
pub mod store_record;
pub mod stored;
pub mod template;
pub mod variant;
