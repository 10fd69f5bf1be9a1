//! The entries of `images.routes`.

use serde_json::Value;

use super::errors::Errors;
use super::field::{Field, Fields, Kind};
use super::place;
use crate::images::route::{ImageRoute, OnMiss, PathTemplate};
use crate::images::settings::ImageSettings;
use crate::images::template::{Placeholder, Template};

/// The most routes.
pub(super) const MAX_ROUTES: usize = 10;

/// A route while it is read.
#[derive(Default)]
pub(super) struct Draft {
    path: Option<PathTemplate>,
    source: Option<Template>,
    store: Option<Template>,
    on_miss: OnMiss,
}

pub(super) const ROUTE: Fields<Draft> = Fields {
    required: &[
        Field {
            name: "path",
            description: "the paths of the variants, such as `/prew/{preset}/{key}`, with `{preset}` and `{key}` once each and a slash between them",
            kind: Kind::Text {
                expected: "a path that begins with / and has {preset} and {key} with a slash between them",
                bytes: None,
                set: |route, text| {
                    route.path = Some(PathTemplate::parse(text)?);
                    Some(())
                },
            },
            get: |route| route.path.as_ref().map(PathTemplate::to_text).into(),
        },
        Field {
            name: "source",
            description: "the key of the source, such as `photo/{key}`",
            kind: Kind::Text {
                expected: "a key with {key}",
                bytes: None,
                set: |route, text| {
                    let known = [Placeholder::Key, Placeholder::Preset];
                    let source = key_template(text, &known)?;
                    route.source = Some(source).filter(|source| source.has(Placeholder::Key));
                    route.source.as_ref().map(|_| ())
                },
            },
            get: |route| route.source.as_ref().map(Template::to_text).into(),
        },
    ],
    optional: &[&[
        Field {
            name: "store",
            description: "the key under which a rendered variant is stored in the bucket, with `{key}` or `{stem}`, and `{preset}`, `{dir}`, `{ext}` and `{format}` as needed. Without it nothing is stored",
            kind: Kind::Text {
                expected: "a key with {key} or {stem}",
                bytes: None,
                set: |route, text| {
                    let known = [
                        Placeholder::Preset,
                        Placeholder::Key,
                        Placeholder::Dir,
                        Placeholder::Stem,
                        Placeholder::Ext,
                        Placeholder::Format,
                    ];
                    let store = key_template(text, &known)?;
                    let is_own = store.has(Placeholder::Key) || store.has(Placeholder::Stem);
                    route.store = is_own.then_some(Some(store))?;
                    Some(())
                },
            },
            get: |route| route.store.as_ref().map(Template::to_text).into(),
        },
        Field {
            name: "on_miss",
            description: "what the client gets if the variant had to be rendered: `render`, the variant; `redirect`, a redirect to the same address once it is stored",
            kind: Kind::Choice(&[
                ("render", |route| route.on_miss = OnMiss::Render),
                ("redirect", |route| route.on_miss = OnMiss::Redirect),
            ]),
            get: |route| on_miss_to_json(route.on_miss),
        },
    ]],
    aliases: &[],
};

fn on_miss_to_json(on_miss: OnMiss) -> Value {
    match on_miss {
        OnMiss::Render => "render".into(),
        OnMiss::Redirect => "redirect".into(),
    }
}

/// A template of keys: it begins with no slash, as no key of a path does.
fn key_template(text: &str, known: &[Placeholder]) -> Option<Template> {
    let is_key = !text.starts_with('/') && !text.contains(char::is_control);
    let has_dots = text.split('/').any(|segment| matches!(segment, "." | ".."));
    let template = Template::parse(text, known)?;
    (is_key && !has_dots).then_some(template)
}

/// Reads all routes.
pub(super) fn read(list: &[Value], path: &str, errors: &mut Errors) -> Vec<ImageRoute> {
    let mut routes = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let path = place::entry(path, index);
        let Some(draft) = ROUTE.read_entry(value, &path, errors) else {
            continue;
        };
        let store = format!("{path}.store");
        if draft.store.is_some() && draft.store == draft.source {
            errors.add(&store, "is the key of the source");
        }
        let is_stored = draft.store.is_some() || !errors.none_at(&store);
        if draft.on_miss == OnMiss::Redirect && !is_stored {
            errors.add(&store, "is missing, which on_miss \"redirect\" needs");
        }
        if let (Some(path), Some(source)) = (draft.path, draft.source) {
            routes.push(ImageRoute {
                path,
                source,
                store: draft.store,
                on_miss: draft.on_miss,
            });
        }
    }
    routes
}

/// Checks that no two variants of a source have one key in the bucket.
pub(super) fn check(images: &ImageSettings, errors: &mut Errors) {
    // With a mistake in one of them, the numbers would be others.
    if !errors.none_in("images.routes") {
        return;
    }
    let has_many_formats = images
        .presets
        .values()
        .any(|preset| preset.formats.len() > 1);
    for (index, route) in images.routes.iter().enumerate() {
        let path = format!("images.routes[{index}].store");
        let Some(store) = &route.store else {
            continue;
        };
        if images.presets.len() > 1 && !store.has(Placeholder::Preset) {
            errors.add(&path, "needs {preset}, because there are several presets");
        }
        if has_many_formats && !store.has(Placeholder::Format) {
            errors.add(
                &path,
                "needs {format}, because a preset has several formats",
            );
        }
    }
}

/// A route as it is written in the configuration.
pub(super) fn to_json(route: &ImageRoute) -> Value {
    let draft = Draft {
        path: Some(route.path.clone()),
        source: Some(route.source.clone()),
        store: route.store.clone(),
        on_miss: route.on_miss,
    };
    Value::Object(ROUTE.to_object(&draft))
}
