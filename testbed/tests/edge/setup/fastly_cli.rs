//! The real Fastly CLI builds and serves the repository without changes.
//!
//! Without the CLI this checks nothing, which `cargo xtask test` reports at its end, or fails if
//! `B2_EDGE_REQUIRE_FASTLY_CLI` is set, as in `.ci/run`.

use std::io::{ErrorKind, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use b2_edge_testbed::demo::{DemoOrigin, EU, US};
use b2_edge_testbed::{Origin, Response, get, sample};

/// The root of the repository.
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
        assert!(
            std::env::var_os("B2_EDGE_REQUIRE_FASTLY_CLI").is_none(),
            "`fastly` is not on PATH, and this test must run: `npm install --global @fastly/cli`"
        );
        eprintln!("skipped: `fastly` is not on PATH");
        return None;
    }
    let mut command = Command::new("fastly");
    command.args(args).current_dir(root()).stdin(Stdio::null());
    Some(command)
}

/// A process group, killed when it is dropped.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.0.wait();
    }
}

/// The origin on its port in the manifest.
async fn start(origin: &DemoOrigin) -> Origin {
    match origin.start_on(origin.port).await {
        Ok(started) => started,
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            panic!(
                "port {} is taken: stop `cargo xtask serve` first",
                origin.port
            )
        }
        Err(error) => panic!("{}: {error}", origin.backend),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fastly_compute_build_and_serve_work_on_the_repository_as_it_is() {
    let manifest = std::fs::read(root().join("fastly.toml")).expect("the manifest");
    let Some(mut build) = cli(&["compute", "build", "--non-interactive"]) else {
        return;
    };
    // Before the build, which is slow: fail early if the ports are in use.
    let (_us, _eu) = (start(&US).await, start(&EU).await);
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
    let response = first_response(&mut serve, port, &path).await;
    assert_eq!(
        response.header("x-b2-host"),
        Some(US.spec().host().as_str())
    );
    let response = get(port, &format!("{path}?pop=AMS"))
        .await
        .expect("a response");
    assert_eq!(
        response.header("x-b2-host"),
        Some(EU.spec().host().as_str())
    );
    drop(serve);
    assert_eq!(
        manifest,
        std::fs::read(root().join("fastly.toml")).expect("the manifest"),
        "the CLI left the manifest as it was"
    );
}

async fn first_response(serve: &mut Group, port: u16, path: &str) -> Response {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_mins(3) {
        if let Ok(response) = get(port, path).await {
            return response;
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
    panic!("`fastly compute serve` does not respond: {output}");
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
