//! Many clients that send the same request at once.

use std::io;
use std::sync::Arc;

use b2_edge_testbed::{Request, Response};

use super::stage::Stage;

/// Sends the same request `count` times at once; each must get a response.
pub(crate) async fn crowd<S>(stage: &Arc<S>, count: usize, request: &Request) -> Vec<Response>
where
    S: AsRef<Stage> + Send + Sync + 'static,
{
    let responses = try_crowd(stage, count, request).await;
    responses
        .into_iter()
        .map(|response| response.expect("a response"))
        .collect()
}

/// Sends the same request `count` times at once.
pub(crate) async fn try_crowd<S>(
    stage: &Arc<S>,
    count: usize,
    request: &Request,
) -> Vec<io::Result<Response>>
where
    S: AsRef<Stage> + Send + Sync + 'static,
{
    let clients: Vec<_> = (0..count)
        .map(|_| {
            let (stage, request) = (Arc::clone(stage), request.clone());
            tokio::spawn(async move { (*stage).as_ref().try_send(request).await })
        })
        .collect();
    let mut responses = Vec::new();
    for client in clients {
        responses.push(client.await.expect("a client"));
    }
    responses
}
