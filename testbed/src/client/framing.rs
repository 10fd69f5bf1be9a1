//! Where the content of a response ends (RFC 9112 §6.3), strictly.

use std::io;

use bytes::BytesMut;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode};

/// How the end of the content is recognised.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// The number of bytes that are still to come.
    Length(u64),
    Chunked(Chunk),
    UntilClose,
}

/// What comes next in chunked coding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    Size,
    Data(u64),
    DataEnd,
    Trailer,
}

/// Whether the content is complete after the bytes received so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Done,
    More,
    Broken,
}

impl Framing {
    pub(crate) fn of(method: &Method, status: StatusCode, headers: &HeaderMap) -> io::Result<Self> {
        let has_no_content = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if method == Method::HEAD || has_no_content {
            return Ok(Self::Length(0));
        }
        if let Some(coding) = headers.get(TRANSFER_ENCODING) {
            return match coding.as_bytes() {
                b"chunked" if !headers.contains_key(CONTENT_LENGTH) => {
                    Ok(Self::Chunked(Chunk::Size))
                }
                _ => Err(invalid(
                    "a transfer coding other than chunked, or together with a Content-Length",
                )),
            };
        }
        let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
        match (lengths.next(), lengths.next()) {
            (None, _) => Ok(Self::UntilClose),
            (Some(length), None) => {
                let length = length.to_str().ok().and_then(|length| length.parse().ok());
                length
                    .map(Self::Length)
                    .ok_or_else(|| invalid("a Content-Length that is not a number"))
            }
            (Some(_), Some(_)) => Err(invalid("more than one Content-Length")),
        }
    }

    /// Moves content from `received` to `body`.
    pub(crate) fn take(&mut self, received: &mut BytesMut, body: &mut BytesMut) -> Progress {
        match self {
            Self::UntilClose => {
                body.extend_from_slice(&received.split());
                Progress::More
            }
            Self::Length(left) => {
                *left -= take_up_to(*left, received, body);
                if *left == 0 {
                    Progress::Done
                } else {
                    Progress::More
                }
            }
            Self::Chunked(chunk) => take_chunked(chunk, received, body),
        }
    }

    pub(crate) fn ends_with_the_connection(&self) -> bool {
        *self == Self::UntilClose
    }
}

fn take_chunked(chunk: &mut Chunk, received: &mut BytesMut, body: &mut BytesMut) -> Progress {
    loop {
        match chunk {
            Chunk::Data(0) => *chunk = Chunk::DataEnd,
            Chunk::Data(left) => {
                *left -= take_up_to(*left, received, body);
                if *left > 0 {
                    return Progress::More;
                }
            }
            Chunk::Size | Chunk::DataEnd | Chunk::Trailer => {
                let Some(line) = take_line(received) else {
                    return Progress::More;
                };
                match chunk {
                    Chunk::Size => match parse_size(&line) {
                        Some(0) => *chunk = Chunk::Trailer,
                        Some(size) => *chunk = Chunk::Data(size),
                        None => return Progress::Broken,
                    },
                    Chunk::DataEnd if line.is_empty() => *chunk = Chunk::Size,
                    Chunk::Trailer if line.is_empty() => return Progress::Done,
                    Chunk::Trailer => {}
                    Chunk::DataEnd | Chunk::Data(_) => return Progress::Broken,
                }
            }
        }
    }
}

fn take_up_to(left: u64, received: &mut BytesMut, body: &mut BytesMut) -> u64 {
    let count = usize::try_from(left).map_or(received.len(), |left| left.min(received.len()));
    body.extend_from_slice(&received.split_to(count));
    count as u64
}

fn take_line(received: &mut BytesMut) -> Option<BytesMut> {
    let end = received.windows(2).position(|pair| pair == b"\r\n")?;
    let line = received.split_to(end);
    let _ = received.split_to(2);
    Some(line)
}

fn parse_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?;
    u64::from_str_radix(std::str::from_utf8(digits).ok()?.trim_end(), 16).ok()
}

fn invalid(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content and the progress when `pieces` arrive one after the other.
    fn read(mut framing: Framing, pieces: &[&str]) -> (String, Progress) {
        let (mut received, mut body, mut progress) =
            (BytesMut::new(), BytesMut::new(), Progress::More);
        for piece in pieces {
            received.extend_from_slice(piece.as_bytes());
            progress = framing.take(&mut received, &mut body);
        }
        (String::from_utf8_lossy(&body).into_owned(), progress)
    }

    #[test]
    fn chunked_content_is_done_only_with_its_terminator() {
        let chunked = || Framing::Chunked(Chunk::Size);
        let done = |body: &str| (body.to_owned(), Progress::Done);
        assert_eq!(read(chunked(), &["3\r\nabc\r\n0\r\n\r\n"]), done("abc"));
        assert_eq!(
            read(
                chunked(),
                &[
                    "3",
                    "\r",
                    "\nab",
                    "c\r\n1;x=y\r\n",
                    "d\r\n0\r\nT: v\r\n",
                    "\r\n"
                ]
            ),
            done("abcd")
        );
        assert_eq!(
            read(chunked(), &["3\r\nabc\r\n0\r\n"]),
            ("abc".to_owned(), Progress::More)
        );
        assert_eq!(
            read(chunked(), &["3\r\nabcd\r\n"]),
            ("abc".to_owned(), Progress::Broken)
        );
        assert_eq!(read(chunked(), &["x\r\n"]).1, Progress::Broken);
    }

    #[test]
    fn content_of_a_stated_length_is_done_with_its_last_byte() {
        assert_eq!(
            read(Framing::Length(3), &["ab"]),
            ("ab".to_owned(), Progress::More)
        );
        assert_eq!(
            read(Framing::Length(3), &["ab", "c"]),
            ("abc".to_owned(), Progress::Done)
        );
        assert_eq!(
            read(Framing::Length(0), &[""]),
            (String::new(), Progress::Done)
        );
    }
}
