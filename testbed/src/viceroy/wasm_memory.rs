//! Limits the memory of a WebAssembly module by a change to the module itself.
//!
//! The maximum is in the memory section
//! (<https://webassembly.github.io/spec/core/binary/modules.html#memory-section>). A runtime refuses to grow
//! the memory beyond it, whatever the runtime's own limits are.

use std::io;

use super::wasm_module::{self, from_leb128, invalid, sections, to_leb128};

/// The size of a page in bytes.
pub const PAGE: u64 = 64 * 1024;

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
    let mut sections = sections(module)?;
    let memory = sections
        .iter_mut()
        .find(|section| section.id == MEMORY_SECTION)
        .ok_or_else(|| invalid("no memory"))?;
    let initial_pages = initial_pages(&memory.content)
        .ok_or_else(|| invalid("not one memory, not shared, of 32 bits"))?;
    let max_pages = max_pages.unwrap_or(initial_pages);
    if max_pages < initial_pages {
        return Err(invalid("the initial memory has more pages"));
    }
    memory.content = [
        &[1, 1][..],
        &to_leb128(initial_pages),
        &to_leb128(max_pages),
    ]
    .concat();
    Ok(Limited {
        module: wasm_module::module(&sections),
        initial_pages,
    })
}

/// The initial size in pages of the only memory in a memory section.
fn initial_pages(content: &[u8]) -> Option<u32> {
    let [1, 0 | 1, limits @ ..] = content else {
        return None;
    };
    from_leb128(limits).map(|(pages, _)| pages)
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
