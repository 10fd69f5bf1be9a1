//! curl and wget: what they download after a transfer broke off, and what they unpack.
//!
//! Without them this checks nothing, which `cargo xtask test` reports at its end, or fails if
//! `B2_EDGE_REQUIRE_CLIENTS` is set, as in `.ci/run`.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use b2_edge_testbed::{Fault, Object};

use crate::support::stage::Stage;
use crate::support::stage_pool::{Setup, StagePool};

/// Runs a client; `None` if it is not installed.
pub(crate) async fn run(program: &str, args: &[&str]) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    // In a thread of its own, because the origins run meanwhile.
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    match output.expect("the thread ends") {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(
                std::env::var_os("B2_EDGE_REQUIRE_CLIENTS").is_none(),
                "{program} must run: {error}"
            );
            eprintln!("skipped: {program}: {error}");
            None
        }
    }
}

fn url(stage: &Stage, key: &str) -> String {
    format!("http://127.0.0.1:{}/{key}", stage.edge.port())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_broke_off_is_resumed_by_curl_and_wget() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let folder = tempfile::tempdir().expect("a folder");
    let object = Object::pseudo_random(8, 3_500_000).cache_control("max-age=600");
    for (program, args) in [
        ("curl", &["--silent", "--continue-at", "-", "--output"][..]),
        ("wget", &["--quiet", "--tries=1", "--continue", "-O"]),
    ] {
        let key = format!("clients/{program}.bin");
        stage.put(&key, object.clone()).await;
        let file = folder.path().join(program);
        let file = file.to_str().expect("UTF-8");
        let url = url(&stage, &key);
        let args = [args, &[file, &url]].concat();
        // In the third segment.
        let after = 900_000;
        let faults =
            [&stage.us, &stage.eu].map(|origin| origin.inject(&key, Fault::ShortBody { after }));
        let Some(first) = run(program, &args).await else {
            continue;
        };
        assert!(!first.status.success(), "{program}: {first:?}");
        let begun = fs::read(file).expect("a file");
        assert!(
            !begun.is_empty()
                && object.bytes.starts_with(&begun)
                && begun.len() < object.bytes.len(),
            "{program}: {} bytes",
            begun.len()
        );
        drop(faults);
        let second = run(program, &args).await.expect("it was there before");
        assert!(second.status.success(), "{program}: {second:?}");
        let all = fs::read(file).expect("a file");
        assert!(all == object.bytes, "{program}: {} bytes", all.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_unpacks_a_precompressed_object() {
    let stage = Stage::configured(r#"{"site": {"precompressed": true}}"#).await;
    let text = "a line of the page\n".repeat(200);
    stage.put("page.txt", Object::text(text.clone())).await;
    stage
        .put("page.txt.gz", Object::new(gzip(text.as_bytes())))
        .await;
    let url = url(&stage, "page.txt");
    for args in [&["--silent", "--compressed"][..], &["--silent"]] {
        let args = [args, &[url.as_str()]].concat();
        let Some(output) = run("curl", &args).await else {
            return;
        };
        assert!(output.status.success(), "{args:?}: {output:?}");
        assert!(output.stdout == text.as_bytes(), "{args:?}");
    }
    let seen = stage.us.seen_for("page.txt.gz");
    assert_eq!(seen.len(), 1, "it was served to who takes it: {seen:?}");
}

/// The bytes in the format of gzip, by the program of that name.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip runs");
    let mut input = gzip.stdin.take().expect("its input");
    input.write_all(bytes).expect("it reads");
    drop(input);
    gzip.wait_with_output().expect("it ends").stdout
}
