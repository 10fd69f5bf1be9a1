//! What a client claims about its request: which key signed it, when, for which scope, and which parts.
//!
//! The claim is in `Authorization`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html>) or, of a presigned
//! URL, in the query string (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>). Nothing
//! of it is true before [`super::verify`] says so.

use std::time::{Duration, SystemTime};

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};

use crate::http::iso8601::parse_basic;
use crate::http::query::{Parameter, Query};
use crate::s3::sigv4::UNSIGNED_PAYLOAD;

/// `x-amz-date`.
pub const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// `x-amz-content-sha256`.
pub const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// The only signature algorithm of version 4 that S3 has for a single region.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The longest time for which a presigned URL is valid: seven days.
pub const MAX_EXPIRES: Duration = Duration::from_hours(7 * 24);

/// The parameters of a presigned URL that carry the claim. In the signature they are part of the query string, except
/// the signature itself.
const PARAMETERS: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

/// A claim. `Debug` prints no signature: until it expires, that of a presigned URL is as good as a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key ID.
    pub key_id: String,
    /// The region of the scope.
    pub region: String,
    /// The date of the scope, `YYYYMMDD`.
    pub date: String,
    /// The time of signing, as it was sent: `YYYYMMDDTHHMMSSZ`.
    pub timestamp: String,
    /// The same as a point in time.
    pub time: SystemTime,
    /// The names of the signed headers, in lower case.
    pub signed_headers: Vec<String>,
    /// The signature: 64 hexadecimal digits.
    pub signature: String,
    /// What is said about the body.
    pub payload: PayloadClaim,
    /// How long a presigned URL is valid; `None` for a claim in `Authorization`.
    pub expires: Option<Duration>,
}

/// What `x-amz-content-sha256` says about the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadClaim {
    /// `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// The SHA-256 of the body, in hexadecimal digits.
    Digest(String),
    /// The body is in `aws-chunked`.
    Streaming {
        /// Whether each chunk is signed.
        is_signed: bool,
        /// Whether trailers follow the last chunk.
        has_trailer: bool,
    },
}

/// Why a claim cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimError {
    /// The request is not signed.
    Missing,
    /// It is signed more than once: in the header and in the query string, or with two headers.
    Twice,
    /// Another version or algorithm than `AWS4-HMAC-SHA256`.
    Algorithm,
    /// `Authorization` is malformed.
    Header,
    /// A parameter of the presigned URL is missing or malformed.
    Parameters,
    /// `X-Amz-Expires` is not a number of 1 to 604,800 seconds.
    Expires,
    /// `x-amz-date` is missing, malformed, or of another day than the scope.
    Date,
    /// The scope is for another service than `s3`.
    Service,
    /// `x-amz-content-sha256` is missing or none of the values that S3 knows.
    Payload,
}

impl Claim {
    /// Reads the claim of a request.
    ///
    /// # Errors
    ///
    /// A [`ClaimError`].
    pub fn parse(headers: &HeaderMap, query: &Query) -> Result<Self, ClaimError> {
        let mut authorization = headers.get_all(AUTHORIZATION).iter();
        let header = authorization.next();
        // `Signature` and `AWSAccessKeyId` are of version 2.
        let is_presigned = PARAMETERS.iter().any(|name| query.has(name))
            || (query.has("Signature") && query.has("AWSAccessKeyId"));
        match (header, is_presigned) {
            (Some(_), true) => Err(ClaimError::Twice),
            (Some(_), false) if authorization.next().is_some() => Err(ClaimError::Twice),
            (Some(header), false) => {
                let header = header.to_str().map_err(|_| ClaimError::Header)?;
                Self::in_header(header, headers)
            }
            (None, true) => Self::in_query(query, headers),
            (None, false) => Err(ClaimError::Missing),
        }
    }

    fn in_header(authorization: &str, headers: &HeaderMap) -> Result<Self, ClaimError> {
        let (algorithm, fields) = authorization.split_once(' ').ok_or(ClaimError::Algorithm)?;
        if algorithm != ALGORITHM {
            return Err(ClaimError::Algorithm);
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        // Some clients write no space after the comma.
        for field in fields.split(',') {
            let (name, value) = field.trim().split_once('=').ok_or(ClaimError::Header)?;
            let target = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(ClaimError::Header),
            };
            if target.replace(value).is_some() {
                return Err(ClaimError::Header);
            }
        }
        let timestamp = only(headers, &X_AMZ_DATE).ok_or(ClaimError::Date)?;
        let payload = only(headers, &X_AMZ_CONTENT_SHA256).ok_or(ClaimError::Payload)?;
        Parts {
            credential,
            signed_headers,
            signature,
            timestamp,
            payload,
            expires: None,
        }
        .assemble(ClaimError::Header)
    }

    fn in_query(query: &Query, headers: &HeaderMap) -> Result<Self, ClaimError> {
        if query.get("X-Amz-Algorithm") != Some(ALGORITHM) {
            return Err(ClaimError::Algorithm);
        }
        let digits = query.get("X-Amz-Expires").ok_or(ClaimError::Parameters)?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = digits.parse().ok().filter(|_| is_number);
        let expires = seconds.map(Duration::from_secs);
        let in_range = |time: &Duration| !time.is_zero() && *time <= MAX_EXPIRES;
        let payload = match query.get("X-Amz-Content-Sha256") {
            Some(payload) => payload,
            None if headers.contains_key(X_AMZ_CONTENT_SHA256) => {
                only(headers, &X_AMZ_CONTENT_SHA256).ok_or(ClaimError::Payload)?
            }
            None => UNSIGNED_PAYLOAD,
        };
        Parts {
            credential: query.get("X-Amz-Credential"),
            signed_headers: query.get("X-Amz-SignedHeaders"),
            signature: query.get("X-Amz-Signature"),
            timestamp: query.get("X-Amz-Date").ok_or(ClaimError::Parameters)?,
            payload,
            expires: Some(expires.filter(in_range).ok_or(ClaimError::Expires)?),
        }
        .assemble(ClaimError::Parameters)
    }

    /// Whether a parameter of the query string carries this kind of claim, and is added by signing.
    #[must_use]
    pub fn carries(parameter: &Parameter) -> bool {
        PARAMETERS.contains(&parameter.name.as_str())
    }

    /// Whether a header was signed.
    #[must_use]
    pub fn covers(&self, header: &HeaderName) -> bool {
        self.signed_headers
            .iter()
            .any(|name| name == header.as_str())
    }
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claim")
            .field("key_id", &self.key_id)
            .field("region", &self.region)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

/// The texts of a claim.
struct Parts<'t> {
    credential: Option<&'t str>,
    signed_headers: Option<&'t str>,
    signature: Option<&'t str>,
    timestamp: &'t str,
    payload: &'t str,
    expires: Option<Duration>,
}

impl Parts<'_> {
    /// `malformed` is the error where a text is missing or has another form.
    fn assemble(self, malformed: ClaimError) -> Result<Claim, ClaimError> {
        let credential = self.credential.ok_or(malformed)?;
        let signature = self.signature.ok_or(malformed)?;
        let is_signature = signature.len() == 64
            && signature
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let mut scope = credential.rsplitn(5, '/');
        let (Some("aws4_request"), Some(service), Some(region), Some(date), Some(key_id)) = (
            scope.next(),
            scope.next(),
            scope.next(),
            scope.next(),
            scope.next(),
        ) else {
            return Err(malformed);
        };
        if !is_signature || key_id.is_empty() {
            return Err(malformed);
        }
        if service != "s3" {
            return Err(ClaimError::Service);
        }
        let time = parse_basic(self.timestamp).ok_or(ClaimError::Date)?;
        if self.timestamp.get(..8) != Some(date) {
            return Err(ClaimError::Date);
        }
        let signed_headers = self.signed_headers.ok_or(malformed)?.split(';');
        let signed_headers: Vec<String> = signed_headers.map(ToOwned::to_owned).collect();
        let is_sorted = signed_headers.iter().is_sorted_by(|one, next| one < next);
        if !is_sorted || signed_headers.iter().any(|name| !is_header_name(name)) {
            return Err(malformed);
        }
        Ok(Claim {
            key_id: key_id.to_owned(),
            region: region.to_owned(),
            date: date.to_owned(),
            timestamp: self.timestamp.to_owned(),
            time,
            signed_headers,
            signature: signature.to_owned(),
            payload: PayloadClaim::parse(self.payload).ok_or(ClaimError::Payload)?,
            expires: self.expires,
        })
    }
}

impl PayloadClaim {
    fn parse(text: &str) -> Option<Self> {
        let streaming = |is_signed, has_trailer| {
            Some(Self::Streaming {
                is_signed,
                has_trailer,
            })
        };
        match text {
            UNSIGNED_PAYLOAD => Some(Self::Unsigned),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => streaming(true, false),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => streaming(true, true),
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => streaming(false, true),
            digest => {
                let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                let is_digest = digest.len() == 64 && digest.bytes().all(is_digit);
                is_digest.then(|| Self::Digest(digest.to_owned()))
            }
        }
    }

    /// The value of `x-amz-content-sha256`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unsigned => UNSIGNED_PAYLOAD,
            Self::Digest(digest) => digest,
            Self::Streaming {
                is_signed: false, ..
            } => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            Self::Streaming {
                has_trailer: true, ..
            } => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::Streaming { .. } => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        }
    }
}

/// The value of a header that is there once, as text.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    crate::http::field::single_value(headers, name)?
        .to_str()
        .ok()
}

/// Whether a signed header's name is one in lower case.
fn is_header_name(name: &str) -> bool {
    let parsed = HeaderName::from_bytes(name.as_bytes());
    parsed.is_ok_and(|parsed| parsed.as_str() == name)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::http::field::header_map;
    use crate::http::query::Plus;

    const SIGNATURE: &str = "fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024";

    fn credential(scope: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIA/{scope}, SignedHeaders=host;x-amz-date, Signature={SIGNATURE}"
        )
    }

    fn in_header(authorization: &str, date: &str, payload: &str) -> Result<Claim, ClaimError> {
        let headers = header_map(&[
            ("authorization", authorization),
            ("x-amz-date", date),
            ("x-amz-content-sha256", payload),
        ]);
        Claim::parse(&headers, &Query::default())
    }

    fn in_query(query: &str) -> Result<Claim, ClaimError> {
        let query = Query::parse(query, Plus::Itself).expect(query);
        Claim::parse(&HeaderMap::new(), &query)
    }

    const DATE: &str = "20130524T000000Z";
    const SCOPE: &str = "20130524/us-east-1/s3/aws4_request";

    #[test]
    fn both_ways_of_writing_a_claim_are_read() {
        for separator in [", ", ",", " ,\t"] {
            let header = credential(SCOPE).replace(", ", separator);
            let claim = in_header(&header, DATE, "UNSIGNED-PAYLOAD").expect("a claim");
            assert_eq!(claim.key_id, "AKIA");
            assert_eq!((&*claim.region, &*claim.date), ("us-east-1", "20130524"));
            assert_eq!(claim.signed_headers, ["host", "x-amz-date"]);
            assert_eq!(claim.signature, SIGNATURE);
            assert_eq!(claim.time, datetime!(2013-05-24 00:00 UTC));
            assert_eq!(claim.expires, None);
        }
        // A key ID may have a slash in other services; the scope is the end.
        let claim = in_query(&format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature={SIGNATURE}"
        ))
        .expect("a claim");
        assert_eq!(claim.key_id, "a/b");
        assert_eq!(claim.expires, Some(Duration::from_hours(24)));
        assert_eq!(claim.payload, PayloadClaim::Unsigned);
        assert!(!format!("{claim:?}").contains(SIGNATURE));
    }

    #[test]
    fn a_header_that_is_not_a_whole_claim_is_refused_with_its_reason() {
        let good = credential(SCOPE);
        for (authorization, error) in [
            ("", ClaimError::Algorithm),
            ("AWS AKIA:sig", ClaimError::Algorithm),
            ("AWS4-HMAC-SHA256", ClaimError::Algorithm),
            ("AWS4-HMAC-SHA256 ", ClaimError::Header),
            (&good.replace("AKIA", ""), ClaimError::Header),
            (&good.replace("fe5f", "FE5F"), ClaimError::Header),
            (&good.replace("fe5f", ""), ClaimError::Header),
            (&format!("{good}, Signature=a"), ClaimError::Header),
            (&format!("{good}, Other=1"), ClaimError::Header),
            (&good.replace("host;", "Host;"), ClaimError::Header),
            (&good.replace("host;", "host;host;"), ClaimError::Header),
            (&good.replace("aws4_request", "aws4"), ClaimError::Header),
            (&good.replace("/s3/", "/ec2/"), ClaimError::Service),
            (&good.replace("/20130524", "/20130525"), ClaimError::Date),
        ] {
            let found = in_header(authorization, DATE, UNSIGNED_PAYLOAD);
            assert_eq!(found, Err(error), "{authorization}");
        }
    }

    #[test]
    fn a_date_and_a_payload_of_another_form_are_refused() {
        let good = credential(SCOPE);
        for date in [
            "20130524T0000",
            "20130524T00+000Z",
            "20130524T250000Z",
            "20130230T000000Z",
            "19691231T000000Z",
            "Fri, 24 May 2013 00:00:00 GMT",
        ] {
            let found = in_header(&good, date, UNSIGNED_PAYLOAD);
            assert_eq!(found, Err(ClaimError::Date), "{date}");
        }
        for payload in [
            "",
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
            &SIGNATURE.to_ascii_uppercase(),
        ] {
            let found = in_header(&good, DATE, payload);
            assert_eq!(found, Err(ClaimError::Payload), "{payload}");
        }
    }

    #[test]
    fn a_presigned_url_is_valid_for_a_second_to_seven_days() {
        let url = |expires: &str| {
            in_query(&format!(
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
                 &X-Amz-Date=20130524T000000Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Signature={SIGNATURE}"
            ))
        };
        for expires in ["1", "604800"] {
            assert!(url(expires).is_ok(), "{expires}");
        }
        for expires in [
            "0",
            "604801",
            "-1",
            "%2B1",
            "",
            "1e3",
            "99999999999999999999",
        ] {
            assert_eq!(url(expires), Err(ClaimError::Expires), "{expires}");
        }
        assert_eq!(in_query("X-Amz-Signature=a"), Err(ClaimError::Algorithm));
        assert_eq!(
            in_query("AWSAccessKeyId=a&Signature=b"),
            Err(ClaimError::Algorithm)
        );
        assert_eq!(in_query("prefix=a"), Err(ClaimError::Missing));
    }

    #[test]
    fn a_request_that_is_signed_twice_is_refused() {
        let good = credential(SCOPE);
        let headers = header_map(&[("authorization", &good), ("authorization", &good)]);
        assert_eq!(
            Claim::parse(&headers, &Query::default()),
            Err(ClaimError::Twice)
        );
        let headers = header_map(&[("authorization", &good)]);
        let query = Query::parse("X-Amz-Signature=a", Plus::Itself).expect("a query");
        assert_eq!(Claim::parse(&headers, &query), Err(ClaimError::Twice));
    }
}
