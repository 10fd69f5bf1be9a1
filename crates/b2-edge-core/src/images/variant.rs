//! A variant that a client requests.

use http::HeaderMap;

use super::format::Format;
use super::preset::Preset;
use super::route::{ImageRoute, OnMiss};
use super::settings::ImageSettings;
use super::template::Values;
use crate::http::path::RequestPath;
use crate::s3::hex::sha256;
use crate::s3::object_key::{KeyError, ObjectKey, encoded};

/// The version of what the engines make of a preset. Raised when their results change so much that what is stored
/// should be rendered anew.
const RENDERING: &str = "r1";

/// How many hexadecimal digits of a digest are used.
const DIGEST_DIGITS: usize = 32;

/// What a path of a route names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named<'s> {
    /// A variant.
    Variant(Box<Variant<'s>>),
    /// A preset that does not exist, or no key.
    Nothing,
}

/// A variant: a source and a preset, and what follows from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant<'s> {
    /// The name of the preset.
    pub preset_name: &'s str,
    /// The preset.
    pub preset: &'s Preset,
    /// The key of the source.
    pub source: ObjectKey,
    /// The key under which it is stored in the bucket; `None`: it is not stored.
    pub store: Option<ObjectKey>,
    /// What the client gets if it has to be rendered.
    pub on_miss: OnMiss,
    /// Its own path, decoded.
    pub path: RequestPath,
    /// Its own path, encoded as the path of an object is.
    pub encoded_path: String,
    /// The format that was chosen; `None`: JPEG, and PNG for a picture with alpha.
    pub format: Option<Format>,
    /// The digest of the preset's definition, for the metadata of what is stored.
    pub preset_digest: String,
    /// Tells variants of one source apart: a digest of path, preset and format.
    pub id: VariantId,
}

/// Tells variants of one source apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariantId([u8; DIGEST_DIGITS]);

impl VariantId {
    /// The hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn of(text: &str) -> Self {
        let mut id = [b'0'; DIGEST_DIGITS];
        let digits = sha256(text.as_bytes());
        for (digit, from) in id.iter_mut().zip(digits.bytes()) {
            *digit = from;
        }
        Self(id)
    }
}

impl ImageSettings {
    /// What a path names, if it is one of a route. The format depends on the client's `Accept`.
    #[must_use]
    pub fn named<'s>(&'s self, path: &RequestPath, client: &HeaderMap) -> Option<Named<'s>> {
        let mut captured = self.captures(path).peekable();
        captured.peek()?;
        let known = captured.find_map(|(route, preset, key)| {
            let (name, preset) = self.presets.get_key_value(preset)?;
            Some((route, name, preset, key))
        });
        let Some((route, preset_name, preset, key)) = known else {
            return Some(Named::Nothing);
        };
        let format = preset.choose_format(&self.engines, client);
        let variant = Variant::new(route, preset_name, preset, key, format, path);
        Some(variant.map_or(Named::Nothing, |variant| Named::Variant(Box::new(variant))))
    }

    /// The path and the sources of a variant, for purging it whatever its format is; `None` if the path names none.
    #[must_use]
    pub fn purged(&self, path: &RequestPath) -> Option<Vec<Variant<'_>>> {
        let (route, name, preset, key) = self.captures(path).find_map(|(route, preset, key)| {
            let (name, preset) = self.presets.get_key_value(preset)?;
            Some((route, name, preset, key))
        })?;
        let formats = preset.possible_formats(&self.engines);
        let variants = formats
            .into_iter()
            .filter_map(|format| Variant::new(route, name, preset, key, format, path).ok());
        Some(variants.collect())
    }

    /// The routes that a path is one of, each with the preset and the key that it names.
    fn captures<'s>(
        &'s self,
        path: &'s RequestPath,
    ) -> impl Iterator<Item = (&'s ImageRoute, &'s str, &'s str)> {
        self.routes.iter().filter_map(|route| {
            let (preset, key) = route.path.capture(path.as_str())?;
            Some((route, preset, key))
        })
    }
}

impl<'s> Variant<'s> {
    fn new(
        route: &ImageRoute,
        preset_name: &'s str,
        preset: &'s Preset,
        key: &str,
        format: Option<Format>,
        path: &RequestPath,
    ) -> Result<Self, KeyError> {
        let values = Values {
            preset: preset_name,
            key,
            format,
        };
        let source = ObjectKey::from_decoded(&route.source.expand(&values))?;
        let store = route.store.as_ref();
        let store = store.map(|store| ObjectKey::from_decoded(&store.expand(&values)));
        // A source is never overwritten, and a variant whose key is too long for the bucket is not stored.
        let store = store.and_then(Result::ok).filter(|store| *store != source);
        let definition = format!("{RENDERING}\n{}", preset.to_json());
        let preset_digest = VariantId::of(&definition).as_str().to_owned();
        let encoded_path: String = encoded(path.as_str()).collect();
        let format_name = format.map_or("", Format::as_str);
        Ok(Self {
            preset_name,
            preset,
            source,
            on_miss: match store {
                Some(_) => route.on_miss,
                None => OnMiss::Render,
            },
            store,
            id: VariantId::of(&format!("{encoded_path}\n{format_name}\n{definition}")),
            path: path.clone(),
            encoded_path,
            format,
            preset_digest,
        })
    }

    /// Whether the format depends on the client.
    #[must_use]
    pub const fn is_negotiated(&self) -> bool {
        !self.preset.formats.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const CONFIG: &str = r#"{"images": {
        "routes": [{"path": "/p/{preset}/{key}", "source": "o/{key}", "store": "{preset}/{key}", "on_miss": "redirect"},
                   {"path": "/q/{key}/{preset}.jpg", "source": "{key}"}],
        "presets": {"o": {"width": 9}, "small": {"width": 64}}}}"#;

    fn settings(json: &str) -> ImageSettings {
        Config::parse(json).expect("valid").images
    }

    fn named<'s>(images: &'s ImageSettings, path: &str) -> Option<Named<'s>> {
        let path = RequestPath::decoded(path.to_owned()).expect(path);
        images.named(&path, &HeaderMap::new())
    }

    fn variant<'s>(images: &'s ImageSettings, path: &str) -> Variant<'s> {
        match named(images, path) {
            Some(Named::Variant(variant)) => *variant,
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn a_path_of_a_route_names_a_source_and_where_the_variant_is_stored() {
        let images = settings(CONFIG);
        let found = variant(&images, "/p/small/a/b c.jpg");
        assert_eq!(found.source.as_str(), "o/a/b c.jpg");
        let store = found.store.as_ref().map(ObjectKey::as_str);
        assert_eq!(store, Some("small/a/b c.jpg"));
        assert_eq!(found.on_miss, OnMiss::Redirect);
        assert_eq!(found.encoded_path, "/p/small/a/b%20c.jpg");
        let other = variant(&images, "/q/a/b.png/small.jpg");
        assert_eq!(other.source.as_str(), "a/b.png");
        assert_eq!((other.store, other.on_miss), (None, OnMiss::Render));
        for path in ["/p/none/a", "/q/a/none.jpg"] {
            assert_eq!(named(&images, path), Some(Named::Nothing), "{path}");
        }
        for path in ["/", "/p/small/", "/p/small", "/x/small/a", "/q/small.jpg"] {
            assert_eq!(named(&images, path), None, "{path}");
        }
    }

    #[test]
    fn a_source_is_never_overwritten() {
        let images = settings(CONFIG);
        // `{preset}/{key}` and `o/{key}` are one key for the preset `o`.
        let found = variant(&images, "/p/o/a.jpg");
        assert_eq!(found.source.as_str(), "o/a.jpg");
        assert_eq!((found.store, found.on_miss), (None, OnMiss::Render));
    }

    #[test]
    fn what_makes_another_variant_has_another_id() {
        let images = settings(CONFIG);
        let id = variant(&images, "/p/small/a.jpg").id;
        assert_eq!(id, variant(&images, "/p/small/a.jpg").id);
        assert_ne!(id, variant(&images, "/p/small/b.jpg").id);
        assert_ne!(id, variant(&images, "/p/o/a.jpg").id);
        for change in [
            (r#""small": {"width": 64}"#, r#""small": {"width": 65}"#),
            (
                r#""small": {"width": 64}"#,
                r#""small": {"width": 64, "quality": 81}"#,
            ),
        ] {
            let changed = settings(&CONFIG.replace(change.0, change.1));
            let changed = variant(&changed, "/p/small/a.jpg");
            assert_ne!(id, changed.id, "{change:?}");
            let digest = variant(&images, "/p/small/a.jpg").preset_digest;
            assert_ne!(digest, changed.preset_digest, "{change:?}");
        }
    }

    #[test]
    fn any_path_names_a_variant_of_a_key_or_none() {
        const LIKELY: &[&str] = &[
            "p/small/", "p/o/", "q/", "small", "/", "//", "a", ".jpg", "o", "{key}", "ä", "%", " ",
            "\n",
        ];
        let images = settings(CONFIG);
        let mut random = fastrand::Rng::with_seed(1);
        let mut variants = 0;
        for _ in 0..50_000 {
            let parts = (0..random.usize(0..8)).map(|_| LIKELY[random.usize(0..LIKELY.len())]);
            let path = format!("/{}", parts.collect::<String>());
            let Ok(path) = RequestPath::decoded(path) else {
                continue;
            };
            if let Some(Named::Variant(variant)) = images.named(&path, &HeaderMap::new()) {
                assert_ne!(variant.store.as_ref(), Some(&variant.source), "{path:?}");
                variants += 1;
            }
        }
        assert!(variants > 100, "{variants}");
    }
}
