//! A configuration is within all limits, or has mistakes whose messages are safe to show.

#![no_main]

use std::collections::BTreeSet;
use std::time::Duration;

use b2_edge_core::config::{Config, MAX_ORIGINS};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &str| {
    let config = match Config::parse(json) {
        Ok(config) => config,
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for mistake in mistakes {
                let shown = format!("{} {}", mistake.field, mistake.problem);
                assert!(
                    shown.len() < 2000 && !shown.contains(char::is_control),
                    "{shown}"
                );
            }
            return;
        }
    };
    assert!((1..=MAX_ORIGINS).contains(&config.origins.len()));
    let names: BTreeSet<_> = config
        .origins
        .iter()
        .map(|origin| &origin.backend)
        .collect();
    assert_eq!(
        names.len(),
        config.origins.len(),
        "every origin has a name of its own"
    );
    assert!(
        config
            .pop_overrides
            .values()
            .all(|name| names.contains(name))
    );

    let (cache, failover) = (config.cache, config.failover);
    let year = Duration::from_secs(31_536_000);
    assert!(cache.ttl <= year && cache.stale_if_error <= year);
    assert!(cache.not_found_ttl <= Duration::from_secs(86_400));
    assert!(cache.stale_while_revalidate <= Duration::from_secs(2_592_000));
    assert!((1 << 20..=64 << 20).contains(&cache.segment_bytes));
    assert!(failover.attempt_timeout >= Duration::from_millis(50));
    assert!(failover.attempt_timeout <= failover.total_timeout);
    assert!(failover.total_timeout <= Duration::from_secs(60));
    assert!(failover.whole_body_bytes <= 1 << 20);
});
