//! Crowds for an object that both origins fail to give, and reads of a stale object while both are silent.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use b2_edge_testbed::{CannedResponse, Fault, Object, Origin, OriginSpec, Request, Viceroy};

use crate::Modules;
use crate::application::setup;
use crate::report::{Report, Unit, median};

/// The clients that request the object at once.
const CLIENTS: usize = 60;

/// How long each origin takes to fail.
const PAUSE: Duration = Duration::from_millis(200);

/// How much longer the crowd may wait than one client, who asks both origins.
const MAX_RATIO: f64 = 2.0;

/// Longer than any client waits.
const FOREVER: Duration = Duration::from_mins(10);

/// Objects are fresh for a second, and then served if no origin responds.
const CONFIG: &str =
    r#"{"cache": {"ttl_s": 1, "stale_while_revalidate_s": 0, "stale_if_error_s": 3600}}"#;

/// The default of `failover.attempt_timeout_ms`, and what may be added to it.
const ATTEMPT_TIMEOUT_MS: f64 = 1000.0;
const MAX_MORE_MS: f64 = 50.0;

struct Stage {
    us: Origin,
    eu: Origin,
    edge: Viceroy,
}

pub(crate) async fn measure(modules: &Modules, report: &mut Report) -> io::Result<()> {
    let us = Origin::start(OriginSpec::new("us_origin", "bench-us", "us-west-004"))?;
    let eu = Origin::start(OriginSpec::new("eu_origin", "bench-eu", "eu-central-003"))?;
    let setup = setup(&modules.edge, [us.port(), eu.port()]).config(CONFIG);
    let edge = setup.discard_output().start().await?;
    let stage = Arc::new(Stage { us, eu, edge });

    let failure = CannedResponse::status(500);
    let fault = Fault::StallInResponse {
        response: failure,
        after: 0,
        pause: PAUSE,
    };
    let _faults = ["one", "crowd"].map(|key| inject(&stage, key, &fault));
    let one = median(read(&stage, "/one", 1, 502).await?.into_iter());
    let crowd = median(read(&stage, "/crowd", CLIENTS, 502).await?.into_iter());
    report.at_most(
        &format!("{CLIENTS} clients of a cold object, both origins failing: median {crowd:.0} ms, to one client's {one:.0} ms"),
        Unit::Ratio,
        crowd / one,
        MAX_RATIO,
    );

    stage.us.put("stale", Object::text("stale")).await?;
    // The circuit breakers close with the first good response.
    tokio::time::sleep(Duration::from_secs(3)).await;
    read(&stage, "/stale", 1, 200).await?;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let _silence = inject(&stage, "stale", &Fault::StallBeforeHeaders(FOREVER));
    let first = median(read(&stage, "/stale", CLIENTS, 200).await?.into_iter());
    report.at_most(
        "a stale object, both origins silent: median of 60 clients at once",
        Unit::Milliseconds,
        first,
        ATTEMPT_TIMEOUT_MS + MAX_MORE_MS,
    );
    let mut after = Vec::new();
    for _ in 0..20 {
        after.extend(read(&stage, "/stale", 1, 200).await?);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    report.at_most(
        "the same, in the four seconds after that: median",
        Unit::Milliseconds,
        median(after.into_iter()),
        MAX_MORE_MS,
    );
    Ok(())
}

fn inject(stage: &Stage, key: &str, fault: &Fault) -> [b2_edge_testbed::FaultGuard; 2] {
    [&stage.us, &stage.eu].map(|origin| origin.inject(key, fault.clone()))
}

/// The latency of each client's response in milliseconds.
async fn read(
    stage: &Arc<Stage>,
    target: &str,
    clients: usize,
    status: u16,
) -> io::Result<Vec<f64>> {
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let (stage, request) = (Arc::clone(stage), Request::get(target));
            tokio::spawn(async move {
                let sent = Instant::now();
                let response = request.send(stage.edge.port()).await?;
                if response.status == status {
                    Ok(sent.elapsed().as_secs_f64() * 1e3)
                } else {
                    Err(io::Error::other(format!("status {}", response.status)))
                }
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for client in clients {
        latencies.push(client.await??);
    }
    Ok(latencies)
}
