//! Accepts connections until the process is told to stop, and then finishes the requests that it has.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::app::App;
use crate::log;
use crate::patient_stream::PatientStream;

/// Further connections wait in the kernel.
const MAX_CONNECTIONS: usize = 512;

/// How long a connection may be idle, and a head may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest head in bytes. A preset in the query is short.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// How long a stop waits for requests: longer than any may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(50);

/// After an error of `accept` that concerns the process, such as no free file descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
///
/// When the address cannot be bound, or signals cannot be received.
pub(crate) async fn serve(address: SocketAddr, app: Arc<App>) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let mut stop = pin!(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    });
    let listener = TcpListener::bind(address).await?;
    log::event(serde_json::json!({
        "event": "start",
        "address": listener.local_addr()?.to_string(),
        "version": env!("CARGO_PKG_VERSION"),
    }));
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        tokio::select! {
            accepted = accept(&listener, &connections) => match accepted {
                Ok((stream, place)) => serve_connection(stream, place, &app, &graceful),
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            () = &mut stop => break,
        }
    }
    // New connections are refused from here on.
    drop(listener);
    log::event(serde_json::json!({"event": "stopping"}));
    let finished = timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_ok();
    log::event(serde_json::json!({"event": "stopped", "finished": finished}));
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(connections).acquire_owned().await;
    // The semaphore is never closed.
    let place = place.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

fn serve_connection(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    app: &Arc<App>,
    graceful: &GracefulShutdown,
) {
    // It only makes small responses slower.
    let _ = stream.set_nodelay(true);
    let app = Arc::clone(app);
    let service = service_fn(move |request: Request<Incoming>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(app.respond(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(PatientStream::new(stream)), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // An error when the client disconnected or was too slow: its requests have their own log lines.
        let _ = connection.await;
        drop(place);
    });
}
