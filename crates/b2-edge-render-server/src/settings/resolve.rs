//! `RESOLVE`: where to connect for a host, in plain HTTP, instead of TLS to the host itself. For tests, the demo and
//! private networks. The request is the same as it would be without, `Host` and signature included.

use std::collections::BTreeMap;

use super::environment::{Environment, Mistake};
use super::hosts::is_host;

/// Addresses by host.
#[derive(Debug, Default)]
pub(crate) struct Overrides(BTreeMap<String, String>);

impl Overrides {
    /// Reads `RESOLVE`: `host=http://address:port`, with commas between the entries.
    pub(crate) fn read(environment: &Environment<'_>) -> Result<Self, Mistake> {
        let Some(list) = environment.text("RESOLVE")? else {
            return Ok(Self::default());
        };
        let entries = list.split(',').map(|entry| {
            parse(entry.trim()).ok_or_else(|| {
                let message = format!("{entry:?} is not of the form host=http://127.0.0.1:8000");
                Mistake::new("RESOLVE", message)
            })
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// The address, `host:port`, to connect to for this authority.
    pub(crate) fn get(&self, authority: &str) -> Option<&str> {
        self.0.get(authority).map(String::as_str)
    }

    /// Every host with its address.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(host, to)| (host.as_str(), to.as_str()))
    }
}

fn parse(entry: &str) -> Option<(String, String)> {
    let (host, url) = entry.split_once('=')?;
    let address = url.strip_prefix("http://")?;
    let address = address.strip_suffix('/').unwrap_or(address);
    let (_, port) = address.split_once(':')?;
    let is_valid = is_host(host) && is_host(address) && !port.is_empty();
    is_valid.then(|| (host.to_owned(), address.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &'static str) -> Result<Overrides, Mistake> {
        Overrides::read(&Environment::new(&move |name| {
            (name == "RESOLVE").then(|| list.into())
        }))
    }

    #[test]
    fn each_host_has_its_address() {
        let overrides = read("a.example=http://127.0.0.1:81, b.example:8443=http://minio:9000/")
            .expect("overrides");
        assert_eq!(overrides.get("a.example"), Some("127.0.0.1:81"));
        assert_eq!(overrides.get("b.example:8443"), Some("minio:9000"));
        assert_eq!(overrides.get("b.example"), None);
    }

    #[test]
    fn another_form_is_a_mistake() {
        for list in [
            "a.example",
            "a.example=127.0.0.1:81",
            "a.example=https://127.0.0.1:81",
            "a.example=http://127.0.0.1",
            "a.example=http://127.0.0.1:81/path",
            "=http://127.0.0.1:81",
            "a.example=http://127.0.0.1:81,",
        ] {
            let mistake = read(list).expect_err(list).to_string();
            assert!(mistake.starts_with("RESOLVE: "), "{mistake}");
        }
    }
}
