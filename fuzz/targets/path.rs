//! A request target is the path of exactly one object, or of none.

#![no_main]

use b2_edge_core::cache::surrogate_key;
use b2_edge_core::http::target::Target;
use b2_edge_core::s3::object_key::{MAX_KEY_BYTES, ObjectKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let target = Target::split(data);
    if data.starts_with(b"/") {
        let rest = data
            .strip_prefix(target.path)
            .expect("the path is as it was sent");
        assert!(rest.is_empty() || rest.starts_with(b"?"));
    }
    let Ok(key) = ObjectKey::from_path(target.path) else {
        return;
    };
    let text = key.as_str();
    assert!((1..=MAX_KEY_BYTES).contains(&text.len()) && !text.contains('\0'));
    assert!(
        text.split('/')
            .all(|segment| segment != "." && segment != "..")
    );

    let sent = key.to_path();
    assert!(
        sent.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte)),
        "{sent}"
    );
    assert_eq!(Target::split(sent.as_bytes()).path, sent.as_bytes());
    assert_eq!(ObjectKey::from_path(sent.as_bytes()).as_ref(), Ok(&key));

    let keys = surrogate_key::all(&sent, "us_origin", None);
    assert!(keys.join(" ").len() <= surrogate_key::MAX_KEYS_BYTES);
    assert!(keys.contains(&surrogate_key::of_path(&sent)));
    assert!(keys.contains(&"/".to_owned()));
    for key in keys {
        assert!(
            (1..=surrogate_key::MAX_KEY_BYTES).contains(&key.len()),
            "{key}"
        );
        assert!(key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
    }
});
