//! Checks the size of the source files, and that only the application can name Fastly's crates.
//!
//! No file has more than [`MAX_LINES`] lines without its tests, and `src/main.rs`, the journey of one request, no
//! more than [`MAX_MAIN_LINES`]. The core's manifest has no Fastly crate, and `src/` has nothing but `main.rs` and
//! `edge/`. The sources must be formatted by rustfmt.

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
const MAIN: &str = "src/main.rs";
/// The content of `src/`: what does not name Fastly's crates belongs into the core.
const APPLICATION: [&str; 2] = ["edge", "main.rs"];
const CORE_MANIFEST: &str = "crates/b2-edge-core/Cargo.toml";

/// Checks every source file of the repository, the content of `src/` and the manifest of the core.
///
/// # Errors
///
/// Names each file that breaks a rule, and the rule.
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
        broken.extend(too_long(path, &source));
    }
    let in_src: Result<Vec<_>, _> = fs::read_dir(root.join("src"))?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect();
    broken.extend(misplaced(&in_src?));
    let manifest = fs::read_to_string(root.join(CORE_MANIFEST))
        .with_context(|| format!("cannot read {CORE_MANIFEST}"))?;
    broken.extend(fastly_dependency(&manifest));
    if !broken.is_empty() {
        bail!("the layout is broken:\n  {}", broken.join("\n  "));
    }
    println!("{} files follow the rules of the layout", files.len());
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

fn too_long(path: &Path, source: &str) -> Option<String> {
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
    (lines > limit).then(|| {
        format!(
            "{}: {lines} lines without tests, at most {limit} are allowed",
            path.display()
        )
    })
}

/// The files and directories in `src/` that are not the application.
fn misplaced(in_src: &[String]) -> Vec<String> {
    in_src
        .iter()
        .filter(|name| !APPLICATION.contains(&name.as_str()))
        .map(|name| {
            format!("src/{name}: src/ has only main.rs and edge/; what does not need Fastly's crates belongs into the core")
        })
        .collect()
}

/// The first line of a manifest that names one of Fastly's crates, not in a comment.
fn fastly_dependency(manifest: &str) -> Option<String> {
    let names_fastly = |line: &str| {
        let code = line.split('#').next().unwrap_or_default();
        code.contains("fastly")
    };
    let index = manifest.lines().position(names_fastly)?;
    Some(format!(
        "{CORE_MANIFEST}:{}: the core must not depend on Fastly's crates",
        index + 1
    ))
}

/// Counts the lines without those of items under `#[cfg(test)]` at the left margin, each of which ends with a
/// `}` there, or with the `;` of an item without a block.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_of_the_core_has_no_crate_of_fastlys() {
        let manifest = "[dependencies]\n# Not fastly.\nhttp.workspace = true\n";
        assert_eq!(fastly_dependency(manifest), None);
        for dependency in [
            "fastly.workspace = true",
            "fastly-sys = \"0.13\"",
            "sdk = { package = \"fastly\" }",
            "[dependencies.fastly]",
        ] {
            let found = fastly_dependency(&format!("{manifest}{dependency}\n"));
            let found = found.expect(dependency);
            assert!(
                found.starts_with(&format!("{CORE_MANIFEST}:4: ")),
                "{found}"
            );
        }
    }

    #[test]
    fn only_the_application_is_in_src() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        assert!(misplaced(&names(&["main.rs", "edge"])).is_empty());
        for other in ["lib.rs", "cache", "main.rs.bak"] {
            let found = misplaced(&names(&["main.rs", other, "edge"]));
            assert_eq!(found.len(), 1, "{other}");
            assert!(found[0].starts_with(&format!("src/{other}: ")), "{found:?}");
        }
    }

    #[test]
    fn a_file_may_be_as_long_as_its_limit() {
        for (path, limit) in [
            ("src/main.rs", 120),
            ("src/sign.rs", 400),
            ("xtask/src/main.rs", 400),
        ] {
            let of_lines = |lines| too_long(Path::new(path), &"x\n".repeat(lines));
            assert_eq!(of_lines(limit), None, "{path}");
            assert!(of_lines(limit + 1).is_some(), "{path}");
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
        let long = "x\n".repeat(900);
        assert_eq!(too_long(Path::new("src/sign/tests.rs"), &long), None);
    }
}
