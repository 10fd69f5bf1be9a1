//! The part `instructions` of `cargo xtask bench`: counts the instructions of the pure path of a cache hit, and how they
//! and those of a sandbox's start grow with the configuration.

use anyhow::{Result, ensure};

use crate::callgrind::Counter;
use crate::growth;
use crate::workspace::Workspace;

/// The most instructions that a hit may take: half of what it took before its entry was stored in binary form. Another
/// version of the C library, or another processor, for which it selects other functions, changes a few hundred.
const MAX: u64 = 21_200;

/// How many functions are named.
const DEAREST: usize = 10;

/// Counts, and prints the total and the functions that take most of it, and then the growth.
///
/// # Errors
///
/// When valgrind is missing or fails, when a hit takes more than [`MAX`], or when something grows faster than the
/// configuration.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let counter = Counter::build(workspace)?;
    let of_a_hit = counter.count(&[])?;
    let total = of_a_hit.total;
    println!("\ninstructions of the pure path of a hit: {total} (at most {MAX})");
    for (instructions, function) in of_a_hit.functions.iter().take(DEAREST) {
        println!("  {instructions:>6}  {function}");
    }
    let growth = growth::run(&counter);
    ensure!(total <= MAX, "a hit takes {total} instructions");
    growth
}
