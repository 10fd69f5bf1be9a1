//! What signing one read costs.
#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use std::hint::black_box;

use b2_edge::credentials::Credentials;
use b2_edge::object_key::ObjectKey;
use b2_edge::region::Region;
use b2_edge::sign::{ToSign, sign};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderValue, Method};
use time::macros::datetime;

fn sign_one_read(c: &mut Criterion) {
    let credentials = Credentials::new(
        "0014f4a6c0a1b2c0000000001",
        "K001abcdefghijklmnopqrstuvwxyz1",
    );
    let credentials = credentials.expect("a key");
    let region = Region::parse("us-west-004").expect("a region");
    let host = HeaderValue::from_static("photos.s3.us-west-004.backblazeb2.com");
    let path = ObjectKey::from_path(b"/2026/11/a%20photo%20of%20a%20cat.jpg")
        .expect("a key")
        .to_path();
    let now = datetime!(2026-11-21 04:53:20 UTC).into();
    c.bench_function("sign", |b| {
        b.iter(|| {
            let request = ToSign {
                method: &Method::GET,
                host: &host,
                path: &path,
            };
            sign(black_box(&request), &region, &credentials, now)
        });
    });
}

criterion_group!(benches, sign_one_read);
criterion_main!(benches);
