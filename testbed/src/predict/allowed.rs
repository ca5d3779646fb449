//! Every end of a trial that the model allows: mail arrives, the tool runs, one fault strikes at a given step, the operator runs
//! the tool again if it did not report success, and one more mail arrives. A tool that is part of a server and is killed dies with the
//! server; then the operator starts the server before he runs the tool again.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::World;
use stranded_model::action::{Action, ActionKind, Fate, View};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::state::{Account, Ended, Program, State};

use super::scenario;
use crate::trial::report::{DirectoryStep, MailReport};

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
    /// A mail is sent to the source before the step, and the source takes it up when the run has ended: the tool locks the mailbox.
    WaitingMail,
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
    /// The answer to each message, in the order of arrival.
    pub mail: Vec<MailReport>,
    /// The ends of the runs of the tool.
    pub runs: Vec<RunEnd>,
}

/// A mover in the model: a world for each combination of answers to the assumptions.
#[derive(Debug)]
pub(super) struct ModelledMover {
    worlds: Vec<World>,
    /// The worlds in which the tool dies with its server, and the server starts again; none if the tool is no part of a server.
    restarted: Vec<World>,
}

impl ModelledMover {
    /// Reads the procedure of a mover.
    ///
    /// # Errors
    /// The mover is unknown.
    pub(super) fn new(mover: &str, order: DirectoryStep) -> Result<Self, String> {
        Ok(Self { worlds: scenario::worlds(mover, order)?, restarted: scenario::restarted_worlds(mover)? })
    }

    /// Returns the labels of the steps.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        let runs = self.worlds.iter().take(1).flat_map(|world| world.scenario.runs());
        runs.flat_map(|(_, run)| &run.procedure.steps).filter_map(|step| step.label.as_deref())
    }

    /// Returns a trial in each world whose procedure has the step; another answer to an assumption can lack it.
    fn trials(&self, fault: Option<(&str, Strike)>) -> Result<Vec<Trial<'_>>, String> {
        let is_restarted = matches!(fault, Some((_, Strike::Death))) && !self.restarted.is_empty();
        let (mut trials, mut lacking) = (Vec::new(), None);
        for world in if is_restarted { &self.restarted } else { &self.worlds } {
            match Trial::new(world, fault, is_restarted) {
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

/// The index of the first step that has one of these labels, separated by `|`.
fn step(world: &World, labels: &str) -> Result<u8, String> {
    let (_, run) = world.scenario.runs().next().ok_or("the scenario has no run")?;
    let steps = &run.procedure.steps;
    let at = labels.split('|').find_map(|label| steps.iter().position(|step| step.label.as_deref() == Some(label)));
    at.and_then(|at| u8::try_from(at).ok()).ok_or_else(|| format!("{} has no step `{labels}`", run.procedure.name))
}

/// The view of the directory that mail has that is not out of date; all replicas are equal.
const CURRENT: View = View::Replica(ServerId(0));
/// The destination of the run.
const DESTINATION: ServerId = ServerId(1);

/// A trial in one world.
struct Trial<'w> {
    world: &'w World,
    fault: Option<(u8, Strike)>,
    /// The step after the work of the tool.
    after: u8,
    /// True if the run after the first one is the start of the server.
    is_restarted: bool,
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
    /// A mail for the source waits for the end of the run.
    MailWaits,
    /// The tool gives up when its work is done.
    GivingUp,
    /// The server starts.
    Restarting,
    /// The tool runs a second time.
    Again,
    /// The tool does not run again. Mail that waits is sent again, and then the last mail arrives.
    Closing,
    /// The trial has ended.
    Over,
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
    fn new(world: &'w World, fault: Option<(&str, Strike)>, is_restarted: bool) -> Result<Self, String> {
        let fault = fault.map(|(label, strike)| Ok::<_, String>((step(world, label)?, strike))).transpose()?;
        Ok(Self { world, fault, after: step(world, AFTER)?, is_restarted })
    }

    /// Searches breadth first, until an end is wanted.
    fn reached(&self, is_wanted: impl Fn(&End) -> bool) -> Reached {
        let first: Situation = (self.world.initial[0].clone(), Part::Arriving(BEFORE), Vec::new());
        let mut seen = BTreeSet::from([first.clone()]);
        // Each situation with the index of the one before it, and the action that leads to it.
        let mut found: Vec<(Situation, Option<(usize, Action)>)> = vec![(first, None)];
        let mut reached = Reached::default();
        let mut next = 0;
        while let Some(((state, part, runs), _)) = found.get(next).cloned() {
            if part == Part::Over {
                let end = end(&state.accounts[MailboxId(0)], &runs);
                if is_wanted(&end) {
                    reached.trace = Some(trace(&found, next));
                    return reached;
                }
                reached.ends.insert(end);
            }
            for (action, situation) in self.following(&state, part, &runs) {
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
            Part::Arriving(left) => self.arrivals(state, CURRENT, Part::Arriving(left - 1), runs),
            Part::Closing => self.last_mail(state, runs),
            Part::Over => Vec::new(),
            Part::Running | Part::Struck | Part::MailWaits | Part::GivingUp | Part::Restarting | Part::Again => {
                match program(state).execution() {
                    Some(execution) => self.run(state, part, runs, execution.next),
                    None => self.ended(state, part, runs),
                }
            }
        }
    }

    /// Returns the situations after a run that has ended: a second run, or the last mail. A fault that has not struck in the first run
    /// does not strike at all.
    fn ended(&self, state: &State, part: Part, before: &[RunEnd]) -> Vec<(Action, Situation)> {
        let mut runs = before.to_vec();
        runs.push(run_end(program(state)));
        let is_done = runs.last() == Some(&RunEnd::Reported(Outcome::Ok)) || part == Part::Again;
        match part {
            Part::Arriving(_) | Part::Running | Part::Closing | Part::Over => Vec::new(),
            Part::MailWaits => self.arrivals(state, View::Remembered, Part::Struck, before),
            Part::Restarting => self.all(state, ActionKind::Start, Part::Again, &runs),
            Part::Struck | Part::GivingUp | Part::Again if is_done => self.last_mail(state, &runs),
            Part::Struck if self.is_restarted => self.all(state, ActionKind::Start, Part::Restarting, &runs),
            Part::Struck | Part::GivingUp | Part::Again => self.all(state, ActionKind::Start, Part::Again, &runs),
        }
    }

    /// Returns the situations after one step of the running tool.
    fn run(&self, state: &State, part: Part, runs: &[RunEnd], next: u8) -> Vec<(Action, Situation)> {
        if part == Part::GivingUp && next == self.after {
            return self.all(state, ActionKind::Die, Part::Struck, runs);
        }
        let mut following = self.acts(state, Fate::Answered, part, runs);
        if let (Part::Running, Some((step, strike))) = (part, self.fault)
            && next == step
        {
            following.extend(match strike {
                Strike::RequestLost => self.acts(state, Fate::RequestLost, Part::Struck, runs),
                Strike::ReplyLost => self.acts(state, Fate::ReplyLost, Part::Struck, runs),
                Strike::Death => self.all(state, ActionKind::Die, Part::Struck, runs),
                Strike::Mail => self.arrivals(state, CURRENT, Part::Struck, runs),
                Strike::WaitingMail => self.acts(state, Fate::Answered, Part::MailWaits, runs),
                Strike::NoticedMail => {
                    let is_destination = state.accounts[MailboxId(0)].agreed_home() == Some(DESTINATION);
                    let noticed = || self.arrivals(state, CURRENT, Part::GivingUp, runs);
                    if is_destination { noticed() } else { Vec::new() }
                }
            });
        }
        following
    }

    /// Returns the situations after the last mail. Mail that waits is sent again first.
    fn last_mail(&self, state: &State, runs: &[RunEnd]) -> Vec<(Action, Situation)> {
        let is_sent_again = |action: &Action| matches!(action, Action::Redeliver { by, .. } if *by == CURRENT);
        match self.steps(state, Part::Closing, runs, is_sent_again).pop() {
            Some(sent_again) => vec![sent_again],
            None => self.arrivals(state, CURRENT, Part::Over, runs),
        }
    }

    /// A message arrives, routed by this view of the directory.
    fn arrivals(&self, state: &State, view: View, part: Part, runs: &[RunEnd]) -> Vec<(Action, Situation)> {
        self.steps(state, part, runs, |action| matches!(action, Action::Deliver { by, .. } if *by == view))
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

/// Returns the actions to the situation with this index.
fn trace(found: &[(Situation, Option<(usize, Action)>)], index: usize) -> Vec<Action> {
    let mut actions = Vec::new();
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
    let answer = |message: MessageId| {
        if account.record.returned.contains(message) {
            MailReport::Returned
        } else if account.queued.contains(message) {
            MailReport::Deferred
        } else {
            MailReport::Accepted
        }
    };
    End {
        home: account.agreed_home(),
        copies: account.mailboxes.ids().map(copies).collect(),
        mail: accepted.iter().map(answer).collect(),
        runs: runs.to_vec(),
    }
}
