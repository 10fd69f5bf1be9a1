//! Deployments in which something is left out, and services in which something is missing.

use std::fs;
use std::path::Path;

use b2_edge_testbed::{Origin, demo};

use crate::account::Account;
use crate::api::Api;
use crate::deployment::deploy;
use crate::project::Project;
use crate::prompt::Question;
use crate::report::{self, Report};
use crate::visit::{reads_from, says};
use crate::{Outcome, checks, edge};

/// The same service with one thing missing.
pub(crate) async fn half_finished(
    report: &mut Report,
    deployed: &Account,
    origins: &[Origin],
) -> Outcome<()> {
    report::title("The same with one thing missing");
    let mut unlinked = deployed.clone();
    if let Some(service) = &mut unlinked.service {
        service.links.retain(|link| link.name != edge::SECRET_STORE);
    }
    says(
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
    says(
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

/// A configuration at the optional prompt, for somebody who has but one bucket.
pub(crate) async fn one_bucket(
    report: &mut Report,
    wasm: &Path,
    origins: &[Origin],
) -> Outcome<()> {
    report::title("A deployment: one bucket, named in the optional configuration");
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
    report.check("the CLI ends well", deployment.succeeded);
    let viceroy = edge::start(&api.record().account, origins).await?;
    reads_from(report, viceroy.port(), us, "?pop=AMS").await
}

/// Enter at both addresses: the CLI puts 127.0.0.1 there.
pub(crate) async fn no_addresses(
    report: &mut Report,
    wasm: &Path,
    origins: &[Origin],
) -> Outcome<()> {
    report::title("A deployment: Enter at the addresses");
    let api = Api::start().await?;
    let project = Project::create(&api.url(), wasm, &[])?;
    let answers = |question: &Question| match question {
        Question::CreateService => "y".to_owned(),
        Question::Secret(_) => "not known yet".to_owned(),
        _ => String::new(),
    };
    let deployment = tokio::task::block_in_place(|| deploy(&project, answers))?;
    report.check("the CLI ends well", deployment.succeeded);
    says(
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

/// Enter at a secret: the CLI refuses, and undoes what it has done.
pub(crate) async fn blank_secret(report: &mut Report, wasm: &Path) -> Outcome<()> {
    report::title("A deployment: Enter at a secret");
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
        "it deletes the service again and leaves nothing in the account",
        record.deleted == ["b2-edge"]
            && record.account.service.is_none()
            && record.account.secret_stores.is_empty()
            && record.account.config_stores.is_empty(),
    );
    let manifest = fs::read_to_string(project.manifest())?;
    let id = manifest.lines().find(|line| line.starts_with("service_id"));
    report.check(
        "fastly.toml has no service's ID, so that the next attempt asks again",
        id.is_none_or(|line| line == r#"service_id = """#),
    );
    Ok(())
}
