//! What a response to a read has of the object: all of it, a part, or none.

use crate::http::range::Span;

/// What a response has of the object, whether an origin or a cache entry gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// 200: the whole object.
    Whole,
    /// 206: these bytes of it.
    Part(Span),
    /// 304: the copy that the client has is current.
    NotModified,
    /// 412: a precondition does not hold.
    PreconditionFailed,
    /// 416: the range lies past the end of the object.
    RangeNotSatisfiable,
}

impl Selection {
    /// The status of the response.
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

    /// The text of the response where it has none of the object; `None` where it has, and for 304.
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
