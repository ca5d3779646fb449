//! The programs of Cyrus 3.6, which `testbed/cyrus-packages` unpacks into a folder of its own.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that the bed runs.
const PROGRAMS: [&str; 7] = ["master", "imapd", "lmtpd", "mupdate", "ctl_cyrusdb", "ctl_mboxlist", "mbexamine"];

/// The longest time of a program that is no server, in seconds.
const SECONDS_MAX: &str = "30";

/// Returns the folder into which `testbed/cyrus-packages` unpacks the packages unless it is given another.
#[must_use]
pub fn cache() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("stranded"))
}

/// Copies of the programs and of their libraries in one folder of the bed. The servers run as another user, who may not be able to
/// enter the folder in which the packages are.
#[derive(Debug)]
pub(super) struct Programs(PathBuf);

impl Programs {
    /// Copies the programs from the unpacked packages; `None` if a program is absent there.
    pub(super) fn copy(packages: &Path, to: PathBuf) -> io::Result<Option<Self>> {
        let Some(files) = files(&packages.join("cyrus/usr/lib"))? else { return Ok(None) };
        fs::create_dir_all(&to)?;
        for (file, name) in files {
            fs::copy(file, to.join(name))?;
        }
        Ok(Some(Self(to)))
    }

    /// Returns the path of a program.
    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.0.join(program)
    }

    /// Returns the command of a program that is killed if it does not end in time, also when this process is no longer there.
    pub(super) fn limited(&self, program: &str) -> Command {
        let mut command = self.in_environment("/usr/bin/timeout".into());
        command.args(["--signal=KILL", SECONDS_MAX]).arg(self.path(program));
        command
    }

    /// Returns the command of a program.
    pub(super) fn command(&self, program: &str) -> Command {
        self.in_environment(self.path(program))
    }

    /// Returns a command whose program finds its libraries.
    fn in_environment(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LD_LIBRARY_PATH", &self.0).env("PATH", "/usr/bin:/bin").current_dir("/");
        command
    }
}

/// The files to copy with their names: the programs, and the libraries, whose folder depends on the processor.
fn files(library: &Path) -> io::Result<Option<Vec<(PathBuf, String)>>> {
    let mut files: Vec<_> =
        PROGRAMS.iter().map(|name| (library.join("cyrus/bin").join(name), (*name).to_owned())).collect();
    if files.iter().any(|(file, _)| !file.exists()) {
        return Ok(None);
    }
    for folder in fs::read_dir(library)? {
        let folder = folder?.path();
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("libcyrus") && name.ends_with(".so.0") {
                files.push((entry.path(), name));
            }
        }
    }
    Ok(Some(files))
}
