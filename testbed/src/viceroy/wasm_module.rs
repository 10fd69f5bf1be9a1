//! The sections of a WebAssembly module, and its encoding of numbers
//! (<https://webassembly.github.io/spec/core/binary/modules.html>).

use std::io;

const PREAMBLE: &[u8] = b"\0asm\x01\0\0\0";

/// A section of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) id: u8,
    pub(crate) content: Vec<u8>,
}

/// Splits a module into its sections.
///
/// # Errors
///
/// When the bytes are not a module.
pub(crate) fn sections(module: &[u8]) -> io::Result<Vec<Section>> {
    let mut rest = module
        .strip_prefix(PREAMBLE)
        .ok_or_else(|| invalid("not a WebAssembly module"))?;
    let mut sections = Vec::new();
    while let Some((id, after_id)) = rest.split_first() {
        let (content, after) = with_length(after_id).ok_or_else(|| invalid("a broken section"))?;
        sections.push(Section {
            id: *id,
            content: content.to_vec(),
        });
        rest = after;
    }
    Ok(sections)
}

/// The module with these sections.
pub(crate) fn module(sections: &[Section]) -> Vec<u8> {
    let mut module = PREAMBLE.to_vec();
    for section in sections {
        module.push(section.id);
        module.extend(length_of(&section.content));
        module.extend(&section.content);
    }
    module
}

/// The bytes that begin here with their number, and what follows them.
pub(crate) fn with_length(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = from_leb128(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// The number of these bytes, encoded.
pub(crate) fn length_of(bytes: &[u8]) -> Vec<u8> {
    to_leb128(u32::try_from(bytes.len()).unwrap_or(u32::MAX))
}

/// Decodes a number, and returns it with the bytes after it.
pub(crate) fn from_leb128(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(number).ok()?, bytes.get(index + 1..)?));
        }
    }
    None
}

/// Encodes a number.
pub(crate) fn to_leb128(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// The error for a module that is not as expected.
pub(crate) fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_put_together_as_it_was() {
        let original = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x07\x07\x01\x03mem\x02\0";
        let sections = sections(original).expect("a module");
        let ids: Vec<u8> = sections.iter().map(|section| section.id).collect();
        assert_eq!(ids, [1, 7]);
        assert_eq!(module(&sections), original);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        for broken in [
            b"".as_slice(),
            b"\0elf\x01\0\0\0\x05\x03\x01\0\x11",
            b"\0asm\x01\0\0\0\x05\xff\xff\xff\xff\x7f\x01",
        ] {
            assert!(sections(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn numbers_survive_their_encoding() {
        for number in [0, 1, 127, 128, 16_384, u32::MAX] {
            let bytes = [to_leb128(number), vec![9]].concat();
            assert_eq!(from_leb128(&bytes), Some((number, &[9][..])));
        }
    }
}
