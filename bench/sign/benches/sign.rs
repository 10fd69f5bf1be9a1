//! The time of signing one read natively.
#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use sign_bench::Read;

fn sign_one_read(c: &mut Criterion) {
    let read = Read::ordinary().expect("well-formed parts");
    c.bench_function("sign", |b| b.iter(|| black_box(&read).sign()));
}

criterion_group!(benches, sign_one_read);
criterion_main!(benches);
