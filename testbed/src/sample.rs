//! A small site for a person to look at, made in code.

use crate::object::Object;
use crate::png;

/// The key of an object that tells its region.
pub const WHERE_AM_I: &str = "where-am-i.txt";

/// The key of the object that `cargo xtask serve` makes the American origin too busy for.
pub const FAILOVER: &str = "failover.txt";

/// The key of the large object.
pub const VIDEO: &str = "media/clip.mp4";

/// The size of [`VIDEO`] in bytes: enough that streaming and ranges show.
pub const VIDEO_LEN: usize = 24 * 1024 * 1024;

const VIDEO_SEED: u64 = 0xb2;
const A_DAY: &str = "public, max-age=86400";

const INDEX: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>A private bucket</title>
<link rel="stylesheet" href="/style.css">
<h1>A private bucket, served from nearby</h1>
<p><img src="/images/sunset.png" alt="A sunset" width="320" height="180"></p>
<p><img src="/images/logo.svg" alt="Two buckets" width="120" height="60"></p>
<ul>
  <li><a href="/where-am-i.txt">Which region is this?</a> (<a href="/where-am-i.txt?pop=AMS">from Amsterdam</a>)
  <li><a href="/docs/getting-started.html">Getting started</a>
  <li><a href="/notes/with%20space.txt">A key with a space</a>
  <li><a href="/notes/gr%C3%B6%C3%9Fe%2B%C3%BC%20100%25.txt">A key with everything else</a>
  <li><a href="/%E6%97%A5%E6%9C%AC%E8%AA%9E/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF.txt">日本語/こんにちは.txt</a>
  <li><a href="/media/clip.mp4">24 MiB called a video</a>
</ul>
"#;

const DOCS: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Getting started</title>
<link rel="stylesheet" href="/style.css">
<h1>Getting started</h1>
<p>Everything here lies in a private bucket: <a href="/">back</a>.</p>
"#;

const STYLE: &str = "body { font: 18px/1.5 system-ui, sans-serif; max-width: 40em; margin: 3em auto; color: #223; }\n\
                     h1 { color: #b3261e; }\n\
                     img { border-radius: 8px; }\n";

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 60">
  <path d="M10 10h40l-6 40H16z" fill="#b3261e"/>
  <path d="M70 10h40l-6 40H76z" fill="#1e5fb3"/>
</svg>
"##;

/// All sample objects by key, as the copy in `region` (at `city`) holds them.
#[must_use]
pub fn objects(region: &str, city: &str) -> Vec<(String, Object)> {
    let objects = [
        (
            "index.html",
            Object::of_type("text/html; charset=utf-8", INDEX).cache_control("public, max-age=60"),
        ),
        (
            "docs/getting-started.html",
            Object::of_type("text/html; charset=utf-8", DOCS),
        ),
        (
            "style.css",
            Object::of_type("text/css; charset=utf-8", STYLE).cache_control(A_DAY),
        ),
        (
            "hello.txt",
            Object::text("Hello from a private bucket.\n").metadata("greeting", "hello"),
        ),
        (
            "images/sunset.png",
            Object::of_type("image/png", sunset()).cache_control(A_DAY),
        ),
        (
            "images/logo.svg",
            Object::of_type("image/svg+xml", LOGO).cache_control(A_DAY),
        ),
        (
            VIDEO,
            Object::pseudo_random(VIDEO_SEED, VIDEO_LEN).content_type("video/mp4"),
        ),
        (
            "notes/with space.txt",
            Object::text("The key of this note has a space in it.\n"),
        ),
        (
            "notes/größe+ü 100%.txt",
            Object::text("Umlauts, a plus, a space and a percent sign.\n"),
        ),
        ("日本語/こんにちは.txt", Object::text("こんにちは\n")),
        (
            WHERE_AM_I,
            Object::text(format!("This copy is stored in {region} ({city}).\n")),
        ),
        (
            FAILOVER,
            Object::text(format!(
                "The US origin is too busy for this one: it came from {region} ({city}).\n"
            )),
        ),
    ];
    objects
        .into_iter()
        .map(|(key, object)| (key.to_owned(), object))
        .collect()
}

/// 320 by 180 pixels: a sun over a sea.
fn sunset() -> Vec<u8> {
    png::encode(320, 180, |x, y| {
        let (dx, dy) = (i64::from(x) - 160, i64::from(y) - 100);
        let is_sun = dx * dx + dy * dy < 50 * 50 && y < 120;
        // 0 at the top, 255 at the bottom.
        let depth = u8::try_from(y * 255 / 179).unwrap_or(u8::MAX);
        match (is_sun, y < 120) {
            (true, _) => [255, 214 - depth / 3, 102],
            (false, true) => [120 + depth / 2, 60 + depth / 3, 110],
            (false, false) => [40, 50 + depth / 8, 90 + (depth & 15)],
        }
    })
}
