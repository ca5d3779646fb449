//! The Debian packages that the servers and the movers come from.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

/// The table of packages. `tests/run` reads the same file.
const TABLE: &str = include_str!("../debian-packages");

/// Programs that are not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The paths of the programs.
    pub programs: Vec<&'static str>,
    /// The packages that have them.
    pub packages: BTreeSet<&'static str>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packages: Vec<&str> = self.packages.iter().copied().collect();
        write!(
            f,
            "not installed: {}\nto install them on Debian 12:\n  \
             apt-get install --no-install-recommends {}",
            self.programs.join(", "),
            packages.join(" ")
        )
    }
}

impl std::error::Error for Missing {}

/// Checks that every program of a bed or of a mover is installed.
///
/// # Errors
/// Programs are missing.
pub fn require(part: &str) -> Result<(), Missing> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(row);
    let missing: Vec<_> = rows.filter(|(of, program, _)| *of == part && !exists(program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Missing {
        programs: missing.iter().map(|(_, program, _)| *program).collect(),
        packages: missing.iter().map(|(_, _, package)| *package).collect(),
    })
}

/// True if a file exists. One folder of its path may be `*`: any folder, for the libraries of one kind of processor.
fn exists(path: &str) -> bool {
    let Some((above, below)) = path.split_once("/*/") else { return Path::new(path).exists() };
    let folders = fs::read_dir(above).into_iter().flatten().filter_map(Result::ok);
    folders.map(|folder| folder.path().join(below)).any(|file| file.exists())
}

/// The part that needs a program, the path of the program, and its package.
fn row(line: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?, words.next()?))
}
