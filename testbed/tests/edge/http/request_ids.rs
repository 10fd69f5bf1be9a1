//! The request ID: in the response and in the log line, and when the client's own is used.

use std::collections::BTreeSet;

use b2_edge_testbed::{Object, Request};
use http::Method;

use crate::log::lines::line_with_id;
use crate::support::stage::{Stage, log_of, shared};

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_of_the_client_is_the_id_of_its_request() {
    let stage = shared().await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let request = Request::get("/lines/traced").header(
        "traceparent",
        format!("00-{trace}-b7ad6b7169203331-01").as_str(),
    );
    let response = stage.send(request).await;
    assert_eq!(response.header("x-request-id"), Some(trace));
    assert_eq!(log_of(stage, "/lines/traced").await["request_id"], trace);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_is_neither_answered_nor_logged() {
    let stage = shared().await;
    let long = format!("junk{}", "k".repeat(125));
    for (number, junk) in [
        "junk id",
        "<junk>",
        "junk\"}",
        "junk,junk",
        "junk%0d%0a",
        "junk\u{e4}",
        long.as_str(),
        "",
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/lines/junk-{number}");
        let request = Request::get(path.as_str())
            .header("x-request-id", junk)
            .header("traceparent", "00-junk-junk-00");
        let response = stage.send(request).await;
        let id = response.header("x-request-id").expect("an ID");
        assert!(!id.is_empty() && !id.contains("junk"), "{junk}: {id}");
        let line = log_of(stage, &path).await;
        assert_eq!(line["request_id"], id, "{junk}");
        // The log line also has the path in `key`.
        let logged = line.to_string().replace(&path[1..], "");
        assert!(!logged.contains("junk"), "{junk}: {logged}");
    }
    let twice = Request::get("/lines/twice")
        .header("x-request-id", "junk-1")
        .header("x-request-id", "junk-2");
    let response = stage.send(twice).await;
    let id = response.header("x-request-id").expect("an ID");
    assert!(!id.contains("junk"), "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_ours_is_one_of_its_own_in_every_answer_and_its_line() {
    let stage = Stage::with(|config| config).await;
    stage.put("ids.txt", Object::text("twelve bytes")).await;
    let methods = [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST];
    let mut ids = BTreeSet::new();
    for number in 0..50 {
        // Viceroy sends six requests to a sandbox.
        let method = methods[number % methods.len()].clone();
        let path = ["/ids.txt", "/ids-missing", "/%zz"][number % 3];
        let response = stage.send(Request::new(method, path)).await;
        let id = response.header("x-request-id").expect("an ID").to_owned();
        let line = line_with_id(&stage, &id).await;
        assert_eq!(line["status"], response.status.as_u16(), "{line}");
        assert!(ids.insert(id), "twice: {line}");
    }
    let logged = stage.edge.log_lines();
    let logged: Vec<_> = logged
        .iter()
        .map(|line| line["request_id"].as_str())
        .collect();
    let expected: BTreeSet<_> = ids.iter().map(|id| Some(id.as_str())).collect();
    assert_eq!((logged.len(), logged.into_iter().collect()), (50, expected));
}
