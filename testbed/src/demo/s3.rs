//! The S3 endpoint that `cargo xtask serve` shows, and its webhook.

use std::net::ToSocketAddrs as _;

use serde_json::{Value, json};

use super::origins::{ORIGINS, US};

/// The client's name in the configuration.
pub const CLIENT: &str = "demo";

/// The client's key ID, which is valid for this endpoint only.
pub const KEY_ID: &str = "demo-client-key-id";

/// The client's secret key.
pub const SECRET_KEY: &str = "demo-client-secret-key";

/// The secret that signs events.
pub const WEBHOOK_SECRET: &str = "demo-webhook-secret";

/// The host in the URL of the webhook.
pub const WEBHOOK_HOST: &str = "hooks.localhost";

/// The host of the endpoint: `s3.localhost`, or `localhost` where the system does not resolve names below that. The
/// website is at 127.0.0.1 in either case.
#[must_use]
pub fn host() -> &'static str {
    let name = "s3.localhost";
    let addresses = (name, 0).to_socket_addrs();
    let is_here = addresses.is_ok_and(|mut all| all.all(|address| address.ip().is_loopback()));
    if is_here { name } else { "localhost" }
}

/// A configuration with an endpoint on this host added, and its webhook.
#[must_use]
pub fn config(config: &str, host: &str, webhook: bool) -> String {
    let mut config: Value = serde_json::from_str(config).unwrap_or_default();
    let buckets = ORIGINS.map(|origin| origin.bucket);
    let rights = ["read", "list", "write", "delete", "versions", "lock"];
    let client = json!({"buckets": buckets, "allow": rights});
    let mut s3 = json!({"host": host, "clients": {CLIENT: client}});
    if webhook && let Some(s3) = s3.as_object_mut() {
        let url = format!("https://{WEBHOOK_HOST}/b2");
        s3.insert("webhook".to_owned(), json!({ "url": url }));
    }
    if let Some(config) = config.as_object_mut() {
        config.insert("s3".to_owned(), s3);
    }
    config.to_string()
}

/// Commands to try, for the endpoint at this URL and the website at that one.
#[must_use]
pub fn what_to_try(endpoint: &str, website: &str) -> String {
    let (bucket, region) = (US.bucket, US.region);
    format!(
        "
Write with any S3 client: {endpoint}, bucket {bucket}
  export AWS_ACCESS_KEY_ID={KEY_ID} AWS_SECRET_ACCESS_KEY={SECRET_KEY} AWS_REGION={region}
  echo hello | aws --endpoint-url {endpoint} s3 cp - s3://{bucket}/new.txt
  curl {website}/new.txt                      # the website has it at once, and its next version too
  aws --endpoint-url {endpoint} s3 ls s3://{bucket}
  python3 -c \"import boto3; s3 = boto3.client('s3', endpoint_url='{endpoint}'); print(s3.put_object(Bucket='{bucket}', Key='new.txt', Body=b'hello again')['ETag'])\"
  rclone lsf --s3-provider Other --s3-env-auth --s3-no-check-bucket --s3-region {region} --s3-endpoint {endpoint} :s3:{bucket}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::CONFIG;

    #[test]
    fn the_endpoint_is_added_to_the_settings_of_the_website() {
        for (webhook, has_webhook) in [(false, false), (true, true)] {
            let config: Value =
                serde_json::from_str(&config(CONFIG, "s3.localhost", webhook)).expect("JSON");
            assert!(config["redirects"].is_array(), "{config}");
            assert_eq!(config["s3"]["host"], "s3.localhost");
            assert_eq!(config["s3"]["clients"]["demo"]["buckets"][0], US.bucket);
            assert_eq!(config["s3"]["webhook"].is_object(), has_webhook, "{config}");
        }
    }

    #[test]
    fn a_host_is_one_that_this_machine_finds() {
        let mut addresses = (host(), 0).to_socket_addrs().expect("a known name");
        assert!(addresses.all(|address| address.ip().is_loopback()));
    }
}
