//! Counts instructions with valgrind's callgrind, natively. Unlike a time, their number does not depend on what else the
//! machine does.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::process;
use crate::workspace::Workspace;

/// The package in `bench/instructions`, and its program.
const PROGRAM: &str = "hit-instructions";

/// Its cargo profile: optimised, with the names of functions.
const PROFILE: &str = "counted";

/// The functions whose instructions are collected, with all that they call.
const COUNTED: &str = "*counted_*";

/// The program's line with the number of repetitions.
const REPETITIONS: &str = "repetitions: ";

/// The program that is counted.
pub(crate) struct Counter {
    program: PathBuf,
    profile: PathBuf,
}

impl Counter {
    /// Builds the program.
    ///
    /// # Errors
    ///
    /// When valgrind is missing, or the build fails.
    pub(crate) fn build(workspace: &Workspace) -> Result<Self> {
        let version = Command::new("valgrind").arg("--version").output();
        ensure!(
            version.is_ok_and(|output| output.status.success()),
            "`valgrind` is not on PATH: on Debian, it is the package valgrind"
        );
        let build = [
            "build",
            "--profile",
            PROFILE,
            "--locked",
            "--package",
            PROGRAM,
        ];
        process::run(workspace.cargo().args(build))?;
        Ok(Self {
            program: workspace.program(PROFILE, PROGRAM),
            profile: workspace.target_dir.join("callgrind.out"),
        })
    }

    /// Runs the program with these arguments, and returns the instructions of one repetition.
    ///
    /// # Errors
    ///
    /// When the program or valgrind fails.
    pub(crate) fn count(&self, args: &[&str]) -> Result<Costs> {
        let repetitions = self.run(args)?;
        let annotated = Command::new("callgrind_annotate")
            .arg("--auto=no")
            .arg(&self.profile)
            .output()
            .context("cannot run callgrind_annotate")?;
        fs::remove_file(&self.profile).context("cannot remove the profile")?;
        let costs = Costs::read(&String::from_utf8_lossy(&annotated.stdout))
            .context("callgrind_annotate printed no total")?;
        Ok(costs.of_one(repetitions))
    }

    /// Runs the program in callgrind, which writes the profile, and returns the number of repetitions.
    fn run(&self, args: &[&str]) -> Result<u64> {
        let output = Command::new("valgrind")
            .arg("--tool=callgrind")
            .arg(format!("--toggle-collect={COUNTED}"))
            .arg(format!("--callgrind-out-file={}", self.profile.display()))
            .arg(&self.program)
            .args(args)
            .output()
            .context("cannot run valgrind")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "valgrind failed:\n{errors}");
        let printed = String::from_utf8_lossy(&output.stdout);
        let repetitions = printed
            .lines()
            .find_map(|line| line.strip_prefix(REPETITIONS)?.parse().ok());
        let repetitions = repetitions.filter(|repetitions| *repetitions > 0);
        repetitions.context("the program printed no number of repetitions")
    }
}

/// Instructions: of the program, and of each function without those that it calls, most first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Costs {
    pub(crate) total: u64,
    pub(crate) functions: Vec<(u64, String)>,
}

impl Costs {
    /// Reads what `callgrind_annotate` prints: lines such as `1,230 (2.90%)  file.rs:function [program]`.
    fn read(annotated: &str) -> Option<Self> {
        let mut costs = annotated.lines().filter_map(|line| {
            let (instructions, rest) = line.trim_start().split_once(" (")?;
            let (_, name) = rest.split_once("%)")?;
            let instructions = instructions.replace(',', "").parse().ok()?;
            Some((instructions, name.trim()))
        });
        let (total, _) = costs.find(|(_, name)| *name == "PROGRAM TOTALS")?;
        let functions = costs.map(|(instructions, name)| {
            let name = name.split_once(':').map_or(name, |(_, function)| function);
            let name = name.rsplit_once(" [").map_or(name, |(name, _)| name);
            (instructions, name.to_owned())
        });
        Some(Self {
            total,
            functions: functions.collect(),
        })
    }
    /// The same for one of so many repetitions.
    fn of_one(self, repetitions: u64) -> Self {
        let functions = self.functions.into_iter();
        Self {
            total: self.total / repetitions,
            functions: functions
                .map(|(instructions, name)| (instructions / repetitions, name))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_and_the_functions_are_read_from_what_callgrind_annotate_prints() {
        let annotated = "\
Events recorded:  Ir
--------------------------------------------------------------------------------
Ir
--------------------------------------------------------------------------------
42,420,896 (100.0%)  PROGRAM TOTALS

--------------------------------------------------------------------------------
Ir                  file:function
--------------------------------------------------------------------------------
3,174,000 ( 7.48%)  ???:serde_json::ser::format_escaped_str [/target/counted/hit-instructions]
  945,000 ( 2.23%)  ./malloc/malloc.c:_int_free [/usr/lib/x86_64-linux-gnu/libc.so.6]
";
        let expected = Costs {
            total: 42_420_896,
            functions: vec![
                (3_174_000, "serde_json::ser::format_escaped_str".to_owned()),
                (945_000, "_int_free".to_owned()),
            ],
        };
        assert_eq!(Costs::read(annotated), Some(expected));
        assert_eq!(Costs::read("no profile"), None);
    }
}
