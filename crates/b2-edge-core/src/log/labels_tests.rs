//! Every label that a log line can have is documented, and no other.

use std::collections::BTreeSet;

use crate::cache::policy::UncacheableReason;
use crate::cache::status::{CacheStatus, MissReason, StaleReason};
use crate::error::GatewayError;
use crate::http::path::PathError;
use crate::http::range::Span;
use crate::http::selection::Selection;
use crate::images::failure::RenderFailure;
use crate::origins::consensus::Exhausted;
use crate::origins::outcome::{Failure, NotFoundAs, Verdict};
use crate::routing::route::{PopSource, RouteReason};
use crate::s3::checksum::ChecksumAlgorithm;
use crate::s3::delete_objects::DeleteError;
use crate::s3::object_key::KeyError;
use crate::s3::upload_error::UploadError;

/// Every value of an enum, from the first: each names the next, so that one that is added does not
/// compile before it has its place.
fn all<T: Copy>(first: T, next: fn(T) -> Option<T>) -> impl Iterator<Item = T> {
    std::iter::successors(Some(first), move |value| next(*value))
}

fn every_served() -> impl Iterator<Item = Selection> {
    all(Selection::Whole, |served| match served {
        Selection::Whole => Some(Selection::Part(Span { first: 0, last: 0 })),
        Selection::Part(_) => Some(Selection::NotModified),
        Selection::NotModified => Some(Selection::PreconditionFailed),
        Selection::PreconditionFailed => Some(Selection::RangeNotSatisfiable),
        Selection::RangeNotSatisfiable => None,
    })
}

fn every_absence() -> impl Iterator<Item = NotFoundAs> {
    all(NotFoundAs::NotFound, |absence| match absence {
        NotFoundAs::NotFound => Some(NotFoundAs::AccessDenied),
        NotFoundAs::AccessDenied => None,
    })
}

fn every_verdict() -> impl Iterator<Item = Verdict> {
    let failures = all(Failure::Unreachable, |failure| match failure {
        Failure::Unreachable => Some(Failure::TimedOut),
        Failure::TimedOut => Some(Failure::Canceled),
        Failure::Canceled => Some(Failure::Incomplete),
        Failure::Incomplete => Some(Failure::Busy),
        Failure::Busy => Some(Failure::CapExceeded),
        Failure::CapExceeded => Some(Failure::ServerError),
        Failure::ServerError => Some(Failure::KeyRefused),
        Failure::KeyRefused => Some(Failure::ClockSkewed),
        Failure::ClockSkewed => Some(Failure::Blocked),
        Failure::Blocked => Some(Failure::BadRequest),
        Failure::BadRequest => Some(Failure::NoBucket),
        Failure::NoBucket => Some(Failure::Unexpected),
        Failure::Unexpected => Some(Failure::Misconfigured),
        Failure::Misconfigured => Some(Failure::Unsigned),
        Failure::Unsigned => Some(Failure::NotTried),
        Failure::NotTried => None,
    });
    let bare = all(Verdict::OtherVersion, |verdict| match verdict {
        Verdict::OtherVersion => Some(Verdict::DiagnoseHead),
        Verdict::DiagnoseHead => Some(Verdict::FetchWhole),
        Verdict::FetchWhole | Verdict::Serve(_) | Verdict::NotFound(_) | Verdict::FailOver(_) => {
            None
        }
    });
    (every_served().map(Verdict::Serve))
        .chain(every_absence().map(Verdict::NotFound))
        .chain(failures.map(Verdict::FailOver))
        .chain(bare)
}

fn every_cache_status() -> impl Iterator<Item = CacheStatus> {
    let misses = all(MissReason::NoEntry, |reason| match reason {
        MissReason::NoEntry => Some(MissReason::NoSegment),
        MissReason::NoSegment => Some(MissReason::Expired),
        MissReason::Expired => Some(MissReason::UnconfirmedNotFound),
        MissReason::UnconfirmedNotFound => Some(MissReason::NotFoundUncacheable),
        MissReason::NotFoundUncacheable => None,
    });
    let stales = all(StaleReason::WhileRevalidate, |reason| match reason {
        StaleReason::WhileRevalidate => Some(StaleReason::IfError),
        StaleReason::IfError => None,
    });
    let passes = all(UncacheableReason::NoStore, |reason| match reason {
        UncacheableReason::NoStore => Some(UncacheableReason::Private),
        UncacheableReason::Private => Some(UncacheableReason::NoCache),
        UncacheableReason::NoCache => Some(UncacheableReason::NotFresh),
        UncacheableReason::NotFresh => Some(UncacheableReason::NoLength),
        UncacheableReason::NoLength => Some(UncacheableReason::NotSegmentable),
        UncacheableReason::NotSegmentable => Some(UncacheableReason::Changed),
        UncacheableReason::Changed => Some(UncacheableReason::CacheUnavailable),
        UncacheableReason::CacheUnavailable => None,
    });
    let bare = all(CacheStatus::Hit, |status| match status {
        CacheStatus::Hit => Some(CacheStatus::Revalidated),
        CacheStatus::Revalidated
        | CacheStatus::Miss(_)
        | CacheStatus::Stale(_)
        | CacheStatus::Pass(_) => None,
    });
    bare.chain(misses.map(CacheStatus::Miss))
        .chain(stales.map(CacheStatus::Stale))
        .chain(passes.map(CacheStatus::Pass))
}

fn every_error() -> impl Iterator<Item = GatewayError> {
    let keys = all(KeyError::Bucket, |error| match error {
        KeyError::Bucket => Some(KeyError::NoIndex),
        KeyError::NoIndex => Some(KeyError::OutsideBasePath),
        KeyError::OutsideBasePath => Some(KeyError::Path(PathError::BadEscape)),
        KeyError::Path(PathError::BadEscape) => Some(KeyError::Path(PathError::NotUtf8)),
        KeyError::Path(PathError::NotUtf8) => Some(KeyError::Path(PathError::Nul)),
        KeyError::Path(PathError::Nul) => Some(KeyError::Path(PathError::TooLong)),
        KeyError::Path(PathError::TooLong) => Some(KeyError::Path(PathError::DotSegment)),
        KeyError::Path(PathError::DotSegment) => Some(KeyError::Path(PathError::NotAPath)),
        KeyError::Path(PathError::NotAPath) => None,
    });
    let exhausted = all(Exhausted::Failed, |exhausted| match exhausted {
        Exhausted::Failed => Some(Exhausted::Busy { retry_after: None }),
        Exhausted::Busy { .. } => Some(Exhausted::BadRequest),
        Exhausted::BadRequest => Some(Exhausted::NotConfigured),
        Exhausted::NotConfigured => Some(Exhausted::EngineUnavailable),
        Exhausted::EngineUnavailable => None,
    });
    let bare = all(GatewayError::MethodNotAllowed, |error| match error {
        GatewayError::MethodNotAllowed => Some(GatewayError::InvalidPage),
        GatewayError::InvalidPage => Some(GatewayError::PurgeNotAllowed),
        GatewayError::PurgeNotAllowed => Some(GatewayError::PurgeFailed),
        GatewayError::PurgeFailed => Some(GatewayError::NotConfigured),
        GatewayError::NotConfigured | GatewayError::Key(_) | GatewayError::OriginsExhausted(_) => {
            None
        }
    });
    (keys.map(GatewayError::Key))
        .chain(exhausted.map(GatewayError::OriginsExhausted))
        .chain(bare)
}

fn every_render_failure() -> impl Iterator<Item = RenderFailure> {
    all(RenderFailure::TooLarge, |failure| match failure {
        RenderFailure::TooLarge => Some(RenderFailure::Unsupported),
        RenderFailure::Unsupported => Some(RenderFailure::Broken),
        RenderFailure::Broken => None,
    })
}

/// The first column of the table below a heading of the document.
fn documented(heading: &str) -> BTreeSet<&'static str> {
    let document = include_str!("../../../../docs/logging.md");
    let (_, section) = document.split_once(heading).expect("the heading");
    let section = section.split("\n## ").next().expect("a section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).collect()
}

/// The values that the schema allows at a place.
fn allowed(pointer: &str) -> BTreeSet<String> {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/log-line.schema.json")).expect("JSON");
    let values = schema.pointer(pointer).and_then(|at| at.as_array());
    let values = values.expect("a list").iter();
    values
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}

/// The files that name a reason of the S3 endpoint.
const OF_THE_S3_ENDPOINT: [&str; 11] = [
    include_str!("../s3_endpoint/authorize.rs"),
    include_str!("../s3_endpoint/body.rs"),
    include_str!("../s3_endpoint/copy_source.rs"),
    include_str!("../s3_endpoint/operation.rs"),
    include_str!("../s3_endpoint/resource.rs"),
    include_str!("../s3_endpoint/unverified.rs"),
    include_str!("../s3_endpoint/verified.rs"),
    include_str!("../../../../src/edge/endpoints/s3/forward.rs"),
    include_str!("../../../../src/edge/endpoints/s3/mod.rs"),
    include_str!("../../../../src/edge/endpoints/s3/reply.rs"),
    include_str!("../../../../src/edge/endpoints/s3/request.rs"),
];

/// The reasons of the S3 endpoint: those of other rooms, and every label in its sources, which is a string in `snake_case`
/// that follows an error code or is the reason of a reply.
fn every_reason_of_s3() -> BTreeSet<&'static str> {
    let uploads = all(UploadError::Framing, |error| match error {
        UploadError::Framing => Some(UploadError::TooShort),
        UploadError::TooShort => Some(UploadError::TooLong),
        UploadError::TooLong => Some(UploadError::ChunkSignature),
        UploadError::ChunkSignature => Some(UploadError::TrailerSignature),
        UploadError::TrailerSignature => Some(UploadError::TrailerMissing),
        UploadError::TrailerMissing => Some(UploadError::Checksum(ChecksumAlgorithm::Crc32)),
        UploadError::Checksum(_) => None,
    });
    let lists = all(DeleteError::TooLarge, |error| match error {
        DeleteError::TooLarge => Some(DeleteError::Encoding),
        DeleteError::Encoding => Some(DeleteError::Malformed),
        DeleteError::Malformed => Some(DeleteError::Doctype),
        DeleteError::Doctype => Some(DeleteError::Entity),
        DeleteError::Entity => Some(DeleteError::Structure),
        DeleteError::Structure => Some(DeleteError::Empty),
        DeleteError::Empty => Some(DeleteError::TooManyObjects),
        DeleteError::TooManyObjects => None,
    });
    let paths = every_error().filter_map(|error| match error {
        GatewayError::Key(KeyError::Path(error)) => Some(error.reason()),
        _ => None,
    });
    let is_label = |text: &&str| {
        let is_snake_case = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || b"_3".contains(&byte));
        text.contains('_') && is_snake_case && !text.starts_with('_')
    };
    let sources = OF_THE_S3_ENDPOINT.iter().flat_map(|source| {
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        source.split('"').skip(1).step_by(2)
    });
    (uploads.map(UploadError::reason))
        .chain(lists.map(DeleteError::reason))
        .chain(paths)
        .chain(sources.filter(is_label))
        .collect()
}

fn assert_same(labels: &BTreeSet<&str>, heading: &str, pointer: &str) {
    assert_eq!(&documented(heading), labels, "{heading} of docs/logging.md");
    let allowed = allowed(pointer);
    let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).collect();
    assert_eq!(&allowed, labels, "{pointer} of docs/log-line.schema.json");
}

#[test]
fn every_reason_and_outcome_is_documented_and_no_other() {
    let reasons = (every_served().map(Selection::reason))
        .chain(every_absence().map(NotFoundAs::reason))
        .chain(every_error().map(GatewayError::reason))
        // What is answered by no origin and refused by none, and what goes wrong after the head.
        .chain([
            "options",
            "preflight",
            "redirect",
            "folder_redirect",
            "listing",
            "preset_unknown",
            "variant_stored",
        ])
        .chain(every_render_failure().map(RenderFailure::reason))
        .chain(["status", "purged", "broken_off"]);
    let reasons: BTreeSet<&str> = reasons.collect();
    assert_eq!(documented("\n## Reasons\n"), reasons);
    let of_s3 = every_reason_of_s3();
    assert!(of_s3.len() > 60, "{}", of_s3.len());
    assert_eq!(documented("\n## Reasons of the S3 endpoint\n"), of_s3);
    let allowed = allowed("/properties/reason/enum");
    let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).collect();
    assert_eq!(allowed, &reasons | &of_s3);
    assert_same(
        &every_verdict().map(Verdict::reason).collect(),
        "\n## Outcomes\n",
        "/$defs/attempt/properties/outcome/enum",
    );
}

#[test]
fn every_reason_of_the_cache_is_documented_and_no_other() {
    assert_same(
        &every_cache_status()
            .filter_map(CacheStatus::reason)
            .collect(),
        "\n### `cache_reason`\n",
        "/properties/cache_reason/enum",
    );
}

#[test]
fn every_label_of_place_route_and_cache_is_documented() {
    let sources = all(PopSource::Parameter, |source| match source {
        PopSource::Parameter => Some(PopSource::Environment),
        PopSource::Environment => Some(PopSource::Unknown),
        PopSource::Unknown => None,
    });
    let routes = all(RouteReason::Override, |reason| match reason {
        RouteReason::Override => Some(RouteReason::PopTable),
        RouteReason::PopTable => Some(RouteReason::FastlyRegion),
        RouteReason::FastlyRegion => Some(RouteReason::Default),
        RouteReason::Default => None,
    });
    let states = every_cache_status().map(CacheStatus::as_str);
    for (field, labels) in [
        (
            "pop_source",
            sources.map(PopSource::as_str).collect::<BTreeSet<_>>(),
        ),
        ("route", routes.map(RouteReason::as_str).collect()),
        ("cache", states.collect()),
    ] {
        let allowed = allowed(&format!("/properties/{field}/enum"));
        let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).collect();
        assert_eq!(allowed, labels, "{field}");
        let row = format!("\n| `{field}` |");
        let (_, row) = include_str!("../../../../docs/logging.md")
            .split_once(&row)
            .expect("a row");
        let row = row.lines().next().expect("a line");
        for label in labels {
            assert!(row.contains(&format!("`{label}`")), "{label} of {field}");
        }
    }
}

#[test]
fn every_field_is_documented_and_no_other() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/log-line.schema.json")).expect("JSON");
    let names = |pointer: &str, prefix: &str| {
        let fields = schema.pointer(pointer).and_then(|at| at.as_object());
        let fields = fields.expect("an object").keys();
        fields
            .map(|name| format!("{prefix}{name}"))
            .collect::<BTreeSet<_>>()
    };
    let mut allowed = names("/properties", "");
    allowed.extend(names("/$defs/attempt/properties", "attempts[]."));
    allowed.extend(names("/properties/s3/properties", "s3."));
    allowed.extend(names("/properties/store/properties", "store."));
    let engines = names("/properties/engines/items/properties", "engines[].");
    allowed.extend(engines);
    allowed.extend(names("/properties/webhook/properties", "webhook."));
    let documented = documented("\n## Fields\n").into_iter().map(str::to_owned);
    assert_eq!(allowed, documented.collect());
}
