//! Connections: limits on their number and time. If there are too many, the oldest idle one is closed.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The most connections at a time.
const CONNECTIONS_MAX: usize = 256;
/// The longest time for a request header.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// The longest time for a connection.
const CONNECTION_TIME: Duration = Duration::from_secs(300);
/// The pause after the system has refused a connection.
const PAUSE: Duration = Duration::from_millis(50);

/// A flag that is set while the server computes an answer: the connection is not closed then.
#[derive(Clone, Debug, Default)]
pub(super) struct Busy(pub(super) Arc<AtomicBool>);

struct Connection {
    task: JoinHandle<()>,
    busy: Busy,
}

/// Accepts clients until the process ends.
pub(super) async fn accept(listener: TcpListener, router: Router) -> io::Result<()> {
    let mut open: VecDeque<Connection> = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                make_room(&mut open);
                open.push_back(serve(stream, router.clone()));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn make_room(open: &mut VecDeque<Connection>) {
    open.retain(|connection| !connection.task.is_finished());
    if open.len() < CONNECTIONS_MAX {
        return;
    }
    let idle = open.iter().position(|connection| !connection.busy.0.load(Ordering::Relaxed)).unwrap_or(0);
    if let Some(connection) = open.remove(idle) {
        connection.task.abort();
    }
}

fn serve(stream: TcpStream, router: Router) -> Connection {
    let busy = Busy::default();
    let own = busy.clone();
    let task = tokio::spawn(async move {
        let service = TowerToHyperService::new(router);
        let asked = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(own.clone());
            let (answer, own) = (service.call(request), own.clone());
            async move {
                let answer = answer.await;
                own.0.store(false, Ordering::Relaxed);
                answer
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
        // A client that disconnects needs no answer.
        let _ = tokio::time::timeout(CONNECTION_TIME, http.serve_connection(TokioIo::new(stream), asked)).await;
    });
    Connection { task, busy }
}
