//! Connections between processes: they find each other, compare their searches, and notice when one is lost.
//!
//! Two processes have two connections. One carries the messages of the workers. On the other, each process sends a
//! sign of life every second, and at the end a sign that it has the results. A process is lost if its connection ends
//! before that or is silent for too long. The connection of the workers blocks instead of failing, because a failure
//! would end the program; the loss is reported through the other connection.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use timely::communication::allocator::zero_copy::stream::Stream;

use super::hosts::Hosts;

/// The interval between two signs of life.
const PULSE: Duration = Duration::from_secs(1);
/// The longest silence of a process.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// The time limit for an incoming greeting.
const GREETING_MAX: Duration = Duration::from_secs(2);
/// The pause before another attempt to connect.
const RETRY_AFTER: Duration = Duration::from_millis(50);
/// The most bytes of a greeting.
const GREETING_BYTES_MAX: u32 = 1 << 14;
/// The sign of life.
const ALIVE: u8 = b'l';
/// The sign that a process has the results.
const FINISHED: u8 = b'p';

/// The options for joining other processes.
#[derive(Debug)]
pub struct JoinOptions<'a> {
    /// The addresses of all processes.
    pub hosts: &'a Hosts,
    /// The number of this process.
    pub process: usize,
    /// The number of its workers.
    pub workers: usize,
    /// The names and values of options that must be the same in all processes.
    pub same: Vec<(String, String)>,
    /// The moment at which the process stops waiting for the others.
    pub deadline: Instant,
}

/// The first message on a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PeerGreeting {
    process: usize,
    purpose: Purpose,
    same: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    Watch,
    AnyJob,
}

/// The connections to all other processes.
#[derive(Debug)]
pub(super) struct Connections(Vec<Arc<Peer>>);

/// Another process.
#[derive(Debug)]
struct Peer {
    /// The name of the process in messages.
    name: String,
    stream: TcpStream,
    condition: Mutex<Condition>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Alive,
    Finished,
    Lost,
}

/// The connections to one process that have been accepted so far.
#[derive(Default)]
struct Incoming {
    watch: Option<TcpStream>,
    work: Option<TcpStream>,
}

impl Connections {
    /// Connects to all other processes: to those before this one in the file, by calling them, and to those after it,
    /// by waiting for their calls.
    pub(super) fn join(options: &JoinOptions<'_>) -> Result<(Self, Vec<Option<WorkerStream>>), JoinError> {
        let JoinOptions { hosts, process, .. } = options;
        let own = &hosts.addresses[*process];
        let cannot_listen =
            |reason: io::Error| JoinError::Mismatch(format!("process {process} cannot listen on {own}: {reason}"));
        let listener = TcpListener::bind(own).map_err(cannot_listen)?;
        listener.set_nonblocking(true).map_err(cannot_listen)?;
        let mut incoming: Vec<Incoming> = hosts.addresses.iter().map(|_| Incoming::default()).collect();
        for (other, incoming) in incoming.iter_mut().enumerate().take(*process) {
            incoming.watch = Some(options.connect(other, Purpose::Watch)?);
            incoming.work = Some(options.connect(other, Purpose::AnyJob)?);
        }
        options.accept(&listener, &mut incoming)?;
        let mut peer = Vec::new();
        let mut streams = Vec::new();
        for (other, Incoming { watch, work }) in incoming.into_iter().enumerate() {
            if let Some(watch) = watch {
                peer.push(Peer::start(options.name(other), watch).map_err(cannot_listen)?);
            }
            streams.push(work.map(WorkerStream));
        }
        Ok((Self(peer), streams))
    }

    /// The process that was lost, if any.
    pub(super) fn lost(&self) -> Option<String> {
        let lost = self.0.iter().find(|peer| *peer.condition() == Condition::Lost);
        lost.map(|peer| peer.name.clone())
    }

    /// Signals that this process has the results, and waits until all others do so.
    pub(super) fn finish(&self) -> Result<(), String> {
        for peer in &self.0 {
            // The loop below notices a lost process.
            let _ = (&peer.stream).write_all(&[FINISHED]);
        }
        for peer in &self.0 {
            let is_alive = |condition: &mut Condition| *condition == Condition::Alive;
            let condition = peer.changed.wait_while(peer.condition(), is_alive);
            if *condition.unwrap_or_else(PoisonError::into_inner) == Condition::Lost {
                return Err(peer.name.clone());
            }
        }
        Ok(())
    }
}

impl JoinOptions<'_> {
    fn name(&self, process: usize) -> String {
        format!("process {process} at {}", self.hosts.addresses[process])
    }

    fn greeting(&self, purpose: Purpose) -> PeerGreeting {
        PeerGreeting { process: self.process, purpose, same: self.same.clone() }
    }

    /// Connects to a process, as soon as it listens.
    fn connect(&self, other: usize, purpose: Purpose) -> Result<TcpStream, JoinError> {
        loop {
            let Some(left) = self.deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
                return Err(JoinError::Absent(format!("{} did not connect", self.name(other))));
            };
            match self.greet_outgoing(other, purpose, left) {
                Ok((stream, greeting)) => {
                    self.compare(other, &greeting)?;
                    return Ok(stream);
                }
                Err(_) => thread::sleep(RETRY_AFTER.min(left)),
            }
        }
    }

    fn greet_outgoing(&self, other: usize, purpose: Purpose, left: Duration) -> io::Result<(TcpStream, PeerGreeting)> {
        let mut addresses = self.hosts.addresses[other].to_socket_addrs()?;
        let address = addresses.next().ok_or(io::ErrorKind::NotFound)?;
        let stream = TcpStream::connect_timeout(&address, left)?;
        write_greeting(&stream, &self.greeting(purpose))?;
        stream.set_read_timeout(Some(left))?;
        let greeting = read_greeting(&stream)?;
        if greeting.process != other || greeting.purpose != purpose {
            return Err(io::ErrorKind::InvalidData.into());
        }
        keep_open(&stream)?;
        Ok((stream, greeting))
    }

    /// Accepts the connections of the processes after this one. Connections of strangers are dropped.
    fn accept(&self, listener: &TcpListener, incoming: &mut [Incoming]) -> Result<(), JoinError> {
        loop {
            let absent = (self.process + 1..incoming.len())
                .find(|other| incoming[*other].watch.is_none() || incoming[*other].work.is_none());
            let Some(absent) = absent else { return Ok(()) };
            if Instant::now() >= self.deadline {
                return Err(JoinError::Absent(format!("{} did not connect", self.name(absent))));
            }
            let Ok((stream, _)) = listener.accept() else {
                thread::sleep(RETRY_AFTER);
                continue;
            };
            let Ok(greeting) = self.greet_incoming(&stream) else { continue };
            let other = greeting.process;
            if other <= self.process || other >= incoming.len() {
                continue;
            }
            self.compare(other, &greeting)?;
            let index = match greeting.purpose {
                Purpose::Watch => &mut incoming[other].watch,
                Purpose::AnyJob => &mut incoming[other].work,
            };
            *index = Some(stream);
        }
    }

    fn greet_incoming(&self, stream: &TcpStream) -> io::Result<PeerGreeting> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(GREETING_MAX))?;
        let greeting = read_greeting(stream)?;
        write_greeting(stream, &self.greeting(greeting.purpose))?;
        keep_open(stream)?;
        Ok(greeting)
    }

    /// Compares the options of the other process with those of this one.
    fn compare(&self, other: usize, greeting: &PeerGreeting) -> Result<(), JoinError> {
        let differs = self.same.iter().zip(&greeting.same).find(|(own, others)| own != others);
        match differs {
            None if self.same.len() == greeting.same.len() => Ok(()),
            None => Err(JoinError::Mismatch(format!("{} is another version of stranded", self.name(other)))),
            Some(((name, own), (_, others))) => Err(JoinError::Mismatch(format!(
                "{} has another {name} than process {}: {others}, not {own}",
                self.name(other),
                self.process
            ))),
        }
    }
}

/// Removes the time limit, so that silence does not end the connection.
fn keep_open(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(None)?;
    stream.set_nodelay(true)
}

fn write_greeting(mut stream: &TcpStream, greeting: &PeerGreeting) -> io::Result<()> {
    let bytes = serde_json::to_vec(greeting)?;
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    stream.write_all(&[&length.to_be_bytes(), bytes.as_slice()].concat())
}

fn read_greeting(mut stream: &TcpStream) -> io::Result<PeerGreeting> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > GREETING_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length as usize];
    stream.read_exact(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

impl Peer {
    /// Starts the threads that send signs of life and listen to those of the other process.
    fn start(name: String, stream: TcpStream) -> io::Result<Arc<Self>> {
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        let peer = Arc::new(Self { name, stream, condition: Mutex::new(Condition::Alive), changed: Condvar::new() });
        let (sender, listener) = (Arc::clone(&peer), Arc::clone(&peer));
        thread::Builder::new().name("lives".to_owned()).spawn(move || {
            while (&sender.stream).write_all(&[ALIVE]).is_ok() {
                thread::sleep(PULSE);
            }
        })?;
        thread::Builder::new().name("watch".to_owned()).spawn(move || listener.listen())?;
        Ok(peer)
    }

    fn listen(&self) {
        let mut value = [ALIVE];
        let condition = loop {
            match (&self.stream).read(&mut value) {
                Ok(1) if value == [ALIVE] => {}
                Ok(1) if value == [FINISHED] => break Condition::Finished,
                Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => break Condition::Lost,
            }
        };
        *self.condition() = condition;
        self.changed.notify_all();
    }

    fn condition(&self) -> std::sync::MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection for workers that blocks instead of ending or failing, because they would end the program.
pub(super) struct WorkerStream(TcpStream);

impl WorkerStream {
    fn keep_open<T>(result: io::Result<T>) -> io::Result<T> {
        match result {
            Err(reason) if reason.kind() != io::ErrorKind::Interrupted => forever(),
            result => result,
        }
    }
}

fn forever() -> ! {
    loop {
        thread::park();
    }
}

impl Read for WorkerStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match Self::keep_open(self.0.read(buffer)) {
                Ok(0) if !buffer.is_empty() => forever(),
                Err(_) => {}
                read => return read,
            }
        }
    }
}

impl Write for WorkerStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Self::keep_open(self.0.write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::keep_open(self.0.flush())
    }
}

impl Stream for WorkerStream {
    fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.0.set_nonblocking(nonblocking)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        // The other process may have ended already, with the results.
        let _ = self.0.shutdown(how);
        Ok(())
    }
}

/// The reason why processes do not search together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// An option is wrong, or not the same in all processes.
    Mismatch(String),
    /// A process did not connect.
    Absent(String),
    /// The system refuses the threads of this number of workers.
    NoThreads(usize),
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch(reason) | Self::Absent(reason) => f.write_str(reason),
            Self::NoThreads(workers) => {
                write!(f, "the system refuses the threads of {workers} workers: give fewer with --workers")
            }
        }
    }
}
