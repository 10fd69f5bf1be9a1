//! A client's request: what it wants, and what identifies it.

pub mod country;
pub mod intent;
pub mod request_id;
