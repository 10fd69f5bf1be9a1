//! The table that is printed in the end.

use std::collections::BTreeMap;
use std::fmt;

/// The result of one attempt: it worked, the client cannot do it, or why it failed.
pub(crate) type Outcome = Result<(), Failure>;

/// Why there is no success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client has no such operation, or cannot name such a key.
    Unsupported,
    Failed(String),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

/// Rows of clients.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    skipped: Vec<String>,
    is_incomplete: bool,
}

/// The results of one client.
pub(crate) struct Row {
    name: String,
    cells: BTreeMap<&'static str, Cell>,
    failures: Vec<String>,
}

#[derive(Default)]
struct Cell {
    passed: usize,
    tried: usize,
}

/// The columns, in order.
const COLUMNS: [&str; 9] = [
    "put",
    "get",
    "list",
    "copy",
    "multipart",
    "presigned GET",
    "presigned PUT",
    "delete",
    "its own work",
];

impl Table {
    pub(crate) fn row(&mut self, name: &str) -> &mut Row {
        self.rows.push(Row {
            name: name.to_owned(),
            cells: BTreeMap::new(),
            failures: Vec::new(),
        });
        self.rows.last_mut().expect("it was added")
    }

    pub(crate) fn skip(&mut self, what: &str, is_required: bool) {
        self.is_incomplete |= is_required;
        let must = if is_required { ", but must be" } else { "" };
        self.skipped.push(format!("{what} (not installed{must})"));
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.is_incomplete || self.rows.iter().any(|row| !row.failures.is_empty())
    }
}

impl Row {
    pub(crate) fn add(&mut self, column: &'static str, key: &str, outcome: Outcome) {
        let cell = self.cells.entry(column).or_default();
        match outcome {
            Ok(()) => {
                cell.passed += 1;
                cell.tried += 1;
            }
            Err(Failure::Unsupported) => {}
            Err(Failure::Failed(why)) => {
                cell.tried += 1;
                let failure = format!("{}: {column} {key}: {why}", self.name);
                println!("   {failure}");
                self.failures.push(failure);
            }
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<16}", "client")?;
        for column in COLUMNS {
            write!(f, " | {column}")?;
        }
        for row in &self.rows {
            write!(f, "\n{:<16}", row.name)?;
            for column in COLUMNS {
                let cell = match row.cells.get(column) {
                    None | Some(Cell { tried: 0, .. }) => "-".to_owned(),
                    Some(Cell { passed, tried }) if passed == tried => format!("ok {passed}"),
                    Some(Cell { passed, tried }) => format!("{passed} of {tried}"),
                };
                write!(f, " | {cell:<width$}", width = column.len())?;
            }
        }
        for row in &self.rows {
            for failure in &row.failures {
                write!(f, "\nfailed: {failure}")?;
            }
        }
        for what in &self.skipped {
            write!(f, "\nskipped: {what}")?;
        }
        Ok(())
    }
}
