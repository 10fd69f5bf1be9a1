//! How the instructions of a cache hit, and of a sandbox's start, grow with the configuration: no faster than its number of
//! entries.

use anyhow::{Result, ensure};

use crate::callgrind::Counter;

/// The numbers of entries that are counted, without the one of no entry.
const ENTRIES: [u16; 3] = [1, 10, 100];

/// What an entry may cost more between 10 and 100 than between 1 and 10. The C library frees and allocates a few blocks of
/// memory faster than many, lists grow in steps, and names get more digits. With the square of the number, it would be
/// ten times as much.
const MAX_GROWTH: f64 = 1.5;

/// A difference in instructions that does not matter.
const NEGLIGIBLE: f64 = 10.0;

/// What is counted: the arguments of the program, and what they mean.
const COUNTED: [(&str, &str, &str); 8] = [
    ("hit", "rules", "hit, `cache.rules` of which none matches"),
    (
        "hit",
        "rules-last",
        "hit, `cache.rules` of which the last matches",
    ),
    ("hit", "redirects", "hit, `redirects` of one path each"),
    ("hit", "redirects-folders", "hit, `redirects` of folders"),
    ("start", "rules", "start, `cache.rules`"),
    ("start", "redirects", "start, `redirects` of one path each"),
    (
        "start",
        "redirects-folders",
        "start, `redirects` of folders",
    ),
    (
        "start",
        "redirects-chain",
        "start, `redirects` that lead to the next",
    ),
];

/// Counts, and prints the table.
///
/// # Errors
///
/// When valgrind fails, or names what grows faster than the number of entries.
pub(crate) fn run(counter: &Counter) -> Result<()> {
    println!("\n| instructions | 0 | 1 | 10 | 100 | each further entry |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut too_fast = Vec::new();
    for (part, shape, what) in COUNTED {
        let count = |entries: u16| {
            let costs = counter.count(&[part, shape, &entries.to_string()])?;
            anyhow::Ok(costs.total)
        };
        let none = count(0)?;
        let counts = [count(1)?, count(10)?, count(100)?];
        let [one, ten, hundred] = counts;
        let slope = slopes(counts)[1];
        println!("| {what} | {none} | {one} | {ten} | {hundred} | {slope:.0} |");
        if !is_linear(counts) {
            too_fast.push(what);
        }
    }
    for part in ["hit", "start"] {
        let total = counter.count(&[part, "full", "0"])?.total;
        println!("| {part}, 8,000 characters | | | | {total} | |");
    }
    println!();
    let too_fast = too_fast.join("\n  ");
    ensure!(
        too_fast.is_empty(),
        "these grow faster than the number of entries:\n  {too_fast}"
    );
    Ok(())
}

/// What an entry costs between one number of entries and the next.
fn slopes(counts: [u64; 3]) -> [f64; 2] {
    let [one, ten, hundred] = counts;
    let [a, b, c] = ENTRIES.map(f64::from);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let difference = |less: u64, more: u64| more as f64 - less as f64;
    [
        difference(one, ten) / (b - a),
        difference(ten, hundred) / (c - b),
    ]
}

/// Whether an entry costs as much among many as among few.
fn is_linear(counts: [u64; 3]) -> bool {
    let [few, many] = slopes(counts);
    many <= few * MAX_GROWTH + NEGLIGIBLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_with_the_square_of_the_entries_is_not_linear() {
        for (counts, expected) in [
            ([100, 100, 100], true),
            ([1_000, 10_000, 100_000], true),
            ([31_000, 40_000, 130_000], true),
            ([19_930, 20_206, 23_579], true),
            ([101, 200, 10_100], false),
            ([50_000, 190_000, 2_400_000], false),
        ] {
            assert_eq!(is_linear(counts), expected, "{counts:?}");
        }
    }
}
