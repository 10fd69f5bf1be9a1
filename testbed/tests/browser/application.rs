//! The application in front of the two origins of the demo.

use b2_edge_testbed::demo::{EU, US};
use b2_edge_testbed::{Origin, Viceroy, ViceroyConfig};

/// Starts the application with this configuration. The origins stop when they are dropped.
///
/// # Panics
///
/// When a part cannot be started.
pub(crate) async fn start(config: &str) -> (Viceroy, [Origin; 2]) {
    let us = US.start_on(0).await.expect("the US origin");
    let eu = EU.start_on(0).await.expect("the EU origin");
    let edge = ViceroyConfig::new()
        .origin(&us)
        .origin(&eu)
        .config(config)
        .start()
        .await
        .expect("Viceroy starts");
    (edge, [us, eu])
}
