//! `cargo xtask pops`: generates the compile-time POP table and the list of locations from a CSV file.

mod data_centers;
mod great_circle;
mod locations;
mod rows;
mod table;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use self::rows::Row;
use crate::workspace::Workspace;

/// The source of the table, relative to the repository.
const CSV: &str = "data/pops.csv";
type Render = fn(&[Row]) -> String;

/// The generated files, each with its generator.
const GENERATED: [(&str, Render); 2] = [
    (
        "crates/b2-edge-core/src/routing/pops/table.rs",
        table::render,
    ),
    (
        "crates/b2-edge-core/src/routing/pops/locations.rs",
        locations::render,
    ),
];

/// Writes the generated files, or with `--check` compares them.
///
/// # Errors
///
/// When the CSV is invalid, a file cannot be read or written, or the check finds a difference.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    match args {
        [] => write(&workspace.root),
        [flag] if flag == "--check" => check(&workspace.root),
        _ => bail!("`pops` takes `--check` or nothing\nusage: cargo xtask pops [--check]"),
    }
}

/// Fails if a committed file is not the one that the CSV generates.
///
/// # Errors
///
/// Names the first line that differs.
pub(crate) fn check(root: &Path) -> Result<()> {
    let rows = rows_of(root)?;
    for (path, render) in GENERATED {
        let found =
            fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
        if let Some(difference) = first_difference(&found, &render(&rows)) {
            bail!("{path}:{difference}\nrun `cargo xtask pops`");
        }
        println!("{path} is up to date with {CSV}");
    }
    Ok(())
}

fn write(root: &Path) -> Result<()> {
    let rows = rows_of(root)?;
    for (path, render) in GENERATED {
        fs::write(root.join(path), render(&rows))
            .with_context(|| format!("cannot write {path}"))?;
        println!("wrote {path}: {} POPs", rows.len());
    }
    Ok(())
}

fn rows_of(root: &Path) -> Result<Vec<Row>> {
    let csv = fs::read_to_string(root.join(CSV)).with_context(|| format!("cannot read {CSV}"))?;
    rows::parse(&csv).context(CSV)
}

fn first_difference(found: &str, wanted: &str) -> Option<String> {
    if found == wanted {
        return None;
    }
    let (mut found, mut wanted) = (found.split('\n'), wanted.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        let (is, should_be) = (found.next(), wanted.next());
        if is != should_be || is.is_none() {
            let quote = |line: Option<&str>| {
                line.map_or("the end of the file".to_owned(), |line| format!("{line:?}"))
            };
            return Some(format!(
                "{number} is {}, should be {}",
                quote(is),
                quote(should_be)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(
            first_difference("a\nx\nc\n", "a\nb\nd\n").as_deref(),
            Some("2 is \"x\", should be \"b\"")
        );
        assert_eq!(
            first_difference("a\n", "a\nb\n").as_deref(),
            Some("2 is \"\", should be \"b\"")
        );
        assert_eq!(
            first_difference("a\nb", "a").as_deref(),
            Some("2 is \"b\", should be the end of the file")
        );
    }

    #[test]
    fn what_is_committed_is_what_the_csv_gives() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        check(&root).expect("no difference");
    }

    #[test]
    fn writing_twice_changes_nothing() {
        let root = std::env::temp_dir().join(format!("xtask-pops-{}", std::process::id()));
        fs::create_dir_all(root.join("data")).expect("a directory for the CSV");
        fs::create_dir_all(root.join("crates/b2-edge-core/src/routing/pops"))
            .expect("a directory for what is generated");
        let csv = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(CSV);
        fs::copy(csv, root.join(CSV)).expect("a copy of the CSV");
        let read = || GENERATED.map(|(path, _)| fs::read_to_string(root.join(path)).expect(path));

        write(&root).expect("written");
        let first = read();
        write(&root).expect("written again");
        assert_eq!(first, read());
        check(&root).expect("no difference");

        for ((path, _), source) in GENERATED.iter().zip(&first) {
            fs::write(root.join(path), source.replacen("\"AMS\"", "\"AMX\"", 1))
                .expect("a change by hand");
            let error = check(&root).expect_err("the change is seen").to_string();
            assert!(error.contains("AMX") && error.contains(path), "{error}");
            fs::write(root.join(path), source).expect("as it was");
        }
        fs::remove_dir_all(root).expect("removed");
    }
}
