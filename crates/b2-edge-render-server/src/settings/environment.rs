//! Environment variables, and what is wrong with one.

use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The environment, through a function: tests have their own.
pub(crate) struct Environment<'g> {
    get: &'g dyn Fn(&str) -> Option<OsString>,
}

/// A variable that is missing or malformed. Displays as one line that begins with its name, without its value, which
/// may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    name: &'static str,
    message: String,
}

impl Mistake {
    pub(crate) fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            message: message.into(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl<'g> Environment<'g> {
    pub(crate) const fn new(get: &'g dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { get }
    }

    /// The value of a variable; `None` if it is not set. White space around it, which pasting adds, is not part of it:
    /// the edge reads its secrets in the same way.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, Mistake> {
        let Some(value) = (self.get)(name) else {
            return Ok(None);
        };
        let value = value
            .into_string()
            .map_err(|_| Mistake::new(name, "is not valid UTF-8"))?;
        let value = value.trim();
        if value.is_empty() {
            return Err(Mistake::new(name, "is set, but empty"));
        }
        Ok(Some(value.to_owned()))
    }

    /// The value of a variable that must be set.
    pub(crate) fn required(&self, name: &'static str) -> Result<String, Mistake> {
        self.text(name)?
            .ok_or_else(|| Mistake::new(name, "is missing"))
    }

    /// A value that is parsed. `expected` says what it should be.
    pub(crate) fn parse<T: FromStr>(
        &self,
        name: &'static str,
        expected: &str,
    ) -> Result<Option<T>, Mistake> {
        let parse = |text: String| {
            text.parse()
                .map_err(|_| Mistake::new(name, format!("must be {expected}")))
        };
        self.text(name)?.map(parse).transpose()
    }

    /// A whole number in a range.
    pub(crate) fn number<T: FromStr + PartialOrd + fmt::Display>(
        &self,
        name: &'static str,
        range: &RangeInclusive<T>,
    ) -> Result<Option<T>, Mistake> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        match self.parse(name, &expected)? {
            Some(number) if !range.contains(&number) => {
                Err(Mistake::new(name, format!("must be {expected}")))
            }
            number => Ok(number),
        }
    }
}
