//! Running other programs: said before, judged after.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, ensure};

/// Says what is run, runs it with this program's standard streams, and waits for it.
///
/// # Errors
///
/// When it cannot be started or ends with a failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command
        .status()
        .with_context(|| format!("cannot run `{}`", describe(command)))?;
    ensure!(status.success(), "`{}` failed: {status}", describe(command));
    Ok(())
}

/// Like [`run`], and hands every complete line of its standard output to `line` while passing the
/// output on as it comes. How the program ended is the caller's to judge.
///
/// # Errors
///
/// When it cannot be started or its output cannot be passed on.
pub(crate) fn run_watched(command: &mut Command, line: impl FnMut(&str)) -> Result<ExitStatus> {
    announce(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{}`", describe(command)))?;
    let output = child.stdout.take().context("a piped output is there")?;
    pass_on(output, io::stdout().lock(), line)?;
    Ok(child.wait()?)
}

/// Copies by chunks, not by lines: libtest writes a test's name first and its outcome much later.
fn pass_on(mut from: impl Read, mut to: impl Write, mut line: impl FnMut(&str)) -> io::Result<()> {
    let mut unfinished = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let length = from.read(&mut chunk)?;
        let Some(read) = chunk.get(..length).filter(|read| !read.is_empty()) else {
            break;
        };
        to.write_all(read)?;
        to.flush()?;
        for &byte in read {
            if byte == b'\n' {
                line(&String::from_utf8_lossy(&unfinished));
                unfinished.clear();
            } else {
                unfinished.push(byte);
            }
        }
    }
    line(&String::from_utf8_lossy(&unfinished));
    Ok(())
}

/// Puts `command` in this program's place, so that a Ctrl-C or a kill is its own to handle.
///
/// # Errors
///
/// When it cannot be started; where a program cannot be replaced, also when it fails.
pub(crate) fn become_program(command: &mut Command) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        announce(command);
        let error = command.exec();
        Err(error).with_context(|| format!("cannot run `{}`", describe(command)))
    }
    #[cfg(not(unix))]
    run(command)
}

// On standard error: the standard output of `serve --json` is for programs.
fn announce(command: &Command) {
    eprintln!("$ {}", describe(command));
}

/// The command for a reader: its program without the directory, then its arguments.
pub(crate) fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_passed_on_whole_and_seen_line_by_line() {
        // A reader in two parts that meet inside a line.
        let output = (&b"one\ntw"[..]).chain(&b"o\nthree"[..]);
        let (mut copy, mut lines) = (Vec::new(), Vec::new());
        pass_on(output, &mut copy, |line| lines.push(line.to_owned()))
            .expect("memory can be written");
        assert_eq!(copy, b"one\ntwo\nthree");
        assert_eq!(lines, ["one", "two", "three"]);
    }

    #[test]
    fn a_program_that_fails_is_an_error_that_names_it() {
        let error = run(Command::new("/bin/sh").args(["-c", "exit 3"])).expect_err("it fails");
        assert!(
            error.to_string().contains("`sh -c exit 3` failed"),
            "{error}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_that_names_it() {
        let error = run(&mut Command::new("/nowhere/nothing")).expect_err("it is not there");
        assert!(
            error.to_string().contains("cannot run `nothing`"),
            "{error}"
        );
    }
}
