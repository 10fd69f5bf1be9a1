//! The part `instructions` of `cargo xtask bench`: counts the instructions of the pure path of a cache hit, natively and
//! with valgrind. Unlike a time, their number does not depend on what else the machine does.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::process;
use crate::workspace::Workspace;

/// The package in `bench/instructions`, and its program.
const PROGRAM: &str = "hit-instructions";

/// Its cargo profile: optimised, with the names of functions.
const PROFILE: &str = "counted";

/// The function whose instructions are collected, with all that it calls.
const COUNTED: &str = "*counted_hits*";

/// The program's line with the number of hits.
const HITS: &str = "hits: ";

/// The most instructions that a hit may take: half of what it took before its entry was stored in binary form. Another
/// version of the C library, or another processor, for which it selects other functions, changes a few hundred.
const MAX: u64 = 21_200;

/// How many functions are named.
const DEAREST: usize = 10;

/// Counts, and prints the total and the functions that take most of it.
///
/// # Errors
///
/// When valgrind is missing or fails, or when a hit takes more than [`MAX`].
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
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
    let profile = workspace.target_dir.join("callgrind.out");
    let hits = count(&workspace.program(PROFILE, PROGRAM), &profile)?;
    let annotated = Command::new("callgrind_annotate")
        .arg("--auto=no")
        .arg(&profile)
        .output()
        .context("cannot run callgrind_annotate")?;
    fs::remove_file(&profile).context("cannot remove the profile")?;
    let costs = Costs::read(&String::from_utf8_lossy(&annotated.stdout))
        .context("callgrind_annotate printed no total")?;
    let of_a_hit = costs.total / hits;
    println!("\ninstructions of the pure path of a hit: {of_a_hit} (at most {MAX})");
    for (instructions, function) in costs.functions.iter().take(DEAREST) {
        let of_a_hit = instructions / hits;
        println!("  {of_a_hit:>6}  {function}");
    }
    ensure!(of_a_hit <= MAX, "a hit takes {of_a_hit} instructions");
    Ok(())
}

/// Runs the program in callgrind, which writes `profile`, and returns the number of hits.
fn count(program: &Path, profile: &Path) -> Result<u64> {
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(program)
        .output()
        .context("cannot run valgrind")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed:\n{errors}");
    let printed = String::from_utf8_lossy(&output.stdout);
    let hits = printed
        .lines()
        .find_map(|line| line.strip_prefix(HITS)?.parse().ok());
    let hits = hits.filter(|hits| *hits > 0);
    hits.context("the program printed no number of hits")
}

/// Instructions: of the program, and of each function without those that it calls, most first.
#[derive(Debug, PartialEq, Eq)]
struct Costs {
    total: u64,
    functions: Vec<(u64, String)>,
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
