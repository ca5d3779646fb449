//! A search on disk. For every level, the file holds the state and the choice from which each state was first reached;
//! that is enough to find the states again. The file only grows, so all complete levels survive however the program
//! ends.
//!
//! The first line names the format and the search. Each level is a record: the number of its bytes, a checksum of that
//! number, a hash of the previous record's hash and the bytes, and the bytes. A record that ends too early was being
//! written when the program ended, and is dropped. Any other record with a wrong checksum or hash is damage.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::FORMAT_VERSION;

/// A file in which a search is saved while it runs, and from which it resumes.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    file: Mutex<OpenFile>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    last: blake3::Hash,
    /// The number of levels in the file.
    levels: usize,
}

/// One level of a saved search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// For each state, the number of the state from which it was first reached, and the choice.
    pub(super) from: Vec<(u32, u16)>,
    /// The coverage points that were seen before this level was expanded.
    pub(super) seen: Vec<bool>,
}

/// The reason why a saved search cannot be resumed.
#[derive(Debug)]
pub enum CheckpointError {
    /// The file has another format.
    Format {
        /// The file.
        path: PathBuf,
        /// The number of its format.
        format: u64,
    },
    /// The file belongs to another search.
    Foreign {
        /// The file.
        path: PathBuf,
        /// The first line of the file.
        found: String,
    },
    /// The file is damaged.
    Damaged {
        /// The file.
        path: PathBuf,
        /// The number of bytes before the damage.
        valid: u64,
    },
    /// The file cannot be read or written.
    Failed {
        /// The file.
        path: PathBuf,
        /// The reason that the system gives.
        reason: io::Error,
    },
}

/// The start of the first line, before the number of the format and the identity of the search.
const HEADER: &str = "stranded checkpoint format ";
/// The start of the first line in format 1.
const HEADER_OF_FORMAT_1: &str = "{\"version\":";
/// The size of a record's length field.
const LENGTH_BYTES: usize = 8;
/// The size of the checksum of a length field: the first bytes of a hash.
const CHECK_BYTES: usize = 8;
/// The most bytes of the first line.
const LINE_BYTES_MAX: u64 = 1 << 16;
/// The size of a hash.
const HASH_BYTES: usize = blake3::OUT_LEN;
/// The size of a state: the number of its parent, and the choice.
const STATE_BYTES: usize = 6;

impl Checkpoint {
    /// Opens the file of the search with this identity, or creates it.
    ///
    /// # Errors
    /// The file belongs to another search, is damaged, or cannot be read or written.
    pub fn open(path: &Path, identity: &str) -> Result<Self, CheckpointError> {
        let failed = |reason| CheckpointError::Failed { path: path.to_owned(), reason };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let mut reader = BufReader::new(&file);
        let mut first = Vec::new();
        reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut first).map_err(failed)?;
        let mut levels = 0;
        let header = format!("{HEADER}{FORMAT_VERSION} {identity}");
        let mut last = header_hash(&header);
        let mut valid = 0;
        let line = format!("{header}\n");
        // The program ended while it wrote the first line: nothing is saved yet.
        if !line.as_bytes().starts_with(&first) {
            let found = String::from_utf8_lossy(&first).trim_end().to_owned();
            let path = path.to_owned();
            return Err(match format_of(&found) {
                Some(format) if format != FORMAT_VERSION => CheckpointError::Format { path, format },
                Some(_) | None => CheckpointError::Foreign { path, found },
            });
        }
        if first.len() == line.len() {
            valid = line.len() as u64;
            loop {
                match record(&mut reader, &last).map_err(failed)? {
                    NextRecord::None => break,
                    NextRecord::Level { hash, bytes } if Level::read(&bytes).is_some() => {
                        levels += 1;
                        last = hash;
                        valid += (LENGTH_BYTES + CHECK_BYTES + HASH_BYTES + bytes.len()) as u64;
                    }
                    NextRecord::Level { .. } | NextRecord::Damage => {
                        return Err(CheckpointError::Damaged { path: path.to_owned(), valid });
                    }
                }
            }
        }
        let mut file = file;
        file.set_len(valid).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        if valid == 0 {
            file.write_all(line.as_bytes()).map_err(failed)?;
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(OpenFile { file, last, levels }) })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the levels in the file.
    pub(super) fn levels(&self) -> io::Result<impl Iterator<Item = Level>> {
        let mut reader = BufReader::new(File::open(&self.path)?);
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        let mut last = header_hash(&String::from_utf8_lossy(line.trim_ascii_end()));
        Ok(std::iter::from_fn(move || match record(&mut reader, &last).ok()? {
            NextRecord::Level { hash, bytes } => {
                last = hash;
                Level::read(&bytes)
            }
            NextRecord::None | NextRecord::Damage => None,
        }))
    }

    /// Adds the level of this depth, unless the file has it already.
    pub(super) fn add(&self, depth: usize, level: &Level) -> io::Result<()> {
        let mut open = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if depth < open.levels {
            return Ok(());
        }
        let bytes = level.to_bytes();
        let hash = chained(&open.last, &bytes);
        let length = (bytes.len() as u64).to_le_bytes();
        let check = check(&open.last, &length);
        open.file.write_all(&[&length, check.as_slice(), hash.as_bytes(), &bytes].concat())?;
        open.last = hash;
        open.levels += 1;
        Ok(())
    }
}

fn chained(last: &blake3::Hash, bytes: &[u8]) -> blake3::Hash {
    blake3::Hasher::new().update(last.as_bytes()).update(bytes).finalize()
}

/// The next record of a file.
enum NextRecord {
    /// A complete record.
    Level { hash: blake3::Hash, bytes: Vec<u8> },
    /// The end of the file, or a record that was being written.
    None,
    /// A record with a wrong checksum or hash.
    Damage,
}

/// The hash to which the first record is chained.
fn header_hash(header: &str) -> blake3::Hash {
    blake3::hash(header.as_bytes())
}

/// The format of a checkpoint with this first line, if it is the line of a checkpoint.
fn format_of(line: &str) -> Option<u64> {
    match line.strip_prefix(HEADER) {
        Some(rest) => rest.split(' ').next()?.parse().ok(),
        None => line.starts_with(HEADER_OF_FORMAT_1).then_some(1),
    }
}

/// The checksum of a length field. It distinguishes a wrong length from a truncated record.
fn check(last: &blake3::Hash, length: &[u8; LENGTH_BYTES]) -> [u8; CHECK_BYTES] {
    std::array::from_fn(|index| chained(last, length).as_bytes()[index])
}

/// Reads the record that follows the one with this hash.
fn record(reader: &mut impl Read, last: &blake3::Hash) -> io::Result<NextRecord> {
    let mut length = [0; LENGTH_BYTES];
    let mut checked = [0; CHECK_BYTES];
    let mut hash = [0; HASH_BYTES];
    if !fill(reader, &mut length)? || !fill(reader, &mut checked)? {
        return Ok(NextRecord::None);
    }
    if check(last, &length) != checked {
        return Ok(NextRecord::Damage);
    }
    if !fill(reader, &mut hash)? {
        return Ok(NextRecord::None);
    }
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Ok(NextRecord::None);
    }
    let hash = hash.into();
    Ok(if chained(last, &bytes) == hash { NextRecord::Level { hash, bytes } } else { NextRecord::Damage })
}

/// Fills the buffer. Returns false if the file ends first.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(reason) if reason.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(reason) => Err(reason),
    }
}

impl Level {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH_BYTES + self.from.len() * STATE_BYTES + self.seen.len());
        bytes.extend((self.from.len() as u64).to_le_bytes());
        for (number, choice) in &self.from {
            bytes.extend(number.to_le_bytes());
            bytes.extend(choice.to_le_bytes());
        }
        bytes.extend(self.seen.iter().map(|seen| u8::from(*seen)));
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let (states, seen) = rest.split_at_checked(count.checked_mul(STATE_BYTES)?)?;
        let state = |bytes: &[u8]| {
            let (number, choice) = bytes.split_first_chunk::<4>()?;
            Some((u32::from_le_bytes(*number), u16::from_le_bytes(choice.try_into().ok()?)))
        };
        let from = states.chunks_exact(STATE_BYTES).map(state).collect::<Option<_>>()?;
        Some(Self { from, seen: seen.iter().map(|seen| *seen != 0).collect() })
    }
}

impl std::fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Format { path, format } => {
                let reads = format!("this version of stranded reads format {FORMAT_VERSION}");
                write!(f, "{} is a checkpoint of format {format}; {reads}", path.display())
            }
            Self::Foreign { path, found } => {
                write!(f, "{} is the checkpoint of another search:\n  {found}", path.display())
            }
            Self::Damaged { path, valid } => {
                write!(f, "{} is damaged after its first {valid} bytes and is not used", path.display())
            }
            Self::Failed { path, reason } => write!(f, "cannot read or write {}: {reason}", path.display()),
        }
    }
}
