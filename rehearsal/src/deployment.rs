//! One run of `fastly compute deploy`, its questions answered.

use std::io;
use std::process::Command;

use crate::project::Project;
use crate::prompt::{Question, description, open_question};
use crate::terminal::Terminal;

/// What happened at the terminal.
pub(crate) struct Deployment {
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) succeeded: bool,
    /// Everything that was shown.
    pub(crate) shown: String,
}

pub(crate) struct Prompt {
    pub(crate) question: Question,
    pub(crate) description: String,
    pub(crate) answer: String,
}

/// Deploys for the first time, giving each question its answer; an empty one is Enter alone.
///
/// The CLI would then ask the new domain for `/` until it answers. That domain is nowhere, so this is
/// turned off; the rehearsal asks the application itself.
///
/// # Errors
///
/// When the CLI cannot be run or asks something that is not known.
pub(crate) fn deploy(
    project: &Project,
    answer: impl Fn(&Question) -> String,
) -> io::Result<Deployment> {
    converse(project.cli(&DEPLOY), answer)
}

/// Deploys a further time, as `.github/workflows/deploy.yml` does: nothing can be answered there, so the
/// answer to a question is Enter, and that there was one is told.
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
