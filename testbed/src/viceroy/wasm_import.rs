//! Has a WebAssembly module import another function than it was built with, by a change to the module itself.
//!
//! The names are in the import section
//! (<https://webassembly.github.io/spec/core/binary/modules.html#import-section>).

use std::io;

use super::wasm_module::{invalid, length_of, module, sections};

const IMPORT_SECTION: u8 = 2;

/// Renames an imported function, which must have the same type.
///
/// # Errors
///
/// When the bytes are not a module that imports `from` of `namespace` exactly once.
pub fn rename(application: &[u8], namespace: &str, from: &str, to: &str) -> io::Result<Vec<u8>> {
    let mut sections = sections(application)?;
    let imports = sections
        .iter_mut()
        .find(|section| section.id == IMPORT_SECTION)
        .ok_or_else(|| invalid("no imports"))?;
    let name = |name: &str| [&length_of(name.as_bytes()), name.as_bytes()].concat();
    let old = [name(namespace), name(from)].concat();
    let new = [name(namespace), name(to)].concat();
    imports.content = replaced_once(&imports.content, &old, &new)
        .ok_or_else(|| invalid("the function is not imported once"))?;
    Ok(module(&sections))
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
    use super::rename;

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
    }
}
