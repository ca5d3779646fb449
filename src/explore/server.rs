//! The server of the explorer: the page by GET, one endpoint in JSON by POST. Limits on time, size and number keep slow, large
//! or lost clients from blocking others.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::sync::Semaphore;

use super::api::{Explorer, Query};
use super::assets;
use super::connections::{self, Busy};
use super::guard::{Guard, Token};

/// The most bytes of a query.
pub const BODY_MAX: usize = 8 << 20;
/// The longest time to receive a query.
const READ_TIME: Duration = Duration::from_secs(10);
/// The longest time to compute an answer.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// The most answers that are computed at a time.
const ANSWERS_MAX: usize = 4;
/// The most queries that are answered or wait.
const QUERIES_MAX: usize = 20;

/// The content security policy of the served page: only its own files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A bound address, before the explorer serves it.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    guard: Guard,
}

struct Served {
    explorer: Arc<Explorer>,
    guard: Guard,
    permits: Arc<Semaphore>,
}

impl Listener {
    /// Binds an address. Requests need the token, if there is one.
    ///
    /// # Errors
    /// The reason why the address is not available.
    pub fn bind(address: SocketAddr, token: Option<Token>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let guard = Guard::of(listener.local_addr()?, token);
        Ok(Self { listener, guard })
    }

    /// Returns the URL for a browser.
    #[must_use]
    pub fn url(&self) -> String {
        self.guard.url()
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// The reason why it cannot start.
    pub fn serve(self, explorer: Arc<Explorer>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(ANSWERS_MAX)
            .build()?;
        let Self { listener, guard } = self;
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            connections::accept(listener, router(explorer, guard)).await
        })
    }
}

fn router(explorer: Arc<Explorer>, guard: Guard) -> Router {
    let served = Arc::new(Served { explorer, guard, permits: Arc::new(Semaphore::new(QUERIES_MAX)) });
    Router::new()
        .route("/", get(page))
        .route("/{name}", get(asset))
        .route("/api", post(api))
        .fallback(|| async { refusal(StatusCode::NOT_FOUND, "there is no such page") })
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&served), guarded))
        .with_state(served)
}

async fn guarded(State(served): State<Arc<Served>>, request: Request, next: axum::middleware::Next) -> Response {
    let mut response = match served.guard.check(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err((status, says)) => refusal(status, says),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn page() -> Response {
    file(&assets::PAGE)
}

async fn asset(Path(name): Path<String>) -> Response {
    assets::asset(&name).map_or_else(|| refusal(StatusCode::NOT_FOUND, "there is no such file"), file)
}

fn file(asset: &assets::Asset) -> Response {
    ([(header::CONTENT_TYPE, asset.kind)], asset.text).into_response()
}

async fn api(State(served): State<Arc<Served>>, request: Request<Body>) -> Response {
    let busy = request.extensions().get::<Busy>().cloned();
    let read = axum::body::to_bytes(request.into_body(), BODY_MAX);
    let body = match tokio::time::timeout(READ_TIME, read).await {
        Err(_) => return refusal(StatusCode::REQUEST_TIMEOUT, "the query took too long to arrive"),
        Ok(Err(_)) => return refusal(StatusCode::PAYLOAD_TOO_LARGE, "the query is incomplete, or has more than 8 MB"),
        Ok(Ok(body)) => body,
    };
    let query: Query = match serde_json::from_slice(&body) {
        Ok(query) => query,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &format!("invalid query: {reason}")),
    };
    let Ok(permit) = Arc::clone(&served.permits).try_acquire_owned() else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "the explorer is busy: ask again in a moment");
    };
    if let Some(Busy(busy)) = busy {
        busy.store(true, Ordering::Relaxed);
    }
    let explorer = Arc::clone(&served.explorer);
    // Dropped with this answer, so that a queued query without a client is skipped.
    let wanted = Arc::new(());
    let still = Arc::downgrade(&wanted);
    let found = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        still.upgrade().map(|_| explorer.answer(query))
    });
    let answer = tokio::time::timeout(ANSWER_TIME, found).await;
    drop(wanted);
    match answer {
        Err(_) | Ok(Ok(None)) => refusal(StatusCode::SERVICE_UNAVAILABLE, "the answer takes too long"),
        Ok(Err(_)) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "this is a defect of stranded"),
        Ok(Ok(Some(Err(error)))) => refusal(StatusCode::UNPROCESSABLE_ENTITY, &error.0),
        Ok(Ok(Some(Ok(answer)))) => axum::Json(answer).into_response(),
    }
}

/// Returns a refusal with its reason as text.
pub(super) fn refusal(status: StatusCode, says: &str) -> Response {
    (status, axum::Json(json!({"error": says}))).into_response()
}
