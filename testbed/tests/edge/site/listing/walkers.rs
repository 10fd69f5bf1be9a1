//! Clients that walk a site by its listings.
//!
//! Without them this checks nothing, as in `http/real_clients.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{HTML, stage};
use crate::http::real_clients::run;

const KEYS: [&str; 6] = [
    "top.txt",
    "a b/c+d.txt",
    "a b/ü/é.txt",
    "a b/100%.txt",
    "deep/er/and/deeper.txt",
    "q&a;x=y,z.txt",
];

/// The files below a folder, by their path.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it");
                let name = name.to_str().expect("UTF-8").to_owned();
                files.insert(name, fs::read_to_string(&path).expect("a text"));
            }
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn wget_rclone_and_lftp_download_every_object_and_no_other() {
    let stage = stage(HTML).await;
    super::put_all(&stage, &KEYS).await;
    let temporary = tempfile::tempdir().expect("a folder");
    let origin = format!("http://127.0.0.1:{}/", stage.edge.port());
    let expected: BTreeMap<_, _> = KEYS.map(|key| (key.to_owned(), key.to_owned())).into();
    for program in ["wget", "rclone", "lftp"] {
        let folder = temporary.path().join(program);
        fs::create_dir(&folder).expect("a folder");
        let target = folder.to_str().expect("UTF-8");
        let script = format!("set net:max-retries 1; mirror {origin} {target}; bye");
        let args = match program {
            "wget" => vec![
                "--quiet",
                "--recursive",
                "--level=9",
                "--no-host-directories",
                "--reject=index.html*",
                "--restrict-file-names=nocontrol",
                "--tries=1",
                "-e",
                "robots=off",
                "-P",
                target,
                &origin,
            ],
            "rclone" => vec![
                "copy",
                ":http:",
                target,
                "--http-url",
                &origin,
                "--retries=1",
                "--config=/dev/null",
            ],
            _ => vec!["-c", &script],
        };
        let Some(output) = run(program, &args).await else {
            continue;
        };
        assert!(output.status.success(), "{program}: {output:?}");
        assert_eq!(files(&folder), expected, "{program}");
    }
}
