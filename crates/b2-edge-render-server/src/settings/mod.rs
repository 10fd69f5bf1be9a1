//! The settings of the service, from environment variables. What a variable may contain is decided here, once, before
//! the first connection.

pub(crate) mod environment;
pub(crate) mod hosts;
pub(crate) mod resize_options;
pub(crate) mod resolve;
pub(crate) mod thumbnails;

use std::net::{Ipv4Addr, SocketAddr};

use environment::{Environment, Mistake};
use hosts::AllowedHosts;
use resolve::Overrides;
use thumbnails::ThumbnailSettings;

use crate::render::mac::RenderKeys;
use crate::secret::Secret;

/// How many admitted requests may wait for a worker if `QUEUE` is not set.
const DEFAULT_QUEUE: usize = 128;

/// The decoded pixels in flight if `MAX_PIXELS` is not set.
const DEFAULT_MAX_PIXELS: u64 = 100_000_000;

/// A shorter key is reported at start: an HMAC is as strong as its key.
const SHORT_KEY_BYTES: usize = 16;

/// Everything that is configured.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where the service listens: `ADDR`.
    pub(crate) address: SocketAddr,
    /// Images that are rendered at the same time: `WORKERS`.
    pub(crate) workers: usize,
    /// Further requests that are admitted: `QUEUE`.
    pub(crate) queue: usize,
    /// The decoded pixels of all images that are rendered at the same time: `MAX_PIXELS`.
    pub(crate) max_pixels: u64,
    /// Where to connect instead of a host: `RESOLVE`.
    pub(crate) overrides: Overrides,
    /// `POST /render`; `None` without `RENDER_KEY`.
    pub(crate) render: Option<RenderSettings>,
    /// `POST /thumbnail`; `None` without a key of B2.
    pub(crate) thumbnails: Option<ThumbnailSettings>,
}

/// What `POST /render` needs.
#[derive(Debug)]
pub(crate) struct RenderSettings {
    /// `RENDER_KEY` and `RENDER_KEY_PREVIOUS`.
    pub(crate) keys: RenderKeys,
    /// `ALLOWED_HOSTS`.
    pub(crate) hosts: AllowedHosts,
}

impl Settings {
    /// Reads all variables. `cores` is the number of workers where `WORKERS` is not set.
    ///
    /// # Errors
    ///
    /// The first variable that is missing or malformed.
    pub(crate) fn read(environment: &Environment<'_>, cores: usize) -> Result<Self, Mistake> {
        let default_address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8080));
        let address = environment.parse("ADDR", "an IP address and a port, like 0.0.0.0:8080")?;
        let settings = Self {
            address: address.unwrap_or(default_address),
            workers: environment.number("WORKERS", &(1..=1024))?.unwrap_or(cores),
            queue: environment
                .number("QUEUE", &(0..=100_000))?
                .unwrap_or(DEFAULT_QUEUE),
            max_pixels: environment
                .number("MAX_PIXELS", &(1..=1_000_000_000_000))?
                .unwrap_or(DEFAULT_MAX_PIXELS),
            overrides: Overrides::read(environment)?,
            render: RenderSettings::read(environment)?,
            thumbnails: ThumbnailSettings::read(environment)?,
        };
        if settings.render.is_none() && settings.thumbnails.is_none() {
            return Err(Mistake::new(
                "RENDER_KEY",
                "is missing, and so is AWS_ACCESS_KEY_ID: without one of them, there is nothing to serve",
            ));
        }
        Ok(settings)
    }

    /// What an operator should know, but what is no reason not to start.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = self
            .overrides
            .iter()
            .map(|(host, address)| {
                format!("RESOLVE: requests to {host} go to {address} without TLS")
            })
            .collect();
        if let Some(render) = &self.render
            && render.keys.shortest() < SHORT_KEY_BYTES
        {
            warnings.push(format!(
                "RENDER_KEY: a key has fewer than {SHORT_KEY_BYTES} bytes"
            ));
        }
        if let Some(thumbnails) = &self.thumbnails
            && thumbnails.api_key.as_bytes().len() < SHORT_KEY_BYTES
        {
            warnings.push(format!(
                "API_KEY: the key has fewer than {SHORT_KEY_BYTES} bytes"
            ));
        }
        warnings
    }
}

impl RenderSettings {
    fn read(environment: &Environment<'_>) -> Result<Option<Self>, Mistake> {
        let previous = environment.text("RENDER_KEY_PREVIOUS")?;
        let Some(key) = environment.text("RENDER_KEY")? else {
            return match previous {
                None => Ok(None),
                Some(_) => Err(Mistake::new(
                    "RENDER_KEY",
                    "is missing, although RENDER_KEY_PREVIOUS is set",
                )),
            };
        };
        Ok(Some(Self {
            keys: RenderKeys::new(Secret::new(key), previous.map(Secret::new)),
            hosts: AllowedHosts::parse(&environment.required("ALLOWED_HOSTS")?)
                .map_err(|message| Mistake::new("ALLOWED_HOSTS", message))?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest environment that starts.
    const RENDER: [(&str, &str); 2] = [
        ("RENDER_KEY", "0123456789abcdef"),
        ("ALLOWED_HOSTS", "a.example"),
    ];
    const THUMBNAILS: [(&str, &str); 4] = [
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("B2_ENDPOINT", "https://s3.us-west-004.backblazeb2.com"),
        ("API_KEY", "0123456789abcdef"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Mistake> {
        let get = |name: &str| {
            let found = variables.iter().rev().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).into())
        };
        Settings::read(&Environment::new(&get), 3)
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let settings = read(&RENDER).expect("settings");
        assert_eq!(settings.address.to_string(), "0.0.0.0:8080");
        assert_eq!(settings.workers, 3);
        assert_eq!(settings.queue, 128);
        assert_eq!(settings.max_pixels, 100_000_000);
        assert!(settings.thumbnails.is_none());
        assert!(settings.warnings().is_empty());
    }

    #[test]
    fn every_variable_is_read() {
        let mut all = RENDER.to_vec();
        all.extend(THUMBNAILS);
        all.extend([
            ("ADDR", "[::1]:9"),
            ("RENDER_KEY_PREVIOUS", "fedcba9876543210"),
            ("WORKERS", "1"),
            ("QUEUE", "0"),
            ("MAX_PIXELS", "25000000"),
            ("RESOLVE", "a.example=http://127.0.0.1:81"),
            ("RESIZE_OPTIONS", r#"{"width": 10}"#),
        ]);
        let settings = read(&all).expect("settings");
        assert_eq!(settings.address.to_string(), "[::1]:9");
        assert_eq!(
            (settings.workers, settings.queue, settings.max_pixels),
            (1, 0, 25_000_000)
        );
        assert!(settings.render.is_some() && settings.thumbnails.is_some());
        assert_eq!(
            settings.warnings(),
            ["RESOLVE: requests to a.example go to 127.0.0.1:81 without TLS"]
        );
    }

    #[test]
    fn white_space_around_a_value_is_not_part_of_it() {
        let mut variables = RENDER.to_vec();
        variables.extend([("RENDER_KEY", " 0123456789abcdef\r\n"), ("WORKERS", " 2\n")]);
        let settings = read(&variables).expect("settings");
        assert_eq!(settings.workers, 2);
        let keys = settings.render.expect("keys").keys;
        assert_eq!(keys.shortest(), 16);
    }

    #[test]
    fn each_endpoint_can_be_the_only_one() {
        assert!(read(&RENDER).expect("settings").thumbnails.is_none());
        assert!(read(&THUMBNAILS).expect("settings").render.is_none());
    }

    #[test]
    fn a_mistake_names_its_variable() {
        for (base, name, value) in [
            (&RENDER[..], "ADDR", "localhost"),
            (&RENDER, "ADDR", "0.0.0.0:65536"),
            (&RENDER, "ADDR", ""),
            (&RENDER, "WORKERS", "0"),
            (&RENDER, "WORKERS", "two"),
            (&RENDER, "QUEUE", "-1"),
            (&RENDER, "QUEUE", "100001"),
            (&RENDER, "MAX_PIXELS", "0"),
            (&RENDER, "MAX_PIXELS", "1e6"),
            (&RENDER, "RENDER_KEY", ""),
            (&RENDER, "RENDER_KEY", " \n"),
            (&RENDER, "RENDER_KEY_PREVIOUS", ""),
            (&RENDER, "ALLOWED_HOSTS", ""),
            (&RENDER, "ALLOWED_HOSTS", "https://a.example"),
            (&RENDER, "RESOLVE", "a.example"),
            (&RENDER, "AWS_SECRET_ACCESS_KEY", "only half of a key"),
            (&THUMBNAILS, "AWS_ACCESS_KEY_ID", "a b"),
            (&THUMBNAILS, "AWS_SECRET_ACCESS_KEY", "a b"),
            (
                &THUMBNAILS,
                "B2_ENDPOINT",
                "http://s3.us-west-004.backblazeb2.com",
            ),
            (&THUMBNAILS, "B2_ENDPOINT", "https://backblazeb2.com"),
            (&THUMBNAILS, "API_KEY", ""),
            (&THUMBNAILS, "RESIZE_OPTIONS", "{"),
            (&THUMBNAILS, "RESIZE_OPTIONS", r#"{"width": 0}"#),
        ] {
            let mut variables = base.to_vec();
            variables.push((name, value));
            let mistake = read(&variables).expect_err(name).to_string();
            let named = if value.starts_with("only half") {
                "AWS_ACCESS_KEY_ID"
            } else {
                name
            };
            assert!(
                mistake.starts_with(&format!("{named}: ")) && !mistake.contains('\n'),
                "{name}={value}: {mistake}"
            );
        }
    }

    #[test]
    fn a_variable_that_is_missing_is_named() {
        for (variables, missing) in [
            (&RENDER[..], "ALLOWED_HOSTS"),
            (&THUMBNAILS, "AWS_ACCESS_KEY_ID"),
            (&THUMBNAILS, "AWS_SECRET_ACCESS_KEY"),
            (&THUMBNAILS, "B2_ENDPOINT"),
            (&THUMBNAILS, "API_KEY"),
        ] {
            let rest: Vec<_> = variables
                .iter()
                .copied()
                .filter(|(name, _)| *name != missing)
                .collect();
            let mistake = read(&rest).expect_err(missing).to_string();
            assert!(mistake.starts_with(&format!("{missing}: ")), "{mistake}");
        }
        let mistake = read(&[]).expect_err("nothing to serve").to_string();
        assert!(mistake.starts_with("RENDER_KEY: "), "{mistake}");
        let mistake = read(&[("RENDER_KEY_PREVIOUS", "k")]).expect_err("no current key");
        assert!(mistake.to_string().starts_with("RENDER_KEY: "), "{mistake}");
    }

    #[test]
    fn a_short_key_is_reported_and_never_shown() {
        let mut variables = RENDER.to_vec();
        variables.push(("RENDER_KEY", "s3cr3t"));
        let settings = read(&variables).expect("settings");
        assert_eq!(
            settings.warnings(),
            ["RENDER_KEY: a key has fewer than 16 bytes"]
        );
        assert!(!format!("{settings:?}").contains("s3cr3t"), "{settings:?}");
    }
}
