//! The repairs that operators of Cyrus Murder have: restarts of backends, and `ctl_mboxlist -m` with its options.

use super::{Backend, Murder};
use crate::trial::report::{RunReport, milliseconds};
use crate::trial::run::Ended;

/// A repair: acts in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The name on the command line and in reports.
    pub name: &'static str,
    /// The acts.
    pub acts: &'static [Act],
}

/// One act of a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The backend is killed and started. At its start it compares its list of mailboxes with mupdate.
    Restart(Backend),
    /// `ctl_mboxlist -m`: the backend deletes what mupdate says is elsewhere, and enters what mupdate does not know.
    Compare(Backend),
    /// `ctl_mboxlist -m -a`: the backend enters everything that it has.
    Enter(Backend),
}

use Backend::{Destination, Source};

/// The absence of a repair.
pub const NONE: &Repair = &REPAIRS[0];
/// Every repair, and the absence of one first.
pub const REPAIRS: [Repair; 9] = [
    Repair { name: "none", acts: &[] },
    Repair { name: "restart-source-destination", acts: &[Act::Restart(Source), Act::Restart(Destination)] },
    Repair { name: "restart-destination-source", acts: &[Act::Restart(Destination), Act::Restart(Source)] },
    Repair { name: "compare-source-destination", acts: &[Act::Compare(Source), Act::Compare(Destination)] },
    Repair { name: "compare-destination-source", acts: &[Act::Compare(Destination), Act::Compare(Source)] },
    Repair { name: "enter-source", acts: &[Act::Enter(Source)] },
    Repair { name: "enter-destination", acts: &[Act::Enter(Destination)] },
    Repair { name: "enter-source-compare-destination", acts: &[Act::Enter(Source), Act::Compare(Destination)] },
    Repair { name: "enter-destination-compare-source", acts: &[Act::Enter(Destination), Act::Compare(Source)] },
];

impl Repair {
    /// Returns the name; `None` for the absence of a repair.
    #[must_use]
    pub fn named(&self) -> Option<String> {
        (!self.acts.is_empty()).then(|| self.name.to_owned())
    }
}

impl Murder {
    /// Performs one act of a repair.
    pub fn perform(&mut self, act: Act) -> RunReport {
        let started = std::time::Instant::now();
        let (ended, output) = match act {
            Act::Restart(backend) => match self.restart(backend) {
                Ok(()) => (Ended::Exited(0), format!("{} restarted", backend.name())),
                Err(reason) => (Ended::NotStarted(reason.to_string()), String::new()),
            },
            Act::Compare(backend) => self.compare(backend, &["-m"]),
            Act::Enter(backend) => self.compare(backend, &["-m", "-a"]),
        };
        RunReport { tool: Some(ended), output, milliseconds: milliseconds(started), ..RunReport::default() }
    }

    fn compare(&self, backend: Backend, options: &[&str]) -> (Ended, String) {
        let line = format!("ctl_mboxlist {} on {}", options.join(" "), backend.name());
        match self.run_on(backend, "ctl_mboxlist", options) {
            Ok(output) => {
                let says = [output.stdout, output.stderr].concat();
                (Ended::of(output.status), format!("{line}\n{}", String::from_utf8_lossy(&says)))
            }
            Err(reason) => (Ended::NotStarted(format!("{line}: {reason}")), String::new()),
        }
    }
}
