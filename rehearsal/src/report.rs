//! The report: what happened, for a person to read, and the result of the checks.

use std::fmt::Debug;

use crate::account::Account;
use crate::deployment::Prompt;
use crate::prompt::Question;

pub(crate) fn title(text: &str) {
    println!("\n== {text} ==");
}

pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Prints each prompt with its answer. Secrets are masked.
pub(crate) fn prompts(prompts: &[Prompt]) {
    for prompt in prompts {
        let hidden = matches!(prompt.question, Question::Secret(_));
        let answer = match prompt.answer.as_str() {
            "" => "(Enter)",
            _ if hidden => "********",
            shown => shown,
        };
        println!("  {}: {answer}", prompt.question);
        // The prompt for a port follows that for its address, with the same description.
        let is_port = matches!(prompt.question, Question::Port(_));
        if !is_port && !prompt.description.is_empty() {
            println!("      {}", prompt.description);
        }
    }
}

/// Prints each resource of the account.
pub(crate) fn account(account: &Account) {
    let Some(service) = &account.service else {
        println!("  nothing");
        return;
    };
    println!("  service {} ({})", service.name, service.kind);
    for domain in &service.domains {
        println!("  domain {domain}");
    }
    for backend in &service.backends {
        let fields = backend.0.iter().filter(|(name, _)| *name != "name");
        let fields = fields.map(|(name, value)| format!("{name}={value}"));
        let fields = fields.collect::<Vec<_>>().join(" ");
        println!("  backend {}: {fields}", backend.field("name"));
    }
    for store in &account.config_stores {
        for (key, value) in &store.items {
            println!("  config store {}: {key} = {value}", store.name);
        }
    }
    for store in &account.secret_stores {
        for name in store.secrets.keys() {
            println!("  secret store {}: {name} = ********", store.name);
        }
    }
    for link in &service.links {
        println!("  link {} -> {}", link.name, link.store_id);
    }
    if let Some(package) = &service.package {
        println!("  {package:?}");
    }
    match service.active_version {
        Some(version) => println!("  version {version}, active"),
        None => println!("  version {}, not active", service.version),
    }
}

/// The result of the checks.
#[derive(Debug, Default)]
pub(crate) struct Report {
    passed: usize,
    failed: usize,
}

impl Report {
    pub(crate) fn check(&mut self, what: &str, holds: bool) {
        if holds {
            self.passed += 1;
            println!("  ok      {what}");
        } else {
            self.failed += 1;
            println!("  FAILED  {what}");
        }
    }

    pub(crate) fn equal<T: PartialEq + Debug>(&mut self, what: &str, found: &T, wanted: &T) {
        self.check(what, found == wanted);
        if found != wanted {
            println!("          found  {found:?}\n          wanted {wanted:?}");
        }
    }

    /// Prints the totals. True if no check failed and there was at least one.
    pub(crate) fn finish(&self) -> bool {
        let Self { passed, failed } = self;
        match failed {
            0 => println!("\ndeploy rehearsal: {passed} checks passed"),
            _ => println!("\ndeploy rehearsal: {passed} checks passed, {failed} failed"),
        }
        *failed == 0 && *passed > 0
    }
}
