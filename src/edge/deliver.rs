//! Sends a reply, and does what remains when the client has it.

use std::time::Instant;

use b2_edge_core::log::line::LogLine;

use crate::edge::cache::completion;
use crate::edge::read::object::{ObjectRead, revalidate};
use crate::edge::response::reply::{Reply, Then};

/// Sends a reply to the client, whose request came at `began`.
pub(crate) fn deliver(
    reply: Reply,
    read: Option<&ObjectRead<'_>>,
    began: Instant,
    line: &mut LogLine,
) {
    let Reply {
        response,
        then,
        is_to_revalidate,
        ..
    } = reply;
    let Some(read) = read else {
        response.send_to_client();
        line.delivered(began.elapsed());
        return;
    };
    let is_complete = match then {
        Then::Nothing => {
            response.send_to_client();
            line.delivered(began.elapsed());
            true
        }
        Then::Watch(key, entry) => {
            response.send_to_client();
            line.delivered(began.elapsed());
            completion::until_complete(read, key, &entry)
        }
        Then::Send(segments) => {
            let is_complete = segments.send(response, read, line);
            // Where not all are sent, with the last that was.
            line.delivered(began.elapsed());
            is_complete
        }
    };
    if !is_complete {
        line.broke_off();
    }
    if is_to_revalidate {
        revalidate(read, line);
    }
}
