//! The table in docs/comparison.md: each claim about b2-edge names the test that proves it.

use std::fs;
use std::path::Path;

/// Every function that is a test, in the files of a directory and below.
fn tests_in(directory: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all += &tests_in(&path);
        } else {
            all += &fs::read_to_string(&path).expect("a source file");
        }
    }
    all
}

#[test]
fn every_row_names_a_test_that_exists() {
    let page = include_str!("../../../docs/comparison.md");
    let (section, _) = page.split_once("\n## ").expect("its end");
    let rows = section.lines().filter(|line| line.contains("| ● |"));
    let tests = tests_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
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
