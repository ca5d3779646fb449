//! A fault proxy: it stands in front of a server, knows where each frame of the protocol begins and ends, and lets a fault strike at a
//! named frame. Knows nothing of movers.
//!
//! [`point`] names fault points and modes, [`framing`] has what all framings share (`imap`, `smtp`, `ldap`, `dsync`, `mupdate`), [`faults`] has
//! the fault of a run, and `relay` forwards one connection.

mod dsync;
pub mod faults;
pub mod framing;
mod imap;
mod ldap;
mod mupdate;
pub mod point;
mod relay;
mod smtp;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use self::faults::Faults;
use self::framing::Protocol;
use self::point::Connection;
use self::relay::Relay;

/// The connections of all proxies of a run.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<Mutex<Vec<Arc<Relay>>>>);

/// A fault proxy in front of one server. It ends with this value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    is_ended: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

/// The pause between two checks of a condition.
const PAUSE: Duration = Duration::from_millis(1);
/// The longest time for the connection to a server.
const CONNECT: Duration = Duration::from_secs(2);

impl Traffic {
    /// Waits until every connection has ended on both sides, for this time at most. Returns true if all have ended.
    ///
    /// After a run, this lets each server finish what it was asked to do.
    #[must_use]
    pub fn drain(&self, longest: Duration) -> bool {
        let deadline = Instant::now() + longest;
        loop {
            let mut relays = self.relays();
            relays.retain(|relay| !relay.has_ended());
            if relays.is_empty() || Instant::now() >= deadline {
                return relays.is_empty();
            }
            drop(relays);
            thread::sleep(PAUSE);
        }
    }

    /// Closes every connection.
    pub fn close(&self) {
        for relay in self.relays().iter() {
            relay.close();
        }
    }

    /// Waits until no server owes an answer, for this time at most.
    fn settle(&self, longest: Duration) {
        let deadline = Instant::now() + longest;
        while Instant::now() < deadline && !self.relays().iter().all(|relay| relay.is_quiet()) {
            thread::sleep(PAUSE);
        }
    }

    fn relays(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Relay>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Proxy {
    /// Listens at an address and forwards each connection to a server.
    ///
    /// # Errors
    /// The address is in use, or is none of this machine.
    pub fn start(
        listen: SocketAddr,
        server: SocketAddr,
        connection: Connection,
        protocol: Protocol,
        faults: &Arc<Faults>,
        traffic: &Traffic,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let is_ended = Arc::new(AtomicBool::new(false));
        let (faults, traffic, end) = (Arc::clone(faults), traffic.clone(), Arc::clone(&is_ended));
        let accepting = thread::Builder::new().name(connection.name().to_owned()).spawn(move || {
            for client in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(client) = client else { continue };
                // A server that does not answer looks to the mover like a connection that closes at once.
                let Ok(upstream) = TcpStream::connect_timeout(&server, CONNECT) else { continue };
                if let Ok(relay) = Relay::new(client, upstream, connection, protocol) {
                    let relay = Arc::new(relay);
                    traffic.relays().push(Arc::clone(&relay));
                    relay::start(&relay, &faults, &traffic);
                }
            }
        })?;
        Ok(Self { address, is_ended, accepting: Some(accepting) })
    }

    /// Returns the address at which the proxy listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.is_ended.store(true, Ordering::SeqCst);
        // The connection ends the wait for the next one.
        let woken = TcpStream::connect_timeout(&self.address, CONNECT).is_ok();
        if let Some(accepting) = self.accepting.take().filter(|_| woken) {
            let _ = accepting.join();
        }
    }
}
