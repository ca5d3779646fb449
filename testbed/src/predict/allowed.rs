//! Every end of a trial that the model allows: mail arrives, the tool runs, one fault strikes at a given step, the operator runs
//! the tool again if it did not report success, and one more mail arrives.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use stranded_model::World;
use stranded_model::action::{Action, ActionKind, Fate};
use stranded_model::assumption::Assumption;
use stranded_model::id::{AdministratorId, Id, MailboxId, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::state::{Account, Ended, Program, State};
use stranded_search::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::scenario::{Spec, parse_scenario};

use crate::mover::performed::{has_own_directory_step, without_directory_step};
use crate::trial::report::DirectoryStep;

/// The step of the operator that follows the tool, or the end of the run.
pub(super) const AFTER: &str = "switch-last|done";
/// The messages that arrive before the tool runs.
pub(super) const BEFORE: usize = 3;

/// The form in which a fault reaches a step of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strike {
    /// The request of the step is lost.
    RequestLost,
    /// The step happens, and its reply is lost.
    ReplyLost,
    /// The program dies before the step.
    Death,
    /// A mail arrives before the step.
    Mail,
    /// A mail arrives at the destination before the step, and the program notices the change there: it gives up when its work is done.
    NoticedMail,
}

/// The end of one run of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunEnd {
    /// The tool reported this outcome.
    Reported(Outcome),
    /// The tool was killed.
    Killed,
}

/// The site at the end of a trial, as an observer sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    /// The server that the directory names.
    pub home: Option<ServerId>,
    /// For each server, how many copies of each message its store holds; the highest number stands for that many or more.
    pub copies: Vec<BTreeMap<usize, usize>>,
    /// The messages that were accepted.
    pub accepted: usize,
    /// The ends of the runs of the tool.
    pub runs: Vec<RunEnd>,
}

/// A mover in the model: a world for each combination of answers to the assumptions.
#[derive(Debug)]
pub(super) struct ModelledMover {
    worlds: Vec<World>,
}

impl ModelledMover {
    /// Reads the procedure of a mover.
    ///
    /// # Errors
    /// The mover is unknown.
    pub(super) fn new(mover: &str, order: DirectoryStep) -> Result<Self, String> {
        let spec = scenario(mover, order)?;
        let world = |assumptions| check::world(&spec, assumptions, Engine::default(), &Limits::default());
        let worlds = check::combinations_of(&spec).into_iter().map(world).collect::<Result<_, _>>();
        Ok(Self { worlds: worlds.map_err(|truncated| truncated.to_string())? })
    }

    /// Returns the labels of the steps.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        let runs = self.worlds.iter().take(1).flat_map(|world| world.scenario.runs());
        runs.flat_map(|(_, run)| &run.procedure.steps).filter_map(|step| step.label.as_deref())
    }

    /// Returns a trial in each world whose procedure has the step; another answer to an assumption can lack it.
    fn trials(&self, fault: Option<(&str, Strike)>) -> Result<Vec<Trial<'_>>, String> {
        let (mut trials, mut lacking) = (Vec::new(), None);
        for world in &self.worlds {
            match Trial::new(world, fault) {
                Ok(trial) => trials.push(trial),
                Err(reason) => lacking = Some(reason),
            }
        }
        match lacking {
            Some(reason) if trials.is_empty() => Err(reason),
            Some(_) | None => Ok(trials),
        }
    }

    /// Returns the ends that the model allows; see [`allowed`].
    ///
    /// # Errors
    /// The step is unknown.
    pub(super) fn ends(&self, fault: Option<(&str, Strike)>) -> Result<BTreeSet<End>, String> {
        Ok(self.trials(fault)?.iter().flat_map(|trial| trial.reached(|_| false).ends).collect())
    }

    /// Returns the shortest trace to an end that is wanted, with its world; `None` if the model allows none.
    ///
    /// # Errors
    /// The step is unknown.
    pub(super) fn shortest(
        &self,
        fault: Option<(&str, Strike)>,
        is_wanted: impl Fn(&End) -> bool,
    ) -> Result<Option<(&World, Vec<Action>)>, String> {
        let trials = self.trials(fault)?.into_iter();
        let found = trials.filter_map(|trial| Some((trial.world, trial.reached(&is_wanted).trace?)));
        Ok(found.min_by_key(|(_, trace)| trace.len()))
    }
}

/// Returns the ends that the model allows for a mover. The fault has the label of a step; `None` stands for a trial without a fault.
/// There are none if the mover never reaches the step, or if the step sends no request that can be lost.
///
/// # Errors
/// The mover or the step is unknown.
pub fn allowed(mover: &str, order: DirectoryStep, fault: Option<(&str, Strike)>) -> Result<BTreeSet<End>, String> {
    ModelledMover::new(mover, order)?.ends(fault)
}

/// Returns the moments of the directory step at which the model can be compared with trials of a mover.
#[must_use]
pub fn orders(mover: &str) -> &'static [DirectoryStep] {
    if has_own_directory_step(mover) {
        &[DirectoryStep::Tool, DirectoryStep::Never]
    } else {
        &[DirectoryStep::First, DirectoryStep::Last, DirectoryStep::Never]
    }
}

/// The scenario of a trial. A mover that writes the directory itself is performed without that step if the directory is never written.
fn scenario(mover: &str, order: DirectoryStep) -> Result<Spec, String> {
    let is_own = has_own_directory_step(mover);
    let (procedure, step) = match (order, is_own) {
        (DirectoryStep::Tool, _) => (mover.to_owned(), None),
        (DirectoryStep::Never, true) => ("procedure.toml".to_owned(), None),
        (DirectoryStep::First | DirectoryStep::Last, true) => {
            return Err(format!("{mover} writes the directory itself, and not {}", order.name()));
        }
        (DirectoryStep::First, false) => (mover.to_owned(), Some("first")),
        (DirectoryStep::Last, false) => (mover.to_owned(), Some("last")),
        (DirectoryStep::Never, false) => (mover.to_owned(), Some("never")),
    };
    let messages = BEFORE + 2;
    let mut text = format!(
        "name = \"trial\"\nfamily = \"user\"\nquestion = \"What does the model allow?\"\n\
         [site]\nservers = [\"source\", \"destination\"]\nmessages = {messages}\nreplication = \"instant\"\n\
         [environment]\ndelivery = \"any-time\"\nfaults = [\"program-dies\", \"request-lost\", \"reply-lost\"]\nfaults-max = 1\n\
         [[run]]\nadministrator = \"operator\"\nprocedure = \"{procedure}\"\nfrom = \"source\"\nto = \"destination\"\nruns-max = 2\n"
    );
    if let Some(step) = step {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "[assume]\n{} = \"{step}\"", Assumption::DirectoryStep.name());
    }
    let read = |_: &str| without_directory_step(mover);
    parse_scenario("trial.toml", &text, &read).map_err(|wrong| wrong.render(false))
}

/// The index of the first step that has one of these labels, separated by `|`.
fn step(world: &World, labels: &str) -> Result<u8, String> {
    let (_, run) = world.scenario.runs().next().ok_or("the scenario has no run")?;
    let steps = &run.procedure.steps;
    let at = labels.split('|').find_map(|label| steps.iter().position(|step| step.label.as_deref() == Some(label)));
    at.and_then(|at| u8::try_from(at).ok()).ok_or_else(|| format!("{} has no step `{labels}`", run.procedure.name))
}

/// The destination of the run.
const DESTINATION: ServerId = ServerId(1);

/// A trial in one world.
struct Trial<'w> {
    world: &'w World,
    fault: Option<(u8, Strike)>,
    /// The step after the work of the tool.
    after: u8,
}

/// The part of a trial that a state is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    /// So many messages have still to arrive before the tool runs.
    Arriving(usize),
    /// The tool runs, and the fault has not struck yet.
    Running,
    /// The fault has struck in the first run, or there is none.
    Struck,
    /// The tool gives up when its work is done.
    GivingUp,
    /// The tool runs a second time.
    Again,
}

/// A state of a trial, with the ends of the runs so far.
type Situation = (State, Part, Vec<RunEnd>);

/// The end of a search.
#[derive(Default)]
struct Reached {
    /// The ends that were reached.
    ends: BTreeSet<End>,
    /// The shortest trace to an end that is wanted; the search stops there.
    trace: Option<Vec<Action>>,
}

impl<'w> Trial<'w> {
    fn new(world: &'w World, fault: Option<(&str, Strike)>) -> Result<Self, String> {
        let fault = fault.map(|(label, strike)| Ok::<_, String>((step(world, label)?, strike))).transpose()?;
        Ok(Self { world, fault, after: step(world, AFTER)? })
    }

    /// Searches breadth first, until an end is wanted.
    fn reached(&self, is_wanted: impl Fn(&End) -> bool) -> Reached {
        let first = (self.world.initial[0].clone(), Part::Arriving(BEFORE), Vec::new());
        let mut seen = BTreeSet::from([first.clone()]);
        // Each situation with the index of the one before it, and the action that leads to it.
        let mut found: Vec<(Situation, Option<(usize, Action)>)> = vec![(first, None)];
        let mut reached = Reached::default();
        let mut next = 0;
        while let Some(((state, part, runs), _)) = found.get(next).cloned() {
            let following = match self.ended(&state, part, &runs) {
                Some(ended) => {
                    for (action, last) in &ended {
                        let end = end(&last.accounts[MailboxId(0)], &self.runs(&state, &runs));
                        if is_wanted(&end) {
                            reached.trace = Some(trace(&found, next, *action));
                            return reached;
                        }
                        reached.ends.insert(end);
                    }
                    Vec::new()
                }
                None => self.following(&state, part, &runs),
            };
            for (action, situation) in following {
                if seen.insert(situation.clone()) {
                    found.push((situation, Some((next, action))));
                }
            }
            next += 1;
        }
        reached
    }

    /// Returns the situations after one action.
    fn following(&self, state: &State, part: Part, runs: &[RunEnd]) -> Vec<(Action, Situation)> {
        match part {
            Part::Arriving(0) => {
                let part = if self.fault.is_some() { Part::Running } else { Part::Struck };
                self.all(state, ActionKind::Start, part, runs)
            }
            Part::Arriving(left) => self.all(state, ActionKind::Deliver, Part::Arriving(left - 1), runs),
            Part::Running | Part::Struck | Part::GivingUp | Part::Again => self.run(state, part, runs),
        }
    }

    /// Returns the last deliveries if the mover does not run again; `None` before that.
    fn ended(&self, state: &State, part: Part, runs: &[RunEnd]) -> Option<Vec<(Action, State)>> {
        let is_running = matches!(part, Part::Arriving(_) | Part::Running) || program(state).execution().is_some();
        let is_done = || part == Part::Again || self.runs(state, runs).last() == Some(&RunEnd::Reported(Outcome::Ok));
        let last = || self.all(state, ActionKind::Deliver, part, runs).into_iter();
        (!is_running && is_done()).then(|| last().map(|(action, (state, ..))| (action, state)).collect())
    }

    /// Returns the ends of all runs, with that of the run that has just ended.
    fn runs(&self, state: &State, before: &[RunEnd]) -> Vec<RunEnd> {
        let mut runs = before.to_vec();
        runs.push(run_end(program(state)));
        runs
    }

    /// Returns the situations after one step of the running tool, or after the start of the second run.
    fn run(&self, state: &State, part: Part, runs: &[RunEnd]) -> Vec<(Action, Situation)> {
        let Some(execution) = program(state).execution() else {
            // A fault that has not struck in the first run does not strike at all.
            let is_struck = part != Part::Running;
            let again = || self.all(state, ActionKind::Start, Part::Again, &self.runs(state, runs));
            return if is_struck { again() } else { Vec::new() };
        };
        if part == Part::GivingUp && execution.next == self.after {
            return self.all(state, ActionKind::Die, Part::Struck, runs);
        }
        let mut following = self.acts(state, Fate::Answered, part, runs);
        if let (Part::Running, Some((step, mode))) = (part, self.fault)
            && execution.next == step
        {
            following.extend(match mode {
                Strike::RequestLost => self.acts(state, Fate::RequestLost, Part::Struck, runs),
                Strike::ReplyLost => self.acts(state, Fate::ReplyLost, Part::Struck, runs),
                Strike::Death => self.all(state, ActionKind::Die, Part::Struck, runs),
                Strike::Mail => self.all(state, ActionKind::Deliver, Part::Struck, runs),
                Strike::NoticedMail => {
                    let is_destination = state.accounts[MailboxId(0)].agreed_home() == Some(DESTINATION);
                    let noticed = || self.all(state, ActionKind::Deliver, Part::GivingUp, runs);
                    if is_destination { noticed() } else { Vec::new() }
                }
            });
        }
        following
    }

    fn acts(&self, state: &State, fate: Fate, part: Part, runs: &[RunEnd]) -> Vec<(Action, Situation)> {
        self.steps(state, part, runs, |action| matches!(action, Action::Act { fate: of, .. } if *of == fate))
    }

    fn all(&self, state: &State, kind: ActionKind, part: Part, runs: &[RunEnd]) -> Vec<(Action, Situation)> {
        self.steps(state, part, runs, |action| action.kind() == kind)
    }

    fn steps(
        &self,
        state: &State,
        part: Part,
        runs: &[RunEnd],
        is_wanted: impl Fn(&Action) -> bool,
    ) -> Vec<(Action, Situation)> {
        let wanted = self.world.actions().iter().filter(|action| is_wanted(action));
        let next = |action: &Action| Some((*action, (self.world.step(state, action).ok()?, part, runs.to_vec())));
        wanted.filter_map(next).collect()
    }
}

/// Returns the actions to the situation with this index, and the one after it.
fn trace(found: &[(Situation, Option<(usize, Action)>)], index: usize, last: Action) -> Vec<Action> {
    let mut actions = vec![last];
    let mut at = index;
    while let Some((before, action)) = found[at].1 {
        actions.push(action);
        at = before;
    }
    actions.reverse();
    actions
}

fn program(state: &State) -> &Program {
    &state.accounts[MailboxId(0)].programs[AdministratorId(0)]
}

/// The end of the last run. A program that never ran has not ended; a trial starts it first.
fn run_end(program: &Program) -> RunEnd {
    match program.ended {
        Ended::Reported(outcome) => RunEnd::Reported(outcome),
        Ended::Died | Ended::Never => RunEnd::Killed,
    }
}

fn end(account: &Account, runs: &[RunEnd]) -> End {
    let accepted = account.record.accepted;
    let copies = |server: ServerId| -> BTreeMap<usize, usize> {
        let mailbox = account.mailboxes[server];
        accepted.iter().map(|message| (message.index(), mailbox.contents().copies(message))).collect()
    };
    End {
        home: account.agreed_home(),
        copies: account.mailboxes.ids().map(copies).collect(),
        accepted: accepted.len(),
        runs: runs.to_vec(),
    }
}
