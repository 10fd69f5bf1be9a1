//! The fields of `log`.

use super::configuration::{Config, StandardOutput};
use super::field::{Field, Kind};

pub(super) const FIELDS: &[Field<Config>] = &[Field {
    name: "log.stdout",
    description: "When a log line is written to standard output, which `fastly log-tail` shows.",
    kind: Kind::Choice(&[
        (StandardOutput::Always.as_str(), |config| {
            config.stdout = StandardOutput::Always;
        }),
        (StandardOutput::WithoutEndpoint.as_str(), |config| {
            config.stdout = StandardOutput::WithoutEndpoint;
        }),
        (StandardOutput::Never.as_str(), |config| {
            config.stdout = StandardOutput::Never;
        }),
    ]),
    get: |config| config.stdout.as_str().into(),
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::mistakes;

    #[test]
    fn standard_output_gets_every_line_none_or_those_that_may_arrive_nowhere_else() {
        // Whether the platform opened the endpoint, and whether it is a developer's own machine.
        let cases = [(true, true), (true, false), (false, true), (false, false)];
        for (json, written) in [
            ("{}", [false, true, true, true]),
            (r#"{"log": {"stdout": "always"}}"#, [true; 4]),
            (
                r#"{"log": {"stdout": "without_endpoint"}}"#,
                [false, true, true, true],
            ),
            (r#"{"log": {"stdout": "never"}}"#, [false; 4]),
        ] {
            let stdout = Config::parse(json).expect(json).stdout;
            assert_eq!(
                cases.map(|(is_opened, is_local)| stdout.is_written(is_opened, is_local)),
                written,
                "{json}"
            );
        }
        assert_eq!(
            mistakes(r#"{"log": {"stdout": true}}"#),
            [r#"log.stdout must be "always", "without_endpoint" or "never""#]
        );
    }
}
