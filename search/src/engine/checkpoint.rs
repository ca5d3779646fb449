//! A search on disk: for every level, how each of its states was first reached. That is enough to find the states again, and
//! nothing of it is ever rewritten, so whatever ends the program, all levels but the last are there.
//!
//! The file begins with a line that says what is searched. A level is a record: how many bytes it has, a check of that number,
//! the hash of the record before it and of those bytes, and the bytes. A record that ends too early was being written when the
//! program ended, and is cut off; any other that does not have its check and its hash is damage.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A search that is saved while it runs, and goes on where it ended.
#[derive(Debug)]
pub struct Saved {
    path: PathBuf,
    file: Mutex<Writing>,
}

#[derive(Debug)]
struct Writing {
    file: File,
    last: blake3::Hash,
    /// How many levels are there.
    levels: usize,
}

/// One level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// For each of its states, the number of the one it was first reached from, and by which choice.
    pub(super) from: Vec<(u32, u16)>,
    /// Which points were seen until the level before it was done.
    pub(super) seen: Vec<bool>,
}

/// Why a saved search cannot go on.
#[derive(Debug)]
pub enum NotResumed {
    /// It is a search of something else.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it says that it is.
        found: String,
    },
    /// The file is not as it was written.
    Damaged {
        /// The file.
        path: PathBuf,
        /// How many bytes of it are good.
        good: u64,
    },
    /// The file cannot be read or written.
    Failed {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// The bytes that say how long a record is.
const LENGTH_BYTES: usize = 8;
/// The bytes that check how long a record is: the first of a hash.
const CHECK_BYTES: usize = 8;
/// The most bytes of the first line.
const LINE_BYTES_MAX: u64 = 1 << 16;
/// The bytes of a hash.
const HASH_BYTES: usize = blake3::OUT_LEN;
/// The bytes of a state: the number of the one before it, and the choice.
const STATE_BYTES: usize = 6;

impl Saved {
    /// Opens the file of a search, which must be a search of this; it is made if it is not there.
    ///
    /// # Errors
    /// It is of something else, damaged, or cannot be read or written.
    pub fn open(path: &Path, identity: &str) -> Result<Self, NotResumed> {
        let failed = |reason| NotResumed::Failed { path: path.to_owned(), reason };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let mut reader = BufReader::new(&file);
        let mut first = Vec::new();
        reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut first).map_err(failed)?;
        let mut levels = 0;
        let mut last = first_hash(identity);
        let mut good = 0;
        let line = format!("{identity}\n");
        // A part of the first line was being written when the program ended: nothing is saved yet.
        if !line.as_bytes().starts_with(&first) {
            let found = String::from_utf8_lossy(&first).trim_end().to_owned();
            return Err(NotResumed::Foreign { path: path.to_owned(), found });
        }
        if first.len() == line.len() {
            good = line.len() as u64;
            loop {
                match record(&mut reader, &last).map_err(failed)? {
                    Record::None => break,
                    Record::Level { hash, bytes } if Level::read(&bytes).is_some() => {
                        levels += 1;
                        last = hash;
                        good += (LENGTH_BYTES + CHECK_BYTES + HASH_BYTES + bytes.len()) as u64;
                    }
                    Record::Level { .. } | Record::Damage => {
                        return Err(NotResumed::Damaged { path: path.to_owned(), good });
                    }
                }
            }
        }
        let mut file = file;
        file.set_len(good).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        if good == 0 {
            file.write_all(line.as_bytes()).map_err(failed)?;
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(Writing { file, last, levels }) })
    }

    /// The levels that are there already.
    pub(super) fn levels(&self) -> io::Result<impl Iterator<Item = Level>> {
        let mut reader = BufReader::new(File::open(&self.path)?);
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        let mut last = first_hash(&String::from_utf8_lossy(line.trim_ascii_end()));
        Ok(std::iter::from_fn(move || match record(&mut reader, &last).ok()? {
            Record::Level { hash, bytes } => {
                last = hash;
                Level::read(&bytes)
            }
            Record::None | Record::Damage => None,
        }))
    }

    /// Adds the level of this depth, unless it is there already.
    pub(super) fn add(&self, depth: usize, level: &Level) -> io::Result<()> {
        let mut writing = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if depth < writing.levels {
            return Ok(());
        }
        let bytes = level.written();
        let hash = chained(&writing.last, &bytes);
        let length = (bytes.len() as u64).to_le_bytes();
        let check = check(&writing.last, &length);
        writing.file.write_all(&[&length, check.as_slice(), hash.as_bytes(), &bytes].concat())?;
        writing.last = hash;
        writing.levels += 1;
        Ok(())
    }
}

fn chained(last: &blake3::Hash, bytes: &[u8]) -> blake3::Hash {
    blake3::Hasher::new().update(last.as_bytes()).update(bytes).finalize()
}

/// What is behind the records that were read.
enum Record {
    /// One more.
    Level { hash: blake3::Hash, bytes: Vec<u8> },
    /// Nothing, or the beginning of one.
    None,
    /// Something that was not written so.
    Damage,
}

/// What the first record is chained to.
fn first_hash(identity: &str) -> blake3::Hash {
    blake3::hash(identity.as_bytes())
}

/// What stands behind the length of a record, so that a wrong length is not taken for a record that ends too early.
fn check(last: &blake3::Hash, length: &[u8; LENGTH_BYTES]) -> [u8; CHECK_BYTES] {
    std::array::from_fn(|place| chained(last, length).as_bytes()[place])
}

/// The next record behind the one with this hash.
fn record(reader: &mut impl Read, last: &blake3::Hash) -> io::Result<Record> {
    let mut length = [0; LENGTH_BYTES];
    let mut checked = [0; CHECK_BYTES];
    let mut hash = [0; HASH_BYTES];
    if !fill(reader, &mut length)? || !fill(reader, &mut checked)? {
        return Ok(Record::None);
    }
    if check(last, &length) != checked {
        return Ok(Record::Damage);
    }
    if !fill(reader, &mut hash)? {
        return Ok(Record::None);
    }
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Ok(Record::None);
    }
    let hash = hash.into();
    Ok(if chained(last, &bytes) == hash { Record::Level { hash, bytes } } else { Record::Damage })
}

/// Fills the buffer; false, if there is not enough left.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(reason) if reason.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(reason) => Err(reason),
    }
}

impl Level {
    fn written(&self) -> Vec<u8> {
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

impl std::fmt::Display for NotResumed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Foreign { path, found } => {
                write!(f, "{} is the checkpoint of another search:\n  {found}", path.display())
            }
            Self::Damaged { path, good } => {
                write!(f, "{} is damaged after its first {good} bytes; nothing of it is used", path.display())
            }
            Self::Failed { path, reason } => write!(f, "cannot read or write {}: {reason}", path.display()),
        }
    }
}
