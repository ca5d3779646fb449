//! Files that the program reads in one piece, up to a limit, and pipes in their place. `output` writes. The content of files is not
//! known here.

use std::error::Error;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use bytesize::ByteSize;
use rustix::fs::OFlags;

use crate::sanitize::visible_line;

mod output;

pub use self::output::{check_file, check_folder, write};

/// The largest size of a file that the program reads, in bytes: more than any file of these kinds, less than the memory of a machine.
pub const READ_MAX: u64 = 64 << 20;
/// The longest time that the program waits for the first writer of a pipe.
const WRITER_WAIT: Duration = Duration::from_secs(5);
/// The longest time that the program waits for more bytes from a pipe.
const BYTES_WAIT: Duration = Duration::from_secs(60);
/// The interval at which an empty pipe is polled.
const POLL: Duration = Duration::from_millis(5);

/// A file that cannot be read, with the reason. As a text: "cannot read FILE: REASON".
#[derive(Debug)]
pub struct ReadError {
    /// The path or name of the file, for messages.
    pub path: String,
    /// The reason.
    pub reason: io::Error,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {}: {}", visible_line(&self.path), self.reason)
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.reason)
    }
}

/// Returns a path for messages: a part of one line.
#[must_use]
pub fn shown(path: &Path) -> String {
    visible_line(&path.display().to_string()).into_owned()
}

/// Returns the text of a file.
///
/// # Errors
/// The file cannot be read, is longer than [`READ_MAX`], or is not UTF-8; then the reason names the line. As of [`Input`] for a pipe.
pub fn read(path: impl AsRef<Path>) -> Result<String, ReadError> {
    let path = path.as_ref();
    let error = |reason| ReadError { path: path.display().to_string(), reason };
    text_of(Input::open(path).map_err(error)?).map_err(error)
}

/// Returns the text of an input that is not a file, such as standard input, with a name for messages.
///
/// # Errors
/// As of [`read`].
pub fn read_from(name: &str, input: impl Read) -> Result<String, ReadError> {
    text_of(input).map_err(|reason| ReadError { path: name.to_owned(), reason })
}

fn text_of(input: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    input.take(READ_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > READ_MAX {
        let reason = format!("it is longer than the limit of {}", ByteSize(READ_MAX));
        return Err(io::Error::new(ErrorKind::FileTooLarge, reason));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(io::Error::new(ErrorKind::InvalidData, "it is UTF-16 text: save it as UTF-8"));
    }
    String::from_utf8(bytes).map_err(|wrong| {
        let valid = &wrong.as_bytes()[..wrong.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        io::Error::new(ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"))
    })
}

/// An open file. Neither opening nor reading a named pipe waits for ever: without a writer, and without new bytes, an error ends the
/// wait.
#[derive(Debug)]
pub struct Input {
    file: File,
    pipe: Option<Pipe>,
}

/// The state of a named pipe.
#[derive(Debug)]
struct Pipe {
    /// True if a program has the pipe open, or had.
    had_writer: bool,
    /// True if the wait has limits.
    is_limited: bool,
}

impl Input {
    /// Opens a file.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        let is_pipe = file.metadata()?.file_type().is_fifo();
        if !is_pipe {
            // A terminal or another device waits as usual.
            rustix::fs::fcntl_setfl(&file, OFlags::empty())?;
        }
        Ok(Self { file, pipe: is_pipe.then_some(Pipe { had_writer: false, is_limited: true }) })
    }

    /// Waits for the writer of a pipe as long as it takes.
    #[must_use]
    pub fn without_limit(mut self) -> Self {
        if let Some(pipe) = &mut self.pipe {
            pipe.is_limited = false;
        }
        self
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(pipe) = &mut self.pipe else { return self.file.read(buffer) };
        let since = Instant::now();
        loop {
            let wait = match self.file.read(buffer) {
                Ok(0) if !pipe.had_writer && !buffer.is_empty() => WRITER_WAIT,
                Err(reason) if reason.kind() == ErrorKind::WouldBlock => {
                    pipe.had_writer = true;
                    BYTES_WAIT
                }
                Ok(count) => {
                    pipe.had_writer = true;
                    return Ok(count);
                }
                Err(reason) => return Err(reason),
            };
            if pipe.is_limited && since.elapsed() >= wait {
                let seconds = wait.as_secs();
                let reason = format!("it is a pipe, and no program wrote to it for {seconds} s; use a file");
                return Err(io::Error::new(ErrorKind::TimedOut, reason));
            }
            thread::sleep(POLL);
        }
    }
}
