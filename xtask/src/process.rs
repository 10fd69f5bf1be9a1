//! Runs other programs: prints the command before, and checks the exit status after.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, ensure};

/// Prints a command, runs it with this program's standard streams, and waits for it.
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

/// Like [`run`], and calls `line` with every complete line of standard output, which is also forwarded as it
/// arrives. The caller has to check the exit status.
///
/// # Errors
///
/// When it cannot be started or its output cannot be forwarded.
pub(crate) fn run_watched(command: &mut Command, line: impl FnMut(&str)) -> Result<ExitStatus> {
    announce(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{}`", describe(command)))?;
    let output = child
        .stdout
        .take()
        .context("standard output is not piped")?;
    pass_on(output, io::stdout().lock(), line)?;
    Ok(child.wait()?)
}

/// Copies in chunks, not in lines: libtest writes the name of a test first and its result much later.
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

/// Replaces this program by `command`, so that it handles Ctrl-C and signals itself.
///
/// # Errors
///
/// When it cannot be started; on systems that cannot replace a program, also when it fails.
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

// To standard error, because the standard output of `serve --json` is for programs.
fn announce(command: &Command) {
    eprintln!("$ {}", describe(command));
}

/// A command for messages: the program without its directory, then the arguments.
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
