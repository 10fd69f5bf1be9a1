//! The result of preconditions is one that at least one of the headers allows, and an object always matches itself.
//!
//! The input is the object's entity tag on the first line, then one header a line: a letter for its name, and its
//! value.

#![no_main]

use std::time::{Duration, SystemTime};

use b2_edge_core::http::conditional::{Precondition, Validators, evaluate, range_applies};
use http::header::{
    IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

/// Sun, 06 Nov 1994 08:49:37 GMT.
const LAST_MODIFIED_S: u64 = 784_111_777;

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|&byte| byte == b'\n');
    let etag = lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let entry = Validators {
        etag,
        last_modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_MODIFIED_S)),
    };
    let mut request = HeaderMap::new();
    for line in lines {
        let Some((letter, value)) = line.split_first() else {
            continue;
        };
        let name = match letter {
            b'm' => IF_MATCH,
            b'u' => IF_UNMODIFIED_SINCE,
            b'n' => IF_NONE_MATCH,
            b's' => IF_MODIFIED_SINCE,
            b'r' => IF_RANGE,
            _ => LAST_MODIFIED,
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.append(name, value);
        }
    }

    let outcome = evaluate(&request, &entry);
    let has = |name| request.contains_key(name);
    match outcome {
        Precondition::Proceed => {}
        Precondition::NotModified => assert!(has(IF_NONE_MATCH) || has(IF_MODIFIED_SINCE)),
        Precondition::Failed => assert!(has(IF_MATCH) || has(IF_UNMODIFIED_SINCE)),
    }
    let same_if_repeated = evaluate(&request, &entry);
    assert_eq!(outcome, same_if_repeated);
    assert!(has(IF_RANGE) || range_applies(&request, &entry));

    // If If-Range with a tag lets a range apply, If-Match with the same tag is met.
    if let Some(tag) = request
        .get(IF_RANGE)
        .filter(|tag| tag.as_bytes().contains(&b'"'))
        && range_applies(&request, &entry)
    {
        let only = HeaderMap::from_iter([(IF_MATCH, tag.clone())]);
        assert_eq!(evaluate(&only, &entry), Precondition::Proceed);
    }

    // A client that has the object gets 304, whatever else it has, and never 412.
    let is_tag = |etag: &str| {
        let opaque = etag
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        opaque.is_some_and(|text| text.bytes().all(|b| b.is_ascii_graphic() && b != b'"'))
    };
    if let Some(own) = etag.filter(|etag| is_tag(etag)) {
        let own = HeaderValue::from_str(own).expect("visible ASCII");
        let mut has_it = HeaderMap::new();
        for other in request.get_all(IF_NONE_MATCH) {
            has_it.append(IF_NONE_MATCH, other.clone());
        }
        has_it.append(IF_NONE_MATCH, own.clone());
        assert_eq!(evaluate(&has_it, &entry), Precondition::NotModified);
        let means_it = HeaderMap::from_iter([(IF_MATCH, own.clone())]);
        assert_eq!(evaluate(&means_it, &entry), Precondition::Proceed);
        let continues = HeaderMap::from_iter([(IF_RANGE, own)]);
        assert!(range_applies(&continues, &entry));
    }
});
