//! Which format a client gets.

use b2_edge_testbed::Request;

use super::pictures::jpeg;
use super::{gallery, shown, stage};
use crate::support::stage::cache_of;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_format_that_accept_names_is_sent_and_each_has_one_entry() {
    let stage = stage(&gallery().to_string()).await;
    stage.put("photo/a.jpg", jpeg(100, 50)).await;
    for (accept, expected, cache) in [
        (Some("image/png,*/*"), "image/png", "MISS"),
        (Some("image/webp,image/png;q=0.1"), "image/png", "HIT"),
        (Some("*/*"), "image/jpeg", "MISS"),
        (None, "image/jpeg", "HIT"),
        (Some("image/avif,image/webp"), "image/jpeg", "HIT"),
        (Some("image/png;q=0,image/jpeg;q=0.5"), "image/jpeg", "HIT"),
        (Some("image/jpeg;q=0,*/*"), "image/png", "HIT"),
    ] {
        let mut request = Request::get("/prew/auto/a.jpg");
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let response = stage.send(request).await;
        assert_eq!(
            response.header("content-type"),
            Some(expected),
            "{accept:?}"
        );
        assert_eq!(cache_of(&response), cache, "{accept:?}");
        assert_eq!(response.header("vary"), Some("Accept"), "{accept:?}");
        shown(&response);
    }
    let response = stage.get("/prew/small/a.jpg").await;
    assert_eq!(response.header("vary"), None, "a preset without formats");
    let missing = stage.get("/prew/auto/missing.jpg").await;
    assert_eq!(missing.status.as_u16(), 404);
    assert_eq!(
        missing.header("vary"),
        Some("Accept"),
        "an error of such a preset"
    );
}
