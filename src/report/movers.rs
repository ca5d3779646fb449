//! The movers that people run, and what the model says of each: loss, stranding and duplicates for each order of the directory
//! step, run once without faults and run again after one. The figures are those of the scenarios of the family `movers`.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use stranded_model::assumption::Assumption;
use stranded_model::property::Safety;
use stranded_search::check::{self, Combination};
use stranded_search::engine::{Engine, Limits};
use stranded_search::lines::wrapped;
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Spec, builtin, load_scenario};

/// The end of the name of the scenario in which a mover is run again.
const AGAIN: &str = "-again";

/// The meaning of the columns. In a pipe their names have to say it, because each line of a pipe is an entry.
const LEGEND: &str = "A number counts the steps of the shortest trace in which mail is lost, stranded or duplicated; – is never; ? is not known.";

/// A mover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Mover {
    /// The name of its procedure.
    pub name: String,
    /// The sources of the procedure.
    pub source: Vec<String>,
    /// The outcomes for each order of the directory step, once and again; empty for a variant of our own, which has scenarios
    /// of the family `inferred`.
    pub outcomes: Vec<MoverOutcome>,
}

/// The outcome of running a mover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MoverOutcome {
    /// The scenario.
    pub scenario: String,
    /// `first`, `last` or `never`: the moment of the operator's directory step; `own` if the mover writes the directory itself.
    pub directory_step: &'static str,
    /// `once`, or `again` after a fault.
    pub run: &'static str,
    /// A message is lost.
    pub loses: Finding,
    /// A message is not in the mailbox that the home names.
    pub strands: Finding,
    /// A store holds a message more than once.
    pub duplicates: Finding,
}

/// A kind of harm in one search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// It happens; the shortest trace has this many steps.
    After(usize),
    /// It does not happen, and the search was complete.
    Never,
    /// The search was not complete, or nothing showed it.
    Unknown,
}

impl Finding {
    fn of(combination: &Combination, spec: &Spec, property: Safety) -> Self {
        let index = spec.properties().into_iter().position(|one| one == Property::Safety(property));
        match index.map(|index| combination.verdicts[index]) {
            Some(Verdict::Violated) => combination.search.violations[property as usize]
                .as_ref()
                .map_or(Self::Unknown, |path| Self::After(path.actions.len())),
            Some(Verdict::Holds) => Self::Never,
            Some(Verdict::Vacuous | Verdict::Depends | Verdict::Inconclusive | Verdict::Error) | None => Self::Unknown,
        }
    }

    /// Returns the worse of two findings; of two that happen, the one with the shorter trace.
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::After(one), Self::After(two)) => Self::After(one.min(two)),
            (found @ Self::After(_), _) | (_, found @ Self::After(_)) => found,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Never, Self::Never) => Self::Never,
        }
    }

    fn cell(self) -> String {
        match self {
            Self::After(steps) => steps.to_string(),
            Self::Never => "–".to_owned(),
            Self::Unknown => "?".to_owned(),
        }
    }
}

impl MoverOutcome {
    /// Adds what another answer to an assumption shows.
    fn note(&mut self, other: &Self) {
        self.loses = self.loses.worse(other.loses);
        self.strands = self.strands.worse(other.strands);
        self.duplicates = self.duplicates.worse(other.duplicates);
    }

    /// Returns the outcome in one word.
    fn verdict(&self) -> String {
        let all = [(self.loses, "loses"), (self.strands, "strands"), (self.duplicates, "duplicates")];
        let harms: Vec<&str> =
            all.into_iter().filter(|(found, _)| matches!(found, Finding::After(_))).map(|(_, word)| word).collect();
        let is_unknown = all.iter().any(|(found, _)| *found == Finding::Unknown);
        match harms.as_slice() {
            [] if is_unknown => "not known".to_owned(),
            [] => "safe".to_owned(),
            [..] => harms.join(", "),
        }
    }
}

/// Returns the movers, each with what its scenarios show.
///
/// # Panics
/// If a built-in scenario has errors, which none has.
#[must_use]
pub fn movers() -> Vec<Mover> {
    let mover = |found: &builtin::Builtin| {
        let procedure = found.decoded();
        let runs = [(procedure.name.clone(), "once"), (format!("{}{AGAIN}", procedure.name), "again")];
        let is_complete = builtin::scenario(&runs[1].0).is_some();
        let runs = runs.into_iter().filter(|_| is_complete);
        let outcomes = runs.flat_map(|(scenario, run)| outcomes(&scenario, run)).collect();
        Mover { name: procedure.name, source: procedure.source, outcomes }
    };
    builtin::movers().iter().map(mover).collect()
}

fn outcomes(scenario: &str, run: &'static str) -> Vec<MoverOutcome> {
    let spec = load_scenario(scenario).unwrap_or_else(|wrong| panic!("a built-in scenario has errors:\n{wrong}"));
    let checked = check::check(&spec, Engine::default(), &Limits::default());
    let has_step = checked.varied.contains(&Assumption::DirectoryStep);
    let outcome = |combination: &Combination| MoverOutcome {
        scenario: scenario.to_owned(),
        directory_step: if has_step { combination.world.assumptions.value(Assumption::DirectoryStep) } else { "own" },
        run,
        loses: Finding::of(combination, &spec, Safety::NoLoss),
        strands: Finding::of(combination, &spec, Safety::Reachable),
        duplicates: Finding::of(combination, &spec, Safety::NoDuplicates),
    };
    let mut outcomes: Vec<MoverOutcome> = Vec::new();
    for found in checked.combinations.iter().map(outcome) {
        match outcomes.iter_mut().find(|other| other.directory_step == found.directory_step) {
            Some(other) => other.note(&found),
            None => outcomes.push(found),
        }
    }
    outcomes
}

/// Returns the movers as a text. On a terminal of this width the sources follow the table; without one they end each line of it.
#[must_use]
pub fn text(movers: &[Mover], width: Option<u16>) -> String {
    let column = movers.iter().map(|mover| mover.name.len()).max().unwrap_or(0);
    let heads = match width {
        Some(_) => ["loses", "strands", "duplicates"],
        None => ["loses(steps)", "strands(steps)", "duplicates(steps)"],
    };
    let last = if width.is_some() { "" } else { "  sources" };
    let mut text = format!("{:<column$}  directory  run    {}{last}\n", "mover", heads.join("  "));
    for mover in movers {
        let sources = if width.is_some() { String::new() } else { format!("  {}", mover.source.join(", ")) };
        let mut row = |[step, run, loses, strands, duplicates]: [&str; 5]| {
            let name = &mover.name;
            let [one, two, three] = heads.map(str::len);
            let cells = format!("{loses:>one$}  {strands:>two$}  {duplicates:>three$}");
            let _ = writeln!(text, "{name:<column$}  {step:<9}  {run:<5}  {cells}{sources}");
        };
        for found in &mover.outcomes {
            let [loses, strands, duplicates] = [found.loses, found.strands, found.duplicates].map(Finding::cell);
            row([found.directory_step, found.run, &loses, &strands, &duplicates]);
        }
        if mover.outcomes.is_empty() && width.is_none() {
            row(["?"; 5]);
        }
    }
    let Some(width) = width else { return text };
    let _ = writeln!(text, "\n{}\n", wrapped(LEGEND, 0, width));
    for mover in movers {
        let _ = writeln!(text, "{}", wrapped(&format!("{}: {}", mover.name, mover.source.join(", ")), 2, width));
    }
    text
}

/// Returns the table of `specs/movers.md`.
#[must_use]
pub fn markdown(movers: &[Mover]) -> String {
    let mut page = String::from(
        "| mover | directory | run | verdict | loses | strands | duplicates | command |\n|---|---|---|---|---|---|---|---|\n",
    );
    for found in movers.iter().flat_map(|mover| &mover.outcomes) {
        let name = found.scenario.trim_end_matches(AGAIN);
        let [loses, strands, duplicates] = [found.loses, found.strands, found.duplicates].map(Finding::cell);
        let _ = writeln!(
            page,
            "| `{name}` | {} | {} | {} | {loses} | {strands} | {duplicates} | `stranded check {}` |",
            found.directory_step,
            found.run,
            found.verdict(),
            found.scenario
        );
    }
    page.push_str("\n## Sources\n\n");
    for mover in movers {
        let link =
            |source: &String| if source.starts_with("https://") { format!("<{source}>") } else { source.clone() };
        let _ = writeln!(page, "- `{}`: {}", mover.name, mover.source.iter().map(link).collect::<Vec<_>>().join(", "));
    }
    page
}
