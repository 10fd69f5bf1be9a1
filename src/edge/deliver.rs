//! Sends a reply, and does what remains when the client has it.

use b2_edge::log_line::LogLine;

use super::read::{Read, revalidate};
use super::respond::{Reply, Then};
use super::watch;

/// Sends a reply to the client.
pub(crate) fn deliver(reply: Reply, read: Option<&Read<'_>>, line: &mut LogLine) {
    let Reply {
        response,
        then,
        is_to_revalidate,
        ..
    } = reply;
    let Some(read) = read else {
        response.send_to_client();
        return;
    };
    let is_complete = match then {
        Then::Nothing => {
            response.send_to_client();
            true
        }
        Then::Watch(key, entry) => {
            response.send_to_client();
            watch::until_complete(read, key, &entry)
        }
        Then::Send(segments) => segments.send(response, read, line),
    };
    if !is_complete {
        line.broke_off();
    }
    if is_to_revalidate {
        revalidate(read, line);
    }
}
