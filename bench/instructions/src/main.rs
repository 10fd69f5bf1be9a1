//! Carries out what the application computes between the calls to its host many times, for `cargo xtask bench
//! instructions`, which counts its instructions with valgrind.
#![expect(clippy::print_stdout, reason = "it prints what a hit comes to")]

mod hit;
mod start;

use std::hint::black_box;
use std::process::ExitCode;

use b2_edge_core::config::Config;
use bench_configurations::Shape;
use hit::Hit;

/// How many hits are counted. The command reads the number from the output.
const HITS: u32 = 1000;

/// How many starts of a sandbox are counted.
const STARTS: u32 = 20;

/// How many come before, for what is set up once.
const WARM_UP: u32 = 10;

/// What is counted.
enum Counted {
    /// The pure path of a hit.
    Hits,
    /// The pure path of what a sandbox does before its first request.
    Starts,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some((counted, json)) = scenario(&arguments) else {
        eprintln!("usage: hit-instructions [hit|start SHAPE ENTRIES]");
        return ExitCode::from(2);
    };
    let is_done = match counted {
        Counted::Hits => count_hits(&json),
        Counted::Starts => count_starts(&json),
    };
    if is_done {
        ExitCode::SUCCESS
    } else {
        eprintln!("error: not a hit, or not a configuration");
        ExitCode::FAILURE
    }
}

/// What is counted, and with which configuration. Without arguments, hits without configuration.
fn scenario(arguments: &[&str]) -> Option<(Counted, String)> {
    let (counted, shape, entries) = match arguments {
        [] => return Some((Counted::Hits, "{}".to_owned())),
        ["hit", shape, entries] => (Counted::Hits, shape, entries),
        ["start", shape, entries] => (Counted::Starts, shape, entries),
        _ => return None,
    };
    let json = Shape::named(shape)?.configuration(entries.parse().ok()?);
    Some((counted, json))
}

fn count_hits(json: &str) -> bool {
    let Ok(config) = Config::parse(json) else {
        return false;
    };
    let hit = Hit::with(config);
    let mut log = Vec::with_capacity(1024);
    let Some(answer) = hit.respond(&mut log) else {
        return false;
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
    println!("repetitions: {HITS}");
    true
}

fn count_starts(json: &str) -> bool {
    if start::service(json).is_none() {
        return false;
    }
    for _ in 0..WARM_UP {
        black_box(start::service(json));
    }
    counted_starts(json);
    println!("repetitions: {STARTS}");
    true
}

/// The hits that are counted: callgrind collects while this function runs.
#[inline(never)]
fn counted_hits(hit: &Hit, log: &mut Vec<u8>) {
    for _ in 0..HITS {
        log.clear();
        black_box(hit.respond(log));
    }
}

/// The starts that are counted.
#[inline(never)]
fn counted_starts(json: &str) {
    for _ in 0..STARTS {
        black_box(start::service(json));
    }
}
