//! Templates of keys and paths: `photo/{key}`, `prew/{preset}/{dir}/{stem}.{format}`.

use super::format::Format;

/// A name in braces, for which a template has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// `{preset}`: the name of the preset.
    Preset,
    /// `{key}`: what the path names, without the rest of the route.
    Key,
    /// `{dir}`: the folders of the key, without the last slash. If it is empty, a slash after it is left out.
    Dir,
    /// `{stem}`: the last segment of the key without its extension.
    Stem,
    /// `{ext}`: the extension. If it is empty, a dot before it is left out.
    Ext,
    /// `{format}`: the format of the variant, such as `webp`.
    Format,
}

impl Placeholder {
    const NAMES: [(&'static str, Self); 6] = [
        ("preset", Self::Preset),
        ("key", Self::Key),
        ("dir", Self::Dir),
        ("stem", Self::Stem),
        ("ext", Self::Ext),
        ("format", Self::Format),
    ];

    fn parse(name: &str) -> Option<Self> {
        let named = Self::NAMES.iter().find(|(known, _)| *known == name);
        named.map(|(_, placeholder)| *placeholder)
    }

    fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, known)| *known == self);
        named.map_or("", |(name, _)| *name)
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Literal(String),
    /// A name in braces.
    Placeholder(Placeholder),
}

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

/// The values of placeholders.
#[derive(Clone, Copy, Debug)]
pub struct Values<'v> {
    /// The name of the preset.
    pub preset: &'v str,
    /// The key.
    pub key: &'v str,
    /// The format; `None` where it depends on the picture.
    pub format: Option<Format>,
}

impl Template {
    /// Parses a template; `None` if it has a brace without a partner, another name in braces than those in `known`, or
    /// one of them twice.
    #[must_use]
    pub fn parse(text: &str, known: &[Placeholder]) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            let placeholder = Placeholder::parse(name).filter(|found| known.contains(found))?;
            push_literal(&mut parts, literal)?;
            if parts.contains(&Part::Placeholder(placeholder)) {
                return None;
            }
            parts.push(Part::Placeholder(placeholder));
            rest = after;
        }
        push_literal(&mut parts, rest)?;
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Its parts in their order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether it has this placeholder.
    #[must_use]
    pub fn has(&self, placeholder: Placeholder) -> bool {
        self.0.contains(&Part::Placeholder(placeholder))
    }

    /// The template as written in the configuration.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Placeholder(placeholder) => {
                    text.push('{');
                    text.push_str(placeholder.name());
                    text.push('}');
                }
            }
        }
        text
    }

    /// The text with `values` in place of the placeholders.
    #[must_use]
    pub fn expand(&self, values: &Values<'_>) -> String {
        let (dir, name) = values.key.rsplit_once('/').unwrap_or(("", values.key));
        let (stem, ext) = match name.rsplit_once('.') {
            Some((stem, ext)) if !stem.is_empty() => (stem, ext),
            _ => (name, ""),
        };
        let mut text = String::new();
        let mut is_after_no_folder = false;
        for part in &self.0 {
            match part {
                Part::Literal(literal) => {
                    let without_slash = literal.strip_prefix('/');
                    let shown = without_slash.filter(|_| is_after_no_folder);
                    text.push_str(shown.unwrap_or(literal));
                }
                Part::Placeholder(placeholder) => text.push_str(match placeholder {
                    Placeholder::Preset => values.preset,
                    Placeholder::Key => values.key,
                    Placeholder::Dir => dir,
                    Placeholder::Stem => stem,
                    Placeholder::Ext => ext,
                    Placeholder::Format => values.format.map_or("auto", Format::as_str),
                }),
            }
            let is_ext = *part == Part::Placeholder(Placeholder::Ext);
            if is_ext && ext.is_empty() && text.ends_with('.') {
                text.pop();
            }
            is_after_no_folder = *part == Part::Placeholder(Placeholder::Dir) && dir.is_empty();
        }
        text
    }
}

fn push_literal(parts: &mut Vec<Part>, literal: &str) -> Option<()> {
    if literal.contains(['{', '}']) {
        return None;
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal.to_owned()));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Placeholder; 6] = [
        Placeholder::Preset,
        Placeholder::Key,
        Placeholder::Dir,
        Placeholder::Stem,
        Placeholder::Ext,
        Placeholder::Format,
    ];

    #[test]
    fn placeholders_are_replaced_by_parts_of_the_key() {
        for (template, key, expected) in [
            ("photo/{key}", "some/file.jpg", "photo/some/file.jpg"),
            ("prew/{preset}/{key}", "file.jpg", "prew/small/file.jpg"),
            ("{dir}/{stem}_tn.{ext}", "a/b/c.tar.gz", "a/b/c.tar_tn.gz"),
            ("{dir}/{stem}_tn.{ext}", "c.jpg", "c_tn.jpg"),
            ("photo/{dir}/{stem}_tn.{ext}", "c.jpg", "photo/c_tn.jpg"),
            ("{dir}/{stem}_tn.{ext}", "a/c", "a/c_tn"),
            ("{dir}/{stem}.{ext}", "a/.hidden", "a/.hidden"),
            ("{dir}/{stem}.{format}", "ä b.png", "ä b.webp"),
            ("{preset}-{format}/{key}", "x", "small-webp/x"),
        ] {
            let parsed = Template::parse(template, &ALL).expect(template);
            let values = Values {
                preset: "small",
                key,
                format: Some(Format::Webp),
            };
            assert_eq!(parsed.expand(&values), expected, "{template} of {key}");
            assert_eq!(parsed.to_text(), template);
        }
    }

    #[test]
    fn a_template_has_only_names_that_it_may_have_and_each_once() {
        for text in [
            "",
            "{",
            "a}",
            "{key",
            "key}",
            "{Key}",
            "{size}",
            "{}",
            "{{key}}",
            "{key}{key}",
        ] {
            assert_eq!(Template::parse(text, &ALL), None, "{text}");
        }
        assert_eq!(Template::parse("{dir}", &[Placeholder::Key]), None);
    }
}
