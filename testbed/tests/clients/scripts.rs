//! Clients that are libraries: a script reads operations as lines of JSON, and responds to each with a line.

use std::cell::RefCell;
use std::path::Path;
use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::operation::{Operation, Performed, check_all};
use crate::programs::{Program, with_credentials};
use crate::stage::{BUCKET, Stage, Target};
use crate::table::{Failure, Row};

const LIMIT: Duration = Duration::from_mins(1);

/// A script in `testbed/clients/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Boto3,
    MinioPy,
    Node,
}

/// A running script.
pub(crate) struct Session(Rc<RefCell<Option<Pipes>>>);

struct Pipes {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Session {
    pub(crate) fn start(script: Script, target: &Target) -> std::io::Result<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
        let (program, file) = match script {
            Script::Boto3 => ("python3", "boto3_operations.py"),
            Script::MinioPy => ("python3", "minio_operations.py"),
            Script::Node => ("node", "sdk_operations.cjs"),
        };
        let mut command = Command::new(program);
        with_credentials(&mut command, target);
        command.env("AWS_CA_BUNDLE", &target.certificate);
        let mut child = command
            .arg(directory.join(file))
            .args([&target.url(), BUCKET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let missing = || std::io::Error::other("a stream is not piped");
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let pipes = Pipes {
            input,
            output: BufReader::new(output).lines(),
            _child: child,
        };
        Ok(Self(Rc::new(RefCell::new(Some(pipes)))))
    }

    pub(crate) async fn check_all(
        &mut self,
        stage: &Stage,
        target: &Target,
        program: &Program,
        row: &mut Row,
    ) {
        let perform = |operation: Operation| -> Performed {
            let pipes = Rc::clone(&self.0);
            Box::pin(async move {
                // Taken out, so that nothing is borrowed while this waits.
                let taken = pipes.borrow_mut().take();
                let mut taken = taken.ok_or_else(|| "the script has ended".to_owned())?;
                let answer = taken.exchange(&operation).await;
                if answer.is_ok() {
                    *pipes.borrow_mut() = Some(taken);
                }
                let answer = answer.map_err(Failure::Failed)?;
                match (&answer["result"], &answer["error"]) {
                    (Value::String(result), _) => Ok(result.clone()),
                    (_, error) => Err(error.to_string().into()),
                }
            })
        };
        check_all(stage, target, program, &perform, row).await;
    }
}

impl Pipes {
    async fn exchange(&mut self, operation: &Operation) -> Result<Value, String> {
        let line = format!("{}\n", to_json(operation));
        let written = self.input.write_all(line.as_bytes()).await;
        written.map_err(|error| error.to_string())?;
        let answer = timeout(LIMIT, self.output.next_line()).await;
        let answer = answer.map_err(|_| format!("no answer within {LIMIT:?}"))?;
        let answer = answer.map_err(|error| error.to_string())?;
        let answer = answer.ok_or_else(|| "the script has ended".to_owned())?;
        serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))
    }
}

fn to_json(operation: &Operation) -> Value {
    match operation {
        Operation::Put { file, key } => json!({"do": "put", "key": key, "file": file}),
        Operation::Get { key, file } => json!({"do": "get", "key": key, "file": file}),
        Operation::List { prefix } => json!({"do": "list", "prefix": prefix}),
        Operation::Copy { from, to } => json!({"do": "copy", "from": from, "key": to}),
        Operation::Multipart { file, key } => {
            json!({"do": "multipart", "key": key, "file": file})
        }
        Operation::PresignGet { key } => json!({"do": "presign_get", "key": key}),
        Operation::PresignPut { key } => json!({"do": "presign_put", "key": key}),
        Operation::Delete { key } => json!({"do": "delete", "key": key}),
    }
}
