//! Which format of a preset a client gets (RFC 9110, section 12.5.1).

use http::HeaderMap;

use super::format::Format;
use super::preset::Preset;
use super::settings::Engine;
use crate::http::accept::weight_of_type;

impl Preset {
    /// The first format that `Accept` names; the last one that it does not exclude where it names none. Wildcards name
    /// nothing: clients send them that do not know newer formats. A format that no engine makes is left out. `None` for
    /// a preset without formats, or if no engine makes any of them.
    #[must_use]
    pub fn choose_format(&self, engines: &[Engine], client: &HeaderMap) -> Option<Format> {
        let weight = |format: &Format| weight_of_type(client, format.media_type());
        let formats = || self.made_formats(engines);
        let named = formats().find(|format| weight(format).is_some_and(|weight| weight > 0));
        named
            .or_else(|| formats().rfind(|format| weight(format) != Some(0)))
            .or_else(|| formats().next_back())
    }

    /// The formats that some client may get, each of which has its own entry in the cache.
    #[must_use]
    pub fn possible_formats(&self, engines: &[Engine]) -> Vec<Option<Format>> {
        let formats: Vec<_> = self.made_formats(engines).map(Some).collect();
        if formats.is_empty() {
            vec![None]
        } else {
            formats
        }
    }

    fn made_formats(&self, engines: &[Engine]) -> impl DoubleEndedIterator<Item = Format> {
        let is_made = |format: &Format| engines.iter().any(|engine| engine.makes(*format));
        self.formats.iter().copied().filter(is_made)
    }
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;

    use super::*;
    use crate::images::preset::Fit;

    const ALL: [Format; 3] = [Format::Avif, Format::Webp, Format::Jpeg];

    fn chosen(accept: Option<&str>, formats: &[Format], engines: &[Engine]) -> Option<Format> {
        let preset = Preset {
            formats: formats.to_vec(),
            ..Preset::new(Fit::Inside {
                width: Some(1),
                height: None,
            })
        };
        let accept = accept.map(|accept| (ACCEPT, accept.parse().expect("a value")));
        let client = accept.into_iter().collect();
        preset.choose_format(engines, &client)
    }

    #[test]
    fn the_first_format_that_a_client_names_is_chosen() {
        let engines = [Engine::Guest, Engine::Service];
        for (accept, expected) in [
            (None, Format::Jpeg),
            (Some("*/*"), Format::Jpeg),
            (Some("image/*"), Format::Jpeg),
            (Some("image/webp,*/*"), Format::Webp),
            (Some("image/webp,image/avif"), Format::Avif),
            (Some("image/avif;q=0, image/webp;q=0.1"), Format::Webp),
            (Some("IMAGE/AVIF"), Format::Avif),
            (Some("image/jpeg;q=0, */*"), Format::Webp),
            (Some("image/jpeg;q=0, image/webp;q=0, */*"), Format::Avif),
            (
                Some("image/jpeg;q=0, image/webp;q=0, image/avif;q=0"),
                Format::Jpeg,
            ),
            (Some("text/html"), Format::Jpeg),
        ] {
            assert_eq!(chosen(accept, &ALL, &engines), Some(expected), "{accept:?}");
        }
    }

    #[test]
    fn a_format_that_no_engine_makes_is_left_out() {
        let avif = Some("image/avif,image/webp");
        let guest = [Engine::Guest];
        assert_eq!(chosen(avif, &ALL, &guest), Some(Format::Jpeg));
        assert_eq!(chosen(avif, &ALL, &[Engine::Service]), Some(Format::Avif));
        assert_eq!(chosen(avif, &[Format::Avif], &guest), None);
        assert_eq!(chosen(avif, &[], &guest), None);
    }
}
