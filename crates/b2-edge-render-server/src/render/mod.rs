//! A request to render: its authorisation, and what it asks for.

pub(crate) mod mac;
pub(crate) mod order;
