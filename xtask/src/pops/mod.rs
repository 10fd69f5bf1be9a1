//! `cargo xtask pops`: the compile-time POP table, from the CSV that people edit.

mod great_circle;
mod rows;
mod site;
mod table;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;

/// The source of the table, relative to the repository.
const CSV: &str = "data/pops.csv";
/// What is generated from it.
const TABLE: &str = "src/pops/table.rs";

/// Writes the table, or with `--check` says whether it is what would be written.
///
/// # Errors
///
/// When the CSV is not sound, a file cannot be read or written, or the check finds a difference.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    match args {
        [] => write(&workspace.root),
        [flag] if flag == "--check" => check(&workspace.root),
        _ => bail!("`pops` takes `--check` or nothing\nusage: cargo xtask pops [--check]"),
    }
}

/// Fails when the committed table is not what the CSV gives.
///
/// # Errors
///
/// Names the first line that differs.
pub(crate) fn check(root: &Path) -> Result<()> {
    let wanted = generate(root)?;
    let found =
        fs::read_to_string(root.join(TABLE)).with_context(|| format!("cannot read {TABLE}"))?;
    match first_difference(&found, &wanted) {
        None => {
            println!("{TABLE} is what {CSV} gives");
            Ok(())
        }
        Some(difference) => bail!("{TABLE}:{difference}\nrun `cargo xtask pops`"),
    }
}

fn write(root: &Path) -> Result<()> {
    let source = generate(root)?;
    fs::write(root.join(TABLE), &source).with_context(|| format!("cannot write {TABLE}"))?;
    println!("wrote {TABLE}: {} POPs", source.matches("=> Pop").count());
    Ok(())
}

fn generate(root: &Path) -> Result<String> {
    let csv = fs::read_to_string(root.join(CSV)).with_context(|| format!("cannot read {CSV}"))?;
    let rows = rows::parse(&csv).context(CSV)?;
    Ok(table::render(&rows))
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
    fn the_committed_table_is_what_the_csv_gives() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        check(&root).expect("no difference");
    }

    #[test]
    fn writing_twice_changes_nothing() {
        let root = std::env::temp_dir().join(format!("xtask-pops-{}", std::process::id()));
        fs::create_dir_all(root.join("data")).expect("a directory for the CSV");
        fs::create_dir_all(root.join("src/pops")).expect("a directory for the table");
        let csv = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(CSV);
        fs::copy(csv, root.join(CSV)).expect("a copy of the CSV");

        write(&root).expect("written");
        let first = fs::read_to_string(root.join(TABLE)).expect("the table");
        write(&root).expect("written again");
        let second = fs::read_to_string(root.join(TABLE)).expect("the table again");
        assert_eq!(first, second);
        check(&root).expect("no difference");

        fs::write(root.join(TABLE), first.replacen("\"AMS\"", "\"AMX\"", 1))
            .expect("a change by hand");
        let error = check(&root).expect_err("the change is seen");
        assert!(error.to_string().contains("AMX"), "{error}");
        fs::remove_dir_all(root).expect("removed");
    }
}
