//! Requests signed by `aws-sigv4`, which shares no code with the origins' verifier.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use b2_edge_testbed::{Origin, OriginSpec, Request, Response, encode_key};
use http::Method;

/// The parts of a signed request. Tests change single fields.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) method: Method,
    /// The path as it is sent.
    pub(crate) path: String,
    /// The path as it is signed; by default the same.
    pub(crate) path_in_signature: Option<String>,
    pub(crate) host: String,
    pub(crate) region: String,
    pub(crate) key_id: String,
    pub(crate) application_key: String,
    pub(crate) time: SystemTime,
    /// The content with the hash that is declared and signed. No content is sent.
    pub(crate) declared_body: &'static [u8],
    /// Sent, but not signed.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Signed {
    pub(crate) fn get(spec: &OriginSpec, key: &str) -> Self {
        Self {
            method: Method::GET,
            path: encode_key(key),
            path_in_signature: None,
            host: spec.host(),
            region: spec.region.clone(),
            key_id: spec.key_id.clone(),
            application_key: spec.application_key.clone(),
            time: SystemTime::now(),
            declared_body: b"",
            headers: Vec::new(),
        }
    }

    pub(crate) fn head(spec: &OriginSpec, key: &str) -> Self {
        Self {
            method: Method::HEAD,
            ..Self::get(spec, key)
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn skewed_by(mut self, skew: Duration) -> Self {
        self.time -= skew;
        self
    }

    pub(crate) async fn send(&self, origin: &Origin) -> Response {
        self.request()
            .send(origin.port())
            .await
            .expect("a response")
    }

    pub(crate) fn request(&self) -> Request {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let identity: Identity = Credentials::new(
            self.key_id.clone(),
            self.application_key.clone(),
            None,
            None,
            "test",
        )
        .into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(self.time)
            .settings(settings)
            .build()
            .expect("all parameters are set");
        let path = self.path_in_signature.as_deref().unwrap_or(&self.path);
        let uri = format!("https://{}{path}", self.host);
        let host = [("host", self.host.as_str())];
        let request = SignableRequest::new(
            self.method.as_str(),
            uri,
            host.into_iter(),
            SignableBody::Bytes(self.declared_body),
        );
        let signed =
            sign(request.expect("a signable request"), &params.into()).expect("a signature");
        let (headers, _) = signed.into_parts().0.into_parts();

        let call = Request::new(self.method.clone(), self.path.as_str())
            .header("Host", self.host.as_str());
        let call = headers.iter().fold(call, |call, header| {
            call.header(header.name(), header.value())
        });
        self.headers.iter().fold(call, |call, (name, value)| {
            call.header(name, value.as_str())
        })
    }
}

/// A private origin with one object, `hello.txt`.
pub(crate) async fn origin() -> Origin {
    origin_of(spec()).await
}

pub(crate) async fn origin_of(spec: OriginSpec) -> Origin {
    let origin = Origin::start(spec).expect("an origin");
    let object = b2_edge_testbed::Object::text("0123456789")
        .cache_control("max-age=60")
        .content_encoding("identity")
        .content_language("en")
        .content_disposition("inline")
        .metadata("colour", "red");
    origin.put("hello.txt", object).await.expect("stored");
    origin
}

pub(crate) fn spec() -> OriginSpec {
    OriginSpec::new("us_origin", "a-bucket", "us-west-004")
}
