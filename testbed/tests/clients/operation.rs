//! The operations that a client performs, and what they must have done.

use std::fs;
use std::path::PathBuf;
use std::pin::Pin;

use b2_edge_testbed::{Object, Request, Response};
use http::Method;

use crate::keys::{KEYS, KEYS_OVER_TLS};
use crate::programs::Program;
use crate::stage::{BUCKET, Stage, Target};
use crate::table::{Failure, Outcome, Row};

/// More than one part of every client.
const LARGE: usize = 17 * 1024 * 1024;

/// An operation on the bucket.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Put {
        file: PathBuf,
        key: String,
    },
    Get {
        key: String,
        file: PathBuf,
    },
    List {
        prefix: String,
    },
    Copy {
        from: String,
        to: String,
    },
    Multipart {
        file: PathBuf,
        key: String,
    },
    /// Prints a URL.
    PresignGet {
        key: String,
    },
    /// Prints a URL.
    PresignPut {
        key: String,
    },
    Delete {
        key: String,
    },
}

pub(crate) type Performed = Pin<Box<dyn Future<Output = Result<String, Failure>>>>;

/// Tries every operation with every key.
pub(crate) async fn check_all(
    stage: &Stage,
    target: &Target,
    program: &Program,
    perform: &dyn Fn(Operation) -> Performed,
    row: &mut Row,
) {
    let keys = if target.is_tls() {
        &KEYS_OVER_TLS[..]
    } else {
        &KEYS
    };
    for (index, key) in keys.iter().enumerate() {
        if key.contains("//") && !program.keeps_slashes {
            continue;
        }
        let key = format!("{}{key}", target.prefix);
        let check = Check {
            stage,
            target,
            perform,
            content: Object::pseudo_random(index as u64, 10_000 + index)
                .bytes
                .to_vec(),
            key,
        };
        row.add("put", &check.key, check.put().await);
        // What follows does not depend on the upload.
        stage.store.put(&check.key, check.content.clone()).await;
        row.add("get", &check.key, check.get().await);
        row.add("list", &check.key, check.list().await);
        row.add("copy", &check.key, check.copy().await);
        row.add("presigned GET", &check.key, check.presigned_get().await);
        row.add("presigned PUT", &check.key, check.presigned_put().await);
        row.add("delete", &check.key, check.delete().await);
        if index < 2 {
            row.add("multipart", &check.key, check.multipart().await);
        }
    }
}

struct Check<'a> {
    stage: &'a Stage,
    target: &'a Target,
    perform: &'a dyn Fn(Operation) -> Performed,
    key: String,
    content: Vec<u8>,
}

impl Check<'_> {
    async fn perform(&self, operation: Operation) -> Result<String, Failure> {
        (self.perform)(operation).await
    }

    /// Compares an object with what must be stored.
    async fn is_stored(&self, key: &str, content: &[u8]) -> Outcome {
        match self.stage.store.stored(key).await {
            None => Err(Failure::Failed("nothing is stored".to_owned())),
            Some(bytes) if bytes == content => Ok(()),
            Some(bytes) => {
                let message = format!("{} bytes are stored, and they differ", bytes.len());
                Err(Failure::Failed(message))
            }
        }
    }

    async fn put(&self) -> Outcome {
        let file = self.target.path("put.bin");
        fs::write(&file, &self.content).expect("written");
        let key = self.key.clone();
        self.perform(Operation::Put { file, key }).await?;
        self.is_stored(&self.key, &self.content).await
    }

    async fn get(&self) -> Outcome {
        let file = self.target.path("get.bin");
        let _ = fs::remove_file(&file);
        let operation = Operation::Get {
            key: self.key.clone(),
            file: file.clone(),
        };
        self.perform(operation).await?;
        match fs::read(&file) {
            Ok(bytes) if bytes == self.content => Ok(()),
            Ok(bytes) => Err(format!("{} bytes, and they differ", bytes.len()).into()),
            Err(error) => Err(error.to_string().into()),
        }
    }

    async fn list(&self) -> Outcome {
        let prefix = self.target.prefix.clone();
        let listed = self.perform(Operation::List { prefix }).await?;
        // Of curl, it is XML.
        let listed = listed.replace("&amp;", "&");
        let name = self.key.rsplit('/').next().unwrap_or_default();
        if listed.contains(name) {
            return Ok(());
        }
        Err(format!("not in {listed}").into())
    }

    async fn copy(&self) -> Outcome {
        let to = format!("{}.copy", self.key);
        let operation = Operation::Copy {
            from: self.key.clone(),
            to: to.clone(),
        };
        self.perform(operation).await?;
        self.is_stored(&to, &self.content).await
    }

    async fn multipart(&self) -> Outcome {
        let file = self.target.path("large.bin");
        let content = Object::pseudo_random(99, LARGE).bytes;
        fs::write(&file, &content).expect("written");
        let key = format!("{}.large", self.key);
        self.stage.store.forget_requests();
        let operation = Operation::Multipart {
            file,
            key: key.clone(),
        };
        self.perform(operation).await?;
        self.is_stored(&key, &content).await?;
        if self.stage.store.has_received_parts() {
            return Ok(());
        }
        Err("it was sent in one piece".to_owned().into())
    }

    async fn presigned_get(&self) -> Outcome {
        let key = self.key.clone();
        let url = self.perform(Operation::PresignGet { key }).await?;
        let response = self.follow(Method::GET, &url, None).await?;
        if response.status == 200 && response.body == self.content {
            return Ok(());
        }
        Err(format!("{} {}", response.status, shown(&response)).into())
    }

    async fn presigned_put(&self) -> Outcome {
        let key = format!("{}.presigned", self.key);
        let operation = Operation::PresignPut { key: key.clone() };
        let url = self.perform(operation).await?;
        let content = Some(&self.content[..]);
        let response = self.follow(Method::PUT, &url, content).await?;
        if response.status != 200 {
            return Err(format!("{} {}", response.status, shown(&response)).into());
        }
        self.is_stored(&key, &self.content).await
    }

    async fn delete(&self) -> Outcome {
        let key = self.key.clone();
        self.perform(Operation::Delete { key }).await?;
        match self.stage.store.stored(&self.key).await {
            None => Ok(()),
            Some(_) => Err("it is still there".to_owned().into()),
        }
    }

    /// Sends a request for a presigned URL, past the TLS front, which no signature covers.
    async fn follow(
        &self,
        method: Method,
        url: &str,
        content: Option<&[u8]>,
    ) -> Result<Response, Failure> {
        let prefix = format!("{}/", self.target.url());
        let url = url.trim();
        let target = url.strip_prefix(prefix.trim_end_matches('/'));
        let target = target.ok_or_else(|| format!("no URL of the endpoint: {url}"))?;
        let request = Request::new(method, target);
        let request = request.header("Host", self.target.authority.as_str());
        let request = match content {
            Some(content) => request.body(content.to_vec()),
            None => request,
        };
        let sent = request.send(self.stage.port()).await;
        sent.map_err(|error| error.to_string().into())
    }
}

fn shown(response: &Response) -> String {
    response.text().chars().take(300).collect()
}

/// `s3://<bucket>/<key>`.
pub(crate) fn s3_url(key: &str) -> String {
    format!("s3://{BUCKET}/{key}")
}
