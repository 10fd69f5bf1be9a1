//! Two private buckets, and a service that may fetch from both.

use std::time::Duration;

use b2_edge_testbed::{Object, Origin, OriginSpec, S3Client, encode_key};

use super::process::Service;
use super::render_request::KEY;

/// A service with its origins.
pub(crate) struct Stage {
    /// `us-photos` in `us-west-004`.
    pub(crate) us: Origin,
    /// `eu-photos` in `eu-central-003`.
    pub(crate) eu: Origin,
    /// The service.
    pub(crate) service: Service,
}

impl Stage {
    /// Starts a service with the smallest environment.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a service with further variables.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        let us = origin("us_origin", "us-photos", "us-west-004");
        let eu = origin("eu_origin", "eu-photos", "eu-central-003");
        let (us_host, eu_host) = (us.spec().host(), eu.spec().host());
        let overrides = [
            (&us_host, &us),
            (&us.spec().endpoint(), &us),
            (&eu_host, &eu),
        ]
        .map(|(host, origin)| format!("{host}={}", origin.url()))
        .join(",");
        let mut environment = vec![
            ("RENDER_KEY", KEY.to_owned()),
            ("ALLOWED_HOSTS", format!("{us_host},{eu_host}")),
            ("RESOLVE", overrides),
        ];
        for (name, value) in variables {
            environment.retain(|(set, _)| set != name);
            environment.push((name, (*value).to_owned()));
        }
        let service = Service::start(&environment).await;
        Self { us, eu, service }
    }

    /// Stores an object in both buckets.
    pub(crate) async fn put(&self, key: &str, object: Object) {
        for origin in [&self.us, &self.eu] {
            origin.put(key, object.clone()).await.expect("stored");
        }
    }

    /// The presigned URLs of an object in both buckets.
    pub(crate) fn urls(&self, key: &str) -> Vec<String> {
        vec![presigned(&self.us, key), presigned(&self.eu, key)]
    }
}

fn origin(backend: &str, bucket: &str, region: &str) -> Origin {
    Origin::start(OriginSpec::new(backend, bucket, region)).expect("an origin")
}

/// A URL of an object that is valid for five minutes.
pub(crate) fn presigned(origin: &Origin, key: &str) -> String {
    let spec = origin.spec();
    let client = S3Client::new(
        &spec.host(),
        &spec.region,
        &spec.key_id,
        &spec.application_key,
    );
    let signed = client
        .get(&encode_key(key))
        .presigned(Duration::from_mins(5))
        .sign();
    format!("https://{}{}", spec.host(), signed.target)
}
