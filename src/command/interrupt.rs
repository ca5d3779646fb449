//! What becomes of adapters when the program is interrupted: they are in process groups of their own, so nobody else ends them.

use crate::adapter::group;
use crate::exit::Exit;

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
