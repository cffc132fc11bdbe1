//! A visitor: a WebSocket, and behind it a simulation on a thread of its own, which ends with it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tenseur_playground::{Message, Simulation};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::Shared;

/// The most simulations at a time.
pub const MOST_VISITORS: usize = 16;

/// The longest command, in bytes: a table of points.
const LONGEST_COMMAND: usize = 2 << 20;

/// So many commands a second are taken; the others wait in the socket. A page that moves the mouse while it plays sends
/// some two hundred.
const COMMANDS_A_SECOND: f64 = 400.0;

/// For how long a simulation trains before it looks for commands again, in milliseconds.
const SLICE: f64 = 10.0;

/// A page that takes no message for so long is gone.
const LONGEST_SEND: Duration = Duration::from_secs(30);

/// Commands and answers under way, at most.
const UNDER_WAY: usize = 16;

/// Counts a visitor as long as it is there.
struct Counted(Shared);

impl Counted {
    fn new(shared: Shared) -> Option<Counted> {
        let more = |count| (count < MOST_VISITORS).then_some(count + 1);
        let counted = shared.visitors.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        counted.ok().map(|_| Counted(shared))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.visitors.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Opens the WebSocket of a visitor, if there is room.
pub(crate) async fn engine(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    let Some(counted) = Counted::new(shared) else {
        let text = "there are as many simulations as this server takes: close a page";
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    upgrade
        .max_message_size(LONGEST_COMMAND)
        .max_frame_size(LONGEST_COMMAND)
        .on_upgrade(move |socket| visit(socket, counted))
}

/// Carries commands and messages between the socket and the simulation's thread, until one of the two ends.
async fn visit(mut socket: WebSocket, counted: Counted) {
    let (commands, taken) = mpsc::channel(UNDER_WAY);
    let (given, mut messages) = mpsc::channel(UNDER_WAY);
    let thread = std::thread::Builder::new().name("simulation".to_string());
    let started = thread.spawn(move || {
        // There until the simulation itself is gone.
        let _counted = counted;
        simulate(taken, &given);
    });
    if let Err(error) = started {
        tracing::warn!("a visitor was turned away: {error}");
        return;
    }
    let mut allowance = Allowance::new();
    loop {
        tokio::select! {
            message = messages.recv() => {
                let frame = match message {
                    Some(Message::Text(text)) => Frame::Text(text.into()),
                    Some(Message::Binary(bytes)) => Frame::Binary(bytes.into()),
                    None => break,
                };
                match tokio::time::timeout(LONGEST_SEND, socket.send(frame)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => break,
                }
            }
            // A command is read only when there is room for it: a page that sends too many waits.
            received = receive(&mut socket, &commands, &mut allowance) => {
                if !received {
                    break;
                }
            }
        }
    }
}

/// Takes one frame of the socket. Says whether there may be another.
async fn receive(socket: &mut WebSocket, commands: &Sender<String>, allowance: &mut Allowance) -> bool {
    let Ok(room) = commands.reserve().await else { return false };
    tokio::time::sleep(allowance.wait()).await;
    match socket.recv().await {
        Some(Ok(Frame::Text(text))) => {
            allowance.take();
            room.send(text.as_str().to_string());
            true
        }
        Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {
            allowance.take();
            true
        }
        Some(Ok(Frame::Binary(_) | Frame::Close(_)) | Err(_)) | None => false,
    }
}

/// How many commands may still come, filled up as time passes.
struct Allowance {
    left: f64,
    filled: Instant,
}

impl Allowance {
    fn new() -> Allowance {
        Allowance { left: COMMANDS_A_SECOND, filled: Instant::now() }
    }

    /// How long to wait for the next.
    fn wait(&mut self) -> Duration {
        let passed = self.filled.elapsed().as_secs_f64();
        self.filled = Instant::now();
        self.left = (self.left + passed * COMMANDS_A_SECOND).min(COMMANDS_A_SECOND);
        Duration::from_secs_f64(((1.0 - self.left) / COMMANDS_A_SECOND).max(0.0))
    }

    fn take(&mut self) {
        self.left -= 1.0;
    }
}

/// The simulation's thread: commands as they come, and training between them.
fn simulate(mut commands: Receiver<String>, messages: &Sender<Message>) {
    let start = Instant::now();
    let mut clock = move || start.elapsed().as_secs_f64() * 1000.0;
    let begun = Simulation::new("").and_then(|mut simulation| {
        let welcome = simulation.welcome()?;
        Ok((simulation, welcome))
    });
    let (mut simulation, welcome) = match begun {
        Ok(begun) => begun,
        Err(error) => return tracing::error!("the simulation does not start: {error}"),
    };
    if messages.blocking_send(welcome).is_err() {
        return;
    }
    loop {
        let command = match simulation.is_busy() {
            true => match commands.try_recv() {
                Ok(command) => Some(command),
                Err(mpsc::error::TryRecvError::Empty) => None,
                Err(mpsc::error::TryRecvError::Disconnected) => return,
            },
            false => match commands.blocking_recv() {
                Some(command) => Some(command),
                None => return,
            },
        };
        let answers = match command {
            Some(command) => simulation.command(&command, &mut clock),
            None => simulation.advance(SLICE, &mut clock),
        };
        for answer in answers {
            // The page is slow or gone: wait, or end.
            if messages.blocking_send(answer).is_err() {
                return;
            }
        }
    }
}
