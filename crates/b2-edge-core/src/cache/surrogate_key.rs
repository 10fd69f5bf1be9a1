//! The surrogate keys of an entry, by which it can be purged.
//!
//! `/photos/2024/cat.jpg` from `us_origin` has the keys `/photos/2024/cat.jpg`, `/`, `/photos/`,
//! `/photos/2024/`, `us_origin` and `b2-edge`. Paths begin with a slash and backend names do not, so no key
//! is ambiguous.
//!
//! Keys are visible ASCII, separated by spaces, at most 1,024 bytes each and 16,384 together
//! (<https://www.fastly.com/documentation/reference/http/http-headers/Surrogate-Key/>; Viceroy's
//! `MAX_SURROGATE_KEY_LENGTH` and `MAX_SURROGATE_KEYS_LENGTH` are the same).

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

/// What browsers escape in a path, and `%`: the path percent-encode set (<https://url.spec.whatwg.org/#path-percent-encode-set>).
const AS_IN_A_URL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The key of all entries of this application.
pub const EVERYTHING: &str = "b2-edge";

/// The key of all listings of folders.
pub const LISTINGS: &str = "listing";

/// The longest key in bytes.
pub const MAX_KEY_BYTES: usize = 1024;

/// The longest list of keys in bytes, with the separating spaces.
pub const MAX_KEYS_BYTES: usize = 16 * 1024;

/// How many listings are purged for an object. Each is one call of the host; the others expire.
const MAX_LISTINGS: usize = 16;

/// The longest key of a folder that a variant is in: sixteen of them, and the keys of its source, fit into
/// [`MAX_KEYS_BYTES`].
const MAX_FOLDER_BYTES: usize = 512;

/// Characters that keys must not contain. An encoded path has none of them.
const INVISIBLE: &AsciiSet = &CONTROLS.add(b' ');

/// The length of `~` and a hexadecimal SHA-256.
const DIGEST_BYTES: usize = 65;

/// The key of the object or folder at an encoded path: the path itself. If that is longer than
/// [`MAX_KEY_BYTES`], its first 959 bytes, `~`, and the hexadecimal SHA-256 of the whole path.
#[must_use]
pub fn of_path(path: &str) -> String {
    let key: String = utf8_percent_encode(path, INVISIBLE).collect();
    if key.len() <= MAX_KEY_BYTES {
        return key;
    }
    let digest = Sha256::digest(key.as_bytes());
    let start = key.get(..MAX_KEY_BYTES - DIGEST_BYTES).unwrap_or_default();
    let mut short = format!("{start}~");
    for byte in digest {
        for digit in [byte >> 4, byte & 0xf] {
            short.extend(char::from_digit(digit.into(), 16));
        }
    }
    short
}

/// All keys of an entry for the object at `path` from `origin`: the object's, its folders' from `/` down, the
/// origin's, [`EVERYTHING`], and `entry_id`. A path that a browser writes otherwise, such as one with `(`, has keys in
/// both forms.
///
/// If they exceed [`MAX_KEYS_BYTES`], the deepest folders are left out.
#[must_use]
pub fn all(path: &str, origin: &str, entry_id: Option<&str>) -> Vec<String> {
    all_with(path, origin, entry_id, Vec::new())
}

/// The key of the listing of the folder at an encoded path, and of nothing in that folder: the path after `listing:`.
#[must_use]
pub fn of_listing(path: &str) -> String {
    of_path(&format!("{LISTINGS}:{path}"))
}

/// All keys of the listing of the folder at `path`: those that an object with this path would have, [`LISTINGS`], and
/// [`of_listing`].
#[must_use]
pub fn all_of_listing(path: &str, origin: &str, entry_id: Option<&str>) -> Vec<String> {
    let more = vec![LISTINGS.to_owned(), of_listing(path)];
    all_with(path, origin, entry_id, more)
}

/// The keys of the listings that an object at `path` may appear in, that of its own folder first: it is an entry there,
/// and may be the only reason for the folders above to be entries. At most 16.
#[must_use]
pub fn listings_of(path: &str) -> Vec<String> {
    let folders: Vec<_> = folders_of(path).collect();
    let nearest = folders.into_iter().rev().take(MAX_LISTINGS);
    nearest.map(of_listing).collect()
}

/// All keys of a variant at the encoded path `variant` of the source at `path`: those of the source, so that one purge
/// drops it and all its variants; the variant's own path and its folders; and [`of_preset`].
#[must_use]
pub fn all_of_variant(
    path: &str,
    variant: &str,
    preset: &str,
    origin: &str,
    entry_id: Option<&str>,
) -> Vec<String> {
    let mut more = vec![of_preset(preset), of_path(variant)];
    // At most 1,024 bytes of path, in which each folder begins anew: what is too much is left out.
    let folders = folders_of(variant).take(MAX_LISTINGS).map(of_path);
    more.extend(folders.filter(|folder| folder.len() <= MAX_FOLDER_BYTES));
    all_with(path, origin, entry_id, more)
}

/// The key of all variants of a preset: its name after `preset:`.
#[must_use]
pub fn of_preset(name: &str) -> String {
    format!("preset:{name}")
}

fn all_with(path: &str, origin: &str, entry_id: Option<&str>, more: Vec<String>) -> Vec<String> {
    let decoded = percent_decode_str(path).decode_utf8().unwrap_or_default();
    let in_a_url: String = utf8_percent_encode(&decoded, AS_IN_A_URL).collect();
    let mut others = vec![of_path(origin), EVERYTHING.to_owned()];
    others.extend(more);
    others.extend(entry_id.map(of_path));
    let mut keys = vec![of_path(path)];
    keys.extend((in_a_url != path).then(|| of_path(&in_a_url)));
    let length = |keys: &[String]| keys.iter().map(|key| 1 + key.len()).sum::<usize>();
    // Without a space before the first.
    let mut bytes = length(&keys) + length(&others) - 1;
    // Both forms have the same slashes, and so as many folders.
    for (folder, other_form) in folders_of(path).zip(folders_of(&in_a_url)) {
        let forms = [
            Some(folder),
            Some(other_form).filter(|form| *form != folder),
        ];
        let forms: Vec<String> = forms.into_iter().flatten().map(of_path).collect();
        bytes += length(&forms);
        if bytes > MAX_KEYS_BYTES {
            break;
        }
        keys.extend(forms);
    }
    keys.extend(others);
    keys
}

/// The folders that a path is in, from `/` down.
fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    // Without the last byte, because a path that ends in a slash is not its own folder.
    let above = path.get(..path.len().saturating_sub(1)).unwrap_or_default();
    let slashes = above.match_indices('/');
    slashes.map(|(slash, _)| path.get(..=slash).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::object_key::ObjectKey;

    #[test]
    fn an_object_has_the_keys_of_its_path_its_folders_and_its_origin() {
        for (path, folders) in [
            ("/cat.jpg", &["/"][..]),
            ("/photos/2024/cat.jpg", &["/", "/photos/", "/photos/2024/"]),
            ("/photos/", &["/"]),
            ("//a", &["/", "//"]),
            ("/a//b", &["/", "/a/", "/a//"]),
            ("/%C3%A4/b%20c", &["/", "/%C3%A4/"]),
        ] {
            let expected = [&[path], folders, &["us_origin", "b2-edge"]].concat();
            assert_eq!(all(path, "us_origin", None), expected, "{path}");
        }
    }

    #[test]
    fn a_listing_has_the_keys_of_its_folder_and_one_of_its_own() {
        for (path, expected) in [
            (
                "/",
                &["/", "us_origin", "b2-edge", "listing", "listing:/"][..],
            ),
            (
                "/a%20b/c/",
                &[
                    "/a%20b/c/",
                    "/",
                    "/a%20b/",
                    "us_origin",
                    "b2-edge",
                    "listing",
                    "listing:/a%20b/c/",
                ],
            ),
        ] {
            assert_eq!(all_of_listing(path, "us_origin", None), expected, "{path}");
        }
        let long = "/a".repeat(1500);
        let keys = all_of_listing(&format!("{long}/"), "us_origin", Some("id"));
        let bytes: usize = keys.iter().map(|key| key.len() + 1).sum();
        assert!(bytes <= MAX_KEYS_BYTES + 1 && keys.iter().all(|key| key.len() <= MAX_KEY_BYTES));
        assert!(keys.iter().any(|key| key == LISTINGS), "{}", keys.len());
    }

    #[test]
    fn an_object_appears_in_the_listings_of_its_folders() {
        for (path, expected) in [
            ("/cat.jpg", &["listing:/"][..]),
            (
                "/a/b/cat.jpg",
                &["listing:/a/b/", "listing:/a/", "listing:/"],
            ),
            ("/a/", &["listing:/"]),
        ] {
            assert_eq!(listings_of(path), expected, "{path}");
        }
        assert_eq!(listings_of(&"/a".repeat(100)).len(), MAX_LISTINGS);
        let nearest = listings_of("/a%20b/c");
        assert!(all_of_listing("/a%20b/", "x", None).contains(&nearest[0]));
    }

    #[test]
    fn what_a_browser_writes_otherwise_has_its_keys_in_both_forms() {
        assert_eq!(
            all("/a%20%281%29/cat%2B%25.jpg", "us_origin", None),
            [
                "/a%20%281%29/cat%2B%25.jpg",
                "/a%20(1)/cat+%25.jpg",
                "/",
                "/a%20%281%29/",
                "/a%20(1)/",
                "us_origin",
                "b2-edge",
            ]
        );
    }

    #[test]
    fn a_long_path_is_shortened_and_stays_itself() {
        let longest = format!("/{}", "a".repeat(1023));
        assert_eq!(of_path(&longest), longest);
        let (one, other) = (format!("{longest}b"), format!("{longest}c"));
        for path in [&one, &other] {
            let key = of_path(path);
            assert_eq!(key.len(), MAX_KEY_BYTES);
            assert_eq!(key.get(..959), path.get(..959));
        }
        assert_ne!(of_path(&one), of_path(&other));
        // printf '/%01024d' 0 | tr 0 a | sha256sum
        let known = format!("/{}", "a".repeat(1024));
        assert!(
            of_path(&known)
                .ends_with("a~8d0c3bb616d2f09f327e7b69fb05586f85881e82aa96766073d275344bb34c17"),
            "{}",
            of_path(&known)
        );
    }

    #[test]
    fn where_there_is_no_room_the_deepest_folders_are_left_out() {
        let path = "/a".repeat(512);
        let keys = all(&path, "us_origin", None);
        assert!(keys.join(" ").len() <= MAX_KEYS_BYTES);
        let next = format!("{}/", "/a".repeat(keys.len() - 3));
        assert!(keys.join(" ").len() + 1 + next.len() > MAX_KEYS_BYTES);
        let [object, folders @ .., origin, everything] = &keys[..] else {
            unreachable!("at least four keys");
        };
        assert_eq!(
            (object, origin, everything),
            (&path, &"us_origin".to_owned(), &"b2-edge".to_owned())
        );
        for (depth, folder) in folders.iter().enumerate() {
            assert_eq!(*folder, format!("{}/", "/a".repeat(depth)));
        }
    }

    #[test]
    fn the_keys_of_any_object_are_what_the_platform_accepts() {
        const LIKELY: &[&str] = &["/", "/", "a", "%20", "ä", "日本", "+", "\"", "~"];
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..2_000 {
            let path: String = (0..random.usize(0..400))
                .map(|_| LIKELY[random.usize(0..LIKELY.len())])
                .collect();
            let Ok(key) = ObjectKey::from_path(format!("/{path}").as_bytes()) else {
                continue;
            };
            accepted(&key.to_path(), "us_origin");
        }
    }

    #[test]
    fn even_what_is_no_path_gives_keys_that_the_platform_accepts() {
        for path in [
            "",
            " ",
            "a b\n\u{7f}/",
            "/ä",
            &"ä/".repeat(3000),
            &" ".repeat(1000),
        ] {
            accepted(path, "a b");
        }
    }

    fn accepted(path: &str, origin: &str) {
        let keys = all(path, origin, Some("b2-edge:entry:1"));
        assert!(keys.join(" ").len() <= MAX_KEYS_BYTES, "{path}");
        for key in &keys {
            assert!(key.len() <= MAX_KEY_BYTES, "{path}: {key}");
            assert!(
                key.bytes().all(|byte| byte.is_ascii_graphic()),
                "{path}: {key}"
            );
        }
    }
}
