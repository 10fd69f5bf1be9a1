//! The real Fastly CLI builds and serves the repository as it is.
//!
//! Where the CLI is not installed these tests say so and check nothing; CI installs it.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use b2_edge_testbed::demo::{EU, US};
use b2_edge_testbed::{Answer, get, sample};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

fn cli(args: &[&str]) -> Option<Command> {
    let there = Command::new("fastly")
        .arg("version")
        .stdin(Stdio::null())
        .output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: the Fastly CLI is not on the PATH");
        return None;
    }
    let mut command = Command::new("fastly");
    command.args(args).current_dir(root()).stdin(Stdio::null());
    Some(command)
}

/// A process with its children, ended together.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fastly_compute_build_and_serve_work_on_the_repository_as_it_is() {
    let manifest = std::fs::read(root().join("fastly.toml")).expect("the manifest");
    let Some(mut build) = cli(&["compute", "build", "--non-interactive"]) else {
        return;
    };
    let output = build.output().expect("the CLI runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        root().join("pkg/b2-edge.tar.gz").is_file(),
        "the package is there"
    );

    let (us, eu) = (US.start_on(US.port).await, EU.start_on(EU.port).await);
    let (_us, _eu) = (
        us.expect("port of the US demo origin"),
        eu.expect("port of the EU demo origin"),
    );
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let viceroy = std::env::var("B2_EDGE_VICEROY").expect("run by `cargo xtask test`");
    let args = [
        "compute",
        "serve",
        "--non-interactive",
        "--addr",
        &address,
        "--viceroy-path",
        &viceroy,
    ];
    let mut serve = cli(&args).expect("it was there");
    let child = serve
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut serve = Group(child.expect("the CLI runs"));

    let path = format!("/{}", sample::WHERE_AM_I);
    let answer = first_answer(&mut serve, port, &path).await;
    assert_eq!(answer.header("x-b2-host"), Some(US.spec().host().as_str()));
    let answer = get(port, &format!("{path}?pop=AMS"))
        .await
        .expect("an answer");
    assert_eq!(answer.header("x-b2-host"), Some(EU.spec().host().as_str()));
    drop(serve);
    assert_eq!(
        manifest,
        std::fs::read(root().join("fastly.toml")).expect("the manifest"),
        "the CLI left the manifest as it was"
    );
}

async fn first_answer(serve: &mut Group, port: u16, path: &str) -> Answer {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_mins(3) {
        if let Ok(answer) = get(port, path).await {
            return answer;
        }
        if serve.0.try_wait().expect("its state").is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut output = String::new();
    if let Some(stderr) = &mut serve.0.stderr {
        let _ = stderr.read_to_string(&mut output);
    }
    panic!("`fastly compute serve` does not answer: {output}");
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
