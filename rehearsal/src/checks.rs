//! Checks of what a deployment with six answers has created.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use b2_edge_testbed::demo::{self, DemoOrigin};
use toml::Table;

use crate::account::{Account, Backend, Service};
use crate::api::Record;
use crate::deployment::Deployment;
use crate::edge::{CONFIG_ITEM, CONFIG_STORE, SECRET_STORE};
use crate::package::MODULE;
use crate::project::Project;
use crate::report::Report;

/// The secrets of the demo origins, by their names in the secret store.
pub(crate) fn secrets() -> BTreeMap<String, String> {
    let of_origin = |origin: &DemoOrigin| {
        let entry =
            |what: &str, value: &str| (format!("{}_{what}", origin.backend), value.to_owned());
        [
            entry("key_id", origin.key_id),
            entry("application_key", origin.application_key),
        ]
    };
    demo::ORIGINS.iter().flat_map(of_origin).collect()
}

/// Checks the prompts, the output and the requests of the CLI.
pub(crate) fn conversation(report: &mut Report, deployment: &Deployment, record: &Record) {
    report.check("the CLI succeeds", deployment.succeeded);
    let numbers: Vec<u32> = {
        let of_six = |text: &str| text.split_once(" of 6. ")?.0.parse().ok();
        let descriptions = deployment.prompts.iter().filter(|prompt| !is_port(prompt));
        let mut numbers: Vec<_> = descriptions
            .filter_map(|prompt| of_six(&prompt.description))
            .collect();
        numbers.sort_unstable();
        numbers
    };
    report.equal(
        "the six numbered prompts appear, each once",
        &numbers,
        &vec![1, 2, 3, 4, 5, 6],
    );
    let shown: Vec<_> = secrets()
        .into_iter()
        .filter(|(_, secret)| deployment.shown.contains(secret))
        .map(|(name, _)| name)
        .collect();
    report.equal("no secret is shown on the terminal", &shown, &Vec::new());
    report.equal(
        "every request of the CLI is known",
        &record.unknown,
        &Vec::new(),
    );
    report.equal(
        "every API request has the token",
        &record.without_token,
        &Vec::new(),
    );
}

/// The prompt for the port follows that for the address, with the same description.
fn is_port(prompt: &crate::deployment::Prompt) -> bool {
    matches!(prompt.question, crate::prompt::Question::Port(_))
}

/// Checks service, domain, backends, stores, links and package.
pub(crate) fn resources(
    report: &mut Report,
    account: &Account,
    project: &Project,
    wasm: &Path,
) -> io::Result<()> {
    let none = Service::default();
    let service = account.service.as_ref().unwrap_or(&none);
    report.equal(
        "the service is of type wasm",
        &service.kind.as_str(),
        &"wasm",
    );
    report.check(
        "it has one domain, under edgecompute.app",
        matches!(service.domains.as_slice(), [domain] if domain.ends_with(".edgecompute.app")),
    );
    report.equal(
        "it has the two backends of the manifest and no others",
        &names(service),
        &vec!["eu_origin", "us_origin"],
    );
    for origin in &demo::ORIGINS {
        backend(report, service, origin);
    }
    stores(report, account);
    report.equal(
        "it is linked to these two stores and no others",
        &service.links.len(),
        &2,
    );
    report.equal(
        "the uploaded package is the packed one, byte for byte",
        &service.package,
        &Some(project.package()?),
    );
    let module = service.package.as_ref().map(|package| package.file(MODULE));
    report.check(
        "the module in it is the built one, byte for byte",
        module.transpose()?.as_ref() == Some(&fs::read(wasm)?),
    );
    report.equal(
        "the version is activated",
        &service.active_version,
        &Some(1),
    );
    Ok(())
}

fn names(service: &Service) -> Vec<&str> {
    let mut names: Vec<_> = service
        .backends
        .iter()
        .map(|backend| backend.field("name"))
        .collect();
    names.sort_unstable();
    names
}

fn backend(report: &mut Report, service: &Service, origin: &DemoOrigin) {
    let none = Backend::default();
    let name = origin.backend;
    let backend = service.backends.iter().find(|b| b.field("name") == name);
    let backend = backend.unwrap_or(&none);
    let address = origin.spec().host();
    report.equal(
        &format!("{name} has the given address"),
        &backend.field("address"),
        &address.as_str(),
    );
    report.check(
        &format!("{name} is reached by TLS on port 443"),
        backend.uses_tls() && backend.field("port") == "443",
    );
    for (field, what) in [
        ("ssl_sni_hostname", "SNI hostname"),
        ("ssl_cert_hostname", "certificate hostname"),
        ("override_host", "host override"),
    ] {
        report.equal(
            &format!("{name}: the {what} is the address"),
            &backend.field(field),
            &address.as_str(),
        );
    }
}

fn stores(report: &mut Report, account: &Account) {
    let found = account.linked_secrets(SECRET_STORE);
    report.equal(
        "secret store b2_edge_keys is linked by its name and has the given keys",
        &found.map(|store| (store.name.as_str(), &store.secrets)),
        &Some((SECRET_STORE, &secrets())),
    );
    let wanted = BTreeMap::from([(CONFIG_ITEM.to_owned(), "{}".to_owned())]);
    let found = account.linked_config(CONFIG_STORE);
    report.equal(
        "config store b2_edge is linked by its name and sets nothing",
        &found.map(|store| (store.name.as_str(), &store.items)),
        &Some((CONFIG_STORE, &wanted)),
    );
}

/// Compares the manifest that the CLI has rewritten with the one before.
pub(crate) fn manifest(report: &mut Report, before: &str, after: &str, service_id: &str) {
    let parse = |text: &str| text.parse::<Table>().unwrap_or_default();
    let mut wanted = parse(before);
    wanted.insert("service_id".to_owned(), service_id.into());
    report.equal(
        "the CLI has added the service ID to fastly.toml and changed nothing else",
        &parse(after),
        &wanted,
    );
}
