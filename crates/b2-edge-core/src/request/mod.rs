//! A client's request: its intent, its ID, and its country. Not here: HTTP in general, and carrying the
//! intent out.

pub mod country;
pub mod intent;
pub mod request_id;
