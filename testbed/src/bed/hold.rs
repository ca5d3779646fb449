//! A bed that another process can end: `stranded testbed up` holds it, `stranded testbed down` ends it. The two meet at a socket in
//! the folder of the bed, which only the user who holds it can open.

use std::fs;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::BedError;
use crate::processes::{self, Processes};

/// The name of the socket in the folder of a bed.
const SOCKET: &str = "control";
/// The pause between two looks at the socket.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest time that a bed takes to end.
const ENDING: Duration = Duration::from_secs(10);

/// Waits until another process asks to end the bed with these processes, `interrupted` is set, or a server ends by itself.
///
/// # Errors
/// The socket cannot be created, or a server ended.
pub fn hold(processes: &mut Processes, interrupted: &AtomicBool) -> Result<(), BedError> {
    // A socket refuses connections between its creation and the first `listen`: it gets its name afterwards.
    let listen = |folder: &Path| {
        let unnamed = folder.join("control-before-it-listens");
        let listener = UnixListener::bind(&unnamed)?;
        listener.set_nonblocking(true)?;
        fs::rename(unnamed, folder.join(SOCKET))?;
        Ok(listener)
    };
    let listener =
        listen(processes.folder()).map_err(|reason| BedError::System("create the socket of the test bed", reason))?;
    while !interrupted.load(Ordering::Relaxed) {
        if listener.accept().is_ok() {
            break;
        }
        if let Some((name, status)) = processes.ended() {
            return Err(BedError::Server(format!("{name} ended with {status}")));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Returns the folders of the beds that processes of this user hold.
///
/// # Errors
/// The folder of temporary files cannot be read.
pub fn held() -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(std::env::temp_dir())?.filter_map(Result::ok).map(|entry| entry.path());
    Ok(entries.filter(|path| processes::is_folder(path) && path.join(SOCKET).exists()).collect())
}

/// Ends the bed with this folder, and waits until nothing is left of it.
///
/// # Errors
/// No process holds such a bed, or it does not end.
pub fn end(folder: &Path) -> io::Result<()> {
    UnixStream::connect(folder.join(SOCKET))?;
    let deadline = Instant::now() + ENDING;
    while folder.exists() {
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the test bed does not end"));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
