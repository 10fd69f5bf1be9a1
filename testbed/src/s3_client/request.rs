//! Requests to S3, and their signatures.

use std::io;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{Timestamp, TimestampFormat};

use super::checksum::Checksum;
use super::chunks::Chunked;
use super::signature::{ChunkKey, sha256_hex};
use super::signed::SignedRequest;
use crate::client::request::Response;

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The size of a chunk unless a test sets another one.
const CHUNK: usize = 64 * 1024;

/// The credentials of a client, and the service that it talks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Client {
    /// The value of `Host`.
    pub host: String,
    /// The region of the credential scope.
    pub region: String,
    /// The service of the credential scope.
    pub service: String,
    /// The access key id.
    pub key_id: String,
    /// The secret key.
    pub secret_key: String,
}

/// What `x-amz-content-sha256` says of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Payload {
    Hash,
    Declared(String),
    Chunked(Chunked),
}

/// A request that is not signed yet.
#[derive(Clone, Debug)]
pub struct S3Request {
    /// Whose credentials sign it.
    pub client: S3Client,
    /// The method.
    pub method: Method,
    /// The encoded path with its leading slash, as it is signed and sent.
    pub path: String,
    /// The encoded query without its question mark, as it is signed and sent.
    pub query: String,
    /// Headers that are signed, besides `Host` and those that signing adds.
    pub headers: Vec<(String, String)>,
    /// The content before it is divided into chunks.
    pub content: Vec<u8>,
    /// When it is signed.
    pub time: SystemTime,
    payload: Payload,
    presigned: Option<Duration>,
    decoded_length: Option<String>,
}

impl S3Client {
    /// A client of the service `s3`.
    #[must_use]
    pub fn new(host: &str, region: &str, key_id: &str, secret_key: &str) -> Self {
        Self {
            host: host.to_owned(),
            region: region.to_owned(),
            service: "s3".to_owned(),
            key_id: key_id.to_owned(),
            secret_key: secret_key.to_owned(),
        }
    }

    /// A request for an encoded path with its leading slash.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> S3Request {
        S3Request {
            client: self.clone(),
            method,
            path: path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
            content: Vec::new(),
            time: SystemTime::now(),
            payload: Payload::Hash,
            presigned: None,
            decoded_length: None,
        }
    }

    /// A `GET`.
    #[must_use]
    pub fn get(&self, path: &str) -> S3Request {
        self.request(Method::GET, path)
    }

    /// A `PUT` with its content.
    #[must_use]
    pub fn put(&self, path: &str, content: impl Into<Vec<u8>>) -> S3Request {
        self.request(Method::PUT, path).content(content)
    }

    /// A `DELETE`.
    #[must_use]
    pub fn delete(&self, path: &str) -> S3Request {
        self.request(Method::DELETE, path)
    }

    /// A `POST` with its content.
    #[must_use]
    pub fn post(&self, path: &str, content: impl Into<Vec<u8>>) -> S3Request {
        self.request(Method::POST, path).content(content)
    }
}

impl S3Request {
    /// Sets the content.
    #[must_use]
    pub fn content(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.content = content.into();
        self
    }

    /// Sets the encoded query.
    #[must_use]
    pub fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    /// Adds a header that is signed.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Signs at another time.
    #[must_use]
    pub fn at(mut self, time: SystemTime) -> Self {
        self.time = time;
        self
    }

    /// Declares `UNSIGNED-PAYLOAD`.
    #[must_use]
    pub fn unsigned_payload(self) -> Self {
        self.declared("UNSIGNED-PAYLOAD")
    }

    /// Declares this as `x-amz-content-sha256`, and sends the content as it is.
    #[must_use]
    pub fn declared(mut self, payload: &str) -> Self {
        self.payload = Payload::Declared(payload.to_owned());
        self
    }

    /// Divides the content into unsigned chunks, with its checksum as a trailer.
    #[must_use]
    pub fn unsigned_chunks(self, checksum: Checksum) -> Self {
        let trailer = Some((checksum.field().to_owned(), checksum.of(&self.content)));
        self.chunked(Chunked {
            signed: false,
            trailer,
            size: CHUNK,
        })
    }

    /// Divides the content into signed chunks.
    #[must_use]
    pub fn signed_chunks(self) -> Self {
        self.chunked(Chunked {
            signed: true,
            trailer: None,
            size: CHUNK,
        })
    }

    /// Divides the content into signed chunks, with its checksum as a signed trailer.
    #[must_use]
    pub fn signed_chunks_and_trailer(self, checksum: Checksum) -> Self {
        let trailer = Some((checksum.field().to_owned(), checksum.of(&self.content)));
        self.chunked(Chunked {
            signed: true,
            trailer,
            size: CHUNK,
        })
    }

    /// Divides the content into chunks.
    #[must_use]
    pub fn chunked(mut self, chunked: Chunked) -> Self {
        self.payload = Payload::Chunked(chunked);
        self
    }

    /// Sets the size of the chunks.
    #[must_use]
    pub fn chunk_size(mut self, size: usize) -> Self {
        if let Payload::Chunked(chunked) = &mut self.payload {
            chunked.size = size;
        }
        self
    }

    /// Sends another value of the trailer field; if the trailer is signed, this value is.
    #[must_use]
    pub fn trailer_value(mut self, value: &str) -> Self {
        if let Payload::Chunked(Chunked {
            trailer: Some((_, trailer)),
            ..
        }) = &mut self.payload
        {
            value.clone_into(trailer);
        }
        self
    }

    /// Signs this as `x-amz-decoded-content-length`, whatever the length is; empty for none.
    #[must_use]
    pub fn decoded_length(mut self, length: &str) -> Self {
        self.decoded_length = Some(length.to_owned());
        self
    }

    /// Signs in the query, for this time.
    #[must_use]
    pub fn presigned(mut self, expires_in: Duration) -> Self {
        self.presigned = Some(expires_in);
        self.payload = Payload::Declared("UNSIGNED-PAYLOAD".to_owned());
        self
    }

    /// Signs and sends it to a port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// As [`Request::send`](crate::Request::send).
    pub async fn send(&self, port: u16) -> io::Result<Response> {
        self.sign().send(port).await
    }

    /// Signs it.
    ///
    /// # Panics
    ///
    /// When host, path and query are not a URI.
    #[must_use]
    pub fn sign(&self) -> SignedRequest {
        let headers = self.headers_to_sign();
        let hash = match &self.payload {
            Payload::Hash => sha256_hex(&self.content),
            Payload::Declared(declared) => declared.clone(),
            Payload::Chunked(chunked) => chunked.declared().to_owned(),
        };
        let query = Some(&self.query).filter(|query| !query.is_empty());
        let query = query.map_or_else(String::new, |query| format!("?{query}"));
        let host = ("host", self.client.host.as_str());
        let named = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let request = SignableRequest::new(
            self.method.as_str(),
            format!("https://{}{}{query}", self.client.host, self.path),
            [host].into_iter().chain(named),
            SignableBody::Precomputed(hash),
        );
        let identity = self.identity();
        let parameters = self.parameters(&identity).into();
        let request = request.expect("a request that can be signed");
        let signed = sign(request, &parameters);
        let (instructions, signature) = signed.expect("a signature").into_parts();
        let (added, parameters) = instructions.into_parts();

        let parameters = parameters
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let parameters = [self.query.clone()].into_iter().chain(parameters);
        let parameters: Vec<_> = parameters.filter(|part| !part.is_empty()).collect();
        let mut target = self.path.clone();
        if !parameters.is_empty() {
            target.push('?');
            target.push_str(&parameters.join("&"));
        }
        let mut sent = vec![("Host".to_owned(), self.client.host.clone())];
        sent.extend(headers);
        sent.extend(
            added
                .iter()
                .map(|header| (header.name().to_owned(), header.value().to_owned())),
        );
        SignedRequest {
            method: self.method.clone(),
            target,
            headers: sent,
            body: self.body(&signature),
            with_length: true,
        }
    }

    fn headers_to_sign(&self) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        if let Payload::Chunked(chunked) = &self.payload {
            let length = self.decoded_length.clone();
            let length = length.unwrap_or_else(|| self.content.len().to_string());
            headers.push(("content-encoding".to_owned(), "aws-chunked".to_owned()));
            if !length.is_empty() {
                headers.push(("x-amz-decoded-content-length".to_owned(), length));
            }
            if let Some((name, _)) = &chunked.trailer {
                headers.push(("x-amz-trailer".to_owned(), name.clone()));
            }
        }
        headers
    }

    fn parameters<'a>(&'a self, identity: &'a Identity) -> v4::SigningParams<'a, SigningSettings> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        // Every given header is signed, also those that a front end may change.
        settings.excluded_headers = None;
        if let Some(expires_in) = self.presigned {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
            settings.expires_in = Some(expires_in);
        }
        v4::SigningParams::builder()
            .identity(identity)
            .region(&self.client.region)
            .name(&self.client.service)
            .time(self.time)
            .settings(settings)
            .build()
            .expect("all parameters are set")
    }

    fn identity(&self) -> Identity {
        let (key_id, secret) = (&self.client.key_id, &self.client.secret_key);
        Credentials::new(key_id, secret, None, None, "test").into()
    }

    fn body(&self, signature: &str) -> Vec<u8> {
        match &self.payload {
            Payload::Hash | Payload::Declared(_) => self.content.clone(),
            Payload::Chunked(chunked) => {
                let client = &self.client;
                let date = amz_date(self.time);
                let key =
                    ChunkKey::derive(&client.secret_key, &date, &client.region, &client.service);
                chunked.frame(&self.content, &key, signature)
            }
        }
    }
}

/// A time as in `x-amz-date`.
fn amz_date(time: SystemTime) -> String {
    let mut text = Vec::new();
    let written = Timestamp::from(time).format(TimestampFormat::DateTime, &mut text);
    written.expect("a date that can be written");
    let text = String::from_utf8(text).expect("ASCII");
    let (seconds, _) = text
        .split_once('.')
        .unwrap_or((text.trim_end_matches('Z'), ""));
    let digits = seconds.replace(['-', ':'], "");
    format!("{digits}Z")
}

/// A query parameter, encoded as AWS requires it.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2013-05-24 00:00:00 UTC, when AWS's examples are signed.
    const EXAMPLE_TIME: Duration = Duration::from_hours(380_376);

    fn client() -> S3Client {
        S3Client::new(
            "examplebucket.s3.amazonaws.com",
            "us-east-1",
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        )
    }

    fn then() -> SystemTime {
        SystemTime::UNIX_EPOCH + EXAMPLE_TIME
    }

    #[test]
    fn a_header_signature_is_that_of_the_published_example() {
        let get = client().get("/test.txt").header("range", "bytes=0-9");
        let signed = get.at(then()).sign();
        let authorization = signed.header("authorization").expect("signed");
        assert!(
            authorization.ends_with(
                "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
            ),
            "{authorization}"
        );
    }

    #[test]
    fn a_presigned_url_is_that_of_the_published_example() {
        let get = client().get("/test.txt").at(then());
        let signed = get.presigned(Duration::from_hours(24)).sign();
        assert_eq!(
            signed.target,
            "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    #[test]
    fn a_chunked_upload_has_the_seed_of_the_published_example() {
        let mut client = client();
        client.host = "s3.amazonaws.com".to_owned();
        let put = client
            .put("/examplebucket/chunkObject.txt", vec![b'a'; 66_560])
            .header("x-amz-storage-class", "REDUCED_REDUNDANCY")
            .header("content-length", "66824")
            .signed_chunks()
            .at(then());
        let signed = put.sign();
        let authorization = signed.header("authorization").expect("signed");
        let (_, seed) = authorization.split_once("Signature=").expect("a signature");
        assert_eq!(
            seed,
            "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
        );
        assert_eq!(signed.body.len(), 66_824);
    }

    #[test]
    fn a_date_has_neither_separators_nor_fractions() {
        assert_eq!(amz_date(then()), "20130524T000000Z");
        assert_eq!(
            amz_date(then() + Duration::from_millis(1999)),
            "20130524T000001Z"
        );
    }
}
