//! The tables that compare b2-edge with other software: each row where b2-edge has a full mark names a test that shows it.

use std::fs;
use std::path::Path;

/// The document with the tables.
const DOCUMENT: &str = include_str!("../../../docs/comparison.md");

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
    let tests = sources_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let mut count = 0;
    for row in DOCUMENT.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        if cells.get(1) != Some(&"●") {
            continue;
        }
        let name = cells.last().expect(row).trim_matches('`');
        let is_test = tests.contains(&format!(
            "::test(flavor = \"multi_thread\")]\nasync fn {name}()"
        ));
        assert!(is_test, "no test is called `{name}`: {row}");
        count += 1;
    }
    assert!(count > 40, "only {count} rows");
}
