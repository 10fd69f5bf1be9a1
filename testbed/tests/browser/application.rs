//! The application in front of the two origins of the demo.

use b2_edge_testbed::demo::{EU, US};
use b2_edge_testbed::{Origin, RenderService, Viceroy, ViceroyConfig};

/// Starts the application with this configuration. The origins stop when they are dropped.
///
/// # Panics
///
/// When a part cannot be started.
pub(crate) async fn start(config: &str) -> (Viceroy, [Origin; 2]) {
    let origins = origins().await;
    let edge = before(&origins, config).start().await;
    (edge.expect("Viceroy starts"), origins)
}

/// Starts the application and the render service.
///
/// # Panics
///
/// When a part cannot be started.
pub(crate) async fn start_with_render_service(
    config: &str,
) -> (Viceroy, [Origin; 2], RenderService) {
    let origins = origins().await;
    let service = RenderService::start(&origins.each_ref(), &[]).expect("the service starts");
    let edge = before(&origins, config)
        .render_service(&service.url())
        .start();
    (edge.await.expect("Viceroy starts"), origins, service)
}

async fn origins() -> [Origin; 2] {
    let us = US.start_on(0).await.expect("the US origin");
    let eu = EU.start_on(0).await.expect("the EU origin");
    [us, eu]
}

fn before([us, eu]: &[Origin; 2], config: &str) -> ViceroyConfig {
    ViceroyConfig::new().origin(us).origin(eu).config(config)
}
