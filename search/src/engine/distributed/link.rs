//! Connections between processes: how they find each other, make sure that they search the same, and notice when one is lost.
//!
//! Two processes have two connections. One carries what the workers send. On the other each says every second that it lives,
//! and at the end that it has all that was found; a process whose connection ends before that, or that is silent for long, is
//! lost. The connection of the workers never ends for them: what a lost process would have sent does not come, and who waits
//! for the search is told by the other connection.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use timely::communication::allocator::zero_copy::stream::Stream;

use super::cluster::NotJoined;
use super::hosts::Hosts;

/// How often a process says that it lives.
const PULSE: Duration = Duration::from_secs(1);
/// How long a process may say nothing.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How long somebody who connects may take to say who he is.
const GREETING_MAX: Duration = Duration::from_secs(2);
/// How long to wait before trying to connect again.
const AGAIN: Duration = Duration::from_millis(50);
/// The most bytes of a greeting.
const GREETING_BYTES_MAX: u32 = 1 << 14;
/// It lives.
const LIVES: u8 = b'l';
/// It has all that was found.
const PARTS: u8 = b'p';

/// What a process brings when it joins others.
#[derive(Debug)]
pub struct Joining<'a> {
    /// Where all are.
    pub hosts: &'a Hosts,
    /// Its number.
    pub process: usize,
    /// How many workers it has.
    pub workers: usize,
    /// What it searches and how, each with a name; it must be the same everywhere.
    pub same: Vec<(String, String)>,
    /// When it gives up waiting for the others.
    pub deadline: Instant,
}

/// What processes say first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Greeting {
    process: usize,
    purpose: Purpose,
    same: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    Watch,
    Work,
}

/// The connections to all other processes.
#[derive(Debug)]
pub(super) struct Links(Vec<Arc<Watched>>);

/// Another process.
#[derive(Debug)]
struct Watched {
    /// How it is called when it is spoken of.
    name: String,
    stream: TcpStream,
    condition: Mutex<Condition>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Lives,
    HasParted,
    Lost,
}

/// The connections to one process, as they come.
#[derive(Default)]
struct Coming {
    watch: Option<TcpStream>,
    work: Option<TcpStream>,
}

impl Links {
    /// Connects to all others. A process connects to those that stand before it in the file, and waits for those after it.
    pub(super) fn join(joining: &Joining<'_>) -> Result<(Self, Vec<Option<Lasting>>), NotJoined> {
        let Joining { hosts, process, .. } = joining;
        let own = &hosts.addresses[*process];
        let cannot =
            |reason: io::Error| NotJoined::Refused(format!("process {process} cannot listen on {own}: {reason}"));
        let listener = TcpListener::bind(own).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let mut coming: Vec<Coming> = hosts.addresses.iter().map(|_| Coming::default()).collect();
        for (other, coming) in coming.iter_mut().enumerate().take(*process) {
            coming.watch = Some(joining.connect(other, Purpose::Watch)?);
            coming.work = Some(joining.connect(other, Purpose::Work)?);
        }
        joining.accept(&listener, &mut coming)?;
        let mut watched = Vec::new();
        let mut streams = Vec::new();
        for (other, Coming { watch, work }) in coming.into_iter().enumerate() {
            if let Some(watch) = watch {
                watched.push(Watched::start(joining.name(other), watch).map_err(cannot)?);
            }
            streams.push(work.map(Lasting));
        }
        Ok((Self(watched), streams))
    }

    /// Which process was lost, if one was.
    pub(super) fn lost(&self) -> Option<String> {
        let lost = self.0.iter().find(|watched| *watched.condition() == Condition::Lost);
        lost.map(|watched| watched.name.clone())
    }

    /// Says that this process has all that was found, and waits until all others say so.
    pub(super) fn part(&self) -> Result<(), String> {
        for watched in &self.0 {
            // Whoever is lost is noticed below.
            let _ = (&watched.stream).write_all(&[PARTS]);
        }
        for watched in &self.0 {
            let is_living = |condition: &mut Condition| *condition == Condition::Lives;
            let condition = watched.changed.wait_while(watched.condition(), is_living);
            if *condition.unwrap_or_else(PoisonError::into_inner) == Condition::Lost {
                return Err(watched.name.clone());
            }
        }
        Ok(())
    }
}

impl Joining<'_> {
    fn name(&self, process: usize) -> String {
        format!("process {process} at {}", self.hosts.addresses[process])
    }

    fn greeting(&self, purpose: Purpose) -> Greeting {
        Greeting { process: self.process, purpose, same: self.same.clone() }
    }

    /// Connects to a process, as soon as it is there.
    fn connect(&self, other: usize, purpose: Purpose) -> Result<TcpStream, NotJoined> {
        loop {
            let Some(left) = self.deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
                return Err(NotJoined::Absent(format!("{} did not come", self.name(other))));
            };
            match self.greet(other, purpose, left) {
                Ok((stream, greeting)) => {
                    self.compare(other, &greeting)?;
                    return Ok(stream);
                }
                Err(_) => thread::sleep(AGAIN.min(left)),
            }
        }
    }

    fn greet(&self, other: usize, purpose: Purpose, left: Duration) -> io::Result<(TcpStream, Greeting)> {
        let mut addresses = self.hosts.addresses[other].to_socket_addrs()?;
        let address = addresses.next().ok_or(io::ErrorKind::NotFound)?;
        let stream = TcpStream::connect_timeout(&address, left)?;
        write_greeting(&stream, &self.greeting(purpose))?;
        stream.set_read_timeout(Some(left))?;
        let greeting = read_greeting(&stream)?;
        if greeting.process != other || greeting.purpose != purpose {
            return Err(io::ErrorKind::InvalidData.into());
        }
        lasting(&stream)?;
        Ok((stream, greeting))
    }

    /// Waits for the processes after this one. Whoever else connects is not listened to.
    fn accept(&self, listener: &TcpListener, coming: &mut [Coming]) -> Result<(), NotJoined> {
        loop {
            let absent = (self.process + 1..coming.len())
                .find(|other| coming[*other].watch.is_none() || coming[*other].work.is_none());
            let Some(absent) = absent else { return Ok(()) };
            if Instant::now() >= self.deadline {
                return Err(NotJoined::Absent(format!("{} did not come", self.name(absent))));
            }
            let Ok((stream, _)) = listener.accept() else {
                thread::sleep(AGAIN);
                continue;
            };
            let Ok(greeting) = self.greeted(&stream) else { continue };
            let other = greeting.process;
            if other <= self.process || other >= coming.len() {
                continue;
            }
            self.compare(other, &greeting)?;
            let place = match greeting.purpose {
                Purpose::Watch => &mut coming[other].watch,
                Purpose::Work => &mut coming[other].work,
            };
            *place = Some(stream);
        }
    }

    fn greeted(&self, stream: &TcpStream) -> io::Result<Greeting> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(GREETING_MAX))?;
        let greeting = read_greeting(stream)?;
        write_greeting(stream, &self.greeting(greeting.purpose))?;
        lasting(stream)?;
        Ok(greeting)
    }

    /// Whether the other does the same search in the same way.
    fn compare(&self, other: usize, greeting: &Greeting) -> Result<(), NotJoined> {
        let differs = self.same.iter().zip(&greeting.same).find(|(own, others)| own != others);
        match differs {
            None if self.same.len() == greeting.same.len() => Ok(()),
            None => Err(NotJoined::Refused(format!("{} is another version of stranded", self.name(other)))),
            Some(((name, own), (_, others))) => Err(NotJoined::Refused(format!(
                "{} has another {name} than process {}: {others} there, {own} here",
                self.name(other),
                self.process
            ))),
        }
    }
}

/// A connection that is not to be closed for being silent.
fn lasting(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(None)?;
    stream.set_nodelay(true)
}

fn write_greeting(mut stream: &TcpStream, greeting: &Greeting) -> io::Result<()> {
    let bytes = serde_json::to_vec(greeting)?;
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    stream.write_all(&[&length.to_be_bytes(), bytes.as_slice()].concat())
}

fn read_greeting(mut stream: &TcpStream) -> io::Result<Greeting> {
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

impl Watched {
    /// Listens to what a process says of itself, and tells it that this one lives.
    fn start(name: String, stream: TcpStream) -> io::Result<Arc<Self>> {
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        let watched = Arc::new(Self { name, stream, condition: Mutex::new(Condition::Lives), changed: Condvar::new() });
        let (narrated, listening) = (Arc::clone(&watched), Arc::clone(&watched));
        thread::Builder::new().name("lives".to_owned()).spawn(move || {
            while (&narrated.stream).write_all(&[LIVES]).is_ok() {
                thread::sleep(PULSE);
            }
        })?;
        thread::Builder::new().name("watch".to_owned()).spawn(move || listening.listen())?;
        Ok(watched)
    }

    fn listen(&self) {
        let mut said = [LIVES];
        let condition = loop {
            match (&self.stream).read(&mut said) {
                Ok(1) if said == [LIVES] => {}
                Ok(1) if said == [PARTS] => break Condition::HasParted,
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

/// The connection of the workers, which neither ends nor fails for them: they would take the program down.
pub(super) struct Lasting(TcpStream);

impl Lasting {
    fn lasting<T>(result: io::Result<T>) -> io::Result<T> {
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

impl Read for Lasting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match Self::lasting(self.0.read(buffer)) {
                Ok(0) if !buffer.is_empty() => forever(),
                Err(_) => {}
                read => return read,
            }
        }
    }
}

impl Write for Lasting {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Self::lasting(self.0.write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::lasting(self.0.flush())
    }
}

impl Stream for Lasting {
    fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.0.set_nonblocking(nonblocking)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        // The other process may be gone already, with all that was found.
        let _ = self.0.shutdown(how);
        Ok(())
    }
}
