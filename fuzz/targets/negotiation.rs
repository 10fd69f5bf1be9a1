//! No value of a client's header is repeated in a response, unless it is on a list or of a known alphabet.
//!
//! The input is one header a line: a letter for the name, and the value.

#![no_main]

use b2_edge_core::http::accept::{Coding, accepts_compression, accepts_html};
use b2_edge_core::request::request_id::{RequestId, TRACEPARENT, X_REQUEST_ID};
use b2_edge_core::site::cors::Cors;
use http::header::{ACCEPT, ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

const LISTED: [&str; 2] = ["https://a.example", "http://localhost:3000"];

fuzz_target!(|data: &[u8]| {
    let mut client = HeaderMap::new();
    for line in data.split(|&byte| byte == b'\n') {
        let Some((letter, value)) = line.split_first() else {
            continue;
        };
        let name = match letter {
            b'a' => ACCEPT,
            b'e' => ACCEPT_ENCODING,
            b'o' => ORIGIN,
            b't' => TRACEPARENT,
            _ => X_REQUEST_ID,
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            client.append(name, value);
        }
    }

    let codings = Coding::ALL.map(|coding| coding.is_accepted(&client));
    assert_eq!(accepts_compression(&client), codings.contains(&true));
    if !client.contains_key(ACCEPT_ENCODING) {
        assert_eq!(codings, [false; 2]);
    }
    assert!(accepts_html(&client) || client.contains_key(ACCEPT));

    let origin = client.get(ORIGIN);
    let listed = Cors::Listed(LISTED.map(str::to_owned).to_vec());
    for headers in [listed.headers(origin), listed.preflight(origin)] {
        let is_listed = origin.is_some_and(|origin| LISTED.iter().any(|one| origin == one));
        assert_eq!(!headers.is_empty(), is_listed);
        for (name, value) in headers {
            assert!(name != ACCESS_CONTROL_ALLOW_ORIGIN || Some(&value) == origin);
        }
    }
    assert!(Cors::Off.headers(origin).is_empty());
    let everybody = Cors::AnyOrigin.headers(origin);
    assert!(everybody.contains(&(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))));

    let sent = client.clone();
    if let Some(id) = RequestId::take(&mut client) {
        let id = id.as_str();
        assert!((1..=128).contains(&id.len()), "{id}");
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=:@-".contains(&byte);
        assert!(id.bytes().all(is_allowed), "{id}");
        let is_sent = |name| {
            let line = sent
                .get(name)
                .map(HeaderValue::as_bytes)
                .unwrap_or_default();
            line.windows(id.len()).any(|window| window == id.as_bytes())
        };
        assert!(is_sent(X_REQUEST_ID) || is_sent(TRACEPARENT), "{id}");
    }
    assert!(!client.contains_key(X_REQUEST_ID) && !client.contains_key(TRACEPARENT));
});
