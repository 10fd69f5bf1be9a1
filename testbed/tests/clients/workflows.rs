//! Clients that do not show single operations: a backup, a replica of a database, a file system.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use b2_edge_testbed::Object;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::command;
use crate::programs::with_credentials;
use crate::stage::{BUCKET, KEY_ID, REGION, SECRET, Stage, Target};
use crate::table::{Failure, Outcome};

const SOON: Duration = Duration::from_secs(20);

/// Files whose names and sizes a backup has to keep.
fn write_files(directory: &Path) {
    fs::create_dir_all(directory.join("a folder")).expect("a directory");
    for (index, (name, size)) in [
        ("empty", 0),
        ("a folder/ünï.bin", 100_000),
        ("large", 12_000_000),
    ]
    .into_iter()
    .enumerate()
    {
        let content = Object::pseudo_random(index as u64, size).bytes;
        fs::write(directory.join(name), content).expect("written");
    }
}

fn assert_same(one: &Path, other: &Path) -> Outcome {
    for name in ["empty", "a folder/ünï.bin", "large"] {
        let (one, other) = (fs::read(one.join(name)), fs::read(other.join(name)));
        match (one, other) {
            (Ok(one), Ok(other)) if one == other => {}
            (Ok(_), Ok(_)) => return Err(format!("{name} differs").into()),
            (_, Err(error)) | (Err(error), _) => return Err(format!("{name}: {error}").into()),
        }
    }
    Ok(())
}

/// Backs files up, checks the backup, restores it, and removes it.
pub(crate) async fn restic(stage: &Stage, target: &Target) -> Outcome {
    let (files, restored) = (target.path("files"), target.path("restored"));
    write_files(&files);
    let repository = format!("s3:{}/{BUCKET}/{}repository", target.url(), target.prefix);
    let restic = |args: &[&str]| {
        let mut command = Command::new("restic");
        with_credentials(&mut command, target);
        command
            .env("RESTIC_REPOSITORY", &repository)
            .env("RESTIC_PASSWORD", "a password")
            .env("RESTIC_CACHE_DIR", target.path("cache"))
            .current_dir(&files)
            .args(["-o", "s3.bucket-lookup=path"])
            .args(["-o", &format!("s3.region={REGION}")]);
        if target.is_tls() {
            command.arg("--cacert").arg(&target.certificate);
        }
        command.args(args);
        command::run(command)
    };
    restic(&["init"]).await?;
    restic(&["backup", "."]).await?;
    restic(&["check", "--read-data"]).await?;
    let to = restored.to_string_lossy().into_owned();
    restic(&["restore", "latest", "--target", &to]).await?;
    assert_same(&files, &restored)?;
    restic(&["forget", "--keep-last", "1", "--prune"]).await?;
    if stage.store.keys(&target.prefix).await.is_empty() {
        return Err("the bucket has no repository".to_owned().into());
    }
    Ok(())
}

/// Replicates a database while it is written, and restores it.
pub(crate) async fn litestream(stage: &Stage, target: &Target) -> Outcome {
    if target.is_tls() {
        // It has no option for the certificate of an endpoint.
        return Err(Failure::Unsupported);
    }
    let (database, restored) = (target.path("live.db"), target.path("restored.db"));
    let sql = |path: &Path, script: &str| {
        let mut command = Command::new("python3");
        let program = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nprint(c.execute(sys.argv[2]).fetchall())\nc.commit()";
        command.args(["-c", program]).arg(path).arg(script);
        command::run(command)
    };
    sql(&database, "PRAGMA journal_mode = WAL").await?;
    sql(&database, "CREATE TABLE t (x INTEGER)").await?;
    let config = target.path("litestream.yml");
    let yaml = format!(
        "dbs:\n  - path: {}\n    replicas:\n      - type: s3\n        bucket: {BUCKET}\n        path: {}replica\n        \
         endpoint: {}\n        region: {REGION}\n        force-path-style: true\n        access-key-id: {KEY_ID}\n        \
         secret-access-key: {SECRET}\n        sync-interval: 200ms\n",
        database.display(),
        target.prefix,
        target.url()
    );
    fs::write(&config, yaml).expect("written");
    let with_config = |action: &str| {
        let mut command = Command::new("litestream");
        with_credentials(&mut command, target);
        command.arg(action).arg("-config").arg(&config);
        command
    };
    let mut replicate = with_config("replicate");
    let log = fs::File::create(target.path("litestream.log")).expect("a file");
    let replicating = replicate
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .kill_on_drop(true)
        .spawn();
    let mut replicating = replicating.map_err(|error| Failure::Failed(error.to_string()))?;
    for number in 0..20 {
        sql(&database, &format!("INSERT INTO t VALUES ({number})")).await?;
    }
    let sum = "SELECT sum(x), count(*) FROM t";
    let expected = sql(&database, sum).await?;
    let started = Instant::now();
    let found = loop {
        let _ = fs::remove_file(&restored);
        let mut restore = with_config("restore");
        restore.arg("-o").arg(&restored).arg(&database);
        let found = match command::run(restore).await {
            Ok(_) => sql(&restored, sum).await,
            Err(error) => Err(error),
        };
        if found.as_ref() == Ok(&expected) || started.elapsed() > SOON {
            break found;
        }
        sleep(Duration::from_millis(300)).await;
    };
    let _ = replicating.kill().await;
    if found? != expected {
        return Err("the restored database differs".to_owned().into());
    }
    if stage.store.keys(&target.prefix).await.is_empty() {
        return Err("the bucket has no replica".to_owned().into());
    }
    Ok(())
}

/// Mounts the bucket, and writes, reads, renames and deletes files.
pub(crate) async fn s3fs(stage: &Stage, target: &Target) -> Outcome {
    if !Path::new("/dev/fuse").exists() || target.is_tls() {
        // Without FUSE nothing can be mounted. Its option for a certificate needs one of the system.
        return Err(Failure::Unsupported);
    }
    let (mount, password) = (target.path("mount"), target.path("password"));
    fs::create_dir_all(&mount).expect("a directory");
    fs::write(&password, format!("{KEY_ID}:{SECRET}")).expect("written");
    let mut private = fs::metadata(&password).expect("a file").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut private, 0o600);
    fs::set_permissions(&password, private).expect("its permissions");
    let options = format!(
        "url={},use_path_request_style,endpoint={REGION},passwd_file={},multipart_size=5",
        target.url(),
        password.display()
    );
    // In the foreground, so that it ends with this program.
    let log = fs::File::create(target.path("s3fs.log")).expect("a file");
    let mounted = Command::new("s3fs")
        .arg(BUCKET)
        .arg(&mount)
        .args(["-f", "-o", &options])
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .kill_on_drop(true)
        .spawn();
    let mut mounted = mounted.map_err(|error| Failure::Failed(error.to_string()))?;
    let result = use_mount(stage, &mount, &target.prefix).await;
    let mut unmount = Command::new("fusermount");
    unmount.arg("-uz").arg(&mount);
    let _ = command::run(unmount).await;
    let _ = mounted.kill().await;
    let log = fs::read_to_string(target.path("s3fs.log")).unwrap_or_default();
    if log.contains("fuse: mount failed") || log.contains("fusermount") {
        // As in a container without the right to mount.
        return Err(Failure::Unsupported);
    }
    result.map_err(|failure| match failure {
        Failure::Failed(why) => Failure::Failed(format!("{why}: {log}")),
        Failure::Unsupported => Failure::Unsupported,
    })
}

async fn use_mount(stage: &Stage, mount: &Path, prefix: &str) -> Outcome {
    let started = Instant::now();
    let is_mounted = || {
        let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
        mounts.contains(&*mount.to_string_lossy())
    };
    while !is_mounted() {
        if started.elapsed() > SOON {
            return Err("it is not mounted".to_owned().into());
        }
        sleep(Duration::from_millis(100)).await;
    }
    let folder = mount.join(prefix);
    let content = Object::pseudo_random(5, 12_000_000).bytes;
    let expected = content.clone();
    // In a thread, because the origin answers on this runtime.
    let used = tokio::task::spawn_blocking(move || -> std::io::Result<bool> {
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("a file.bin"), &content)?;
        fs::rename(folder.join("a file.bin"), folder.join("ünï.bin"))?;
        let read = fs::read(folder.join("ünï.bin"))?;
        fs::write(folder.join("gone"), "text")?;
        fs::remove_file(folder.join("gone"))?;
        Ok(read == content)
    });
    match used.await.expect("the thread ends") {
        Err(error) => return Err(error.to_string().into()),
        Ok(false) => return Err("what was read differs".to_owned().into()),
        Ok(true) => {}
    }
    let stored = stage.store.stored(&format!("{prefix}ünï.bin")).await;
    if stored.as_ref() != Some(&expected) {
        return Err("what is stored differs".to_owned().into());
    }
    let others = [format!("{prefix}gone"), format!("{prefix}a file.bin")];
    let keys = stage.store.keys(prefix).await;
    match others.iter().find(|key| keys.contains(key)) {
        Some(key) => Err(format!("{key} is still there").into()),
        None => Ok(()),
    }
}
