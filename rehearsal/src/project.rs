//! The files of a deployment in a temporary directory, and the CLI in a clean environment.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use b2_edge_testbed::demo::DemoOrigin;
use tempfile::TempDir;

use crate::api::TOKEN;
use crate::package::Package;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fastly.toml");

/// Runs the rest of its arguments with the first one as the hosts file.
const WITH_HOSTS_FILE: &str = r#"mount --bind "$0" /etc/hosts && exec "$@""#;

/// A copy of the manifest, and the package.
pub(crate) struct Project {
    directory: TempDir,
    home: TempDir,
    api: String,
    names: Names,
    origins: Vec<DemoOrigin>,
}

/// How the CLI resolves addresses: it accepts only host names that it can look up.
enum Names {
    /// With a hosts file that only the CLI sees.
    HostsFile(PathBuf),
    /// Not at all: the copy of the manifest has them as defaults, which the CLI does not look up.
    Defaults,
}

impl Project {
    /// Copies the manifest of this repository and packs `wasm`, for a deployment to `api` in which only the addresses of
    /// `origins` can be resolved.
    pub(crate) fn create(api: &str, wasm: &Path, origins: &[DemoOrigin]) -> io::Result<Self> {
        let (directory, home) = (TempDir::new()?, TempDir::new()?);
        let mut text = fs::read_to_string(Path::new(MANIFEST))?;
        let hosts = home.path().join("hosts");
        fs::write(&hosts, hosts_file(origins))?;
        let names = if has_own_hosts_file(&hosts) {
            Names::HostsFile(hosts)
        } else {
            for origin in origins {
                let header = format!("[setup.backends.{}]\n", origin.backend);
                let address = format!("{header}address = \"{}\"\n", origin.spec().host());
                text = text.replace(&header, &address);
            }
            Names::Defaults
        };
        let project = Self {
            directory,
            home,
            api: api.to_owned(),
            names,
            origins: origins.to_vec(),
        };
        // After a deployment the manifest has a service ID, with which the CLI would not prompt.
        let lines = text.lines().filter(|line| !line.starts_with("service_id"));
        let text = lines.flat_map(|line| [line, "\n"]).collect::<String>();
        fs::write(project.manifest(), text)?;
        project.pack(wasm)?;
        Ok(project)
    }

    /// The answer to the prompt for the address of a backend; empty if it is the default or unknown.
    pub(crate) fn typed_address(&self, backend: &str) -> String {
        let mut origins = self.origins.iter();
        match self.names {
            Names::HostsFile(_) => origins
                .find(|origin| origin.backend == backend)
                .map_or_else(String::new, |origin| origin.spec().host()),
            Names::Defaults => String::new(),
        }
    }

    /// How addresses are resolved, for the report.
    pub(crate) fn names(&self) -> &'static str {
        match self.names {
            Names::HostsFile(_) => {
                "addresses are typed, and resolved by a hosts file that only the CLI sees"
            }
            Names::Defaults => {
                "addresses are defaults in the copy of the manifest, because this system allows no mount namespace"
            }
        }
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.directory.path().join("fastly.toml")
    }

    /// The package that [`pack`](Self::pack) has made.
    pub(crate) fn package(&self) -> io::Result<Package> {
        fs::read(self.directory.path().join("pkg/b2-edge.tar.gz")).map(Package)
    }

    /// Packs a compiled module, as `fastly compute build` does.
    pub(crate) fn pack(&self, wasm: &Path) -> io::Result<()> {
        let mut pack = self.cli(&["compute", "pack", "--wasm-binary"]);
        let output = pack.arg(wasm).stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        let output = [output.stdout, output.stderr].concat();
        Err(io::Error::other(format!(
            "`fastly compute pack` failed: {}",
            String::from_utf8_lossy(&output)
        )))
    }

    /// The CLI with nothing of the user's environment but PATH: no stored token and no configuration. The stand-in is
    /// both of Fastly's endpoints, and the proxy to all other hosts.
    pub(crate) fn cli(&self, args: &[&str]) -> Command {
        let mut command = match &self.names {
            Names::HostsFile(hosts) => {
                let mut shell = in_namespace(hosts);
                shell.arg("fastly");
                shell
            }
            Names::Defaults => Command::new("fastly"),
        };
        command
            .args(args)
            .current_dir(self.directory.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("TERM", "dumb")
            .env("NO_COLOR", "1")
            .env("FASTLY_API_TOKEN", TOKEN)
            .env("FASTLY_API_ENDPOINT", &self.api)
            .env("FASTLY_ACCOUNT_ENDPOINT", &self.api)
            // Go's HTTP client still connects to loopback directly.
            .env("HTTP_PROXY", &self.api)
            .env("HTTPS_PROXY", &self.api);
        command
    }
}

fn hosts_file(origins: &[DemoOrigin]) -> String {
    let mut text = "127.0.0.1 localhost\n".to_owned();
    for origin in origins {
        let _ = writeln!(text, "127.0.0.1 {}", origin.spec().host());
    }
    text
}

fn in_namespace(hosts: &Path) -> Command {
    let mut command = Command::new("unshare");
    command
        .args([
            "--map-root-user",
            "--mount",
            "--",
            "sh",
            "-c",
            WITH_HOSTS_FILE,
        ])
        .arg(hosts);
    command
}

/// False on macOS, and on systems that do not allow namespaces to unprivileged users.
fn has_own_hosts_file(hosts: &Path) -> bool {
    let mut probe = in_namespace(hosts);
    let output = probe.arg("true").stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}
