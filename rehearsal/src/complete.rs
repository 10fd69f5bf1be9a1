//! The documented deployment, and updates after it.

use std::fs;
use std::path::Path;

use b2_edge_testbed::{Origin, demo};

use crate::account::Account;
use crate::api::Api;
use crate::deployment::{deploy, deploy_again};
use crate::edge_checks::reads_from;
use crate::project::Project;
use crate::prompt::Question;
use crate::report::{self, Report};
use crate::{Outcome, checks, edge};

/// Deploys, checks the created resources and the responses of the application, and deploys again. Returns what the
/// first deployment has created.
pub(crate) async fn six_answers(
    report: &mut Report,
    wasm: &Path,
    origins: &[Origin],
) -> Outcome<Account> {
    report::title("Deployment with six answers, and Enter at the other prompts");
    let api = Api::start().await?;
    let project = Project::create(&api.url(), wasm, &demo::ORIGINS)?;
    report::say(&format!("  {}", project.names()));
    let before = fs::read_to_string(project.manifest())?;
    let answers = |question: &Question| match question {
        Question::CreateService => "y".to_owned(),
        Question::Address(backend) => project.typed_address(backend),
        Question::Secret(name) => checks::secrets().remove(name).unwrap_or_default(),
        _ => String::new(),
    };
    let deployment = tokio::task::block_in_place(|| deploy(&project, answers))?;
    let record = api.record();
    report::prompts(&deployment.prompts);
    if !deployment.succeeded {
        report::say(&deployment.shown);
    }
    report::title("Created resources");
    report::account(&record.account);
    if !record.refused_hosts.is_empty() {
        let hosts = record.refused_hosts.join(", ");
        report::say(&format!("  refused connections to other hosts: {hosts}"));
    }
    report::title("Checks");
    checks::conversation(report, &deployment, &record);
    checks::resources(report, &record.account, &project, wasm)?;
    let id = record.account.service.as_ref().map_or("", |s| &s.id);
    checks::manifest(
        report,
        &before,
        &fs::read_to_string(project.manifest())?,
        id,
    );

    report::title("The application with these resources, in front of the demo origins");
    let viceroy = edge::start(&record.account, origins).await?;
    for (origin, query) in [(&demo::US, ""), (&demo::EU, "?pop=AMS")] {
        reads_from(report, viceroy.port(), origin, query).await?;
    }
    update(report, &api, &project, &record.account)?;
    Ok(record.account)
}

/// Two unattended deployments with the manifest that the first one wrote: of the same package, and of another.
fn update(report: &mut Report, api: &Api, project: &Project, before: &Account) -> Outcome<()> {
    report::title("Updates, unattended");
    let again = tokio::task::block_in_place(|| deploy_again(project))?;
    report.check(
        "the same package is not uploaded again, because its hash is deployed already",
        again.succeeded && again.shown.contains("Skipping package deployment"),
    );

    // The smallest module there is.
    let module = project.manifest().with_file_name("next.wasm");
    fs::write(&module, b"\0asm\x01\0\0\0")?;
    project.pack(&module)?;
    let update = tokio::task::block_in_place(|| deploy_again(project))?;
    report.check("another package is deployed", update.succeeded);
    let record = api.record();
    report.equal(
        "there are no prompts",
        &(again.prompts.len(), update.prompts.len()),
        &(0, 0),
    );
    report.equal(
        "every request of the CLI is known, and none is a purge",
        &record.unknown,
        &Vec::new(),
    );
    let mut wanted = before.clone();
    if let Some(service) = &mut wanted.service {
        service.package = Some(project.package()?);
        service.version = record.account.service.as_ref().map_or(0, |s| s.version);
        service.active_version = Some(service.version);
    }
    report.check(
        "its version is active, and only the package has changed",
        record.account == wanted && record.account != *before,
    );
    Ok(())
}
