//! The service that checks passwords: the protocol of `saslauthd` on a socket of the bed, answered by a thread of this process.
//!
//! A request has four strings (user, password, service, realm), each after its length in two bytes; so has the answer, one string
//! that starts with `OK` or `NO`.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::bed::PASSWORD;

/// The longest time for one request. The servers write it at once.
const REQUEST: Duration = Duration::from_secs(5);
/// The number of strings of a request, and the place of the password among them.
const STRINGS: usize = 4;
const PASSWORD_AT: usize = 1;

/// The service. It ends with this value.
#[derive(Debug)]
pub(super) struct Passwords {
    socket: PathBuf,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Passwords {
    /// Listens on the socket.
    pub(super) fn serve(socket: &Path) -> io::Result<Self> {
        let listener = UnixListener::bind(socket)?;
        fs::set_permissions(socket, fs::Permissions::from_mode(0o777))?;
        let ends = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ends);
        let thread = thread::Builder::new().name("passwords".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                if seen.load(Ordering::SeqCst) {
                    break;
                }
                // A server that closes early gets no answer, and needs none.
                let _ = stream.and_then(answer);
            }
        })?;
        Ok(Self { socket: socket.to_owned(), ends, thread: Some(thread) })
    }
}

impl Drop for Passwords {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // The connection wakes the thread. Without it the thread would wait for ever, so then it is left.
        if UnixStream::connect(&self.socket).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

fn answer(mut stream: UnixStream) -> io::Result<()> {
    stream.set_read_timeout(Some(REQUEST))?;
    let mut is_right = false;
    for at in 0..STRINGS {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut text = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut text)?;
        is_right |= at == PASSWORD_AT && text == PASSWORD.as_bytes();
    }
    stream.write_all(if is_right { b"\0\x02OK" } else { b"\0\x02NO" })
}
