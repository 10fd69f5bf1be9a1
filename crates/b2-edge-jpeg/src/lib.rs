//! A decoder for JPEG (ITU-T T.81) that can decode at 1/8, 1/4 and 1/2 of the size.
//!
//! At a reduced scale, each block of 8 × 8 samples becomes a block of 1, 2 or 4 by inverse DCTs of that size, and
//! coefficients that have no influence are skipped without being decoded. For a thumbnail of a photograph, this takes a
//! fraction of the time and memory of a full decoder.
//!
//! The decoder reads baseline, extended sequential and progressive files with 8 bits a sample, in greyscale, YCbCr, RGB,
//! CMYK and YCCK. At full scale its output is that of libjpeg-turbo, byte for byte. Data that is truncated or corrupt is
//! an [`Error`], never a picture with a part missing.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use b2_edge_jpeg::{Limits, Scale, decode, read_header};
//!
//! # fn main() -> Result<(), b2_edge_jpeg::Error> {
//! # let file: &[u8] = &[];
//! let header = read_header(file)?;
//! println!("{} × {}", header.width, header.height);
//! let limits = Limits { pixels: 100_000_000, scans: 100, memory: 64 << 20 };
//! let picture = decode(file, Scale::Eighth, &limits, &mut |_| ControlFlow::Continue(()))?;
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod adobe;
mod bits;
mod coefficients;
mod color;
mod decode;
mod error;
mod frame;
mod header;
mod huffman;
mod idct;
mod layout;
mod limits;
mod plane;
mod progressive;
mod quantization;
mod scale;
mod scan;
mod segments;
mod selection;
mod sequential;
mod two_by_two;
mod upsample;
mod walk;
mod zigzag;

pub use self::color::Color;
pub use self::decode::{Decoded, decode};
pub use self::error::Error;
pub use self::header::{Header, memory, read_header};
pub use self::limits::{Limits, Progress};
pub use self::scale::Scale;
pub use self::segments::{Segment, Segments};
