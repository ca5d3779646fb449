//! Tries `XFER` at every fault point. Arguments: the name of a repair or `all`, modes and fault points, all when none is named. Prints one line
//! of JSON for each trial.

use std::io::Write;

use stranded_testbed::cyrus::repair::REPAIRS;
use stranded_testbed::cyrus::{cache, trial};
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::trial::report::DirectoryStep;
use stranded_testbed::trial::{LIMIT, TrialOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let packages = cache().ok_or("neither XDG_CACHE_HOME nor HOME is set")?;
    let is_named = |name: &str| arguments.iter().any(|argument| argument == name);
    let modes: Vec<Mode> = Mode::ALL.into_iter().filter(|mode| is_named(mode.name())).collect();
    let modes = if modes.is_empty() { Mode::ALL.to_vec() } else { modes };
    let mut output = std::io::stdout();
    for repair in REPAIRS.iter().filter(|repair| is_named(repair.name) || is_named("all")) {
        let points: Vec<_> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
        let options = TrialOptions { order: DirectoryStep::Tool, modes: &modes, points: &points, limit: LIMIT };
        for report in trial::trials(&packages, repair, &options, &())?.trials {
            writeln!(output, "{}", serde_json::to_string(&report)?)?;
        }
    }
    Ok(())
}
