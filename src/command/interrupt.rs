//! Handlers of Ctrl-C and of the signals that end the program. Each command installs one of them.

use std::sync::atomic::{AtomicBool, Ordering};

use super::CommandError;
use crate::exit::Exit;
use stranded_oracle::adapter::group;

/// The flag of an interruption.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Returns a flag that is set at the first interruption. The second one ends the program at once.
pub(super) fn flag() -> Result<&'static AtomicBool, CommandError> {
    let set = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            end();
        }
    };
    match ctrlc::set_handler(set) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(&INTERRUPTED),
        Err(reason) => Err(CommandError::Usage(format!("cannot handle Ctrl-C: {reason}"))),
    }
}

/// Returns a flag that is set at the first interruption, which then ends every adapter with its process group. Adapters are in
/// process groups of their own, so that Ctrl-C does not reach them. The second interruption ends the program at once.
pub(super) fn ends_adapters() -> &'static AtomicBool {
    let handled = ctrlc::set_handler(|| {
        let is_second = INTERRUPTED.swap(true, Ordering::Relaxed);
        group::end_all();
        if is_second {
            end();
        }
    });
    if let Err(reason) = handled {
        super::output::warn(&format!("cannot handle Ctrl-C: {reason}; an interruption will not end the adapter"));
    }
    &INTERRUPTED
}

/// Restores the terminal at an interruption from outside, then ends the program. The screen reads the keys Ctrl-C itself.
#[cfg(feature = "terminal")]
pub(super) fn restores_terminal() {
    let handled = ctrlc::set_handler(|| {
        crate::terminal::restore();
        end();
    });
    if let Err(reason) = handled {
        super::output::warn(&format!("cannot handle signals: {reason}; an interruption will not restore the terminal"));
    }
}

fn end() -> ! {
    std::process::exit(Exit::Inconclusive.code().into())
}
