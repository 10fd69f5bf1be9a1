//! A visitor of the service that was deployed.

use b2_edge_testbed::demo::DemoOrigin;
use b2_edge_testbed::{Origin, get, sample};

use crate::Outcome;
use crate::account::Account;
use crate::edge;
use crate::report::Report;

/// Checks that a file comes from this origin, with its bytes.
pub(crate) async fn reads_from(
    report: &mut Report,
    port: u16,
    origin: &DemoOrigin,
    query: &str,
) -> Outcome<()> {
    let target = format!("/{}{query}", sample::WHERE_AM_I);
    let answer = get(port, &target).await?;
    let host = origin.spec().host();
    report.equal(
        &format!("GET {target} is answered from {host}"),
        &(answer.status.as_u16(), answer.header("x-b2-host")),
        &(200, Some(host.as_str())),
    );
    let objects = sample::objects(origin.region, origin.city);
    let object = objects.iter().find(|(key, _)| key == sample::WHERE_AM_I);
    report.check(
        &format!("its {} bytes are those of the bucket", answer.body.len()),
        object.is_some_and(|(_, object)| object.bytes == answer.body),
    );
    Ok(())
}

/// Checks that every path gets the page which names each of the texts.
pub(crate) async fn says(
    report: &mut Report,
    state: &str,
    account: &Account,
    origins: &[Origin],
    texts: &[&str],
) -> Outcome<()> {
    let viceroy = edge::start(account, origins).await?;
    let mut as_wanted = true;
    for target in ["/", "/where-am-i.txt", "/any/path?pop=AMS"] {
        let answer = get(viceroy.port(), target).await?;
        let page = answer.text();
        as_wanted &= answer.status.as_u16() == 503 && texts.iter().all(|text| page.contains(text));
    }
    let texts = texts.join("; ");
    report.check(&format!("{state}, every path says 503: {texts}"), as_wanted);
    Ok(())
}
