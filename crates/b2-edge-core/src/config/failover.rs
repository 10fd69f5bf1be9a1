//! `failover`: how long an origin is waited for, and when the next one is asked.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

use super::errors::Errors;
use crate::origins::settings::FailoverSettings;

/// The longest attempt is the platform's own limit for the first byte, unless the backend sets another.
const ATTEMPT_TIMEOUT_MS: RangeInclusive<u64> = 50..=15_000;

/// The longest request: what clients and the hops before them wait for at most as a rule.
const TOTAL_TIMEOUT_MS: RangeInclusive<u64> = 100..=60_000;

/// What is held in memory before the client gets any of it: 1 MiB at most.
const WHOLE_BODY_BYTES: RangeInclusive<u64> = 0..=1 << 20;

pub(super) fn read_failover(value: &Value, errors: &mut Errors) -> FailoverSettings {
    let mut failover = FailoverSettings::default();
    let Some(object) = errors.expect(value.as_object(), "failover", "an object", value) else {
        return failover;
    };
    let mut timeouts_are_read = true;
    for (name, value) in object {
        let field = format!("failover.{name}");
        match name.as_str() {
            "attempt_timeout_ms" => {
                match errors.whole_number(value, &field, ATTEMPT_TIMEOUT_MS, "milliseconds") {
                    Some(number) => failover.attempt_timeout = Duration::from_millis(number),
                    None => timeouts_are_read = false,
                }
            }
            "total_timeout_ms" => {
                match errors.whole_number(value, &field, TOTAL_TIMEOUT_MS, "milliseconds") {
                    Some(number) => failover.total_timeout = Duration::from_millis(number),
                    None => timeouts_are_read = false,
                }
            }
            "ask_others_on_404" => failover.ask_others_on_404 = errors.boolean(value, &field),
            "whole_body_bytes" => {
                if let Some(bytes) = errors.whole_number(value, &field, WHOLE_BODY_BYTES, "bytes") {
                    failover.whole_body_bytes = bytes;
                }
            }
            _ => errors.unknown_field(&field),
        }
    }
    // Of a timeout that could not be read, only the default is known.
    if timeouts_are_read && failover.total_timeout < failover.attempt_timeout {
        errors.add(
            "failover.total_timeout_ms",
            "must be no less than failover.attempt_timeout_ms, which is 1000 where it is not set",
        );
    }
    failover
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::tests::mistakes;

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let config = Config::parse(r#"{"failover": {}}"#).expect("valid");
        assert_eq!(
            config.failover,
            FailoverSettings {
                attempt_timeout: Duration::from_secs(1),
                total_timeout: Duration::from_secs(20),
                ask_others_on_404: true,
                whole_body_bytes: 262_144,
            }
        );
    }

    #[test]
    fn every_field_is_read_up_to_both_ends_of_its_range() {
        for (json, attempt, total, ask_others_on_404, whole_body_bytes) in [
            (
                r#"{"failover": {"attempt_timeout_ms": 50, "total_timeout_ms": 100,
                    "ask_others_on_404": false, "whole_body_bytes": 0}}"#,
                50,
                100,
                false,
                0,
            ),
            (
                r#"{"failover": {"attempt_timeout_ms": 15000, "total_timeout_ms": 60000,
                    "ask_others_on_404": true, "whole_body_bytes": 1048576}}"#,
                15_000,
                60_000,
                true,
                1_048_576,
            ),
            (
                r#"{"failover": {"attempt_timeout_ms": 700, "total_timeout_ms": 700}}"#,
                700,
                700,
                true,
                262_144,
            ),
        ] {
            let expected = FailoverSettings {
                attempt_timeout: Duration::from_millis(attempt),
                total_timeout: Duration::from_millis(total),
                ask_others_on_404,
                whole_body_bytes,
            };
            assert_eq!(
                Config::parse(json).expect(json).failover,
                expected,
                "{json}"
            );
        }
    }

    #[test]
    fn each_mistake_names_its_field() {
        const ATTEMPT: &str =
            "failover.attempt_timeout_ms must be a whole number of milliseconds from 50 to 15000";
        const TOTAL: &str =
            "failover.total_timeout_ms must be a whole number of milliseconds from 100 to 60000";
        const TOO_SHORT: &str = "failover.total_timeout_ms must be no less than \
             failover.attempt_timeout_ms, which is 1000 where it is not set";
        for (json, expected) in [
            (
                r#"{"failover": []}"#,
                "failover must be an object, is a list",
            ),
            (
                r#"{"failover": {"timeout": 5}}"#,
                "failover.timeout is not a field of the configuration",
            ),
            (r#"{"failover": {"attempt_timeout_ms": 49}}"#, ATTEMPT),
            (r#"{"failover": {"attempt_timeout_ms": 15001}}"#, ATTEMPT),
            (r#"{"failover": {"attempt_timeout_ms": 100.5}}"#, ATTEMPT),
            (
                r#"{"failover": {"attempt_timeout_ms": "100"}}"#,
                &format!("{ATTEMPT}, is a string"),
            ),
            (r#"{"failover": {"total_timeout_ms": 99}}"#, TOTAL),
            (r#"{"failover": {"total_timeout_ms": 60001}}"#, TOTAL),
            (
                r#"{"failover": {"ask_others_on_404": 1}}"#,
                "failover.ask_others_on_404 must be true or false, is a number",
            ),
            (
                r#"{"failover": {"whole_body_bytes": 1048577}}"#,
                "failover.whole_body_bytes must be a whole number of bytes from 0 to 1048576",
            ),
            (
                r#"{"failover": {"attempt_timeout_ms": 701, "total_timeout_ms": 700}}"#,
                TOO_SHORT,
            ),
            (r#"{"failover": {"total_timeout_ms": 999}}"#, TOO_SHORT),
        ] {
            assert_eq!(mistakes(json), [expected], "{json}");
        }
    }

    #[test]
    fn a_timeout_that_cannot_be_read_is_not_compared() {
        for json in [
            r#"{"failover": {"attempt_timeout_ms": null, "total_timeout_ms": 200}}"#,
            r#"{"failover": {"attempt_timeout_ms": 2000, "total_timeout_ms": 1}}"#,
        ] {
            assert_eq!(mistakes(json).len(), 1, "{json}");
        }
    }
}
