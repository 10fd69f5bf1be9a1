//! The page of the gallery. It names the engine of each picture, which depends on whether the render service runs.

use crate::b2::object::Object;

/// The key of the page.
pub const KEY: &str = "gallery/index.html";

const TEMPLATE: &str = include_str!("../../../assets/gallery.html");

/// What the page says, in the order of the template.
struct Words {
    engines: &'static str,
    hero_engine: &'static str,
    hero: &'static str,
    large_engine: &'static str,
    large_status: &'static str,
    large_size: &'static str,
    large_alt: &'static str,
    large: &'static str,
}

const GUEST_ALONE: Words = Words {
    engines: "The render service does not run. b2-edge makes every picture that fits into the 50 ms of CPU time and \
        the 128 MB that Fastly Compute allows; here it may take longer, because your machine may be slower. \
        <code>cargo xtask serve --render-service</code> also starts the service. Building it takes some minutes.",
    hero_engine: "guest",
    hero: "AVIF and WebP need the render service, which does not run, so this is a JPEG. \
        <span class=\"engine\">Made by b2-edge.</span>",
    large_engine: "none",
    large_status: "413",
    large_size: "width=\"320\" height=\"213\"",
    large_alt: "Placeholder: cannot be shown",
    large: "The render service would make its variant, but does not run: status 413.",
};

const WITH_SERVICE: Words = Words {
    engines: "The render service runs. b2-edge makes every picture that fits into the 50 ms of CPU time and the \
        128 MB that Fastly Compute allows, and has the service make the rest. Here b2-edge may take longer, because \
        your machine may be slower.",
    hero_engine: "service",
    hero: "AVIF and WebP are <span class=\"engine\">made by the render service</span>, JPEG by b2-edge.",
    large_engine: "service",
    large_status: "200",
    large_size: "width=\"640\" height=\"256\"",
    large_alt: "Dunes, a wide view",
    large: "<span class=\"engine\">Made by the render service.</span>",
};

/// The page, as stored under [`KEY`].
#[must_use]
pub fn page(render_service: bool) -> Object {
    let words = if render_service {
        &WITH_SERVICE
    } else {
        &GUEST_ALONE
    };
    let mut html = TEMPLATE.to_owned();
    for (name, value) in [
        ("{engines}", words.engines),
        ("{hero_engine}", words.hero_engine),
        ("{hero}", words.hero),
        ("{large_engine}", words.large_engine),
        ("{large_status}", words.large_status),
        ("{large_size}", words.large_size),
        ("{large_alt}", words.large_alt),
        ("{large}", words.large),
    ] {
        html = html.replace(name, value);
    }
    Object::of_type("text/html; charset=utf-8", html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_whether_the_service_runs_and_has_no_placeholder_left() {
        for (render_service, says) in [
            (false, "The render service does not run"),
            (true, "The render service runs"),
        ] {
            let html = String::from_utf8(page(render_service).bytes.to_vec()).expect("UTF-8");
            assert!(html.contains(says), "{html}");
            assert!(!html.contains(['{', '}']), "{html}");
        }
    }
}
