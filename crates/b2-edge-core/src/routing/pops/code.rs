//! The code of a POP.

use std::fmt;

/// The code of a POP, such as `AMS`: three ASCII letters or digits, in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PopCode(pub(super) [u8; 3]);

impl PopCode {
    /// Parses three ASCII letters or digits, in upper or lower case; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 3] = text.as_bytes().try_into().ok()?;
        code.iter()
            .all(u8::is_ascii_alphanumeric)
            .then(|| Self(code.map(|byte| byte.to_ascii_uppercase())))
    }

    /// The code in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for PopCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
