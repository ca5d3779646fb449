//! Serving the explorer: the page by GET, one endpoint in JSON by POST, to whoever may ask. A client that is slow, too big or
//! gone costs a place for a few seconds, and nothing else.

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

use super::api::{Explorer, Question};
use super::assets;
use super::connections::{self, Busy};
use super::guard::{Guard, Token};

/// The most bytes that a question may have.
pub const BODY_MAX: usize = 8 << 20;
/// How long a question may take to come in.
const READ_TIME: Duration = Duration::from_secs(10);
/// How long an answer may take to be found.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// How many answers are looked for at the same time.
const ANSWERS_MAX: usize = 4;
/// How many questions are answered or wait for it.
const QUESTIONS_MAX: usize = 20;

/// What the served page may load and run: its own files, and nothing that stands in it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// An explorer that listens, and does not serve yet.
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    guard: Guard,
}

struct Served {
    explorer: Arc<Explorer>,
    guard: Guard,
    places: Arc<Semaphore>,
}

impl Listening {
    /// Listens at an address. A token is asked for where others than this machine can come.
    ///
    /// # Errors
    /// Why nobody can listen there.
    pub fn at(address: SocketAddr, token: Option<Token>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let guard = Guard::of(listener.local_addr()?, token);
        Ok(Self { listener, guard })
    }

    /// Where to point a browser.
    #[must_use]
    pub fn url(&self) -> String {
        self.guard.url()
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// Why it could not start.
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
    let served = Arc::new(Served { explorer, guard, places: Arc::new(Semaphore::new(QUESTIONS_MAX)) });
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
        Err(_) => return refusal(StatusCode::REQUEST_TIMEOUT, "the question took too long to come in"),
        Ok(Err(_)) => return refusal(StatusCode::PAYLOAD_TOO_LARGE, "the question was cut off, or has more than 8 MB"),
        Ok(Ok(body)) => body,
    };
    let question: Question = match serde_json::from_slice(&body) {
        Ok(question) => question,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &format!("this is no question: {reason}")),
    };
    let Ok(place) = Arc::clone(&served.places).try_acquire_owned() else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "the explorer is busy: ask again in a moment");
    };
    if let Some(Busy(busy)) = busy {
        busy.store(true, Ordering::Relaxed);
    }
    let explorer = Arc::clone(&served.explorer);
    // Dropped together with this answer, when nobody waits for it any more.
    let wanted = Arc::new(());
    let still = Arc::downgrade(&wanted);
    let found = tokio::task::spawn_blocking(move || {
        let _place = place;
        still.upgrade().map(|_| explorer.answer(question))
    });
    let answer = tokio::time::timeout(ANSWER_TIME, found).await;
    drop(wanted);
    match answer {
        Err(_) | Ok(Ok(None)) => refusal(StatusCode::SERVICE_UNAVAILABLE, "the answer takes too long"),
        Ok(Err(_)) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "this is a defect of stranded"),
        Ok(Ok(Some(Err(nowhere)))) => refusal(StatusCode::UNPROCESSABLE_ENTITY, &nowhere.0),
        Ok(Ok(Some(Ok(answer)))) => axum::Json(answer).into_response(),
    }
}

/// No answer, with the reason in words.
pub(super) fn refusal(status: StatusCode, says: &str) -> Response {
    (status, axum::Json(json!({"error": says}))).into_response()
}
