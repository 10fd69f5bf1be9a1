//! Checks of the responses of the deployed application.

use b2_edge_testbed::demo::DemoOrigin;
use b2_edge_testbed::{Origin, get, sample};

use crate::Outcome;
use crate::account::Account;
use crate::edge;
use crate::report::Report;

/// Checks that an object is served from this origin, with its bytes.
pub(crate) async fn reads_from(
    report: &mut Report,
    port: u16,
    origin: &DemoOrigin,
    query: &str,
) -> Outcome<()> {
    let target = format!("/{}{query}", sample::WHERE_AM_I);
    let response = get(port, &target).await?;
    let host = origin.spec().host();
    report.equal(
        &format!("GET {target} is served from {host}"),
        &(response.status.as_u16(), response.header("x-b2-host")),
        &(200, Some(host.as_str())),
    );
    let objects = sample::objects(origin.region, origin.city);
    let object = objects.iter().find(|(key, _)| key == sample::WHERE_AM_I);
    report.check(
        &format!(
            "its {} bytes are equal to those in the bucket",
            response.body.len()
        ),
        object.is_some_and(|(_, object)| object.bytes == response.body),
    );
    Ok(())
}

/// Checks that every path gets a 503 with each of the texts.
pub(crate) async fn shows_problems(
    report: &mut Report,
    state: &str,
    account: &Account,
    origins: &[Origin],
    texts: &[&str],
) -> Outcome<()> {
    let viceroy = edge::start(account, origins).await?;
    let mut is_shown = true;
    for target in ["/", "/where-am-i.txt", "/any/path?pop=AMS"] {
        let response = get(viceroy.port(), target).await?;
        let page = response.text();
        is_shown &= response.status.as_u16() == 503 && texts.iter().all(|text| page.contains(text));
    }
    let texts = texts.join("; ");
    report.check(&format!("{state}, every path gets 503: {texts}"), is_shown);
    Ok(())
}
