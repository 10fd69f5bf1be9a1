//! The fields of `limits`.

use std::ops::RangeInclusive;

use super::configuration::Config;
use super::field::{Field, Kind};

/// At least as many as a read from two origins may need, and at most what no platform limit exceeds.
const BACKEND_REQUESTS: RangeInclusive<u64> = 4..=1000;

/// At least what a hit may need.
const VCPU_MS: RangeInclusive<u64> = 10..=10_000;

pub(super) const FIELDS: &[Field<Config>] = &[
    Field {
        name: "limits.backend_requests",
        description: "How many requests to origins the platform allows for each execution of the program.",
        kind: Kind::Integer {
            unit: "requests",
            range: BACKEND_REQUESTS,
            set: |config, requests| {
                config.limits.backend_requests = usize::try_from(requests).unwrap_or(usize::MAX);
            },
        },
        get: |config| config.limits.backend_requests.into(),
    },
    Field {
        name: "limits.vcpu_ms",
        description: "How much CPU time the platform allows for each execution of the program. A variant that would take longer is not rendered here.",
        kind: Kind::Integer {
            unit: "milliseconds",
            range: VCPU_MS,
            set: |config, ms| config.limits.vcpu_ms = ms,
        },
        get: |config| config.limits.vcpu_ms.into(),
    },
];
