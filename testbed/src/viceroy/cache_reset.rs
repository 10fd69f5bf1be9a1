//! Lets a running Viceroy forget what the application has cached, by a function that is added to the module.
//!
//! Viceroy empties its cache only at the request of the guest, and the application has no such request. The function is
//! called in place of `_start`. If the config store has the item [`ITEM`], it carries that out and ends the execution,
//! to which Viceroy responds with an empty 200. Otherwise, it calls the application's `_start`, of which no byte differs.

use std::io;

use super::wasm_module::{
    Section, from_leb128, invalid, length_of, module, sections, to_leb128, with_length,
};

/// The item of the config store that has what to forget, from [`order`].
pub(crate) const ITEM: &str = "forget";

const STORE: &str = "b2_edge";
const START: &[u8] = b"_start";

const IMPORTS: u8 = 2;
const FUNCTIONS: u8 = 3;
const EXPORTS: u8 = 7;
const CODE: u8 = 10;

// Addresses in the application's stack, which begins at 1 MiB and grows down to 0. It is unused before `_start`, and the
// memory of each execution is new, so all of it is zero.
const STORE_NAME: u32 = 1024;
const ITEM_NAME: u32 = 1032;
const HANDLE: u32 = 1040;
const LENGTH: u32 = 1044;
const BODY: u32 = 1048;
const OPTIONS: u32 = 2048;
const ORDER: u32 = 4096;

/// The longest value of [`ITEM`] in bytes.
const MAX_ORDER: u32 = 16 * 1024;

const PURGE: u8 = b'p';
const EXPIRE: u8 = b'e';

/// The value of [`ITEM`] that purges these surrogate keys, and replaces what is stored under these cache keys by
/// nothing that is fresh.
///
/// # Panics
///
/// When a key has more than 127 bytes.
pub(crate) fn order(surrogate_keys: &[String], cache_keys: &[String]) -> String {
    let purges = surrogate_keys.iter().map(|key| (PURGE, key));
    let steps = purges.chain(cache_keys.iter().map(|key| (EXPIRE, key)));
    let steps = steps.map(|(step, key)| {
        let length = u8::try_from(key.len()).ok().filter(u8::is_ascii);
        let length = length.expect("a key of at most 127 bytes");
        format!("{}{}{key}", char::from(step), char::from(length))
    });
    steps.collect()
}

/// Adds the function to the module of the application.
///
/// # Errors
///
/// When the bytes are not a module that imports what the function calls and exports `_start`.
pub(crate) fn add_to(application: &[u8]) -> io::Result<Vec<u8>> {
    let mut sections = sections(application)?;
    let imports = Imports::of(content(&mut sections, IMPORTS)?)?;
    let (start, with_added) = {
        let exports = content(&mut sections, EXPORTS)?;
        let start = export_of_start(exports)?;
        (start.function, start)
    };
    let functions = content(&mut sections, FUNCTIONS)?;
    let mut types = Reader(functions);
    let defined = types.number()?;
    for _ in imports.count..start {
        types.number()?;
    }
    let type_of_start = types.number()?;
    *functions = appended(functions, &to_leb128(type_of_start))?;
    let exports = content(&mut sections, EXPORTS)?;
    *exports = with_added.replaced_in(exports, imports.count + defined);
    let body = body(&imports, start);
    let code = content(&mut sections, CODE)?;
    *code = appended(code, &[length_of(&body), body].concat())?;
    Ok(module(&sections))
}

/// The imported functions that the function calls, and how many functions are imported: their numbers come first.
struct Imports {
    open: u32,
    get: u32,
    purge: u32,
    insert: u32,
    close: u32,
    count: u32,
}

impl Imports {
    fn of(content: &[u8]) -> io::Result<Self> {
        let mut reader = Reader(content);
        let count = reader.number()?;
        let mut names = Vec::new();
        for _ in 0..count {
            let name = (reader.bytes()?, reader.bytes()?);
            if reader.byte()? != 0 {
                return Err(invalid("an import that is no function"));
            }
            reader.number()?;
            names.push(name);
        }
        let find = |module: &str, function: &str| {
            let wanted = (module.as_bytes(), function.as_bytes());
            let index = (0..).zip(&names).find(|(_, name)| **name == wanted);
            index
                .map(|(index, _)| index)
                .ok_or_else(|| invalid(&format!("`{module}.{function}` is not imported")))
        };
        Ok(Self {
            open: find("fastly_config_store", "open")?,
            get: find("fastly_config_store", "get")?,
            purge: find("fastly_purge", "purge_surrogate_key")?,
            insert: find("fastly_cache", "insert")?,
            close: find("fastly_http_body", "close")?,
            count,
        })
    }
}

/// Where the export of `_start` names its function.
struct StartExport {
    function: u32,
    /// How many bytes are before its number, and how many after it.
    before: usize,
    after: usize,
}

fn export_of_start(content: &[u8]) -> io::Result<StartExport> {
    let mut reader = Reader(content);
    for _ in 0..reader.number()? {
        let name = reader.bytes()?;
        let is_function = reader.byte()? == 0;
        let before = content.len() - reader.0.len();
        let function = reader.number()?;
        if is_function && name == START {
            return Ok(StartExport {
                function,
                before,
                after: reader.0.len(),
            });
        }
    }
    Err(invalid("no export `_start`"))
}

impl StartExport {
    fn replaced_in(&self, content: &[u8], function: u32) -> Vec<u8> {
        let (before, rest) = content.split_at(self.before);
        let (_, after) = rest.split_at(rest.len() - self.after);
        [before, &to_leb128(function), after].concat()
    }
}

/// The body of the function, with its locals: 0 is the address of the next step, 1 the end of the steps.
fn body(imports: &Imports, start: u32) -> Vec<u8> {
    use instruction as i;
    let key = [i::get(0), i::constant(2), i::ADD.to_vec()].concat();
    let length = [i::get(0), i::load_byte(1)].concat();
    let code = [
        &[1, 2, i::I32][..],
        &i::store_text(STORE_NAME, STORE),
        &i::store_text(ITEM_NAME, ITEM),
        // Leaves this block, for the application's `_start`, unless the item exists.
        i::BLOCK,
        &i::text(STORE_NAME, STORE),
        &i::constant(HANDLE),
        &i::call(imports.open),
        &i::leave(0),
        &i::load(HANDLE),
        &i::text(ITEM_NAME, ITEM),
        &i::constant(ORDER),
        &i::constant(MAX_ORDER),
        &i::constant(LENGTH),
        &i::call(imports.get),
        &i::leave(0),
        &i::constant(ORDER),
        &i::set(0),
        &i::constant(ORDER),
        &i::load(LENGTH),
        i::ADD,
        &i::set(1),
        i::LOOP,
        &i::get(0),
        &i::load_byte(0),
        &i::constant(PURGE.into()),
        i::EQUAL,
        i::IF,
        &key,
        &length,
        &i::constant(0),
        &i::constant(OPTIONS),
        &i::call(imports.purge),
        i::DROP,
        i::ELSE,
        &key,
        &length,
        &i::constant(0),
        &i::constant(OPTIONS),
        &i::constant(BODY),
        &i::call(imports.insert),
        i::DROP,
        &i::load(BODY),
        &i::call(imports.close),
        i::DROP,
        i::END,
        &key,
        &length,
        i::ADD,
        &i::set(0),
        &i::get(0),
        &i::get(1),
        i::LESS,
        &i::leave(0),
        i::END,
        i::RETURN,
        i::END,
        &i::call(start),
        i::END,
    ];
    code.concat()
}

/// A section with a list, to which an element is added.
fn appended(content: &[u8], element: &[u8]) -> io::Result<Vec<u8>> {
    let mut reader = Reader(content);
    let count = reader.number()?;
    Ok([&to_leb128(count + 1)[..], reader.0, element].concat())
}

fn content(sections: &mut [Section], id: u8) -> io::Result<&mut Vec<u8>> {
    let found = sections.iter_mut().find(|section| section.id == id);
    let found = found.ok_or_else(|| invalid(&format!("no section {id}")))?;
    Ok(&mut found.content)
}

/// The rest of some encoded content.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> io::Result<u32> {
        let (number, rest) = from_leb128(self.0).ok_or_else(Self::ends)?;
        self.0 = rest;
        Ok(number)
    }

    fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let (bytes, rest) = with_length(self.0).ok_or_else(Self::ends)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn byte(&mut self) -> io::Result<u8> {
        let (byte, rest) = self.0.split_first().ok_or_else(Self::ends)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn ends() -> io::Error {
        invalid("a section that ends too early")
    }
}

/// Instructions (<https://webassembly.github.io/spec/core/binary/instructions.html>).
mod instruction {
    use super::to_leb128;

    pub(super) const I32: u8 = 0x7f;
    pub(super) const BLOCK: &[u8] = &[0x02, 0x40];
    pub(super) const LOOP: &[u8] = &[0x03, 0x40];
    pub(super) const IF: &[u8] = &[0x04, 0x40];
    pub(super) const ELSE: &[u8] = &[0x05];
    pub(super) const END: &[u8] = &[0x0b];
    pub(super) const RETURN: &[u8] = &[0x0f];
    pub(super) const DROP: &[u8] = &[0x1a];
    pub(super) const EQUAL: &[u8] = &[0x46];
    pub(super) const LESS: &[u8] = &[0x49];
    pub(super) const ADD: &[u8] = &[0x6a];

    /// `br_if`: leaves, or with a loop repeats, the block around it if the value is not zero.
    pub(super) fn leave(depth: u8) -> Vec<u8> {
        vec![0x0d, depth]
    }

    pub(super) fn call(function: u32) -> Vec<u8> {
        with(0x10, &to_leb128(function))
    }

    pub(super) fn get(local: u8) -> Vec<u8> {
        vec![0x20, local]
    }

    pub(super) fn set(local: u8) -> Vec<u8> {
        vec![0x21, local]
    }

    /// `i32.const`.
    pub(super) fn constant(number: u32) -> Vec<u8> {
        with(0x41, &signed(number.into()))
    }

    /// `i32.load` from an address.
    pub(super) fn load(address: u32) -> Vec<u8> {
        [constant(address), vec![0x28, 2, 0]].concat()
    }

    /// `i32.load8_u` with this offset.
    pub(super) fn load_byte(offset: u8) -> Vec<u8> {
        vec![0x2d, 0, offset]
    }

    /// Stores a text of at most seven bytes.
    pub(super) fn store_text(address: u32, text: &str) -> Vec<u8> {
        let number = text
            .bytes()
            .rev()
            .fold(0, |number, byte| number << 8 | i64::from(byte));
        let value = with(0x42, &signed(number));
        [constant(address), value, vec![0x37, 3, 0]].concat()
    }

    /// The address and the length of a text.
    pub(super) fn text(address: u32, text: &str) -> Vec<u8> {
        let length = u32::try_from(text.len()).unwrap_or_default();
        [constant(address), constant(length)].concat()
    }

    fn with(opcode: u8, immediate: &[u8]) -> Vec<u8> {
        [&[opcode], immediate].concat()
    }

    /// A number in signed LEB128.
    fn signed(mut number: i64) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let byte = u8::try_from(number & 0x7f).unwrap_or_default();
            number >>= 7;
            if matches!((number, byte & 0x40), (0, 0) | (-1, 0x40)) {
                bytes.push(byte);
                return bytes;
            }
            bytes.push(byte | 0x80);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_its_steps_with_the_lengths_of_their_keys() {
        let order = order(&["ab".to_owned()], &["c d\0e".to_owned()]);
        assert_eq!(order, "p\u{2}abe\u{5}c d\0e");
    }

    #[test]
    fn a_module_without_what_is_called_is_refused() {
        // A type, no import, a function that is exported as `_start`.
        let alone = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x01\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0";
        let error = add_to(alone).expect_err("nothing is imported");
        assert!(
            error.to_string().contains("fastly_config_store.open"),
            "{error}"
        );
        assert!(add_to(b"").is_err());
    }
}
