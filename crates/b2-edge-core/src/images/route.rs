//! A route: the paths that are variants, and the keys of their sources and of stored results.

use super::template::{Part, Placeholder, Template, Values};

/// What the client gets for a variant that had to be rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMiss {
    /// The variant.
    #[default]
    Render,
    /// A redirect to the same address, once the variant is stored in the bucket.
    Redirect,
}

/// An entry of `images.routes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRoute {
    /// The paths, decoded.
    pub path: PathTemplate,
    /// The key of the source, with `{key}`.
    pub source: Template,
    /// The key under which a variant is stored in the bucket; `None`: it is not stored.
    pub store: Option<Template>,
    /// What the client gets for a variant that had to be rendered.
    pub on_miss: OnMiss,
}

impl ImageRoute {
    /// Whether its variants are stored in the bucket.
    #[must_use]
    pub const fn is_stored(&self) -> bool {
        self.store.is_some()
    }
}

/// A template of paths, with `{preset}` and `{key}`, that a path can be matched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    template: Template,
    before: String,
    between: String,
    after: String,
    has_preset_first: bool,
}

impl PathTemplate {
    /// Parses a template of paths. It begins with `/`, and has `{preset}` and `{key}` once each, with a slash between
    /// them, so that no path can be read in two ways. `None` if it is invalid.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = [Placeholder::Preset, Placeholder::Key];
        let template = Template::parse(text, &known)?;
        let [
            Part::Literal(before),
            Part::Placeholder(first),
            Part::Literal(between),
            Part::Placeholder(second),
            after @ ..,
        ] = template.parts()
        else {
            return None;
        };
        let after = match after {
            [] => "",
            [Part::Literal(after)] => after,
            _ => return None,
        };
        let is_valid = first != second && before.starts_with('/') && between.contains('/');
        let is_text = !text.contains(char::is_control) && !text.contains(['?', '#']);
        (is_valid && is_text).then(|| Self {
            before: before.clone(),
            between: between.clone(),
            after: after.to_owned(),
            has_preset_first: *first == Placeholder::Preset,
            template: template.clone(),
        })
    }

    /// The preset and the key of a decoded path, neither of them empty; `None` if it is no path of this route.
    #[must_use]
    pub fn capture<'p>(&self, path: &'p str) -> Option<(&'p str, &'p str)> {
        let rest = path.strip_prefix(self.before.as_str())?;
        let rest = rest.strip_suffix(self.after.as_str())?;
        // A preset has no slash, so the first or the last slash belongs to what is between.
        let (preset, key) = if self.has_preset_first {
            rest.split_once(self.between.as_str())?
        } else {
            let (key, preset) = rest.rsplit_once(self.between.as_str())?;
            (preset, key)
        };
        let is_complete = !preset.is_empty() && !key.is_empty() && !preset.contains('/');
        is_complete.then_some((preset, key))
    }

    /// The template as written in the configuration.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.template.to_text()
    }

    /// The decoded path of a variant.
    #[must_use]
    pub fn expand(&self, values: &Values<'_>) -> String {
        self.template.expand(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_preset_and_a_key() {
        for (template, path, expected) in [
            (
                "/prew/{preset}/{key}",
                "/prew/small/some/file.jpg",
                Some(("small", "some/file.jpg")),
            ),
            ("/prew/{preset}/{key}", "/prew/small/", None),
            ("/prew/{preset}/{key}", "/prew//a.jpg", None),
            ("/prew/{preset}/{key}", "/prew/small", None),
            ("/prew/{preset}/{key}", "/photo/small/a.jpg", None),
            (
                "/prew/{preset}/{key}",
                "/prew/small//a",
                Some(("small", "/a")),
            ),
            (
                "/i/{key}/{preset}.jpg",
                "/i/a/b.png/small.jpg",
                Some(("small", "a/b.png")),
            ),
            ("/i/{key}/{preset}.jpg", "/i/a/small.png", None),
            ("/i/{key}/{preset}", "/i/a/b/c", Some(("c", "a/b"))),
            ("/{preset}-img/{key}", "/a-b-img/c", Some(("a-b", "c"))),
        ] {
            let parsed = PathTemplate::parse(template).expect(template);
            assert_eq!(parsed.capture(path), expected, "{template} on {path}");
            assert_eq!(parsed.to_text(), template);
        }
    }

    #[test]
    fn a_template_that_could_be_read_in_two_ways_is_none() {
        for text in [
            "prew/{preset}/{key}",
            "/prew/{key}",
            "/prew/{preset}",
            "/{preset}{key}",
            "/{preset}-{key}",
            "/{preset}/{preset}",
            "/{preset}/{key}/{stem}",
            "/{preset}/{key}?x",
            "{preset}/{key}",
        ] {
            assert_eq!(PathTemplate::parse(text), None, "{text}");
        }
    }
}
