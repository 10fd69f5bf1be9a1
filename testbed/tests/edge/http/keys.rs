//! Object keys: every path reaches exactly one object, or is a 4xx with a reason.

use std::sync::Arc;

use b2_edge_testbed::{Object, encode_key};
use fastrand::Rng;
use http::StatusCode;

use crate::support::stage::{Stage, assert_own_text, log_of, shared};

/// Without an index document, a key that ends in a slash is an ordinary key.
const NO_INDEX: &str = r#"{"site": {"index_document": ""}}"#;

async fn assert_reaches(stage: &Stage, target: &str, key: &str) {
    let response = stage.get(target).await;
    assert_eq!(response.status, StatusCode::OK, "{target} for {key:?}");
    assert_eq!(response.text(), content_of(key), "{target} for {key:?}");
    let seen = stage.us.seen_for(key);
    let raw_path = &seen.last().expect("the origin was requested").raw_path;
    assert_eq!(*raw_path, encode_key(key), "{target} for {key:?}");
}

/// The content of the key's object, different from all others.
fn content_of(key: &str) -> String {
    format!("the object of {key:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn awkward_paths_reach_the_object_they_name() {
    let stage = &Stage::configured(NO_INDEX).await;
    let long_key = format!("keys/{}", "x".repeat(1024 - "keys/".len()));
    let long_umlauts = format!("keys/{}x", "ä".repeat(509));
    let long_target = format!("/{long_key}");
    let long_escaped = format!("/keys/{}x", "%C3%A4".repeat(509));
    let cases = [
        ("/keys/with%20space", "keys/with space"),
        ("/keys/a+b", "keys/a+b"),
        ("/keys/a%2Bb", "keys/a+b"),
        ("/keys/a%2bb", "keys/a+b"),
        ("/keys/100%25", "keys/100%"),
        ("/keys/a%2520b", "keys/a%20b"),
        ("/keys/%C3%A4", "keys/ä"),
        ("/keys/%c3%a4", "keys/ä"),
        ("/keys/a%CC%88", "keys/a\u{308}"),
        ("/keys/%E6%97%A5%E6%9C%AC/%E3%81%93.txt", "keys/日本/こ.txt"),
        ("/keys/%F0%9F%90%88", "keys/🐈"),
        ("/keys/'()*!~", "keys/'()*!~"),
        ("/keys/[]{}|^\"\\", "keys/[]{}|^\"\\"),
        ("/keys/%5B%5D%7B%7D%7C%5E%22%5C", "keys/[]{}|^\"\\"),
        ("/keys/a\\b", "keys/a\\b"),
        ("/keys/%3C%3E%60%23%3F", "keys/<>`#?"),
        ("/keys/&=;:@,$", "keys/&=;:@,$"),
        ("/keys/a//b", "keys/a//b"),
        ("/keys/a///b", "keys/a///b"),
        ("//keys/leading", "/keys/leading"),
        ("/%2Fkeys/leading", "/keys/leading"),
        ("/keys/folder/", "keys/folder/"),
        ("/keys/folder//", "keys/folder//"),
        ("/keys%2Fslash", "keys/slash"),
        ("/keys/slash", "keys/slash"),
        ("/%6Beys/%41", "keys/A"),
        ("/keys/a%0Ab", "keys/a\nb"),
        ("/keys/%7F", "keys/\u{7f}"),
        ("/keys/...", "keys/..."),
        ("/keys/.hidden/..a", "keys/.hidden/..a"),
        (
            "/keys/tilde~dash-dot.under_score",
            "keys/tilde~dash-dot.under_score",
        ),
        (long_target.as_str(), long_key.as_str()),
        (long_escaped.as_str(), long_umlauts.as_str()),
    ];
    for (_, key) in cases {
        stage
            .us
            .put(key, Object::text(content_of(key)))
            .await
            .expect("stored");
    }
    for (target, key) in cases {
        assert_reaches(stage, target, key).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_differ_only_in_their_encoding_are_different_objects() {
    let stage = shared().await;
    stage
        .us
        .put("keys/differ/a b", Object::text("space"))
        .await
        .expect("stored");
    stage
        .us
        .put("keys/differ/c+d", Object::text("plus"))
        .await
        .expect("stored");
    stage
        .us
        .put("keys/differ/e//f", Object::text("two slashes"))
        .await
        .expect("stored");
    for target in [
        "/keys/differ/a+b",
        "/keys/differ/c%20d",
        "/keys/differ/e/f",
        "/keys/differ/a%2520b",
    ] {
        assert_eq!(
            stage.get(target).await.status,
            StatusCode::NOT_FOUND,
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_paths_are_400_with_a_reason_and_contact_nobody() {
    let stage = Stage::with(|config| config).await;
    let too_long = format!("/{}", "x".repeat(1025));
    let far_too_long = format!("/{}", "x".repeat(9000));
    for (target, reason) in [
        ("/%zz", "key_bad_escape"),
        ("/a%", "key_bad_escape"),
        ("/a%2", "key_bad_escape"),
        ("/%00", "key_nul"),
        ("/a%00b", "key_nul"),
        ("/%ff", "key_not_utf8"),
        ("/%C3", "key_not_utf8"),
        ("/%C0%AF", "key_not_utf8"),
        ("/a/../b", "key_dot_segment"),
        ("/a/%2e%2e/b", "key_dot_segment"),
        ("/a/.%2E/b", "key_dot_segment"),
        ("/a/./b", "key_dot_segment"),
        ("/a%2F..%2Fb", "key_dot_segment"),
        (too_long.as_str(), "key_too_long"),
        (far_too_long.as_str(), "key_too_long"),
    ] {
        let shown: String = target.chars().take(40).collect();
        let response = stage.get(target).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST, "{shown}");
        assert_own_text(&response, &shown);
        let logged: String = target.chars().take(1 + 3 * 1024).collect();
        let line = log_of(&stage, &logged).await;
        assert_eq!(line["reason"], reason, "{shown}");
    }
    assert!(stage.us.seen().is_empty() && stage.eu.seen().is_empty());
}

const GENERATED: usize = 2000;

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_generated_keys_reach_their_objects() {
    let stage = Arc::new(Stage::configured(NO_INDEX).await);
    let mut rng = Rng::with_seed(20_260_101);
    let keys: Vec<String> = (0..GENERATED)
        .map(|number| generated_key(&mut rng, number))
        .collect();
    let mut tasks = Vec::new();
    for batch in keys.chunks(GENERATED / 8) {
        let batch: Vec<(String, String)> = batch
            .iter()
            .map(|key| (generated_target(&mut rng, key), key.clone()))
            .collect();
        let stage = Arc::clone(&stage);
        tasks.push(tokio::spawn(async move {
            for (target, key) in batch {
                let object = Object::text(content_of(&key));
                stage.us.put(&key, object).await.expect("stored");
                let response = stage.get(&target).await;
                let found = (response.status, response.text());
                assert_eq!(found, (StatusCode::OK, content_of(&key)), "{target}");
            }
        }));
    }
    for task in tasks {
        task.await.expect("every key of the batch was reached");
    }
    let mut requested: Vec<String> = stage
        .us
        .seen()
        .into_iter()
        .map(|seen| seen.raw_path)
        .collect();
    let mut encoded: Vec<String> = keys.iter().map(|key| encode_key(key)).collect();
    requested.sort_unstable();
    encoded.sort_unstable();
    assert_eq!(
        requested, encoded,
        "each key was requested for once, encoded once"
    );
}

/// A key of unusual characters, made unique by its number.
fn generated_key(rng: &mut Rng, number: usize) -> String {
    const AWKWARD: &[char] = &[
        ' ',
        '+',
        '%',
        '/',
        '/',
        '.',
        '\\',
        '\'',
        '"',
        '(',
        ')',
        '*',
        '!',
        '~',
        '[',
        ']',
        '{',
        '}',
        '|',
        '^',
        '&',
        '=',
        '?',
        '#',
        ';',
        ':',
        '@',
        ',',
        '$',
        '<',
        '>',
        '`',
        '-',
        '_',
        'a',
        'Z',
        '0',
        'ä',
        'ß',
        'é',
        '日',
        '🐈',
        '\u{308}',
        '\u{200b}',
        '\t',
        '\u{1}',
        '\u{7f}',
        '\u{80}',
        '\u{ffff}',
        '\u{10ffff}',
    ];
    loop {
        let length = rng.usize(0..40);
        let mut key = format!("g{number}/");
        key.extend((0..length).map(|_| AWKWARD[rng.usize(0..AWKWARD.len())]));
        if !key.split('/').any(|segment| matches!(segment, "." | "..")) {
            return key;
        }
    }
}

/// A path of the key: each byte literal, where HTTP allows it, or escaped with upper- or lower-case digits.
fn generated_target(rng: &mut Rng, key: &str) -> String {
    // What Viceroy's HTTP server accepts unescaped. It refuses bytes beyond ASCII with 400 itself.
    let may_be_raw = |c: char| c.is_ascii_graphic() && !"%?#<>`".contains(c);
    let mut target = String::from("/");
    for c in key.chars() {
        if may_be_raw(c) && rng.u8(0..4) > 0 {
            target.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let digits = if rng.bool() {
                    format!("{byte:02X}")
                } else {
                    format!("{byte:02x}")
                };
                target.push('%');
                target.push_str(&digits);
            }
        }
    }
    target
}
