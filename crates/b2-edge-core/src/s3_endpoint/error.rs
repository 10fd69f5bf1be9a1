//! The errors of the endpoint, as S3 writes them
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).

use std::borrow::Cow;
use std::fmt::Write as _;

/// An error code of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request is not signed, has expired, or needs a right that the client does not have.
    AccessDenied,
    /// The scope of `Authorization` is wrong, or the header is malformed.
    AuthorizationHeaderMalformed,
    /// The parameters of a presigned URL are malformed.
    AuthorizationQueryParametersError,
    /// A checksum or digest is not the body's.
    BadDigest,
    /// The body is larger than what is verified here.
    EntityTooLarge,
    /// The headers are larger than S3 allows.
    HeadersTooLarge,
    /// The body is shorter than announced.
    IncompleteBody,
    /// No client has this key ID.
    InvalidAccessKeyId,
    /// A header or parameter has an invalid value.
    InvalidArgument,
    /// The request is invalid in another way.
    InvalidRequest,
    /// The path is not a valid encoding of a key.
    InvalidUri,
    /// The key is longer than S3 allows.
    KeyTooLong,
    /// The XML of the body is invalid.
    MalformedXml,
    /// The method does not exist in S3.
    MethodNotAllowed,
    /// The body has no length.
    MissingContentLength,
    /// No origin has this bucket.
    NoSuchBucket,
    /// The operation does not exist in B2.
    NotImplemented,
    /// The client's clock is wrong.
    RequestTimeTooSkewed,
    /// The bucket does not respond, or the service is not set up.
    ServiceUnavailable,
    /// The signature is wrong.
    SignatureDoesNotMatch,
}

impl Code {
    /// The word in the document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::AuthorizationHeaderMalformed => "AuthorizationHeaderMalformed",
            Self::AuthorizationQueryParametersError => "AuthorizationQueryParametersError",
            Self::BadDigest => "BadDigest",
            Self::EntityTooLarge => "EntityTooLarge",
            Self::HeadersTooLarge => "RequestHeaderSectionTooLarge",
            Self::IncompleteBody => "IncompleteBody",
            Self::InvalidAccessKeyId => "InvalidAccessKeyId",
            Self::InvalidArgument => "InvalidArgument",
            Self::InvalidRequest => "InvalidRequest",
            Self::InvalidUri => "InvalidURI",
            Self::KeyTooLong => "KeyTooLongError",
            Self::MalformedXml => "MalformedXML",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::MissingContentLength => "MissingContentLength",
            Self::NoSuchBucket => "NoSuchBucket",
            Self::NotImplemented => "NotImplemented",
            Self::RequestTimeTooSkewed => "RequestTimeTooSkewed",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::SignatureDoesNotMatch => "SignatureDoesNotMatch",
        }
    }

    /// The status of the response.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::AccessDenied
            | Self::InvalidAccessKeyId
            | Self::RequestTimeTooSkewed
            | Self::SignatureDoesNotMatch => 403,
            Self::NoSuchBucket => 404,
            Self::MethodNotAllowed => 405,
            Self::MissingContentLength => 411,
            Self::NotImplemented => 501,
            Self::ServiceUnavailable => 503,
            Self::AuthorizationHeaderMalformed
            | Self::AuthorizationQueryParametersError
            | Self::BadDigest
            | Self::EntityTooLarge
            | Self::HeadersTooLarge
            | Self::IncompleteBody
            | Self::InvalidArgument
            | Self::InvalidRequest
            | Self::InvalidUri
            | Self::KeyTooLong
            | Self::MalformedXml => 400,
        }
    }
}

/// A refusal. Its reason is stable and for the log; its message says what the client can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Error {
    /// The code.
    pub code: Code,
    /// Why, as the log says it.
    pub reason: &'static str,
    /// What to do about it.
    pub message: Cow<'static, str>,
    /// The region to sign for, where that is wrong.
    pub region: Option<String>,
}

impl S3Error {
    /// An error with a message that is always the same.
    #[must_use]
    pub const fn new(code: Code, reason: &'static str, message: &'static str) -> Self {
        Self {
            code,
            reason,
            message: Cow::Borrowed(message),
            region: None,
        }
    }

    /// An error with a message of its own.
    #[must_use]
    pub const fn with_message(code: Code, reason: &'static str, message: String) -> Self {
        Self {
            code,
            reason,
            message: Cow::Owned(message),
            region: None,
        }
    }

    /// The document for a request of this path and ID.
    #[must_use]
    pub fn to_xml(&self, path: &str, request_id: &str) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
        let mut element = |name: &str, text: &str| {
            let _ = write!(xml, "<{name}>{}</{name}>", escaped(text));
        };
        element("Code", self.code.as_str());
        element("Message", &self.message);
        if let Some(region) = &self.region {
            element("Region", region);
        }
        element("Resource", path);
        element("RequestId", request_id);
        xml.push_str("</Error>\n");
        xml
    }
}

/// Text in an XML document (<https://www.w3.org/TR/xml/#syntax>). Characters that XML does not have become `?`.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(character),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('?'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_what_clients_read_and_escapes_what_they_sent() {
        let error = S3Error {
            region: Some("us-west-004".to_owned()),
            ..S3Error::new(
                Code::AccessDenied,
                "not_signed",
                "Sign it & send <it> again.",
            )
        };
        assert_eq!(
            error.to_xml("/a<b>&\u{1}", "id-1"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Error><Code>AccessDenied</Code><Message>Sign it &amp; send &lt;it&gt; again.</Message>\
             <Region>us-west-004</Region><Resource>/a&lt;b&gt;&amp;?</Resource><RequestId>id-1</RequestId></Error>\n"
        );
    }
}
