//! The segments of a large object, and those that a range needs.
//!
//! All segments except the last have the same size, so that an index identifies one. Nothing here overflows;
//! a size of 0 counts as 1.

use http::HeaderMap;
use http::header::{IF_RANGE, RANGE};

use crate::http::range::{ByteRange, Span};

/// A segment of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its index, from 0.
    pub index: u64,
    /// The offset of its first byte in the object.
    pub first: u64,
    /// The offset of its last byte in the object.
    pub last: u64,
}

impl Segment {
    /// Whether this is the end of a segment only.
    #[must_use]
    pub fn is_end(self, segment_bytes: u64) -> bool {
        !self.first.is_multiple_of(segment_bytes.max(1))
    }
}

/// The number of segments of an object of `complete_length` bytes.
#[must_use]
pub fn count(complete_length: u64, segment_bytes: u64) -> u64 {
    complete_length.div_ceil(segment_bytes.max(1))
}

/// The segment at `index`; `None` past the end of the object.
#[must_use]
pub fn segment(index: u64, complete_length: u64, segment_bytes: u64) -> Option<Segment> {
    let size = segment_bytes.max(1);
    let first = index.checked_mul(size)?;
    let end = complete_length.checked_sub(1)?;
    (first <= end).then(|| Segment {
        index,
        first,
        last: first.saturating_add(size - 1).min(end),
    })
}

/// A segment has so many places at which its end may begin. What precedes the wanted bytes has to arrive before them, so
/// it is a small part of the segment.
const PLACES: u64 = 128;

/// The end of the segment with the byte at `first`, of an object of unknown length. It begins a little before this byte,
/// so that a read from there need not wait for the whole segment.
#[must_use]
pub fn end_from(first: u64, segment_bytes: u64) -> Segment {
    let size = segment_bytes.max(1);
    let index = first / size;
    let begin = index * size;
    let place = size.div_ceil(PLACES);
    Segment {
        index,
        first: begin + (first - begin) / place * place,
        last: begin.saturating_add(size - 1),
    }
}

/// The end of a segment with which the response to a read begins, if this is certain before the object's length and
/// version are known. It is not certain for the first segment, which may be all of the object, and with preconditions,
/// because of which the response may be another one.
#[must_use]
pub fn sought(conditions: &HeaderMap, segment_bytes: u64) -> Option<Segment> {
    let mut names = conditions.keys();
    if !names.all(|name| [RANGE, IF_RANGE].contains(name)) {
        return None;
    }
    match ByteRange::requested(conditions)? {
        ByteRange::From { first, .. } if first >= segment_bytes => {
            Some(end_from(first, segment_bytes))
        }
        ByteRange::From { .. } | ByteRange::Suffix { .. } => None,
    }
}

/// The end of a segment with this length, and the wanted bytes of the segment as offsets within it; `None` if it does not
/// have all of them.
#[must_use]
pub fn end_of_length(segment: Segment, wanted: Span, length: u64) -> Option<(Segment, Span)> {
    let begin = (segment.last - segment.first).checked_sub(length.checked_sub(1)?)?;
    let wanted = Span {
        first: wanted.first.checked_sub(begin)?,
        last: wanted.last.checked_sub(begin)?,
    };
    let end = Segment {
        first: segment.first + begin,
        ..segment
    };
    Some((end, wanted))
}

/// The segments that contain `span`, in order, each with the wanted bytes, as offsets within the segment.
/// Bytes past the end of the object are left out.
pub fn covering(
    span: Span,
    complete_length: u64,
    segment_bytes: u64,
) -> impl Iterator<Item = (Segment, Span)> {
    let size = segment_bytes.max(1);
    let last = span.last.min(complete_length.saturating_sub(1));
    // Empty for an empty object and for a span that begins past the end.
    let indices = (span.first <= last).then(|| span.first / size..=last / size);
    indices
        .into_iter()
        .flatten()
        .filter_map(move |index| segment(index, complete_length, segment_bytes))
        .map(move |segment| {
            let wanted = Span {
                first: span.first.max(segment.first) - segment.first,
                last: last.min(segment.last) - segment.first,
            };
            (segment, wanted)
        })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn pieces(first: u64, last: u64, length: u64, size: u64) -> Vec<(u64, u64, u64)> {
        covering(Span { first, last }, length, size)
            .map(|(segment, wanted)| (segment.index, wanted.first, wanted.last))
            .collect()
    }

    #[test]
    fn an_object_is_cut_into_equal_pieces_and_a_rest() {
        for (length, size, expected) in [
            (0, 4, &[][..]),
            (1, 4, &[(0, 0)]),
            (4, 4, &[(0, 3)]),
            (5, 4, &[(0, 3), (4, 4)]),
            (9, 4, &[(0, 3), (4, 7), (8, 8)]),
            (3, 0, &[(0, 0), (1, 1), (2, 2)]),
        ] {
            let cut: Vec<_> = (0..)
                .map_while(|index| segment(index, length, size))
                .map(|segment| (segment.first, segment.last))
                .collect();
            assert_eq!(cut, expected, "{length} by {size}");
            assert_eq!(count(length, size), cut.len() as u64, "{length} by {size}");
        }
    }

    #[test]
    fn a_range_needs_the_pieces_it_lies_in() {
        for ((first, last, length, size), expected) in [
            ((0, 0, 10, 4), &[(0, 0, 0)][..]),
            ((3, 4, 10, 4), &[(0, 3, 3), (1, 0, 0)]),
            ((4, 7, 10, 4), &[(1, 0, 3)]),
            ((2, 9, 10, 4), &[(0, 2, 3), (1, 0, 3), (2, 0, 1)]),
            ((9, 9, 10, 4), &[(2, 1, 1)]),
            ((8, 99, 10, 4), &[(2, 0, 1)]),
            ((10, 12, 10, 4), &[]),
            ((5, 4, 10, 4), &[]),
            ((0, 0, 0, 4), &[]),
            ((0, 9, 10, u64::MAX), &[(0, 0, 9)]),
        ] {
            let found = pieces(first, last, length, size);
            assert_eq!(found, expected, "{first}-{last} of {length} by {size}");
        }
    }

    #[test]
    fn a_read_from_the_middle_of_a_segment_needs_its_end_only() {
        for ((first, size), expected) in [
            ((0, 256), (0, 0, 255)),
            ((1, 256), (0, 0, 255)),
            ((2, 256), (0, 2, 255)),
            ((255, 256), (0, 254, 255)),
            ((256, 256), (1, 256, 511)),
            ((533, 256), (2, 532, 767)),
            // Not a multiple of the number of places, and less.
            ((133, 130), (1, 132, 259)),
            ((14, 5), (2, 14, 14)),
            ((3, 0), (3, 3, 3)),
            ((u64::MAX, 1 << 63), (1, u64::MAX - (1 << 56) + 1, u64::MAX)),
            ((u64::MAX, u64::MAX), (1, u64::MAX, u64::MAX)),
        ] {
            let end = end_from(first, size);
            let found = (end.index, end.first, end.last);
            assert_eq!(found, expected, "from {first} by {size}");
        }
    }

    #[test]
    fn what_is_sought_is_known_before_the_object_only_beyond_the_first_segment_and_without_preconditions()
     {
        for (conditions, expected) in [
            (&[][..], None),
            (&[("range", "bytes=533-")], Some((2, 532, 767))),
            (&[("range", "bytes=533-599")], Some((2, 532, 767))),
            (&[("range", "bytes=256-256")], Some((1, 256, 511))),
            (&[("range", "bytes=255-")], None),
            (&[("range", "bytes=-533")], None),
            (&[("range", "bytes=533-538, 540-541")], None),
            (&[("range", "lines=533-")], None),
            (
                &[("range", "bytes=533-"), ("if-range", "\"a\"")],
                Some((2, 532, 767)),
            ),
            (&[("range", "bytes=533-"), ("if-match", "\"a\"")], None),
            (&[("range", "bytes=533-"), ("if-none-match", "\"a\"")], None),
        ] {
            let headers = conditions.iter().map(|&(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            let found = sought(&headers.collect(), 256);
            let found = found.map(|end| (end.index, end.first, end.last));
            assert_eq!(found, expected, "{conditions:?}");
        }
    }

    #[test]
    fn an_end_serves_the_bytes_that_it_has() {
        let segment = segment(2, 100, 16).expect("within the object");
        for ((first, last, length), expected) in [
            ((0, 15, 16), Some((32, 0, 15))),
            ((5, 15, 16), Some((32, 5, 15))),
            ((5, 15, 11), Some((37, 0, 10))),
            ((5, 15, 10), None),
            ((15, 15, 1), Some((47, 0, 0))),
            ((7, 9, 12), Some((36, 3, 5))),
            ((0, 15, 0), None),
            ((0, 15, 17), None),
        ] {
            let found = end_of_length(segment, Span { first, last }, length);
            let found = found.map(|(end, part)| (end.first, part.first, part.last));
            assert_eq!(found, expected, "{first}-{last} from the last {length}");
        }
    }

    #[test]
    fn the_end_of_a_segment_that_is_sought_has_the_wanted_bytes() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..20_000 {
            let length = random.u64(1..5000);
            let size = random.u64(1..=length * 2);
            let first = random.u64(0..length);
            let last = random.u64(first..length);
            for (piece, wanted) in covering(Span { first, last }, length, size) {
                let end = end_from(piece.first + wanted.first, size);
                let shown = format!("{wanted:?} of {piece:?} by {size}: {end:?}");
                let length = piece.last + 1 - end.first;
                let (same, part) = end_of_length(piece, wanted, length).expect(&shown);
                assert_eq!((same.index, same.first), (end.index, end.first), "{shown}");
                assert_eq!(part.length(), wanted.length(), "{shown}");
                assert_eq!(
                    end.first + part.first,
                    piece.first + wanted.first,
                    "{shown}"
                );
                assert!(part.first < size.div_ceil(PLACES), "{shown}");
            }
        }
    }

    #[test]
    fn no_number_is_too_large() {
        const MAX: u64 = u64::MAX;
        assert_eq!(count(MAX, 1), MAX);
        assert_eq!(count(MAX, MAX), 1);
        assert_eq!(segment(MAX, MAX, MAX), None);
        assert_eq!(
            segment(1, MAX, MAX - 1),
            Some(Segment {
                index: 1,
                first: MAX - 1,
                last: MAX - 1
            })
        );
        assert_eq!(
            pieces(MAX - 2, MAX, MAX, 1 << 63),
            [(1, (1 << 63) - 3, (1 << 63) - 2)]
        );
    }

    #[test]
    fn the_wanted_parts_are_the_range_in_order() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            // A few hundred segments prove as much as millions.
            let bits = random.u32(1..64);
            let length = random.u64(1..1 << bits);
            let size = random.u64(length / 300 + 1..=length.saturating_mul(2));
            let first = random.u64(0..length);
            let span = Span {
                first,
                last: random.u64(first..length),
            };
            let mut next = span.first;
            for (piece, wanted) in covering(span, length, size) {
                let shown = format!("{span:?} of {length} by {size}: {piece:?}, {wanted:?}");
                assert_eq!(segment(piece.index, length, size), Some(piece), "{shown}");
                assert_eq!(piece.first + wanted.first, next, "{shown}");
                assert!(wanted.first <= wanted.last, "{shown}");
                assert!(wanted.last <= piece.last - piece.first, "{shown}");
                assert!(piece.last - piece.first < size, "{shown}");
                assert!(piece.index < count(length, size), "{shown}");
                next = piece.first + wanted.last + 1;
            }
            assert_eq!(next, span.last + 1, "{span:?} of {length} by {size}");
        }
    }

    #[test]
    fn any_numbers_give_pieces_of_the_object() {
        let mut random = fastrand::Rng::with_seed(2);
        let mut number = || match random.u8(0..4) {
            0 => random.u64(0..4),
            1 => u64::MAX - random.u64(0..4),
            _ => random.u64(..),
        };
        for _ in 0..50_000 {
            let (first, last, length, size) = (number(), number(), number(), number());
            for (piece, wanted) in covering(Span { first, last }, length, size).take(3) {
                let shown = format!("{first}-{last} of {length} by {size}: {piece:?}, {wanted:?}");
                assert!(piece.first <= piece.last && piece.last < length, "{shown}");
                assert!(piece.first + wanted.first >= first, "{shown}");
                assert!(piece.first + wanted.last <= last, "{shown}");
            }
        }
    }
}
