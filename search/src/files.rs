//! Files that are read whole and written whole. A file is read up to a limit; a file that is written is there as a whole, or is as
//! it was. What is in a file is not known here.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bytesize::ByteSize;

/// The most bytes of a file that is read whole: far more than anybody writes, and far less than a machine has.
pub const READ_MAX: u64 = 64 << 20;
/// The most links that lead from one to the next.
const LINKS_MAX: usize = 40;
/// What anybody may do with a file that is new, before what the user takes away by his umask.
const NEW: u32 = 0o666;

/// The text of a file.
///
/// # Errors
/// It cannot be read, is longer than [`READ_MAX`], or is no UTF-8; the line is named then.
pub fn read(path: impl AsRef<Path>) -> io::Result<String> {
    read_from(File::open(path)?)
}

/// The text of what is not a file.
///
/// # Errors
/// As [`read`] has it.
pub fn read_from(input: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    input.take(READ_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > READ_MAX {
        let says = format!("it is longer than {}, which no file of this kind is", ByteSize(READ_MAX));
        return Err(io::Error::new(ErrorKind::FileTooLarge, says));
    }
    String::from_utf8(bytes).map_err(|wrong| {
        let valid = &wrong.as_bytes()[..wrong.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        io::Error::new(ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"))
    })
}

/// Writes a file. A file that was there is replaced when the new one is complete, and is untouched otherwise; what is no file,
/// such as a pipe or a device, is written to.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let Some(target) = followed(path)? else { return write_to(path, bytes) };
    let old = match fs::metadata(&target) {
        Ok(found) if found.is_file() => Some(found.permissions()),
        Ok(_) => return write_to(&target, bytes),
        Err(reason) if reason.kind() == ErrorKind::NotFound => None,
        Err(reason) => return Err(reason),
    };
    if old.is_some() {
        // Who may not write to a file may not replace it either.
        OpenOptions::new().write(true).open(&target)?;
    }
    match replace(&target, bytes, old) {
        // A folder that takes no new file, and a file that is mounted by itself, leave no other way.
        Err(reason) if [ErrorKind::PermissionDenied, ErrorKind::ResourceBusy].contains(&reason.kind()) => {
            write_to(&target, bytes)
        }
        other => other,
    }
}

/// The file that a path leads to over all links, whether it is there or not; none where they lead through what the system opens
/// for a process, such as `/dev/stdout`.
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

/// Puts a new file in the place of the old one. What could be made of it is removed if it fails.
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
    // Some systems say only now that there is no room.
    file.as_file().sync_all()?;
    file.persist(target).map_err(|failed| plain(failed.error))?;
    Ok(())
}

/// The reason as the system gives it: the name of a file that is gone afterwards tells nobody anything.
fn plain(reason: io::Error) -> io::Error {
    let inner = reason.get_ref().and_then(|inner| inner.source()).and_then(|inner| inner.downcast_ref::<io::Error>());
    let code = inner.and_then(io::Error::raw_os_error);
    code.map_or(reason, io::Error::from_raw_os_error)
}
