//! Building a response: its head, its body or the plan for it, and the headers that every response has. Not here:
//! how the object was read, and how the response is sent.

pub(crate) mod finish;
pub(crate) mod local_reply;
pub(crate) mod object;
pub(crate) mod outgoing;
pub(crate) mod reply;
pub(crate) mod segments;
