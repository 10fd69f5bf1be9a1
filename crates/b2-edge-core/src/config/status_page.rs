//! The field `status_page`.

use super::configuration::Config;
use super::field::{Field, Kind};
use crate::site::web_policy::StatusPage;

pub(super) const FIELDS: &[Field<Config>] = &[Field {
    name: "status_page",
    description: "Who can see the status page at `/_b2-edge/` and its data at `/_b2-edge/status.json`.",
    kind: Kind::Choice(&[
        (StatusPage::Local.as_str(), |config| {
            config.status_page = StatusPage::Local;
        }),
        (StatusPage::On.as_str(), |config| {
            config.status_page = StatusPage::On;
        }),
        (StatusPage::Off.as_str(), |config| {
            config.status_page = StatusPage::Off;
        }),
    ]),
    get: |config| config.status_page.as_str().into(),
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::mistakes;

    #[test]
    fn the_status_page_is_for_its_own_machine_everybody_or_nobody() {
        for (json, local, remote) in [
            ("local", true, false),
            ("on", true, true),
            ("off", false, false),
        ] {
            let config = Config::parse(&format!(r#"{{"status_page": "{json}"}}"#)).expect(json);
            let page = config.status_page;
            assert_eq!(
                (page.is_served(true), page.is_served(false)),
                (local, remote),
                "{json}"
            );
        }
        assert_eq!(
            mistakes(r#"{"status_page": true}"#),
            [r#"status_page must be "local", "on" or "off""#]
        );
    }
}
