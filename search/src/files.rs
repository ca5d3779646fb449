//! Files that the program reads and writes in one piece. A file is read up to a limit; a write replaces a file completely or leaves it
//! as it was. The content of files is not known here.

use std::error::Error;
use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bytesize::ByteSize;

/// The largest size of a file that the program reads, in bytes: more than any file of these kinds, less than the memory of a machine.
pub const READ_MAX: u64 = 64 << 20;
/// The largest number of links in a chain.
const LINKS_MAX: usize = 40;
/// The permissions of a new file, before the umask applies.
const NEW: u32 = 0o666;

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
        write!(f, "cannot read {}: {}", self.path, self.reason)
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.reason)
    }
}

/// Returns the text of a file.
///
/// # Errors
/// The file cannot be read, is longer than [`READ_MAX`], or is not UTF-8; then the reason names the line.
pub fn read(path: impl AsRef<Path>) -> Result<String, ReadError> {
    let path = path.as_ref();
    let error = |reason| ReadError { path: path.display().to_string(), reason };
    text_of(File::open(path).map_err(error)?).map_err(error)
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
    String::from_utf8(bytes).map_err(|wrong| {
        let valid = &wrong.as_bytes()[..wrong.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        io::Error::new(ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"))
    })
}

/// Writes a file. The new file replaces an old one only when it is complete. A pipe or a device is written directly.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let Some(target) = followed(path)? else { return write_to(path, bytes) };
    let old = match fs::metadata(&target) {
        Ok(found) if found.is_file() => Some(found.permissions()),
        Ok(_) => return write_to(&target, bytes),
        Err(reason) if reason.kind() == ErrorKind::NotFound => None,
        Err(reason) => return Err(reason),
    };
    if old.is_some() {
        // A user without the permission to write to the old file must not replace it.
        OpenOptions::new().write(true).open(&target)?;
    }
    match replace(&target, bytes, old) {
        // A folder without write permission and a file that is a mount point can only be written directly.
        Err(reason) if [ErrorKind::PermissionDenied, ErrorKind::ResourceBusy].contains(&reason.kind()) => {
            write_to(&target, bytes)
        }
        other => other,
    }
}

/// Returns the target of a path after all links, whether it exists or not; none if the links lead through `/dev` or `/proc`, such as
/// `/dev/stdout`.
fn followed(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut target = path.to_owned();
    for _ in 0..LINKS_MAX {
        if ["/dev", "/proc"].iter().any(|folder| target.starts_with(folder)) {
            return Ok(None);
        }
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(Some(target)),
        }
    }
    Err(io::Error::other("links lead in a circle"))
}

fn write_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)?.write_all(bytes)
}

/// Replaces a file with a new one. If that fails, the incomplete new file is removed.
fn replace(target: &Path, bytes: &[u8], old: Option<Permissions>) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".stranded-")
        .permissions(Permissions::from_mode(NEW))
        .tempfile_in(folder)
        .map_err(plain)?;
    file.write_all(bytes).map_err(plain)?;
    if let Some(old) = old {
        file.as_file().set_permissions(old)?;
    }
    // Some systems report only now that the disk is full.
    file.as_file().sync_all()?;
    file.persist(target).map_err(|failed| plain(failed.error))?;
    Ok(())
}

/// Returns the reason as the system reports it, without the name of the temporary file.
fn plain(reason: io::Error) -> io::Error {
    let inner = reason.get_ref().and_then(|inner| inner.source()).and_then(|inner| inner.downcast_ref::<io::Error>());
    let code = inner.and_then(io::Error::raw_os_error);
    code.map_or(reason, io::Error::from_raw_os_error)
}
