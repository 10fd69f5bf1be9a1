//! The sample site: the files in `testbed/assets/site/`, and objects that are generated here.

use super::{gallery, mp4, png};
use crate::b2::object::Object;

/// The key of an object that names its region.
pub const WHERE_AM_I: &str = "where-am-i.txt";

/// The key of the object for which the US origin responds with 503 in `cargo xtask serve`.
pub const FAILOVER: &str = "failover.txt";

/// The key of the large object: a video that is mostly padding.
pub const VIDEO: &str = "media/clip.mp4";

/// The size of [`VIDEO`] in bytes: large enough to show streaming and ranges.
pub const VIDEO_LEN: usize = 24 * 1024 * 1024;

const VIDEO_SEED: u64 = 0xb2;
const HTML: &str = "text/html; charset=utf-8";
const MP4: &str = "video/mp4";
const A_DAY: &str = "public, max-age=86400";

/// A file of the site. Its path is its key.
macro_rules! file {
    ($path:literal) => {
        include_bytes!(concat!("../../assets/site/", $path)).as_slice()
    };
}

/// All sample objects by key, as stored in `region` (in `city`).
#[must_use]
pub fn objects(region: &str, city: &str) -> Vec<(String, Object)> {
    files()
        .into_iter()
        .chain(made(region, city))
        .chain(gallery::objects())
        .map(|(key, object)| (key.to_owned(), object))
        .collect()
}

/// The files in `testbed/assets/site/`.
fn files() -> [(&'static str, Object); 14] {
    let page = |content| Object::of_type(HTML, content);
    let css = |content| Object::of_type("text/css; charset=utf-8", content);
    let svg = |content| Object::of_type("image/svg+xml", content).cache_control(A_DAY);
    [
        ("index.html", page(file!("index.html"))),
        ("404.html", page(file!("404.html"))),
        ("docs/index.html", page(file!("docs/index.html"))),
        (
            "docs/getting-started.html",
            page(file!("docs/getting-started.html")),
        ),
        (
            "docs/large-files/index.html",
            page(file!("docs/large-files/index.html")),
        ),
        ("assets/style.css", css(file!("assets/style.css"))),
        ("assets/gallery.css", css(file!("assets/gallery.css"))),
        // Uploaded without a type, as by many tools. Browsers run no script without one.
        ("assets/site.js", Object::new(file!("assets/site.js"))),
        ("assets/gallery.js", Object::new(file!("assets/gallery.js"))),
        (
            "assets/wordmark.woff2",
            Object::of_type("font/woff2", file!("assets/wordmark.woff2")),
        ),
        ("images/logo.svg", svg(file!("images/logo.svg"))),
        ("gallery/not-found.svg", svg(file!("gallery/not-found.svg"))),
        ("gallery/failed.svg", svg(file!("gallery/failed.svg"))),
        (
            "media/test-pattern.mp4",
            Object::of_type(MP4, file!("media/test-pattern.mp4")),
        ),
    ]
}

/// The generated objects.
fn made(region: &str, city: &str) -> [(&'static str, Object); 9] {
    let large = mp4::filled(file!("media/test-pattern.mp4"), VIDEO_LEN, VIDEO_SEED);
    [
        (
            "hello.txt",
            Object::text("Hello from a private bucket.\n").metadata("greeting", "hello"),
        ),
        (
            "images/sunset.png",
            Object::of_type("image/png", sunset()).cache_control(A_DAY),
        ),
        // Browsers request it for every document that names no other icon, such as a text.
        (
            "favicon.ico",
            Object::of_type("image/png", icon()).cache_control(A_DAY),
        ),
        (VIDEO, Object::of_type(MP4, large)),
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
                "The US bucket responds with 503 for this object. This copy came from {region} ({city}).\n"
            )),
        ),
    ]
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

/// 32 by 32 pixels: two buckets.
fn icon() -> Vec<u8> {
    png::encode(32, 32, |x, y| match (x % 16, y) {
        (2..14, 8..24) if x < 16 => [179, 38, 30],
        (2..14, 8..24) => [30, 95, 179],
        _ => [255, 255, 255],
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn files_below(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths
            .flat_map(|path| {
                if path.is_dir() {
                    files_below(&path)
                } else {
                    vec![path]
                }
            })
            .collect()
    }

    #[test]
    fn every_file_of_the_site_is_stored_under_its_path() {
        let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/site");
        let in_directory: BTreeMap<String, Vec<u8>> = files_below(&site)
            .into_iter()
            .map(|path| {
                let key = path.strip_prefix(&site).expect("below it");
                let key = key.to_str().expect("UTF-8").to_owned();
                (key, fs::read(path).expect("a file"))
            })
            .collect();
        let stored: BTreeMap<String, Vec<u8>> = files()
            .into_iter()
            .map(|(key, object)| (key.to_owned(), object.bytes.to_vec()))
            .collect();
        assert_eq!(stored, in_directory);
    }

    #[test]
    fn the_large_video_has_the_size_that_is_promised() {
        let objects = objects("us-west-004", "Sacramento");
        let large = objects.iter().find(|(key, _)| key == VIDEO);
        let (_, large) = large.expect("the large video");
        assert_eq!(large.bytes.len(), VIDEO_LEN);
    }
}
