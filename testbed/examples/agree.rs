//! Compares saved trials with the model: `agree REPORT.json [PROCEDURE]`.

use std::io::Write;

use stranded_testbed::predict::compare;
use stranded_testbed::trial::report::MoverReport;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let report: MoverReport = serde_json::from_str(&std::fs::read_to_string(&arguments[0])?)?;
    let agreement = compare(&report, arguments.get(1).unwrap_or(&report.mover))?;
    let mut out = std::io::stdout();
    let count = agreement.disagreements().count();
    writeln!(
        out,
        "{} {:?}: {} of {}",
        report.mover,
        report.order,
        agreement.trials.len() - count,
        agreement.trials.len()
    )?;
    for one in agreement.disagreements() {
        writeln!(out, "  {} {:?} {:?}: {:?} not in {:?}", one.point, one.mode, one.steps, one.observed, one.allowed)?;
    }
    writeln!(out, "  unobserved {:?}", agreement.unobserved)?;
    Ok(())
}
