//! The rules that keep the source readable and the core pure, checked file by file.
//!
//! Only `src/main.rs` and `src/edge/` may name Fastly's crates or read the clock and the environment,
//! which are parameters everywhere else; no file has more than
//! [`MAX_LINES`] lines without its tests, and `src/main.rs`, one request's journey, no more than
//! [`MAX_MAIN_LINES`]. The sources are taken as rustfmt leaves them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Past this, a file holds more than one concept.
const MAX_LINES: usize = 400;
const MAX_MAIN_LINES: usize = 120;

/// The directories whose files are measured.
const SOURCES: [&str; 7] = [
    "src",
    "crates",
    "testbed/src",
    "xtask/src",
    "bench",
    "rehearsal",
    "fuzz/targets",
];
const CORE: &str = "crates/b2-edge-core";
const MAIN: &str = "src/main.rs";
const SHELL: &str = "src/edge";

/// Checks every source file of the repository.
///
/// # Errors
///
/// Names each place that breaks a rule, and the rule.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    for directory in SOURCES {
        collect(&root.join(directory), &mut files)?;
    }
    let mut broken = Vec::new();
    for file in &files {
        let source =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let path = file.strip_prefix(root).unwrap_or(file);
        broken.extend(judge(path, &source));
    }
    if !broken.is_empty() {
        bail!("the layout is broken:\n  {}", broken.join("\n  "));
    }
    println!("{} files keep to the layout", files.len());
    Ok(())
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !directory.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

fn judge(path: &Path, source: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let limit = if path == Path::new(MAIN) {
        MAX_MAIN_LINES
    } else {
        MAX_LINES
    };
    let lines = if path.ends_with("tests.rs") {
        0
    } else {
        lines_without_tests(source)
    };
    if lines > limit {
        broken.push(format!(
            "{}: {lines} lines without tests, at most {limit} are allowed",
            path.display()
        ));
    }
    if path.starts_with(CORE) {
        for (number, line) in source.lines().enumerate() {
            if names_fastly(line) {
                broken.push(format!(
                    "{}:{}: names Fastly's crate, which only {MAIN} and {SHELL}/ may",
                    path.display(),
                    number + 1
                ));
            }
            if reads_surroundings(line) {
                broken.push(format!(
                    "{}:{}: reads the clock or the environment, which only {MAIN} and {SHELL}/ may",
                    path.display(),
                    number + 1
                ));
            }
        }
    }
    broken
}

/// Counts all lines but those of items under `#[cfg(test)]` at the left margin: up to the `}` that
/// closes a block there, or the `;` of an item without one.
fn lines_without_tests(source: &str) -> usize {
    let mut count = 0;
    let mut in_test = false;
    for line in source.lines() {
        if line.starts_with("#[cfg(test)]") {
            in_test = true;
        } else if !in_test {
            count += 1;
        } else if line.starts_with('}') || (!line.starts_with([' ', '#']) && line.ends_with(';')) {
            in_test = false;
        }
    }
    count
}

/// Whether the code of a line, not its comment, reads a clock or a variable of the environment.
fn reads_surroundings(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    [
        "SystemTime::now",
        "Instant::now",
        "OffsetDateTime::now",
        "env::var",
    ]
    .iter()
    .any(|call| code.contains(call))
}

/// Whether the code of a line, not its comment, has `fastly::`, `fastly_sys`, or imports `fastly`.
fn names_fastly(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("fastly").any(|(start, word)| {
        let before = code.get(..start).unwrap_or_default();
        let after = code.get(start + word.len()..).unwrap_or_default();
        let begins_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let is_import = before.trim_end().ends_with("use") || before.trim_end().ends_with("crate");
        begins_word
            && (after.starts_with("::")
                || after.strip_prefix("_sys").is_some_and(ends_word)
                || (is_import && ends_word(after)))
    })
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge_at(path: &str, source: &str) -> Vec<String> {
        judge(Path::new(path), source)
    }

    #[test]
    fn code_that_names_fastly_is_found() {
        for line in [
            "use fastly::Request;",
            "use fastly;",
            "extern crate fastly;",
            "use fastly as platform;",
            "    fastly_sys::fastly_http_req::uri_get(h)",
            "use fastly_sys as abi;",
            "fn send(request: ::fastly::Request) {}",
            "let x = fastly::Error; // why",
        ] {
            assert!(names_fastly(line), "{line}");
        }
    }

    #[test]
    fn comments_and_other_words_are_not_code_that_names_fastly() {
        for line in [
            "//! Only the shell calls `fastly::Request`.",
            "let x = 1; // unlike fastly::Error",
            "let region = env(\"FASTLY_REGION\");",
            "let name = \"fastly\";",
            "fn standing_for(fastly_region: &str)",
            "use crate::not_fastly::Thing;",
            "fastly_system::call()",
        ] {
            assert!(!names_fastly(line), "{line}");
        }
    }

    #[test]
    fn only_the_shell_may_name_fastly() {
        let source = "//! Doc.\n\nuse fastly::Request;\n";
        for path in [
            "src/main.rs",
            "src/edge/fetch.rs",
            "src/edge/a/b.rs",
            "bench/passthrough/src/main.rs",
        ] {
            assert!(judge_at(path, source).is_empty(), "{path}");
        }
        for path in [
            "crates/b2-edge-core/src/lib.rs",
            "crates/b2-edge-core/src/s3/sigv4.rs",
            "crates/b2-edge-core/src/edge/main.rs",
        ] {
            let broken = judge_at(path, source);
            assert_eq!(broken.len(), 1, "{path}");
            assert!(broken[0].starts_with(&format!("{path}:3: ")), "{broken:?}");
        }
    }

    #[test]
    fn only_the_shell_may_read_the_clock_and_the_environment() {
        for line in [
            "    let now = SystemTime::now();",
            "let started = std::time::Instant::now();",
            "let pop = env::var(\"FASTLY_POP\");",
        ] {
            assert_eq!(
                judge_at("crates/b2-edge-core/src/routing/route.rs", line).len(),
                1,
                "{line}"
            );
            assert!(judge_at("src/main.rs", line).is_empty(), "{line}");
            assert!(judge_at("src/edge/fetch.rs", line).is_empty(), "{line}");
        }
        assert!(
            judge_at(
                "crates/b2-edge-core/src/routing/route.rs",
                "// not SystemTime::now()"
            )
            .is_empty()
        );
    }

    #[test]
    fn a_file_may_be_as_long_as_its_limit() {
        for (path, limit) in [
            ("src/main.rs", 120),
            ("src/sign.rs", 400),
            ("xtask/src/main.rs", 400),
        ] {
            assert!(judge_at(path, &"x\n".repeat(limit)).is_empty(), "{path}");
            assert_eq!(judge_at(path, &"x\n".repeat(limit + 1)).len(), 1, "{path}");
        }
    }

    #[test]
    fn tests_do_not_count() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    x;\n".repeat(900));
        assert_eq!(lines_without_tests(&format!("a\nb\n{tests}")), 2);
        assert_eq!(lines_without_tests(&format!("a\n{tests}b\nc\n")), 3);
        assert_eq!(lines_without_tests("a\n#[cfg(test)]\nmod tests;\nb\n"), 2);
        assert_eq!(
            lines_without_tests("a\n#[cfg(test)]\n#[path = \"t.rs\"]\nmod tests;\nb\n"),
            2
        );
        assert_eq!(
            lines_without_tests("a\n    #[cfg(test)]\n    fn f() {}\nb\n"),
            4
        );
        assert!(judge_at("src/sign/tests.rs", &"x\n".repeat(900)).is_empty());
    }
}
