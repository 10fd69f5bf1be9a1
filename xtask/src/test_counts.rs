//! The number of tests that ran, from the output of libtest.

use std::ops::AddAssign;

/// The number of tests by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TestCounts {
    /// Tests that passed.
    pub(crate) passed: u32,
    /// Tests that failed.
    pub(crate) failed: u32,
}

impl TestCounts {
    /// Parses the last line of libtest for a program; `None` for any other line.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let (_, counts) = line
            .trim()
            .strip_prefix("test result: ")?
            .split_once(". ")?;
        let count = |outcome: &str| {
            counts
                .split(';')
                .find_map(|part| part.trim().strip_suffix(outcome))
                .and_then(|number| number.trim().parse().ok())
        };
        Some(Self {
            passed: count("passed")?,
            failed: count("failed")?,
        })
    }
}

impl AddAssign for TestCounts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_line_gives_its_counts() {
        for (line, passed, failed) in [
            (
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
                12,
                0,
            ),
            (
                "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\r",
                4,
                2,
            ),
        ] {
            assert_eq!(
                TestCounts::from_line(line),
                Some(TestCounts { passed, failed }),
                "{line}"
            );
        }
    }

    #[test]
    fn no_other_line_counts() {
        for line in [
            "",
            "running 3 tests",
            "test counts::tests::no_other_line_counts ... ok",
            "test result: ok.",
            "test result: ok. many passed; 0 failed",
        ] {
            assert_eq!(TestCounts::from_line(line), None, "{line}");
        }
    }
}
