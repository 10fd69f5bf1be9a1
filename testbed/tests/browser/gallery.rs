//! The gallery of the sample site.

use std::collections::BTreeSet;

use b2_edge_testbed::Viceroy;
use b2_edge_testbed::demo::{self, gallery};

use crate::{application, script};

#[tokio::test(flavor = "multi_thread")]
async fn every_picture_of_the_gallery_has_its_size_and_its_status() {
    if !script::can_run() {
        return;
    }
    let (edge, _origins) = application::start(demo::CONFIG).await;
    script::run("gallery.mjs", &[&edge.url(), "--service", "no"]).await;
    assert_engines(&edge, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_render_service_adds_formats_and_the_large_picture() {
    if !script::can_run() {
        return;
    }
    let config = gallery::with_render_service(demo::CONFIG);
    let (edge, origins, _service) = application::start_with_render_service(&config).await;
    for origin in &origins {
        let stored = origin.put(gallery::KEY, gallery::page(true)).await;
        stored.expect("the page");
    }
    script::run("gallery.mjs", &[&edge.url(), "--service", "yes"]).await;
    assert_engines(&edge, true);
}

/// Asserts that what the page says about engines is what the log says.
fn assert_engines(edge: &Viceroy, render_service: bool) {
    let html = gallery::page(render_service).bytes.to_vec();
    let html = String::from_utf8(html).expect("UTF-8");
    let mut checked = BTreeSet::new();
    for figure in html.split("<figure ").skip(1) {
        let said = between(figure, "data-engine=\"").next();
        for path in between(figure, " src=\"").filter(|path| path.starts_with("/prew/")) {
            let expected = said.filter(|engine| *engine != "none");
            let found = engines_of(edge, path);
            assert_eq!(
                found,
                expected.map(ToOwned::to_owned).into_iter().collect(),
                "{path}"
            );
            checked.insert(path);
        }
    }
    assert_eq!(checked.len(), 12, "{checked:?}");
}

/// The engines that rendered a picture, as the log names them.
fn engines_of(edge: &Viceroy, path: &str) -> BTreeSet<String> {
    let lines = edge.log_lines();
    let of_path: Vec<_> = lines.iter().filter(|line| line["path"] == path).collect();
    assert!(!of_path.is_empty(), "{path} was requested");
    let engines = of_path.iter().filter_map(|line| line["engine"].as_str());
    engines.map(ToOwned::to_owned).collect()
}

/// What follows each `start`, up to a quotation mark.
fn between<'t>(text: &'t str, start: &'t str) -> impl Iterator<Item = &'t str> {
    let after = text.split(start).skip(1);
    after.filter_map(|rest| rest.split('"').next())
}
