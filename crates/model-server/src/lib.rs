//! Serves a trained model by TensorFlow Serving's REST API: predict, classify, regress, the model's status and its metadata.
//!
//! ```no_run
//! use std::net::SocketAddr;
//! use tenseur::servable::{ModelPlace, Servable};
//! use tenseur_model_server::{Settings, Stage, serve};
//!
//! let place = ModelPlace::find("runs/digits-1")?;
//! let settings = Settings { name: place.name().to_string(), ..Settings::default() };
//! let load = move || Servable::open(place.folder(), &[]);
//! let say = |stage: Stage, address: SocketAddr| println!("{address}: {stage:?}");
//! serve(settings, load, say, || false)?;
//! # Ok::<(), tenseur::Error>(())
//! ```
//!
//! Requests wait in a bounded queue before the model, which runs on a thread of its own, several of them at a time where a row of
//! the results does not depend on other rows. What is too much is refused: with 429 and 413 before it costs anything, with 408 and
//! 504 when time is up. Only this machine is listened to, unless the address says otherwise, and only what is addressed to it.
#![forbid(unsafe_code)]

mod batching;
mod connection;
mod examples;
mod json;
mod metadata;
mod predict;
mod refusal;
mod route;
mod service;
mod tensor_json;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tenseur::servable::Servable;
use tenseur::{Code, Error, Result};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot, watch};

use crate::service::Service;

/// How a model is served.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where; port 0 is any that is free.
    pub address: SocketAddr,
    /// What the model is called in paths: `/v1/models/NAME`.
    pub name: String,
    /// Its version, which paths may name.
    pub version: i64,
    /// Its labels, which paths may name instead.
    pub labels: Vec<String>,
    /// So many rows of several requests are computed in one run at most; 1 is one request at a time.
    pub max_batch: usize,
    /// So long a request waits for others that go with it, unless a run is full before.
    pub batch_wait: Duration,
    /// So many requests wait for the model at most; others are refused with 429.
    pub queue: usize,
    /// So long a request may take, from its head to its answer.
    pub time_limit: Duration,
    /// The most bytes of a body.
    pub most_body: usize,
    /// The most values in a body; a list counts as 4 beside what is in it, an object as 16.
    pub most_values: usize,
    /// The most bytes of all bodies that are under way.
    pub most_bytes: usize,
    /// The most connections; others wait until one ends.
    pub most_connections: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            address: (Ipv4Addr::LOCALHOST, 8501).into(),
            name: "default".to_string(),
            version: 1,
            labels: Vec::new(),
            max_batch: 64,
            batch_wait: Duration::ZERO,
            queue: 256,
            time_limit: Duration::from_secs(30),
            most_body: 32 << 20,
            most_values: 4 << 20,
            most_bytes: 256 << 20,
            most_connections: 768,
        }
    }
}

/// How far a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It listens; until the model is loaded it answers 503.
    Listening,
    /// The model is served.
    Available,
    /// What was taken is answered, all else with 503.
    Stopping,
}

/// Until what is answered has been written, when the server ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How often `stopped` is asked.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(20);

/// Serves the model that `load` gives until `stopped` says so; then answers what it has taken. `say` hears how far it is, and the
/// address.
///
/// # Errors
/// When the name is none, the address cannot be listened on, or the model cannot be loaded.
pub fn serve(
    settings: Settings,
    load: impl FnOnce() -> Result<Servable> + Send + 'static,
    say: impl Fn(Stage, SocketAddr),
    stopped: impl Fn() -> bool,
) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if settings.name.is_empty() || !settings.name.chars().all(fits) {
        let text = format!("\"{}\" cannot be a model's name: letters, digits and ._- can", settings.name);
        return Err(Error::invalid(text));
    }
    let cannot = |error: std::io::Error| {
        let text = format!("cannot serve at {}: {error}", settings.address);
        Error::new(Code::FailedPrecondition, text).hint("another port may be free; 0 is any that is")
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("http")
        .enable_all()
        .build()
        .map_err(cannot)?;
    let outcome = runtime.block_on(async {
        let listener = TcpListener::bind(settings.address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        say(Stage::Listening, address);
        let server = Server::new(settings.clone(), address, listener);
        server.run(load, &|stage| say(stage, address), &stopped).await
    });
    // A model that is still being loaded is not waited for.
    runtime.shutdown_background();
    outcome
}

/// What accepts connections.
struct Server {
    service: Arc<Service>,
    listener: TcpListener,
    connections: Arc<Semaphore>,
    most_connections: u32,
    time_limit: Duration,
    closing: watch::Sender<bool>,
}

impl Server {
    fn new(settings: Settings, address: SocketAddr, listener: TcpListener) -> Server {
        let most_connections = settings.most_connections.clamp(1, 1 << 20) as u32;
        Server {
            time_limit: settings.time_limit,
            service: Arc::new(Service::new(settings, address)),
            listener,
            connections: Arc::new(Semaphore::new(most_connections as usize)),
            most_connections,
            closing: watch::Sender::new(false),
        }
    }

    async fn run(
        &self,
        load: impl FnOnce() -> Result<Servable> + Send + 'static,
        say: &impl Fn(Stage),
        stopped: &impl Fn() -> bool,
    ) -> Result<()> {
        let stop = async {
            while !stopped() {
                tokio::time::sleep(BETWEEN_QUESTIONS).await;
            }
        };
        let work = async {
            self.load(load).await?;
            say(Stage::Available);
            std::future::pending().await
        };
        tokio::select! {
            never = self.accept() => match never {},
            failed = work => return failed,
            () = stop => {}
        }
        say(Stage::Stopping);
        self.service.stop();
        let until = Instant::now() + self.time_limit + LAST_WORDS;
        let answered = async {
            while self.service.is_busy() && Instant::now() < until {
                tokio::time::sleep(BETWEEN_QUESTIONS / 4).await;
            }
        };
        tokio::select! {
            never = self.accept() => match never {},
            () = answered => {}
        }
        self.closing.send_replace(true);
        let all_ended = self.connections.acquire_many(self.most_connections);
        let _ = tokio::time::timeout(LAST_WORDS, all_ended).await;
        Ok(())
    }

    /// Accepts connections for ever.
    async fn accept(&self) -> std::convert::Infallible {
        loop {
            let Ok(place) = self.connections.clone().acquire_owned().await else {
                std::future::pending().await
            };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let connection =
                        connection::serve(stream, self.service.clone(), self.closing.subscribe());
                    tokio::spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                // The system has no room for another connection now.
                Err(error) => {
                    tracing::warn!("a connection was not taken: {error}");
                    tokio::time::sleep(BETWEEN_QUESTIONS).await;
                }
            }
        }
    }

    /// Loads the model, on a thread of its own.
    async fn load(&self, load: impl FnOnce() -> Result<Servable> + Send + 'static) -> Result<()> {
        let (loaded, model) = oneshot::channel();
        let no_thread = |error: std::io::Error| {
            Error::new(Code::ResourceExhausted, format!("there is no thread for the model: {error}"))
        };
        std::thread::Builder::new()
            .name("load".to_string())
            .spawn(move || loaded.send(load()))
            .map_err(no_thread)?;
        let broken = |_| Error::new(Code::Internal, "the model was not loaded: its thread ended by a fault");
        let model = model.await.map_err(broken)??;
        self.service.load(model).map_err(no_thread)
    }
}
