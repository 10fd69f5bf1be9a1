//! Image variants in the status report: the presets, what renders them, and where storing them was refused.
//!
//! Invariant: of a secret it contains the name, and only if it is missing.

use serde::Serialize;
use serde_json::Value;

use crate::images::route::PathTemplate;
use crate::images::settings::{Engine, RENDER_KEY};
use crate::images::store_record::RefusedStore;
use crate::setup::problem::Problem;
use crate::setup::service::{SecretError, Service, read_secret};

/// What is known of image variants besides their configuration.
#[derive(Clone, Debug, Default)]
pub struct ImagesState {
    /// What the render service lacks, if it is an engine.
    pub service_problems: Vec<Problem>,
    /// The origins that refused to store a variant in the last minute, in this POP.
    pub refused: Vec<(String, RefusedStore)>,
}

impl ImagesState {
    /// The state of a service's variants; `None` if it has no route to them.
    pub fn of(
        service: &Service,
        secret: impl Fn(&str) -> Result<String, SecretError>,
        refused: impl Fn(&str) -> Option<RefusedStore>,
    ) -> Option<Self> {
        let images = &service.images;
        if images.routes.is_empty() {
            return None;
        }
        let mut service_problems = Vec::new();
        if images.engines.contains(&Engine::Service) {
            if service.render_host.is_none() {
                service_problems.push(Problem::MissingBackend {
                    backend: images.service_backend.clone(),
                });
            }
            service_problems.extend(read_secret(RENDER_KEY, &secret).err());
        }
        let backends = service.origins.iter().map(|origin| &origin.backend);
        Some(Self {
            service_problems,
            refused: backends
                .filter_map(|backend| Some((backend.clone(), refused(backend)?)))
                .collect(),
        })
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ImagesReport {
    routes: Vec<String>,
    presets: Vec<PresetReport>,
    engines: Vec<&'static str>,
    service: Option<RenderServiceReport>,
    refused_stores: Vec<RefusedStoreReport>,
}

#[derive(Debug, Serialize)]
struct PresetReport {
    name: String,
    definition: Value,
}

#[derive(Debug, Serialize)]
struct RenderServiceReport {
    backend: String,
    host: Option<String>,
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct RefusedStoreReport {
    origin: String,
    #[serde(flatten)]
    refused: RefusedStore,
    remedy: String,
}

impl ImagesReport {
    pub(super) fn of(service: &Service, state: &ImagesState) -> Self {
        let images = &service.images;
        let paths = images.routes.iter().map(|route| &route.path);
        let presets = images.presets.iter().map(|(name, preset)| PresetReport {
            name: name.clone(),
            definition: preset.to_json(),
        });
        let is_rendered_by_service = images.engines.contains(&Engine::Service);
        let refused = state.refused.iter().map(|(origin, refused)| RefusedStoreReport {
            origin: origin.clone(),
            refused: refused.clone(),
            remedy: format!(
                "Give the key of {origin} the right writeFiles, or add the secrets {origin}_write_key_id and \
                 {origin}_write_application_key."
            ),
        });
        Self {
            routes: paths.map(PathTemplate::to_text).collect(),
            presets: presets.collect(),
            engines: images
                .engines
                .iter()
                .map(|engine| engine.as_str())
                .collect(),
            service: is_rendered_by_service.then(|| RenderServiceReport {
                backend: images.service_backend.clone(),
                host: service.render_host.clone(),
                problems: (state.service_problems.iter().map(ToString::to_string)).collect(),
            }),
            refused_stores: refused.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::setup::origin::BackendAddress;

    fn report(engines: &str, has_service: bool) -> Option<Value> {
        let config = Config::parse(&format!(
            r#"{{"images": {{"routes": [{{"path": "/p/{{preset}}/{{key}}", "source": "{{key}}"}}],
                "presets": {{"a": {{"width": 9}}}}, "engines": {engines}}}}}"#
        ));
        let service = Service::assemble(config.expect("valid"), |backend| {
            let host = match backend {
                "render" if has_service => "render.example",
                "us_origin" => "demo-us.s3.us-west-004.backblazeb2.com",
                _ => return None,
            };
            Some(BackendAddress::Host(host.to_owned()))
        });
        let secret = |_: &str| Err(SecretError::NoSecret);
        let refused = |origin: &str| {
            (origin == "us_origin").then(|| RefusedStore {
                time: "2026-11-26T08:00:00Z".to_owned(),
                backend: "us_origin".to_owned(),
                status: Some(403),
                code: Some("AccessDenied".to_owned()),
            })
        };
        let state = ImagesState::of(&service, secret, refused)?;
        serde_json::to_value(ImagesReport::of(&service, &state)).ok()
    }

    #[test]
    fn the_report_names_what_is_missing_and_what_was_refused() {
        let alone = report(r#"["guest"]"#, false).expect("a report");
        assert_eq!(alone["service"], Value::Null);
        assert_eq!(alone["routes"], json!(["/p/{preset}/{key}"]));
        assert_eq!(
            alone["presets"],
            json!([{"name": "a", "definition": {"width": 9}}])
        );
        assert_eq!(alone["refused_stores"][0]["origin"], "us_origin");
        assert_eq!(alone["refused_stores"][0]["status"], 403);
        let served = report(r#"["guest", "service"]"#, true).expect("a report");
        assert_eq!(
            served["service"],
            json!({"backend": "render", "host": "render.example",
                   "problems": ["secret render_key is missing in secret store b2_edge_keys"]})
        );
        let missing = report(r#"["service"]"#, false).expect("a report");
        let problems = missing["service"]["problems"].as_array().map(Vec::len);
        assert_eq!(problems, Some(2), "{missing}");
    }
}
