//! Carries out the pure path of a cache hit many times, for `cargo xtask bench instructions`, which counts its
//! instructions with valgrind.
#![expect(clippy::print_stdout, reason = "it prints what a hit comes to")]

mod hit;

use std::hint::black_box;
use std::process::ExitCode;

use hit::Hit;

/// How many hits are counted. The command reads the number from the output.
const HITS: u32 = 1000;

/// How many come before, for what is set up once.
const WARM_UP: u32 = 10;

fn main() -> ExitCode {
    let hit = Hit::ordinary();
    let mut log = Vec::with_capacity(1024);
    let Some(answer) = hit.respond(&mut log) else {
        eprintln!("error: not a hit");
        return ExitCode::FAILURE;
    };
    for (name, value) in answer.headers.iter() {
        println!("{name}: {}", value.to_str().unwrap_or_default());
    }
    println!(
        "{}",
        String::from_utf8_lossy(&answer.cache_key).replace('\0', " ")
    );
    println!("{}", String::from_utf8_lossy(&log));
    for _ in 0..WARM_UP {
        log.clear();
        black_box(hit.respond(&mut log));
    }
    counted_hits(&hit, &mut log);
    println!("hits: {HITS}");
    ExitCode::SUCCESS
}

/// The hits that are counted: callgrind collects while this function runs.
#[inline(never)]
fn counted_hits(hit: &Hit, log: &mut Vec<u8>) {
    for _ in 0..HITS {
        log.clear();
        black_box(hit.respond(log));
    }
}
