//! The fields of `failover`.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};

use super::configuration::Config;
use super::errors::Errors;
use super::field::{Field, Kind};
use crate::origins::settings::FailoverSettings;

/// The longest attempt is the platform's default limit for the first byte.
const ATTEMPT_TIMEOUT_MS: RangeInclusive<u64> = 50..=15_000;

/// The longest request: few clients and proxies wait longer for a response to begin.
const TOTAL_TIMEOUT_MS: RangeInclusive<u64> = 100..=60_000;

/// At most a day: the preferred origin has the last word.
const BORROWED_TTL_S: RangeInclusive<u64> = 1..=86_400;

/// At most 1 MiB, because the body is held in memory.
const WHOLE_BODY_BYTES: RangeInclusive<u64> = 0..=1 << 20;

pub(super) const FIELDS: &[Field<Config>] = &[
    Field {
        name: "failover.attempt_timeout_ms",
        description: "How long an origin may be silent before the request is also sent to the next one.",
        kind: Kind::Integer {
            unit: "milliseconds",
            range: ATTEMPT_TIMEOUT_MS,
            set: |config, ms| config.failover.attempt_timeout = Duration::from_millis(ms),
        },
        get: |config| milliseconds(config.failover.attempt_timeout),
    },
    Field {
        name: "failover.total_timeout_ms",
        description: "How long a request may wait for all origins together before it gets a stale object or an error.",
        kind: Kind::Integer {
            unit: "milliseconds",
            range: TOTAL_TIMEOUT_MS,
            set: |config, ms| config.failover.total_timeout = Duration::from_millis(ms),
        },
        get: |config| milliseconds(config.failover.total_timeout),
    },
    Field {
        name: "failover.ask_others_on_404",
        description: "Whether the request is sent to the other origins when one returns 404.",
        kind: Kind::Boolean {
            set: |config, flag| config.failover.try_others_on_404 = flag,
        },
        get: |config| config.failover.try_others_on_404.into(),
    },
    Field {
        name: "failover.borrowed_ttl_s",
        description: "How long an object that another origin than the preferred one gave is fresh, at most.",
        kind: Kind::Integer {
            unit: "seconds",
            range: BORROWED_TTL_S,
            set: |config, seconds| config.failover.borrowed_ttl = Duration::from_secs(seconds),
        },
        get: |config| config.failover.borrowed_ttl.as_secs().into(),
    },
    Field {
        name: "failover.whole_body_bytes",
        description: "Bodies up to this size are read completely before the response begins, so that a broken transfer can fail over.",
        kind: Kind::Integer {
            unit: "bytes",
            range: WHOLE_BODY_BYTES,
            set: |config, bytes| config.failover.whole_body_bytes = bytes,
        },
        get: |config| config.failover.whole_body_bytes.into(),
    },
];

/// Compares the two timeouts once everything is read.
pub(super) fn check(config: &Config, errors: &mut Errors) {
    const ATTEMPT: &str = "failover.attempt_timeout_ms";
    const TOTAL: &str = "failover.total_timeout_ms";
    // A timeout with a mistake has its default, which the operator did not mean to compare with.
    let are_read = errors.none_at(ATTEMPT) && errors.none_at(TOTAL);
    if are_read && config.failover.total_timeout < config.failover.attempt_timeout {
        let default = milliseconds(FailoverSettings::default().attempt_timeout);
        let problem =
            format!("must be no less than {ATTEMPT}, which is {default} where it is not set");
        errors.add(TOTAL, &problem);
    }
}

fn milliseconds(duration: Duration) -> Value {
    json!(duration.as_secs() * 1000 + u64::from(duration.subsec_millis()))
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
                try_others_on_404: true,
                borrowed_ttl: Duration::from_mins(1),
                whole_body_bytes: 262_144,
            }
        );
    }

    #[test]
    fn every_field_is_read_up_to_both_ends_of_its_range() {
        for (json, attempt, total, try_others_on_404, borrowed, whole_body_bytes) in [
            (
                r#"{"failover": {"attempt_timeout_ms": 50, "total_timeout_ms": 100,
                    "ask_others_on_404": false, "borrowed_ttl_s": 1, "whole_body_bytes": 0}}"#,
                50,
                100,
                false,
                1,
                0,
            ),
            (
                r#"{"failover": {"attempt_timeout_ms": 15000, "total_timeout_ms": 60000,
                    "ask_others_on_404": true, "borrowed_ttl_s": 86400,
                    "whole_body_bytes": 1048576}}"#,
                15_000,
                60_000,
                true,
                86_400,
                1_048_576,
            ),
            (
                r#"{"failover": {"attempt_timeout_ms": 700, "total_timeout_ms": 700}}"#,
                700,
                700,
                true,
                60,
                262_144,
            ),
        ] {
            let expected = FailoverSettings {
                attempt_timeout: Duration::from_millis(attempt),
                total_timeout: Duration::from_millis(total),
                try_others_on_404,
                borrowed_ttl: Duration::from_secs(borrowed),
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
