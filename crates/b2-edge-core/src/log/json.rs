//! Writes a log line as JSON, for less than what `serde_json` takes: names of fields are not searched for characters to
//! escape, and numbers have one decimal at most.
//!
//! It writes what log lines consist of: structures, lists, texts, numbers, and values that may be absent.

use std::fmt;

use serde::ser::{Error as _, Impossible, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

/// Appends a value.
///
/// # Errors
///
/// [`Unsupported`] for a value that no log line has, with a part of it written.
pub(super) fn write(value: &impl Serialize, buffer: &mut Vec<u8>) -> Result<(), Unsupported> {
    value.serialize(Json { buffer })
}

/// A value of a kind that no log line has.
#[derive(Debug)]
pub(super) struct Unsupported;

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no log line has a value of this kind")
    }
}

impl std::error::Error for Unsupported {}

impl serde::ser::Error for Unsupported {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Writes one value.
struct Json<'b> {
    buffer: &'b mut Vec<u8>,
}

/// Writes the members of a structure or a list.
struct Members<'b> {
    buffer: &'b mut Vec<u8>,
    is_first: bool,
    end: u8,
}

impl<'b> Members<'b> {
    fn begin(buffer: &'b mut Vec<u8>, [start, end]: [u8; 2]) -> Self {
        buffer.push(start);
        Self {
            buffer,
            is_first: true,
            end,
        }
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.buffer.push(b',');
        }
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unsupported> {
        self.separate();
        // The name of a field has nothing to escape.
        self.buffer.push(b'"');
        self.buffer.extend_from_slice(name.as_bytes());
        self.buffer.extend_from_slice(b"\":");
        value.serialize(Json {
            buffer: self.buffer,
        })
    }

    fn end(self) -> Result<(), Unsupported> {
        self.buffer.push(self.end);
        Ok(())
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        self.separate();
        value.serialize(Json {
            buffer: self.buffer,
        })
    }

    fn end(self) -> Result<(), Unsupported> {
        self.buffer.push(self.end);
        Ok(())
    }
}

impl<'b> Serializer for Json<'b> {
    type Ok = ();
    type Error = Unsupported;
    type SerializeSeq = Members<'b>;
    type SerializeStruct = Members<'b>;
    type SerializeTuple = Impossible<(), Unsupported>;
    type SerializeTupleStruct = Impossible<(), Unsupported>;
    type SerializeTupleVariant = Impossible<(), Unsupported>;
    type SerializeMap = Impossible<(), Unsupported>;
    type SerializeStructVariant = Impossible<(), Unsupported>;

    fn serialize_bool(self, value: bool) -> Result<(), Unsupported> {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.buffer.extend_from_slice(text);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Unsupported> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Unsupported> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Unsupported> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Unsupported> {
        digits(value, self.buffer);
        Ok(())
    }

    /// A duration in milliseconds, which was rounded to one decimal.
    fn serialize_f64(self, value: f64) -> Result<(), Unsupported> {
        let tenths = (value * 10.0).round();
        if !(0.0..1e15).contains(&tenths) {
            return serde_json::to_writer(self.buffer, &value).map_err(|_| Unsupported);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is a whole number in this range"
        )]
        let tenths = tenths as u64;
        digits(tenths / 10, self.buffer);
        self.buffer.push(b'.');
        digits(tenths % 10, self.buffer);
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Unsupported> {
        self.buffer.push(b'"');
        escaped(text.as_bytes(), self.buffer);
        self.buffer.push(b'"');
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Unsupported> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unsupported> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unsupported> {
        self.buffer.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Unsupported> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unsupported> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'b>, Unsupported> {
        Ok(Members::begin(self.buffer, *b"[]"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'b>, Unsupported> {
        Ok(Members::begin(self.buffer, *b"{}"))
    }

    fn serialize_i8(self, _: i8) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_i16(self, _: i16) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_i32(self, _: i32) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_i64(self, _: i64) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_f32(self, _: f32) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_char(self, _: char) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unsupported> {
        Err(Unsupported::custom(""))
    }
}

/// Appends a number in decimal.
fn digits(mut number: u64, buffer: &mut Vec<u8>) {
    let start = buffer.len();
    loop {
        // Less than ten.
        buffer.push(b'0' + u8::try_from(number % 10).unwrap_or_default());
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(written) = buffer.get_mut(start..) {
        written.reverse();
    }
}

/// Appends the content of a JSON string (RFC 8259, section 7).
fn escaped(mut text: &[u8], buffer: &mut Vec<u8>) {
    let is_special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    while let Some(at) = text.iter().position(is_special) {
        let (plain, rest) = text.split_at(at);
        buffer.extend_from_slice(plain);
        let Some((special, rest)) = rest.split_first() else {
            return;
        };
        match special {
            b'"' | b'\\' => buffer.extend_from_slice(&[b'\\', *special]),
            control => {
                const HEX: [u8; 16] = *b"0123456789abcdef";
                let hex = |digit: u8| HEX.get(usize::from(digit)).copied().unwrap_or_default();
                let escape = [
                    b'\\',
                    b'u',
                    b'0',
                    b'0',
                    hex(control >> 4),
                    hex(control & 15),
                ];
                buffer.extend_from_slice(&escape);
            }
        }
        text = rest;
    }
    buffer.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Sample<'s> {
        text: &'s str,
        number: u64,
        time: f64,
        list: Vec<&'s str>,
        absent: Option<u16>,
        nested: Option<Nested>,
    }

    #[derive(Serialize)]
    struct Nested {
        is_set: bool,
        kind: Kind,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        OfTwoWords,
    }

    fn json(value: &impl Serialize) -> String {
        let mut buffer = b"before".to_vec();
        write(value, &mut buffer).expect("supported");
        let written = buffer.strip_prefix(b"before").expect("appended");
        String::from_utf8(written.to_vec()).expect("UTF-8")
    }

    #[test]
    fn a_structure_is_written_as_serde_json_writes_it() {
        let sample = Sample {
            text: "größe",
            number: u64::MAX,
            time: 93.0,
            list: vec!["a", "", "b"],
            absent: None,
            nested: Some(Nested {
                is_set: true,
                kind: Kind::OfTwoWords,
            }),
        };
        let expected = serde_json::to_string(&sample).expect("JSON");
        assert_eq!(json(&sample), expected);
    }

    #[test]
    fn numbers_are_written_as_serde_json_writes_them() {
        for number in [0, 7, 10, 99, 100, 65_535, u64::MAX] {
            assert_eq!(json(&number), number.to_string());
        }
        for tenths in (0_u32..2_000).chain([10_000_000, u32::MAX]) {
            let milliseconds = f64::from(tenths) / 10.0;
            let expected = serde_json::to_string(&milliseconds).expect("JSON");
            assert_eq!(json(&milliseconds), expected);
        }
        for unusual in [-1.0, 1e300, f64::NAN, f64::INFINITY] {
            let expected = serde_json::to_string(&unusual).expect("JSON");
            assert_eq!(json(&unusual), expected, "{unusual}");
        }
    }

    #[test]
    fn every_text_is_read_as_it_was() {
        let mut random = fastrand::Rng::with_seed(13);
        for _ in 0..5_000 {
            let length = random.usize(..20);
            let text: String = (0..length)
                .map(|_| match random.u8(..3) {
                    0 => char::from(random.u8(..0x80)),
                    1 => *random
                        .choice(&['"', '\\', '\n', '\u{7f}', '\u{2028}'])
                        .expect("one"),
                    _ => random.char(..),
                })
                .collect();
            let read: String = serde_json::from_str(&json(&text.as_str())).expect("JSON");
            assert_eq!(read, text);
        }
    }

    #[test]
    fn a_value_that_no_line_has_is_an_error() {
        for result in [
            write(&-1_i32, &mut Vec::new()),
            write(&(1_u8, 2_u8), &mut Vec::new()),
            write(&Some('a'), &mut Vec::new()),
        ] {
            assert!(result.is_err());
        }
    }
}
