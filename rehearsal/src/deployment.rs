//! One run of `fastly compute deploy`, with answers to its prompts.

use std::io;
use std::process::Command;

use crate::project::Project;
use crate::prompt::{Question, description, open_question};
use crate::terminal::Terminal;

/// The result of a run.
pub(crate) struct Deployment {
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) succeeded: bool,
    /// The whole output on the terminal.
    pub(crate) shown: String,
}

pub(crate) struct Prompt {
    pub(crate) question: Question,
    pub(crate) description: String,
    pub(crate) answer: String,
}

/// Deploys for the first time, and answers each prompt; an empty answer is Enter alone.
///
/// The CLI would then request `/` of the new domain until it responds. The domain does not exist, so this check is
/// turned off; the rehearsal sends requests to the application itself.
///
/// # Errors
///
/// When the CLI cannot be started or has an unknown prompt.
pub(crate) fn deploy(
    project: &Project,
    answer: impl Fn(&Question) -> String,
) -> io::Result<Deployment> {
    converse(project.cli(&DEPLOY), answer)
}

/// Deploys again, as `.github/workflows/deploy.yml` does. No prompt is expected; one that appears is recorded and
/// answered with Enter.
///
/// # Errors
///
/// As [`deploy`].
pub(crate) fn deploy_again(project: &Project) -> io::Result<Deployment> {
    let unattended = ["--non-interactive", "--comment", "a commit"];
    converse(project.cli(&[&DEPLOY[..], &unattended].concat()), |_| {
        String::new()
    })
}

const DEPLOY: [&str; 3] = ["compute", "deploy", "--status-check-off"];

fn converse(command: Command, answer: impl Fn(&Question) -> String) -> io::Result<Deployment> {
    let mut terminal = Terminal::start(command)?;
    let mut prompts = Vec::new();
    while terminal.read()?.is_some() {
        let Some(question) = open_question(terminal.written()) else {
            continue;
        };
        let answer = answer(&question);
        if matches!(question, Question::Secret(_)) {
            terminal.type_hidden_line(&answer)?;
        } else {
            terminal.type_line(&answer)?;
        }
        prompts.push(Prompt {
            description: description(terminal.written()),
            question,
            answer,
        });
    }
    Ok(Deployment {
        prompts,
        succeeded: terminal.wait()?.success(),
        shown: terminal.written().to_owned(),
    })
}
