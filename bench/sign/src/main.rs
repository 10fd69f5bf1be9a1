//! Prints the time of signing one read. As wasm in Viceroy, this is the application's own cost.

use std::hint::black_box;
use std::time::Instant;

use sign_bench::Read;

const ROUNDS: u32 = 20_000;

fn main() {
    let Some(read) = Read::ordinary() else { return };
    // Warm-up.
    for _ in 0..ROUNDS / 10 {
        black_box(read.sign());
    }
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        black_box(black_box(&read).sign());
    }
    println!(
        "sign: {:.1} µs",
        (begun.elapsed() / ROUNDS).as_secs_f64() * 1e6
    );
}
