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
    /// With a second socket that is bound to the port: between closing one and binding another, the kernel might give the
    /// port to a connection.
    Listening(Accepting, TcpSocket),
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
        if port != 0 {
            // Of others, the port must not be shared.
            bind_alone(port)?;
        }
        let socket = bind(port)?;
        let port = socket.local_addr()?.port();
        let reserved = bind(port)?;
        let accepting = accept(socket, Arc::clone(&handle))?;
        Ok(Self {
            port,
            handle,
            state: Mutex::new(State::Listening(accepting, reserved)),
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Closes every connection. New ones are refused.
    pub(crate) async fn stop(&self) -> io::Result<()> {
        let mut state = self.state.lock().await;
        *state = match std::mem::replace(&mut *state, State::Lost) {
            State::Listening(mut accepting, reserved) => {
                accepting.0.abort();
                // It returns that it was cancelled. The socket is closed now.
                let _ = (&mut accepting.0).await;
                State::Held(reserved)
            }
            State::Held(socket) => State::Held(socket),
            State::Lost => State::Held(bind(self.port)?),
        };
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
            listening @ State::Listening(..) => {
                *state = listening;
                return Ok(());
            }
            State::Held(socket) => socket,
            State::Lost => bind(self.port)?,
        };
        let reserved = bind(self.port)?;
        *state = State::Listening(accept(socket, Arc::clone(&self.handle))?, reserved);
        Ok(())
    }
}

/// A socket that shares its port with others that allow it.
fn bind(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

/// Fails if anything else is bound to the port.
fn bind_alone(port: u16) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
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
