//! `PURGE` with a valid token removes an object from the cache, or makes it stale (soft purge).

use b2_edge_testbed::{Fault, Object, Request, Response, encode_key};
use http::{Method, StatusCode};

use crate::support::stage::{
    Stage, TOKEN, assert_own_text, assert_whole, cache_of, log_of, shared, until, until_async,
};
use crate::support::stage_pool::{Setup, StagePool};

fn purge_call(target: &str) -> Request {
    let method = Method::from_bytes(b"PURGE").expect("a method");
    Request::new(method, target)
}

/// Purges an object, by its target.
pub(super) async fn purge(stage: &Stage, target: &str) -> Response {
    let request = purge_call(target).header("fastly-key", TOKEN);
    stage.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purged_object_is_fetched_anew_for_every_pop() {
    // Segments of 1 MiB.
    let stage = StagePool::take(Setup::StaleIfError).await;
    for (key, size) in [("purge/cat.jpg", 1000), ("purge/large.bin", 2_500_000)] {
        let version = |seed, size| Object::pseudo_random(seed, size).cache_control("max-age=600");
        let (old, new) = (version(1, size), version(2, size + 1));
        let targets = [format!("/{key}"), format!("/{key}?pop=AMS")];
        stage.put(key, old.clone()).await;
        for target in &targets {
            assert_whole(&stage.get(target).await, &old.bytes, target);
        }
        stage.put(key, new.clone()).await;
        for target in &targets {
            assert_whole(&stage.get(target).await, &old.bytes, target);
        }
        let response = purge(&stage, &targets[0]).await;
        assert_eq!(
            (response.status, response.complete),
            (StatusCode::OK, true),
            "{key}"
        );
        for target in &targets {
            let response = stage.get(target).await;
            assert_whole(&response, &new.bytes, target);
            assert_eq!(cache_of(&response), "MISS", "{target}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_softly_purged_object_is_served_stale_once_and_revalidated() {
    let stage = shared().await;
    let (key, target) = ("purge/soft.txt", "/purge/soft.txt");
    stage.fill(key, &Object::text("old")).await;
    stage.put(key, Object::text("new")).await;
    let wait = std::time::Duration::from_millis(300);
    let wait = stage.us.inject(key, Fault::StallBeforeHeaders(wait));
    let request = purge_call(target)
        .header("fastly-key", TOKEN)
        .header("fastly-soft-purge", "1");
    assert_eq!(stage.send(request).await.status, StatusCode::OK);
    let response = stage.get(target).await;
    assert_eq!(
        (response.text().as_str(), cache_of(&response)),
        ("old", "STALE")
    );
    until_async("the new version is served", || async {
        stage.get(target).await.text() == "new"
    })
    .await;
    drop(wait);
    let seen = stage.us.seen_for(key);
    assert!(seen[1].header("if-none-match").is_some(), "{seen:?}");
    assert_eq!(cache_of(&stage.get(target).await), "HIT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_without_a_valid_token_is_401_and_purges_nothing() {
    let stage = shared().await;
    let (key, target) = ("purge/guarded.txt", "/purge/guarded.txt");
    stage.fill(key, &Object::text("x")).await;
    for token in [
        None,
        Some(""),
        Some("another"),
        Some("A-TOKEN-OF-THE-SERVICE"),
    ] {
        for soft in [false, true] {
            let mut request = purge_call(target);
            if let Some(token) = token {
                request = request.header("fastly-key", token);
            }
            if soft {
                request = request.header("fastly-soft-purge", "1");
            }
            let response = stage.send(request).await;
            let context = format!("{token:?} {soft}");
            assert_eq!(response.status, StatusCode::UNAUTHORIZED, "{context}");
            assert_own_text(&response, &context);
        }
    }
    assert_eq!(cache_of(&stage.get(target).await), "HIT");
    assert_eq!(stage.requests_for(key), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_forgets_the_object_it_names_and_no_other() {
    let stage = shared().await;
    let longest = format!("purge/{}", "x".repeat(1024 - "purge/".len()));
    let keys = [
        "purge/a b",
        "purge/a+b",
        "purge/a,b",
        "purge/a\tb",
        "purge/ä",
        "purge/100%",
        "purge/a//b",
        "purge/a",
        "purge/A",
        "purge/日本語/こんにちは",
        longest.as_str(),
    ];
    for purged in keys {
        for key in keys {
            stage.fill(key, &Object::text(key)).await;
        }
        assert_eq!(
            purge(stage, &encode_key(purged)).await.status,
            StatusCode::OK
        );
        for key in keys {
            let cache = cache_of(&stage.get(&encode_key(key)).await).to_owned();
            let expected = if key == purged { "MISS" } else { "HIT" };
            assert_eq!(cache, expected, "{key} after a purge of {purged}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_can_be_purged_too() {
    let stage = shared().await;
    let (key, target) = ("purge/missing.txt", "/purge/missing.txt");
    assert_eq!(stage.get(target).await.status, StatusCode::NOT_FOUND);
    stage.put(key, Object::text("here now")).await;
    assert_eq!(
        stage.get(target).await.status,
        StatusCode::NOT_FOUND,
        "it is cached"
    );
    assert_eq!(purge(stage, target).await.status, StatusCode::OK);
    assert_eq!(stage.get(target).await.text(), "here now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_of_what_is_not_there_is_no_error_and_asks_no_origin() {
    let stage = shared().await;
    assert_eq!(
        purge(stage, "/purge/never-requested.txt").await.status,
        StatusCode::OK
    );
    assert_eq!(stage.requests_for("purge/never-requested.txt"), 0);
    let response = purge(stage, "/purge/%zz").await;
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_stands_in_no_log_and_goes_to_no_origin() {
    let stage = shared().await;
    let target = "/purge/token.txt";
    stage.put("purge/token.txt", Object::text("x")).await;
    purge(stage, target).await;
    stage
        .send(Request::get(target).header("fastly-key", TOKEN))
        .await;
    log_of(stage, target).await;
    let lines = stage.edge.stdout_lines().join("\n");
    assert!(!lines.contains(TOKEN), "{lines}");
    let seen = format!("{:?}", stage.us.seen_for("purge/token.txt"));
    assert!(!seen.contains(TOKEN), "{seen}");
}

/// The object may be older than the purge.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_fill_inserts_that_began_before_the_purge_is_purged_too() {
    let stage = shared().await;
    let (key, target) = ("purge/filling.txt", "/purge/filling.txt");
    stage.put(key, Object::text("old")).await;
    let pause = std::time::Duration::from_millis(600);
    let after = 1;
    let slow = stage.us.inject(key, Fault::StallInBody { after, pause });
    let (filled, purged) = tokio::join!(stage.get(target), async {
        until("it is being fetched", || slow.times_applied() > 0).await;
        purge(stage, target).await
    });
    assert_eq!(
        (filled.text().as_str(), purged.status),
        ("old", StatusCode::OK)
    );
    drop(slow);
    stage.put(key, Object::text("new")).await;
    until_async("the new version is served", || async {
        stage.get(target).await.text() == "new"
    })
    .await;
}
