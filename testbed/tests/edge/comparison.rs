//! The table that compares b2-edge with other software: each row names a test that shows what it claims.

use std::fs;
use std::path::Path;

/// The document with the table, and the heading above it.
const DOCUMENT: &str = include_str!("../../../docs/comparison.md");
const HEADING: &str = "# Comparison\n";

/// The text of all source files in a directory and its subdirectories.
fn sources_below(directory: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all += &sources_below(&path);
        } else {
            all += &fs::read_to_string(&path).expect("a source file");
        }
    }
    all
}

#[test]
fn every_row_names_a_test_that_exists() {
    let (_, section) = DOCUMENT.split_once(HEADING).expect("the heading");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.contains("| ● |"));
    let tests = sources_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells.get(7).map(|cell| cell.trim_matches('`')).expect(row);
        let is_test = tests.contains(&format!(
            "::test(flavor = \"multi_thread\")]\nasync fn {name}()"
        ));
        assert!(is_test, "no test is called `{name}`: {row}");
        count += 1;
    }
    assert!(count > 20, "only {count} rows");
}
