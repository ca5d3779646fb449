//! Forwards one connection between a mover and a server, and lets the fault of the run strike.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::faults::{Fault, Faults};
use super::framing::{Conversation, Piece, Protocol, Role};
use super::point::{Connection, Mode};
use super::{PAUSE, Traffic};

/// The longest wait for the answers to earlier frames before a fault strikes.
const SETTLE: Duration = Duration::from_millis(500);
/// The time in which a mover can act on the answers that it has, before a fault strikes.
const CATCH_UP: Duration = Duration::from_millis(4);
/// The longest wait for the answer that is dropped.
const ANSWER: Duration = Duration::from_secs(5);
/// A server whose answers have no visible end has answered if it sends nothing for this time.
const SILENCE: Duration = Duration::from_millis(15);

/// One connection.
#[derive(Debug)]
pub(super) struct Relay {
    connection: Connection,
    client: TcpStream,
    server: TcpStream,
    state: Mutex<State>,
}

/// The part of a connection that both directions share.
struct State {
    conversation: Box<dyn Conversation>,
    swallow: Swallow,
    /// The last moment at which bytes passed.
    active: Instant,
    /// Directions that still forward.
    open: u8,
}

/// The fate of the answers of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Swallow {
    Forward,
    Drop,
    Dropped,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("swallow", &self.swallow).field("open", &self.open).finish_non_exhaustive()
    }
}

impl Relay {
    pub(super) fn new(
        client: TcpStream,
        server: TcpStream,
        connection: Connection,
        protocol: Protocol,
    ) -> io::Result<Self> {
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        acknowledge(&client);
        let conversation = protocol.conversation();
        let state = State { conversation, swallow: Swallow::Forward, active: Instant::now(), open: 2 };
        Ok(Self { connection, client, server, state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.lock().open == 0
    }

    /// Returns true if the server owes no answer.
    pub(super) fn is_quiet(&self) -> bool {
        let state = self.lock();
        let is_silent = state.conversation.has_ends() || state.active.elapsed() >= SILENCE;
        state.open < 2 || (state.conversation.is_answered() && is_silent)
    }

    pub(super) fn close(&self) {
        // An end that has closed already is no error.
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    fn next_piece(&self, bytes: &[u8]) -> Option<Piece> {
        let mut state = self.lock();
        state.active = Instant::now();
        state.conversation.client(bytes);
        state.conversation.next_piece()
    }

    fn forward(&self, piece: &Piece) -> io::Result<()> {
        self.lock().conversation.forward(piece);
        (&self.server).write_all(&piece.bytes)
    }

    /// Waits until the answer was dropped, and closes the connection.
    fn end_after_answer(&self) {
        let start = Instant::now();
        while start.elapsed() < ANSWER {
            let state = self.lock();
            let is_over = if state.conversation.has_ends() {
                state.swallow == Swallow::Dropped
            } else {
                state.active.elapsed() >= SILENCE
            };
            if is_over || state.open < 2 {
                break;
            }
            drop(state);
            thread::sleep(PAUSE);
        }
        self.close_client_first();
    }

    /// Closes the side of the mover, and lets the server finish what it has received.
    fn close_client_first(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Write);
    }
}

/// Starts both directions of a connection.
pub(super) fn start(relay: &Arc<Relay>, faults: &Arc<Faults>, traffic: &Traffic) {
    let (to_server, to_client) = (Arc::clone(relay), Arc::clone(relay));
    let (faults, traffic) = (Arc::clone(faults), traffic.clone());
    thread::spawn(move || {
        // A connection that breaks ends like one that closes.
        let _ = from_client(&to_server, &faults, &traffic);
        to_server.close_client_first();
        to_server.lock().open -= 1;
    });
    thread::spawn(move || {
        let _ = from_server(&to_client);
        to_client.close();
        to_client.lock().open -= 1;
    });
}

/// Acknowledges what has arrived, so that a client that writes a line in parts does not wait for it.
fn acknowledge(client: &TcpStream) {
    // Without it the trial is slower, and has the same result.
    let _ = rustix::net::sockopt::set_tcp_quickack(client, true);
}

fn from_client(relay: &Relay, faults: &Faults, traffic: &Traffic) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let size = (&relay.client).read(&mut buffer)?;
        if size == 0 {
            return Ok(());
        }
        acknowledge(&relay.client);
        let mut next = relay.next_piece(&buffer[..size]);
        while let Some(piece) = next {
            let fault = piece.verb.as_ref().and_then(|verb| faults.arrive(relay.connection, verb));
            match fault {
                None => relay.forward(&piece)?,
                Some(fault) => {
                    if strike(relay, traffic, &fault, &piece)? == Next::End {
                        return Ok(());
                    }
                }
            }
            if piece.is_end && relay.lock().swallow != Swallow::Forward {
                relay.end_after_answer();
                return Ok(());
            }
            next = relay.next_piece(&[]);
        }
    }
}

/// The future of a connection after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Forward,
    End,
}

fn strike(relay: &Relay, traffic: &Traffic, fault: &Fault, piece: &Piece) -> io::Result<Next> {
    traffic.settle(SETTLE);
    thread::sleep(CATCH_UP);
    match fault.mode {
        Mode::Cut => Ok(Next::End),
        Mode::Kill => {
            (fault.act)();
            Ok(Next::End)
        }
        Mode::Mail => {
            (fault.act)();
            relay.forward(piece)?;
            Ok(Next::Forward)
        }
        Mode::Swallow => {
            // A frame without an answer has nothing to drop.
            let has_answer = piece.key.is_some() || !relay.lock().conversation.has_ends();
            relay.lock().swallow = if has_answer { Swallow::Drop } else { Swallow::Dropped };
            relay.forward(piece)?;
            Ok(Next::Forward)
        }
    }
}

fn from_server(relay: &Relay) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let size = (&relay.server).read(&mut buffer)?;
        if size == 0 {
            return Ok(());
        }
        let mut to_client = Vec::new();
        let mut state = relay.lock();
        state.active = Instant::now();
        for answer in state.conversation.server(&buffer[..size]) {
            match (state.swallow, answer.role) {
                (Swallow::Forward, _) | (Swallow::Drop, Role::GoAhead) => to_client.extend(answer.bytes),
                (Swallow::Drop, Role::Last) => state.swallow = Swallow::Dropped,
                (Swallow::Drop, Role::Part) | (Swallow::Dropped, _) => {}
            }
        }
        let is_dropped = state.swallow == Swallow::Dropped && state.conversation.has_ends();
        drop(state);
        (&relay.client).write_all(&to_client)?;
        if is_dropped {
            // The mover may wait for this answer before it sends the rest of the frame.
            relay.close_client_first();
        }
    }
}
