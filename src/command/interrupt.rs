//! What becomes of what was borrowed when the program is interrupted: adapters are in process groups of their own, so nobody else
//! ends them; a terminal that shows steps is given back.

use crate::exit::Exit;
use stranded_oracle::adapter::group;

/// From now on an interruption ends every adapter with all that it started, and then the program.
pub(super) fn ends_adapters() {
    let end = || {
        group::end_all();
        std::process::exit(Exit::Inconclusive.code().into());
    };
    if let Err(reason) = ctrlc::set_handler(end) {
        super::output::warn(&format!("an interruption will not end the adapter: {reason}"));
    }
}

/// From now on an interruption from outside gives the terminal back before the program ends. The keys Ctrl-C are no interruption
/// while the steps are shown: they are read like any other.
pub(super) fn gives_terminal_back() {
    let end = || {
        crate::terminal::give_back();
        std::process::exit(Exit::Inconclusive.code().into());
    };
    if let Err(reason) = ctrlc::set_handler(end) {
        super::output::warn(&format!("an interruption will not give the terminal back: {reason}"));
    }
}
