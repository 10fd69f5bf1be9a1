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
    fn standard_output_gets_every_line_those_without_an_endpoint_or_none() {
        for (json, with_endpoint, without) in [
            ("{}", false, true),
            (r#"{"log": {"stdout": "always"}}"#, true, true),
            (r#"{"log": {"stdout": "without_endpoint"}}"#, false, true),
            (r#"{"log": {"stdout": "never"}}"#, false, false),
        ] {
            let config = Config::parse(json).expect(json);
            assert_eq!(
                [true, false].map(|has_endpoint| config.stdout.is_written(has_endpoint)),
                [with_endpoint, without],
                "{json}"
            );
        }
        assert_eq!(
            mistakes(r#"{"log": {"stdout": true}}"#),
            [r#"log.stdout must be "always", "without_endpoint" or "never""#]
        );
    }
}
