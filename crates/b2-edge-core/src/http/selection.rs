//! The five responses to a read of an object that exists: 200, 206, 304, 412 and 416.

use crate::http::range::Span;

/// Which part of an object a response carries, be it an origin's or one from the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// 200: the whole object.
    Whole,
    /// 206: the bytes of this span.
    Part(Span),
    /// 304: the client's copy is current.
    NotModified,
    /// 412: a precondition failed.
    PreconditionFailed,
    /// 416: the range begins past the end of the object.
    RangeNotSatisfiable,
}

impl Selection {
    /// The status code of the response.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Whole => 200,
            Self::Part(_) => 206,
            Self::NotModified => 304,
            Self::PreconditionFailed => 412,
            Self::RangeNotSatisfiable => 416,
        }
    }

    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Whole => "served",
            Self::Part(_) => "served_part",
            Self::NotModified => "not_modified",
            Self::PreconditionFailed => "precondition_failed",
            Self::RangeNotSatisfiable => "range_not_satisfiable",
        }
    }

    /// The text body of a 412 or 416; `None` for the others.
    #[must_use]
    pub const fn message(self) -> Option<&'static str> {
        match self {
            Self::Whole | Self::Part(_) | Self::NotModified => None,
            Self::PreconditionFailed => {
                Some("The object does not meet the conditions of the request.")
            }
            Self::RangeNotSatisfiable => {
                Some("The object does not have the range that was asked for.")
            }
        }
    }
}
