//! Files that the program writes: a write replaces a file completely or leaves it as it was. Both can be checked before there is
//! anything to write.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The largest number of links in a chain.
const LINKS_MAX: usize = 40;
/// The permissions of a new file, before the umask applies.
const NEW: u32 = 0o666;
/// The folder whose entries stand for open files. A file behind such an entry is not replaced: the program that opened it would keep
/// the old one.
const OPEN_FILES: &str = "/proc";

/// The destination of a write.
enum Target {
    /// A regular file with its permissions.
    Old(PathBuf, Permissions),
    /// A file that does not exist.
    New(PathBuf),
    /// A pipe, a device, or an open file.
    Stream(PathBuf),
}

impl Target {
    /// Follows the links of a path.
    fn of(path: &Path) -> io::Result<Self> {
        let mut target = path.to_owned();
        for _ in 0..LINKS_MAX {
            if fs::canonicalize(folder_of(&target)).is_ok_and(|folder| folder.starts_with(OPEN_FILES)) {
                return Ok(Self::Stream(target));
            }
            match fs::read_link(&target) {
                Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
                Err(_) => {
                    return match fs::metadata(&target) {
                        Ok(found) if found.is_file() => Ok(Self::Old(target, found.permissions())),
                        Ok(_) => Ok(Self::Stream(target)),
                        Err(reason) if reason.kind() == ErrorKind::NotFound => Ok(Self::New(target)),
                        Err(reason) => Err(reason),
                    };
                }
            }
        }
        Err(io::Error::other("links lead in a circle"))
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file. The new file replaces an old one only when it is complete. Where no file can be replaced, such as on a mount point
/// or in a folder without write permission, the content is replaced, and restored if that fails. A pipe or a device is written directly.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match Target::of(path)? {
        Target::Stream(target) => OpenOptions::new().write(true).truncate(true).open(target)?.write_all(bytes),
        Target::New(target) => replace(&target, bytes, None),
        Target::Old(target, permissions) => {
            // A user without the permission to write to the old file must not replace it.
            OpenOptions::new().write(true).open(&target)?;
            match replace(&target, bytes, Some(permissions)) {
                Err(reason) if is_fixed(&reason) => overwrite(&target, bytes),
                other => other,
            }
        }
    }
}

/// Checks that [`write`] can write a file, and changes nothing.
///
/// # Errors
/// The file cannot be written.
pub fn check_file(path: &Path) -> io::Result<()> {
    match Target::of(path)? {
        // Opening a pipe waits for its reader.
        Target::Stream(target) if !fs::metadata(&target)?.is_dir() => Ok(()),
        Target::Stream(target) | Target::Old(target, _) => OpenOptions::new().write(true).open(target).map(drop),
        Target::New(target) if target.file_name().is_none() => Err(ErrorKind::IsADirectory.into()),
        Target::New(target) => tempfile_in(folder_of(&target)).map(drop),
    }
}

/// Checks that files can be written in a folder, which is created if it does not exist. Nothing is changed.
///
/// # Errors
/// The folder cannot be created, or no file can be written in it.
pub fn check_folder(path: &Path) -> io::Result<()> {
    let existing = path.ancestors().find(|folder| fs::symlink_metadata(folder).is_ok());
    let existing = existing.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !fs::metadata(existing)?.is_dir() {
        return Err(ErrorKind::NotADirectory.into());
    }
    tempfile_in(existing).map(drop)
}

/// Returns true for the reason why a file that can be written cannot be replaced: the folder takes no new file, or none of that name, or
/// the file is a mount point.
fn is_fixed(reason: &io::Error) -> bool {
    [
        ErrorKind::PermissionDenied,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::ResourceBusy,
        ErrorKind::CrossesDevices,
        ErrorKind::InvalidFilename,
    ]
    .contains(&reason.kind())
}

/// Replaces a file with a new one. If that fails, the incomplete new file is removed.
fn replace(target: &Path, bytes: &[u8], old: Option<Permissions>) -> io::Result<()> {
    let mut file = tempfile_in(folder_of(target))?;
    file.as_file_mut().write_all(bytes)?;
    if let Some(old) = old {
        file.as_file().set_permissions(old)?;
    }
    // Some systems report only now that the disk is full.
    file.as_file().sync_all()?;
    file.persist(target).map(drop).map_err(|failed| failed.error)
}

/// Creates a file of another name in a folder. An error is the one of the system, without that name.
fn tempfile_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let create = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(NEW).open(path);
    tempfile::Builder::new().prefix(".stranded-").make_in(folder, create)
}

/// Writes over the content of a file. If that fails, the old content is restored: what was overwritten has its space already.
fn overwrite(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let length = bytes.len() as u64;
    let mut old = Vec::new();
    File::open(target)?.take(length).read_to_end(&mut old)?;
    let mut file = OpenOptions::new().write(true).open(target)?;
    let old_length = file.metadata()?.len();
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| file.set_len(length));
    if written.is_err() {
        file.rewind()?;
        file.write_all(&old)?;
        file.set_len(old_length)?;
    }
    written
}
