//! A range is a part of the object, and its segments are the bytes of that part in order.
//!
//! The input is text, one value a line: `Range` or `Content-Range`, the length of the object, and the segment size.

#![no_main]

use b2_edge_core::cache::segments;
use b2_edge_core::http::range::{ByteRange, parse_content_range};
use http::HeaderValue;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|&byte| byte == b'\n');
    let Ok(value) = HeaderValue::from_bytes(lines.next().unwrap_or_default()) else {
        return;
    };
    let mut number = || {
        let digits = std::str::from_utf8(lines.next()?).ok()?;
        digits.parse::<u64>().ok()
    };
    let length = number().unwrap_or(1000);
    // Too many segments are only slow.
    let size = number().unwrap_or(100).max(length / 1000);

    if let Some((part, complete)) = parse_content_range(&value) {
        assert!(part.first <= part.last && part.last < complete);
    }
    let Some(range) = ByteRange::parse(&value) else {
        return;
    };
    let Some(span) = range.resolve(length) else {
        return;
    };
    assert!(span.first <= span.last && span.last < length);
    assert!(span.length() <= length);
    let described = HeaderValue::from_str(&span.content_range(length)).expect("digits");
    assert_eq!(parse_content_range(&described), Some((span, length)));
    assert!(range.matches(&described));

    let mut next = span.first;
    for (piece, wanted) in segments::covering(span, length, size) {
        assert_eq!(segments::segment(piece.index, length, size), Some(piece));
        assert!(piece.index < segments::count(length, size));
        assert!(wanted.first <= wanted.last && wanted.last <= piece.last - piece.first);
        assert!(piece.last - piece.first < size.max(1));
        assert_eq!(piece.first + wanted.first, next);
        next = piece.first + wanted.last + 1;
    }
    assert_eq!(next, span.last + 1);
});
