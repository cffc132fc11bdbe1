//! A request on its way: who asks, what for, the body, the run, the answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Request, Response, StatusCode};
use tenseur::Array;
use tenseur::servable::Servable;
use tenseur_host_guard::HostGuard;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::batching::{Batching, Job, Limits, broken_off};
use crate::metadata::{self, State};
use crate::refusal::Refusal;
use crate::route::{Route, Served, route};
use crate::{Settings, examples, json, predict};

/// Bodies are counted in pieces of so many bytes.
const PIECE: usize = 1024;

/// What all connections share.
pub(crate) struct Service {
    served: Served,
    guard: HostGuard,
    settings: Settings,
    state: AtomicU8,
    model: OnceLock<Model>,
    /// Requests that were taken and are not answered.
    under_way: AtomicUsize,
    /// Room for requests that wait for the model.
    queue: Arc<Semaphore>,
    /// Room for the bytes of bodies.
    pieces: Arc<Semaphore>,
}

struct Model {
    servable: Servable,
    batching: Batching,
}

/// Counts a request as long as it is there.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Service {
    pub(crate) fn new(settings: Settings, address: SocketAddr) -> Service {
        let served = Served {
            name: settings.name.clone(),
            version: settings.version,
            labels: settings.labels.clone(),
        };
        let pieces = settings.most_bytes.div_ceil(PIECE).clamp(1, Semaphore::MAX_PERMITS);
        Service {
            served,
            guard: HostGuard::new(address),
            state: AtomicU8::new(State::Loading as u8),
            model: OnceLock::new(),
            under_way: AtomicUsize::new(0),
            queue: Arc::new(Semaphore::new(settings.queue.clamp(1, Semaphore::MAX_PERMITS))),
            pieces: Arc::new(Semaphore::new(pieces)),
            settings,
        }
    }

    /// Serves this model from now on.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub(crate) fn load(&self, servable: Servable) -> std::io::Result<()> {
        let limits =
            Limits { max_batch: self.settings.max_batch.max(1), batch_wait: self.settings.batch_wait };
        let batching = Batching::start(servable.clone(), limits)?;
        if self.model.set(Model { servable, batching }).is_ok() {
            self.set(State::Available);
        }
        Ok(())
    }

    /// Takes no request any more.
    pub(crate) fn stop(&self) {
        self.set(State::Stopping);
    }

    /// Whether some request that was taken is not answered.
    pub(crate) fn is_busy(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) > 0
    }

    fn set(&self, state: State) {
        self.state.store(state as u8, Ordering::SeqCst);
    }

    fn state(&self) -> State {
        match self.state.load(Ordering::SeqCst) {
            state if state == State::Loading as u8 => State::Loading,
            state if state == State::Available as u8 => State::Available,
            _ => State::Stopping,
        }
    }

    /// The answer to a request.
    pub(crate) async fn answer<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let outcome = self.answer_or_refuse(request).await;
        let (status, body, closes, allow) = match outcome {
            Ok(body) => (StatusCode::OK, body, false, None),
            Err(refusal) => {
                tracing::debug!("{}: {}", refusal.status, refusal.message);
                let mut body = String::from("{\"error\": ");
                json::write_text(&refusal.message, &mut body);
                body.push('}');
                (refusal.status, body, refusal.closes, refusal.allow)
            }
        };
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(allow) = allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if closes || self.state() == State::Stopping {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn answer_or_refuse<B>(&self, request: Request<B>) -> Result<String, Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let deadline = Instant::now() + self.settings.time_limit;
        self.check_caller(request.headers())?;
        let route = route(request.method(), request.uri().path(), &self.served)?;
        if route == Route::Status {
            return Ok(metadata::status(&self.served, self.state()));
        }
        // Counted before the look at the state, so that a stop sees it or it sees the stop.
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let _under_way = UnderWay(&self.under_way);
        let unavailable = |why: &str| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, why);
        let model = match (self.state(), self.model.get()) {
            (State::Available, Some(model)) => model,
            (State::Stopping, _) => return Err(unavailable("the server is stopping").closing()),
            _ => return Err(unavailable("the model is being loaded").closing()),
        };
        if route == Route::Metadata {
            return Ok(metadata::metadata(&self.served, &model.servable));
        }
        let (body, _bytes) = self.body(request, deadline).await?;
        let _place = self.queue.clone().try_acquire_owned().map_err(|_| {
            let text = format!("{} requests wait already: the server takes no more now", self.settings.queue);
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, text)
        })?;
        let value = json::parse(&body, self.settings.most_values)
            .map_err(|why| Refusal::bad_request(format!("the body is not JSON that is taken: {why}")))?;
        drop(body);
        match route {
            Route::Examples(question) => {
                let examples::ExamplesRequest { signature, arguments } =
                    examples::request(value, question, &model.servable)?;
                let count = arguments.values().map(Array::len).next().unwrap_or(0);
                let results = run(model, signature, arguments, deadline).await?;
                examples::answer(question, count, &results)
            }
            _ => {
                let predict::PredictRequest { signature, form, arguments } =
                    predict::request(value, &model.servable)?;
                let results = run(model, signature, arguments, deadline).await?;
                predict::answer(form, &results)
            }
        }
    }

    /// Whether who asks means this machine, and is no page of another origin.
    fn check_caller(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text =
            |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let forbidden = |why: &str| Err(Refusal::new(StatusCode::FORBIDDEN, why).closing());
        let host = match text(header::HOST) {
            Some(host) if self.guard.is_this_machine(host) => host,
            _ => return forbidden("this server is addressed by number or as localhost, with its port"),
        };
        match text(header::ORIGIN) {
            Some(origin) if !self.guard.is_own_origin(origin, host) => {
                forbidden("pages of other origins are not answered")
            }
            _ => Ok(()),
        }
    }

    /// The body of a request, as long as there is room and time for it, and what it takes of the room.
    async fn body<B>(
        &self,
        request: Request<B>,
        deadline: Instant,
    ) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let most = self.settings.most_body;
        let too_large = || {
            let text = format!("the body is larger than {most} bytes");
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text).closing()
        };
        let encoding = request.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let text = "the body is encoded, and bodies are taken as they are";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text).closing());
        }
        let mut body = request.into_body();
        if body.size_hint().lower() > most as u64 {
            return Err(too_large());
        }
        let mut whole = BytesMut::new();
        let mut room: Option<OwnedSemaphorePermit> = None;
        loop {
            let frame = match tokio::time::timeout_at(deadline.into(), body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => {
                    return Err(Refusal::bad_request(format!("the body does not come: {error}")).closing());
                }
                Ok(None) => return Ok((whole.freeze(), room)),
                Err(_) => {
                    let text = "the body did not come within the time limit";
                    return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, text).closing());
                }
            };
            let Ok(data) = frame.into_data() else { continue };
            if whole.len() + data.len() > most {
                return Err(too_large());
            }
            whole.extend_from_slice(&data);
            let taken = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let more = (whole.len().div_ceil(PIECE) - taken) as u32;
            let full = |_| {
                let text = "as many bytes of requests as the server takes are under way";
                Refusal::new(StatusCode::TOO_MANY_REQUESTS, text).closing()
            };
            let permit = self.pieces.clone().try_acquire_many_owned(more).map_err(full)?;
            match &mut room {
                Some(room) => room.merge(permit),
                None => room = Some(permit),
            }
        }
    }
}

/// The results of a signature, when its turn has come.
async fn run(
    model: &Model,
    signature: String,
    arguments: BTreeMap<String, Array>,
    deadline: Instant,
) -> Result<BTreeMap<String, Array>, Refusal> {
    let (answer, answered) = oneshot::channel();
    model.batching.push(Job { signature, arguments, deadline, answer });
    match tokio::time::timeout_at(deadline.into(), answered).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(broken_off()),
        Err(_) => Err(Refusal::too_late()),
    }
}
