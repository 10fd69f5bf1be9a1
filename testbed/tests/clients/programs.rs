//! The clients, and how each performs an operation.

use std::path::Path;
use std::pin::Pin;

use b2_edge_testbed::encode_key;
use tokio::process::Command;

use crate::command;
use crate::operation::{Operation, Performed, s3_url};
use crate::scripts::Script;
use crate::stage::{BUCKET, KEY_ID, REGION, SECRET, Stage, Target};
use crate::table::{Failure, Outcome};
use crate::thumbnails;
use crate::workflows;

/// A client.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The command that prints its version.
    version: &'static [&'static str],
    /// Whether it can name a key with two slashes in a row.
    pub(crate) keeps_slashes: bool,
    pub(crate) kind: Kind,
}

type Workflow = for<'a> fn(&'a Stage, &'a Target) -> Pin<Box<dyn Future<Output = Outcome> + 'a>>;

/// How a client is driven.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A program for each operation.
    Operations(fn(&Target, Operation) -> Performed),
    /// A script that performs all operations.
    Script(Script),
    /// Something of its own.
    Workflow(Workflow),
}

pub(crate) const PROGRAMS: &[Program] = &[
    Program {
        name: "aws-cli",
        version: &["aws", "--version"],
        keeps_slashes: true,
        kind: Kind::Operations(aws),
    },
    Program {
        name: "boto3",
        version: &["python3", "-c", "import boto3; print(boto3.__version__)"],
        keeps_slashes: true,
        kind: Kind::Script(Script::Boto3),
    },
    Program {
        name: "js-sdk",
        version: &[
            "node",
            "-p",
            "require('@aws-sdk/client-s3/package.json').version",
        ],
        keeps_slashes: true,
        kind: Kind::Script(Script::Node),
    },
    Program {
        name: "minio-py",
        version: &["python3", "-c", "import minio; print(minio.__version__)"],
        keeps_slashes: true,
        kind: Kind::Script(Script::MinioPy),
    },
    Program {
        name: "rclone",
        version: &["rclone", "version"],
        keeps_slashes: false,
        kind: Kind::Operations(rclone),
    },
    Program {
        name: "s3cmd",
        version: &["s3cmd", "--version"],
        keeps_slashes: true,
        kind: Kind::Operations(s3cmd),
    },
    Program {
        name: "s5cmd",
        version: &["s5cmd", "version"],
        keeps_slashes: true,
        kind: Kind::Operations(s5cmd),
    },
    Program {
        name: "curl",
        version: &["curl", "--version"],
        keeps_slashes: true,
        kind: Kind::Operations(curl),
    },
    Program {
        name: "boto3-thumbnail",
        version: &["python3", "-c", "import boto3; print(boto3.__version__)"],
        keeps_slashes: false,
        kind: Kind::Workflow(|_, target| Box::pin(thumbnails::with_boto3(target))),
    },
    Program {
        name: "restic",
        version: &["restic", "version"],
        keeps_slashes: false,
        kind: Kind::Workflow(|stage, target| Box::pin(workflows::restic(stage, target))),
    },
    Program {
        name: "litestream",
        version: &["litestream", "version"],
        keeps_slashes: false,
        kind: Kind::Workflow(|stage, target| Box::pin(workflows::litestream(stage, target))),
    },
    Program {
        name: "s3fs",
        version: &["s3fs", "--version"],
        keeps_slashes: false,
        kind: Kind::Workflow(|stage, target| Box::pin(workflows::s3fs(stage, target))),
    },
];

impl Program {
    /// The first line of what it prints as its version; `None` if it is not installed.
    pub(crate) async fn version(&self) -> Option<String> {
        let (program, args) = self.version.split_first()?;
        let mut command = Command::new(program);
        command.args(args);
        let printed = command::run(command).await.ok()?;
        Some(printed.lines().next().unwrap_or_default().trim().to_owned())
    }
}

/// The variables that all of Amazon's SDKs read.
pub(crate) fn with_credentials(command: &mut Command, target: &Target) {
    command
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PAGER", "")
        .env("NODE_EXTRA_CA_CERTS", &target.certificate)
        .env("NODE_NO_WARNINGS", "1");
    for name in [
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        // Programs in Go may refuse it.
        "AWS_CA_BUNDLE",
    ] {
        command.env_remove(name);
    }
}

fn perform(command: Command) -> Performed {
    Box::pin(async move { command::run(command).await.map_err(Failure::Failed) })
}

fn unsupported() -> Performed {
    Box::pin(async { Err(Failure::Unsupported) })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn aws(target: &Target, operation: Operation) -> Performed {
    let mut command = Command::new("aws");
    with_credentials(&mut command, target);
    command
        .env("AWS_CA_BUNDLE", &target.certificate)
        .args(["--endpoint-url", &target.url()]);
    let on = |operation: &str, key: &str| {
        let args = ["s3api", operation, "--bucket", BUCKET, "--key", key];
        args.map(str::to_owned).to_vec()
    };
    let args = match operation {
        Operation::Put { file, key } => {
            let mut args = on("put-object", &key);
            args.extend(["--body".to_owned(), text(&file)]);
            args
        }
        Operation::Get { key, file } => {
            let mut args = on("get-object", &key);
            args.push(text(&file));
            args
        }
        Operation::List { prefix } => {
            let args = [
                "s3api",
                "list-objects-v2",
                "--bucket",
                BUCKET,
                "--prefix",
                &prefix,
            ];
            let shown = ["--query", "Contents[].Key", "--output", "text"];
            args.into_iter().chain(shown).map(str::to_owned).collect()
        }
        Operation::Copy { from, to } => {
            let mut args = on("copy-object", &to);
            // It encodes the source itself.
            args.extend(["--copy-source".to_owned(), format!("{BUCKET}/{from}")]);
            args
        }
        Operation::Multipart { file, key } => {
            let args = ["s3", "cp", "--no-progress", &text(&file), &s3_url(&key)];
            args.map(str::to_owned).to_vec()
        }
        Operation::PresignGet { key } => {
            let args = ["s3", "presign", "--expires-in", "600", &s3_url(&key)];
            args.map(str::to_owned).to_vec()
        }
        Operation::PresignPut { .. } => return unsupported(),
        Operation::Delete { key } => on("delete-object", &key),
    };
    command.args(args);
    perform(command)
}

fn rclone(target: &Target, operation: Operation) -> Performed {
    let mut command = Command::new("rclone");
    with_credentials(&mut command, target);
    command
        .env("RCLONE_CONFIG", "/dev/null")
        .env("RCLONE_CONFIG_EDGE_TYPE", "s3")
        .env("RCLONE_CONFIG_EDGE_PROVIDER", "Other")
        .env("RCLONE_CONFIG_EDGE_ENDPOINT", target.url())
        .env("RCLONE_CONFIG_EDGE_REGION", REGION)
        .env("RCLONE_CONFIG_EDGE_ACCESS_KEY_ID", KEY_ID)
        .env("RCLONE_CONFIG_EDGE_SECRET_ACCESS_KEY", SECRET)
        // Otherwise, it creates the bucket before an upload, which no client of the endpoint may do.
        .env("RCLONE_CONFIG_EDGE_NO_CHECK_BUCKET", "true")
        .args(["--s3-upload-cutoff", "5M", "--retries", "1"])
        .arg("--ca-cert")
        .arg(&target.certificate);
    let remote = |key: &str| format!("edge:{BUCKET}/{key}");
    let args = match operation {
        Operation::Put { file, key } | Operation::Multipart { file, key } => {
            vec!["copyto".to_owned(), text(&file), remote(&key)]
        }
        Operation::Get { key, file } => vec!["copyto".to_owned(), remote(&key), text(&file)],
        Operation::List { prefix } => {
            vec!["lsf".to_owned(), "-R".to_owned(), remote(&prefix)]
        }
        Operation::Copy { from, to } => vec!["copyto".to_owned(), remote(&from), remote(&to)],
        Operation::PresignGet { key } => {
            let args = ["link", "--expire", "10m", &remote(&key)];
            args.map(str::to_owned).to_vec()
        }
        Operation::PresignPut { .. } => return unsupported(),
        Operation::Delete { key } => vec!["deletefile".to_owned(), remote(&key)],
    };
    command.args(args);
    perform(command)
}

fn s3cmd(target: &Target, operation: Operation) -> Performed {
    let mut command = Command::new("s3cmd");
    with_credentials(&mut command, target);
    command
        .args(["-c", "/dev/null", "--no-progress", "--no-check-md5"])
        .args(["--access_key", KEY_ID, "--secret_key", SECRET])
        .args(["--region", REGION])
        .args(["--host", &target.authority])
        .args(["--host-bucket", &target.authority]);
    if target.is_tls() {
        command
            .args(["--ssl", "--ca-certs"])
            .arg(&target.certificate);
    } else {
        command.arg("--no-ssl");
    }
    let args = match operation {
        Operation::Put { file, key } => vec!["put".to_owned(), text(&file), s3_url(&key)],
        Operation::Get { key, file } => {
            let args = ["get", "--force", &s3_url(&key), &text(&file)];
            args.map(str::to_owned).to_vec()
        }
        Operation::List { prefix } => {
            vec!["ls".to_owned(), "--recursive".to_owned(), s3_url(&prefix)]
        }
        Operation::Copy { from, to } => vec!["cp".to_owned(), s3_url(&from), s3_url(&to)],
        Operation::Multipart { file, key } => {
            let args = [
                "put",
                "--multipart-chunk-size-mb=5",
                &text(&file),
                &s3_url(&key),
            ];
            args.map(str::to_owned).to_vec()
        }
        // Its URLs have signatures of version 2.
        Operation::PresignGet { .. } | Operation::PresignPut { .. } => return unsupported(),
        Operation::Delete { key } => vec!["del".to_owned(), s3_url(&key)],
    };
    command.args(args);
    perform(command)
}

fn s5cmd(target: &Target, operation: Operation) -> Performed {
    let mut command = Command::new("s5cmd");
    with_credentials(&mut command, target);
    command.args(["--endpoint-url", &target.url()]);
    if target.is_tls() {
        command.arg("--no-verify-ssl");
    }
    let args = match operation {
        Operation::Put { file, key } => {
            let args = ["cp", "--raw", &text(&file), &s3_url(&key)];
            args.map(str::to_owned).to_vec()
        }
        Operation::Get { key, file } => {
            let args = ["cp", "--raw", &s3_url(&key), &text(&file)];
            args.map(str::to_owned).to_vec()
        }
        Operation::List { prefix } => {
            vec!["ls".to_owned(), format!("{}*", s3_url(&prefix))]
        }
        // It encodes a space of the source as a plus, which is a plus in a path.
        Operation::Copy { from, .. } if from.contains(' ') => return unsupported(),
        Operation::Copy { from, to } => {
            let args = ["cp", "--raw", &s3_url(&from), &s3_url(&to)];
            args.map(str::to_owned).to_vec()
        }
        Operation::Multipart { file, key } => {
            let args = [
                "cp",
                "--raw",
                "--part-size",
                "5",
                &text(&file),
                &s3_url(&key),
            ];
            args.map(str::to_owned).to_vec()
        }
        Operation::PresignGet { key } => {
            let args = ["presign", "--expire", "10m", &s3_url(&key)];
            args.map(str::to_owned).to_vec()
        }
        Operation::PresignPut { .. } => return unsupported(),
        Operation::Delete { key } => {
            vec!["rm".to_owned(), "--raw".to_owned(), s3_url(&key)]
        }
    };
    command.args(args);
    perform(command)
}

fn curl(target: &Target, operation: Operation) -> Performed {
    let mut command = Command::new("curl");
    with_credentials(&mut command, target);
    command
        .args(["--silent", "--show-error", "--fail", "--path-as-is"])
        .args(["--aws-sigv4", &format!("aws:amz:{REGION}:s3")])
        .args(["--user", &format!("{KEY_ID}:{SECRET}")])
        // Before 8.0, it does not send this header of its own, which S3 requires.
        .args(["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]);
    if target.is_tls() {
        command.arg("--cacert").arg(&target.certificate);
    }
    let url = |key: &str| format!("{}/{BUCKET}{}", target.url(), encode_key(key));
    let args = match operation {
        Operation::Put { file, key } => vec!["--upload-file".to_owned(), text(&file), url(&key)],
        Operation::Get { key, file } => vec!["--output".to_owned(), text(&file), url(&key)],
        Operation::List { prefix } => {
            let prefix = prefix.replace('/', "%2F");
            let query = format!("list-type=2&prefix={prefix}");
            vec![format!("{}/{BUCKET}?{query}", target.url())]
        }
        Operation::Delete { key } => vec!["--request".to_owned(), "DELETE".to_owned(), url(&key)],
        Operation::Copy { .. }
        | Operation::Multipart { .. }
        | Operation::PresignGet { .. }
        | Operation::PresignPut { .. } => return unsupported(),
    };
    command.args(args);
    perform(command)
}
