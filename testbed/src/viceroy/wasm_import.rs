//! Has a WebAssembly module import another function than it was built with, by a change to the module itself.
//!
//! The names are in the import section
//! (<https://webassembly.github.io/spec/core/binary/modules.html#import-section>).

use std::io;

use super::wasm_memory::{PREAMBLE, section, to_leb128};

const IMPORT_SECTION: u8 = 2;

/// Renames an imported function, which must have the same type. Each of the two names has less than 128 bytes.
///
/// # Errors
///
/// When the bytes are not a module that imports `from` of `namespace` exactly once.
pub fn rename(module: &[u8], namespace: &str, from: &str, to: &str) -> io::Result<Vec<u8>> {
    let invalid = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let (preamble, mut rest) = module
        .split_at_checked(PREAMBLE)
        .filter(|(preamble, _)| preamble.starts_with(b"\0asm"))
        .ok_or_else(|| invalid("not a WebAssembly module"))?;
    let name = |name: &str| {
        let length = u8::try_from(name.len()).ok().filter(|length| *length < 128);
        let length = length.ok_or_else(|| invalid("a long name"))?;
        io::Result::Ok([&[length], name.as_bytes()].concat())
    };
    let old = [name(namespace)?, name(from)?].concat();
    let new = [name(namespace)?, name(to)?].concat();
    let mut renamed = preamble.to_vec();
    while let Some((id, after_id)) = rest.split_first() {
        let (content, after) = section(after_id).ok_or_else(|| invalid("a broken section"))?;
        if *id == IMPORT_SECTION {
            let content = replaced_once(content, &old, &new)
                .ok_or_else(|| invalid("the function is not imported once"))?;
            let length = u32::try_from(content.len()).map_err(io::Error::other)?;
            renamed.push(IMPORT_SECTION);
            renamed.extend(to_leb128(length));
            renamed.extend(content);
            renamed.extend(after);
            return Ok(renamed);
        }
        let length = rest.len() - after.len();
        renamed.extend(rest.iter().take(length));
        rest = after;
    }
    Err(invalid("no imports"))
}

/// The bytes with `new` in place of the only `old`.
fn replaced_once(bytes: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let parts = bytes.windows(old.len()).enumerate();
    let mut found = parts.filter(|(_, part)| *part == old);
    let (at, _) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let (before, rest) = bytes.split_at_checked(at)?;
    let after = rest.get(old.len()..)?;
    Some([before, new, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type section, and an import section with these bytes.
    fn module(imports: &[u8]) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02".to_vec();
        module.push(u8::try_from(imports.len()).expect("short"));
        module.extend(imports);
        module.extend(b"\x03\x02\x01\0");
        module
    }

    #[test]
    fn only_the_function_of_that_name_is_renamed() {
        let before = module(b"\x02\x03env\x04next\0\0\x03env\x05next2\0\0");
        let after = module(b"\x02\x03env\x07another\0\0\x03env\x05next2\0\0");
        let renamed = rename(&before, "env", "next", "another").expect("a module");
        assert_eq!(renamed, after);
    }

    #[test]
    fn what_does_not_import_the_function_once_is_refused() {
        for broken in [
            b"".to_vec(),
            b"\0asm\x01\0\0\0".to_vec(),
            b"\0asm\x01\0\0\0\x02\xff".to_vec(),
            module(b"\x01\x03env\x05next2\0\0"),
            module(b"\x02\x03env\x04next\0\0\x03env\x04next\0\0"),
        ] {
            let renamed = rename(&broken, "env", "next", "another");
            assert!(renamed.is_err(), "{broken:?}");
        }
        let whole = module(b"\x01\x03env\x04next\0\0");
        assert!(rename(&whole, "env", "next", &"x".repeat(128)).is_err());
    }
}
