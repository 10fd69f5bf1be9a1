//! How much of a large object is sent before the program looks at the clock again.
//!
//! While the program waits for a client it can do nothing else, and an execution ends after two minutes. What a slow
//! client takes at once must therefore be little. Buffers on the way hide for some megabytes how fast a client is.

use std::time::Duration;

use crate::http::range::Span;

/// The smallest piece in bytes: about half a minute of a client that takes 10 kB/s.
const LEAST: u64 = 256 * 1024;

/// How long a piece may take at the speed of the last one, in milliseconds.
const PIECE_TIME_MS: u64 = 4000;

/// The inverse of the part of all bytes sent so far that a piece may have.
const SHARE: u64 = 8;

/// How fast a client takes what it is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pacing {
    /// All bytes that were sent.
    sent: u64,
    /// The bytes of the last piece, and how long the client took for it.
    last: (u64, Duration),
}

impl Pacing {
    /// Adds a piece of this many bytes, for which the client took this long.
    pub const fn add(&mut self, bytes: u64, took: Duration) {
        self.sent = self.sent.saturating_add(bytes);
        self.last = (bytes, took);
    }

    /// The next piece of a part, and the rest; `None` if the part is no longer than a piece may be.
    #[must_use]
    pub fn split(&self, part: Span) -> Option<(Span, Span)> {
        let bytes = self.piece_bytes();
        if part.length() <= bytes {
            return None;
        }
        let end = part.first + bytes;
        let piece = Span {
            last: end - 1,
            ..part
        };
        Some((piece, Span { first: end, ..part }))
    }

    /// The longest next piece in bytes.
    fn piece_bytes(&self) -> u64 {
        let (bytes, took) = self.last;
        let took_ms = took.as_secs().saturating_mul(1000) + u64::from(took.subsec_millis());
        let at_this_speed = bytes.saturating_mul(PIECE_TIME_MS) / took_ms.max(1);
        at_this_speed.min(self.sent / SHARE).max(LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;

    #[test]
    fn a_piece_grows_with_what_was_sent_and_never_takes_long_at_the_speed_so_far() {
        for (sent, last_bytes, took_ms, expected) in [
            (0, 0, 0, 256 * KIB),
            (MIB, 256 * KIB, 1, 256 * KIB),
            (4 * MIB, 512 * KIB, 10, 512 * KIB),
            (64 * MIB, 8 * MIB, 100, 8 * MIB),
            (u64::MAX, u64::MAX, 0, u64::MAX / 8),
            // 50 kB/s and 500 kB/s, after much in the buffers.
            (40 * MIB, MIB, 21_000, 256 * KIB),
            (400 * MIB, 10 * MIB, 21_000, 1_997_287),
        ] {
            let took = Duration::from_millis(took_ms);
            let pacing = Pacing {
                sent,
                last: (last_bytes, took),
            };
            assert_eq!(
                pacing.piece_bytes(),
                expected,
                "{sent} bytes, {last_bytes} in {took:?}"
            );
        }
    }

    #[test]
    fn the_pieces_of_a_part_are_the_part() {
        let mut part = Span {
            first: 7,
            last: MIB + 6,
        };
        let mut pacing = Pacing::default();
        let mut lengths = Vec::new();
        while let Some((piece, rest)) = pacing.split(part) {
            assert_eq!((piece.first, piece.last + 1), (part.first, rest.first));
            lengths.push(piece.length());
            pacing.add(piece.length(), Duration::ZERO);
            part = rest;
        }
        lengths.push(part.length());
        assert_eq!((lengths, part.last), (vec![256 * KIB; 4], MIB + 6));
    }
}
