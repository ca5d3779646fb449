//! `stranded doctor`

use std::fmt::Write as _;

use crate::cli::Doctor;
use crate::exit::Exit;
use stranded_oracle::adapter::Timeouts;
use stranded_oracle::adapter::doctor::{self, Diagnosis};
use stranded_oracle::conform;
use stranded_search::engine::Limits;
use stranded_search::lines::wrapped;
use stranded_search::sanitize::visible;
use stranded_search::scenario;

use super::output::Forms;
use super::{CommandError, interrupt, output};

pub(super) fn run(arguments: &Doctor) -> Result<Exit, CommandError> {
    let specs = scenario::select(std::slice::from_ref(&arguments.scenario))?;
    let [spec] = specs.as_slice() else {
        return Err(CommandError::Usage(format!(
            "expected one scenario; `{}` names {}",
            arguments.scenario,
            specs.len()
        )));
    };
    let interrupted = Limits { interrupted: Some(interrupt::ends_adapters()), ..Limits::default() };
    let timeouts = Timeouts { deadline: arguments.deadline, late: arguments.grace };
    let found = doctor::examine(spec, &arguments.command, timeouts, arguments.adapter_log.as_deref());
    if conform::is_interrupted(&interrupted, !found.healthy) {
        return Err(CommandError::Inconclusive("the test conversation was interrupted".to_owned()));
    }
    let text = |width| visible(&text(&found, width)).into_owned();
    let json = || output::json(&found);
    let printed = output::publish(&arguments.output, &Forms { text: &text, json: &json, cases: None });
    let logged = if found.log_failure.is_some() { Exit::Inconclusive } else { Exit::AsExpected };
    Ok(printed.max(logged).max(if found.healthy { Exit::AsExpected } else { Exit::BrokenAdapter }))
}

fn text(found: &Diagnosis, width: u16) -> String {
    let mut text = String::new();
    for check in &found.checks {
        let mark = match check.ok {
            Some(true) => "ok",
            Some(false) => "WRONG",
            None => "–",
        };
        let _ = writeln!(text, "{mark:<7}{:<10}{}", check.name, check.says);
        if let Some(mend) = &check.mend {
            let _ = writeln!(text, "{:17}{}", "", wrapped(&format!("To correct it: {mend}"), 17, width));
        }
    }
    let _ = writeln!(text, "\n{}", wrapped(&format!("asked: {}", found.asked.join(", ")), 2, width));
    for remark in &found.remarks {
        let _ = writeln!(text, "{}", wrapped(&format!("remark: {remark}"), 2, width));
    }
    match (&found.diagnosis, &found.details) {
        (None, _) => text.push_str("\nhealthy: no violation of the protocol in this conversation\n"),
        (Some(diagnosis), details) => {
            let _ = writeln!(text, "\ndiagnosis: {diagnosis}");
            for line in details.iter().flat_map(|details| details.lines()) {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    text
}
