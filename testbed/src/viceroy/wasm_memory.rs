//! Limits the memory of a WebAssembly module by a change to the module itself.
//!
//! The maximum is in the memory section
//! (<https://webassembly.github.io/spec/core/binary/modules.html#memory-section>). A runtime refuses to grow
//! the memory beyond it, whatever the runtime's own limits are.

use std::io;

/// The size of a page in bytes.
pub const PAGE: u64 = 64 * 1024;

/// The length of what comes before the sections, in bytes.
pub(super) const PREAMBLE: usize = 8;
const MEMORY_SECTION: u8 = 5;

/// A module with limited memory, and the initial size of that memory.
#[derive(Debug, PartialEq, Eq)]
pub struct Limited {
    /// The module.
    pub module: Vec<u8>,
    /// The initial size of its memory in pages.
    pub initial_pages: u32,
}

/// Limits the memory of a module to `max_pages`, or with `None` to its initial size.
///
/// # Errors
///
/// When the bytes are not a module with exactly one memory, not shared and of 32 bits, or the initial size of
/// the memory exceeds the limit.
pub fn limit(module: &[u8], max_pages: Option<u32>) -> io::Result<Limited> {
    let invalid = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let (preamble, mut rest) = module
        .split_at_checked(PREAMBLE)
        .filter(|(preamble, _)| preamble.starts_with(b"\0asm"))
        .ok_or_else(|| invalid("not a WebAssembly module"))?;
    let mut limited = preamble.to_vec();
    while let Some((id, after_id)) = rest.split_first() {
        let (content, after) = section(after_id).ok_or_else(|| invalid("a broken section"))?;
        if *id == MEMORY_SECTION {
            let initial_pages = initial_pages(content)
                .ok_or_else(|| invalid("not one memory, not shared, of 32 bits"))?;
            let max_pages = max_pages.unwrap_or(initial_pages);
            if max_pages < initial_pages {
                return Err(invalid("the initial memory has more pages"));
            }
            let content = [
                &[1, 1][..],
                &to_leb128(initial_pages),
                &to_leb128(max_pages),
            ]
            .concat();
            limited.push(MEMORY_SECTION);
            limited.push(u8::try_from(content.len()).map_err(io::Error::other)?);
            limited.extend(content);
            limited.extend(after);
            return Ok(Limited {
                module: limited,
                initial_pages,
            });
        }
        let length = rest.len() - after.len();
        limited.extend(rest.iter().take(length));
        rest = after;
    }
    Err(invalid("no memory"))
}

/// The content of the section that starts here with its length, and the bytes after it.
pub(super) fn section(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = from_leb128(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// The initial size in pages of the only memory in a memory section.
fn initial_pages(content: &[u8]) -> Option<u32> {
    let [1, 0 | 1, limits @ ..] = content else {
        return None;
    };
    from_leb128(limits).map(|(pages, _)| pages)
}

/// Decodes a number, and returns it with the bytes after it.
fn from_leb128(bytes: &[u8]) -> Option<(u32, &[u8])> {
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
pub(super) fn to_leb128(mut number: u32) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A type section, a memory section with this content, and an export section.
    fn module(memory: &[u8]) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x05".to_vec();
        module.push(u8::try_from(memory.len()).expect("short"));
        module.extend(memory);
        module.extend(b"\x07\x07\x01\x03mem\x02\0");
        module
    }

    #[test]
    fn a_memory_without_a_limit_gets_one() {
        let limited = limit(&module(&[1, 0, 17]), Some(256)).expect("a module");
        assert_eq!(limited.initial_pages, 17);
        assert_eq!(limited.module, module(&[1, 1, 17, 0x80, 0x02]));
    }

    #[test]
    fn a_limit_is_replaced() {
        let limited = limit(&module(&[1, 1, 0x91, 0x01, 0x80, 0x10]), Some(256)).expect("a module");
        assert_eq!(limited.initial_pages, 145);
        assert_eq!(
            limited.module,
            module(&[1, 1, 0x91, 0x01, 0x80, 0x02]),
            "the sections around it stay as they are"
        );
    }

    #[test]
    fn what_it_begins_with_can_be_the_limit() {
        let limited = limit(&module(&[1, 0, 17]), None).expect("a module");
        assert_eq!(limited.module, module(&[1, 1, 17, 17]));
    }

    #[test]
    fn a_limit_below_what_it_begins_with_is_refused() {
        let error = limit(&module(&[1, 0, 17]), Some(16)).expect_err("too low");
        assert!(error.to_string().contains("more pages"), "{error}");
    }

    #[test]
    fn what_has_no_such_memory_is_refused() {
        for broken in [
            b"".as_slice(),
            b"\0asm\x01\0\0\0",
            b"\0elf\x01\0\0\0\x05\x03\x01\0\x11",
            b"\0asm\x01\0\0\0\x05\x03\x01\0",
            b"\0asm\x01\0\0\0\x05\xff\xff\xff\xff\x7f\x01",
            // Two memories, one that is shared, one of 64 bits.
            b"\0asm\x01\0\0\0\x05\x05\x02\0\x11\0\x11",
            b"\0asm\x01\0\0\0\x05\x04\x01\x03\x11\x12",
            b"\0asm\x01\0\0\0\x05\x03\x01\x04\x11",
        ] {
            assert!(limit(broken, Some(256)).is_err(), "{broken:?}");
        }
    }
}
