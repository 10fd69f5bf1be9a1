//! Deployments with missing answers, and services with missing resources.

use std::fs;
use std::path::Path;

use b2_edge_testbed::{Origin, demo};

use crate::account::Account;
use crate::api::Api;
use crate::deployment::deploy;
use crate::edge_checks::{reads_from, shows_problems};
use crate::project::Project;
use crate::prompt::Question;
use crate::report::{self, Report};
use crate::{Outcome, checks, edge};

/// The deployed service without one of its resources.
pub(crate) async fn half_finished(
    report: &mut Report,
    deployed: &Account,
    origins: &[Origin],
) -> Outcome<()> {
    report::title("The same service with one resource missing");
    let mut unlinked = deployed.clone();
    if let Some(service) = &mut unlinked.service {
        service.links.retain(|link| link.name != edge::SECRET_STORE);
    }
    shows_problems(
        report,
        "without the link to the secret store",
        &unlinked,
        origins,
        &["secret store b2_edge_keys is missing"],
    )
    .await?;

    let mut keyless = deployed.clone();
    for store in &mut keyless.secret_stores {
        store.secrets.retain(|name, _| name.ends_with("_key_id"));
    }
    shows_problems(
        report,
        "without the application keys",
        &keyless,
        origins,
        &[
            "secret us_origin_application_key is missing in secret store b2_edge_keys",
            "secret eu_origin_application_key is missing in secret store b2_edge_keys",
        ],
    )
    .await?;

    let mut one_key = deployed.clone();
    for store in &mut one_key.secret_stores {
        store.secrets.remove("us_origin_key_id");
    }
    one_key.config_stores.clear();
    report::say("  without the US bucket's key ID and without the config store:");
    let viceroy = edge::start(&one_key, origins).await?;
    reads_from(report, viceroy.port(), &demo::EU, "").await
}

/// A deployment for a single bucket, by the prompt for the optional configuration.
pub(crate) async fn one_bucket(
    report: &mut Report,
    wasm: &Path,
    origins: &[Origin],
) -> Outcome<()> {
    report::title("Deployment of one bucket, by the optional configuration");
    let api = Api::start().await?;
    let us = &demo::US;
    let project = Project::create(&api.url(), wasm, &[demo::US])?;
    let answers = |question: &Question| match question {
        Question::CreateService => "y".to_owned(),
        Question::Address(backend) => project.typed_address(backend),
        Question::ConfigItem(_) => format!(r#"{{"origins": ["{}"]}}"#, us.backend),
        Question::Secret(name) if name.starts_with(us.backend) => {
            checks::secrets().remove(name).unwrap_or_default()
        }
        Question::Secret(_) => "none".to_owned(),
        _ => String::new(),
    };
    let deployment = tokio::task::block_in_place(|| deploy(&project, answers))?;
    report.check("the CLI succeeds", deployment.succeeded);
    let viceroy = edge::start(&api.record().account, origins).await?;
    reads_from(report, viceroy.port(), us, "?pop=AMS").await
}

/// Empty answers at both addresses: the CLI then uses 127.0.0.1.
pub(crate) async fn no_addresses(
    report: &mut Report,
    wasm: &Path,
    origins: &[Origin],
) -> Outcome<()> {
    report::title("Deployment with Enter at the addresses");
    let api = Api::start().await?;
    let project = Project::create(&api.url(), wasm, &[])?;
    let answers = |question: &Question| match question {
        Question::CreateService => "y".to_owned(),
        Question::Secret(_) => "not known yet".to_owned(),
        _ => String::new(),
    };
    let deployment = tokio::task::block_in_place(|| deploy(&project, answers))?;
    report.check("the CLI succeeds", deployment.succeeded);
    shows_problems(
        report,
        "deployed without addresses",
        &api.record().account,
        origins,
        &[
            "the address of backend us_origin does not say bucket, endpoint and region",
            "the address of backend eu_origin does not say bucket, endpoint and region",
        ],
    )
    .await
}

/// An empty answer at a secret: the CLI refuses it and deletes what it has created.
pub(crate) async fn blank_secret(report: &mut Report, wasm: &Path) -> Outcome<()> {
    report::title("Deployment with Enter at a secret");
    let api = Api::start().await?;
    let project = Project::create(&api.url(), wasm, &[])?;
    let answers = |question: &Question| match question {
        Question::CreateService => "y".to_owned(),
        _ => String::new(),
    };
    let deployment = tokio::task::block_in_place(|| deploy(&project, answers))?;
    let record = api.record();
    report.check(
        "the CLI refuses it: value cannot be blank",
        !deployment.succeeded && deployment.shown.contains("value cannot be blank"),
    );
    report.check(
        "it deletes the service again, and the account is empty",
        record.deleted == ["b2-edge"]
            && record.account.service.is_none()
            && record.account.secret_stores.is_empty()
            && record.account.config_stores.is_empty(),
    );
    let manifest = fs::read_to_string(project.manifest())?;
    let id = manifest.lines().find(|line| line.starts_with("service_id"));
    report.check(
        "fastly.toml has no service ID, so that the next deployment prompts again",
        id.is_none_or(|line| line == r#"service_id = """#),
    );
    Ok(())
}
