//! A port that can stop listening and remain reserved, so that connections are refused and no other process
//! can bind it.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::runtime::runtime;

const BACKLOG: u32 = 1024;

/// Without a pause, a lasting error would keep a core busy.
const AFTER_ERROR: Duration = Duration::from_millis(10);

/// A loopback port with one handler for all connections.
pub(crate) struct Listener<H> {
    port: u16,
    handle: Arc<H>,
    state: Mutex<State>,
}

enum State {
    Listening(Accepting),
    Held(TcpSocket),
    /// Neither listening nor reserved, because binding failed.
    Lost,
}

/// Stops accepting and closes all connections when it is dropped.
struct Accepting(JoinHandle<()>);

impl Drop for Accepting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<H, F> Listener<H>
where
    H: Fn(TcpStream) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    /// Listens on `port`, or on a free one when it is 0.
    pub(crate) fn start(port: u16, handle: H) -> io::Result<Self> {
        let handle = Arc::new(handle);
        let socket = bind(port)?;
        let port = socket.local_addr()?.port();
        let accepting = accept(socket, Arc::clone(&handle))?;
        Ok(Self {
            port,
            handle,
            state: Mutex::new(State::Listening(accepting)),
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Closes every connection. New ones are refused.
    pub(crate) async fn stop(&self) -> io::Result<()> {
        let mut state = self.state.lock().await;
        if let State::Listening(accepting) = &mut *state {
            accepting.0.abort();
            // It returns that it was cancelled. The socket is closed now.
            let _ = (&mut accepting.0).await;
            *state = State::Lost;
            *state = State::Held(bind(self.port)?);
        }
        Ok(())
    }

    /// Closes every connection, and handles those that follow otherwise.
    pub(crate) async fn replace(&mut self, handle: H) -> io::Result<()> {
        self.stop().await?;
        self.handle = Arc::new(handle);
        self.resume().await
    }

    /// Listens again.
    pub(crate) async fn resume(&self) -> io::Result<()> {
        let mut state = self.state.lock().await;
        let socket = match std::mem::replace(&mut *state, State::Lost) {
            listening @ State::Listening(_) => {
                *state = listening;
                return Ok(());
            }
            State::Held(socket) => socket,
            State::Lost => bind(self.port)?,
        };
        *state = State::Listening(accept(socket, Arc::clone(&self.handle))?);
        Ok(())
    }
}

fn bind(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

fn accept<H, F>(socket: TcpSocket, handle: Arc<H>) -> io::Result<Accepting>
where
    H: Fn(TcpStream) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let _on_our_runtime = runtime().enter();
    let listener = socket.listen(BACKLOG)?;
    Ok(Accepting(runtime().spawn(accept_all(listener, handle))))
}

async fn accept_all<H, F>(listener: TcpListener, handle: Arc<H>)
where
    H: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(handle(stream));
                    }
                    // A connection that was closed in the queue, or too many open files, in which case
                    // the next call would fail at once too.
                    Err(_) => sleep(AFTER_ERROR).await,
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
