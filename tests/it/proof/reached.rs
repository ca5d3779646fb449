//! Everything that the model lets happen to a message, each kind of step with the abstract states before and after it, and the
//! questions whether the proof says the same.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::assumption::Assumption;
use stranded_model::id::{AdministratorId, Id, MessageId, MessageSet};
use stranded_model::state::{Ended, Phase, Server, State};

use super::followed::{Followed, administrator_name, step_name};
use super::solver::{Check, answered, output};
use crate::worlds::MAILBOX;

/// Whose step of which name; mail and users are nobody's program.
type Kind = (Option<AdministratorId>, String);

/// What nobody's program does.
const MAIL: [&str; 6] = ["deliver", "redeliver", "deliver-other", "log-on", "owner-deletes", "owner-deletes-other"];

/// What is reached in a world, as messages see it.
pub(super) struct Reached<'a> {
    world: &'a World,
    /// Whether the message that is followed is not lost.
    kept: BTreeMap<Followed, bool>,
    initial: BTreeSet<Followed>,
    steps: BTreeMap<Kind, BTreeMap<Followed, BTreeSet<Followed>>>,
}

/// Questions to z3, about things that must not be: each with a name and a condition on a state and the one after it.
pub(super) struct Questions {
    states: String,
    asked: Vec<(String, String)>,
}

impl<'a> Reached<'a> {
    /// Everything that happens in a world in which no supply ends but that of messages.
    pub(super) fn of(world: &'a World) -> Self {
        let mut reached = Self { world, kept: BTreeMap::new(), initial: BTreeSet::new(), steps: BTreeMap::new() };
        let messages = (0..world.scenario.site.messages).map(MessageId::at);
        let mut known: HashSet<State> = world.initial.iter().map(|state| renewed(world, state.clone())).collect();
        let mut open: Vec<State> = known.iter().cloned().collect();
        for state in &open {
            for message in messages.clone() {
                let followed = reached.see(state, message);
                reached.initial.insert(followed);
            }
        }
        while let Some(state) = open.pop() {
            let before: Vec<Followed> =
                messages.clone().map(|message| Followed::of(world, &state.accounts[MAILBOX], message)).collect();
            for now in moments(world, &state) {
                for action in world.actions() {
                    let Ok(occurrence) = world.occur(&now, action) else { continue };
                    let after = renewed(world, occurrence.state);
                    for (message, before) in messages.clone().zip(&before) {
                        let account = &state.accounts[MAILBOX];
                        let followed = Followed::of(world, &after.accounts[MAILBOX], message);
                        let name = step_name(world, account, action, occurrence.step.as_ref(), message);
                        let Some(name) = name else { continue };
                        let kind = reached.steps.entry((action.administrator(), name)).or_default();
                        kind.entry(*before).or_default().insert(followed);
                    }
                    if !known.contains(&after) {
                        for message in messages.clone() {
                            reached.see(&after, message);
                        }
                        known.insert(after.clone());
                        open.push(after);
                    }
                }
            }
        }
        eprintln!("{} states, {} followed, {} edges", known.len(), reached.kept.len(), reached.steps.values().flat_map(|x| x.values()).map(|x| x.len()).sum::<usize>());
        reached
    }

    fn see(&mut self, state: &State, message: MessageId) -> Followed {
        let account = &state.accounts[MAILBOX];
        let followed = Followed::of(self.world, account, message);
        let is_kept = !account.lost().contains(message);
        let before = *self.kept.entry(followed).or_insert(is_kept);
        assert_eq!(before, is_kept, "whether a message is lost is seen from itself");
        followed
    }

    /// The names of the steps that occur.
    pub(super) fn steps(&self) -> impl Iterator<Item = &str> {
        self.steps.keys().map(|(_, name)| name.as_str())
    }

    /// The steps after which a message is lost that was not.
    pub(super) fn losing(&self) -> impl Iterator<Item = &str> {
        let loses = |rows: &BTreeMap<Followed, BTreeSet<Followed>>| {
            rows.iter().any(|(before, after)| self.kept[before] && after.iter().any(|after| !self.kept[after]))
        };
        self.steps.iter().filter(move |(_, rows)| loses(rows)).map(|((_, name), _)| name.as_str())
    }

    /// The answers that the world gives to the assumptions.
    pub(super) fn assumed(&self) -> String {
        let told = [
            Assumption::DuplicateAbort,
            Assumption::SourceDelete,
            Assumption::RawApply,
            Assumption::SplitHome,
            Assumption::MailBeforeMark,
        ];
        let says = |one: Assumption| format!("(assert (= {} {}))\n", one.name(), self.world.assumptions.value(one));
        told.map(says).concat()
    }

    /// Whether the proof says the same of what is initial, of what is lost, and of each step from each state.
    pub(super) fn questions(&self, steps: &[String]) -> Questions {
        let names: BTreeMap<&Followed, String> =
            self.kept.keys().enumerate().map(|(index, followed)| (followed, format!("r{index}"))).collect();
        let states =
            names.iter().map(|(followed, name)| format!("(define-fun {name} () State {})", followed.term(self.world)));
        let mut questions = Questions { states: joined(states), asked: Vec::new() };
        let initial = self.initial.iter().map(|followed| format!("(= t {})", names[followed]));
        questions.ask("other states are initial", &format!("(distinct (initial t) (or {}))", joined(initial)));
        let judged = names.iter().map(|(followed, name)| {
            let is_kept = self.kept[followed];
            format!("(and (= t {name}) (distinct (no-loss {name}) {is_kept}))")
        });
        questions.ask("other messages are lost", &format!("(or {})", joined(judged)));
        let whose: BTreeSet<Option<AdministratorId>> = self.steps.keys().map(|(who, _)| *who).collect();
        for who in whose {
            for step in steps.iter().filter(|step| MAIL.contains(&step.as_str()) == who.is_none()) {
                questions.compare(self, &(who, step.clone()), &names);
            }
        }
        questions
    }
}

impl Questions {
    /// Where the proof and the model are not of one mind, each with an example; nothing if they are.
    pub(super) fn differences(&self, definitions: &str) -> String {
        let answers = answered(&self.text(definitions, &self.asked, ""));
        let asked: Vec<&str> = answers.iter().map(|check| check.parts().0).collect();
        assert_eq!(asked, self.asked.iter().map(|(name, _)| name).collect::<Vec<_>>());
        let differs = |(check, _): &(&Check, _)| check.parts().1 != "unsat";
        let differing: Vec<_> = answers.iter().zip(&self.asked).filter(differs).map(|(_, asked)| asked.clone()).collect();
        if differing.is_empty() {
            return String::new();
        }
        output(&self.text(definitions, &differing, "(get-value (from-state t))"))
    }

    fn text(&self, definitions: &str, asked: &[(String, String)], then: &str) -> String {
        let asked = asked.iter().map(|(name, condition)| {
            format!("(push) (assert {condition}) (echo \"{name}\") (check-sat) {then} (pop)")
        });
        let asked = joined(asked);
        format!("{definitions}\n{}\n(declare-const from-state State) (declare-const t State)\n{asked}", self.states)
    }

    /// Asks whether something can be; it must not.
    fn ask(&mut self, name: &str, condition: &str) {
        self.asked.push((name.to_owned(), condition.to_owned()));
    }

    /// From each state the step leads exactly where it leads in the model.
    fn compare(&mut self, reached: &Reached<'_>, kind: &Kind, names: &BTreeMap<&Followed, String>) {
        let (who, step) = kind;
        let function = format!("|step-{step}|");
        let (whose, told) = match who {
            Some(who) => (format!("(= p {})", administrator_name(*who)), format!("{}: {step}", administrator_name(*who))),
            None => ("true".to_owned(), step.clone()),
        };
        let stands = |state: &Followed| position(kind).is_none_or(|(who, label)| state.position(reached.world, who) == label);
        if let Some((_, label)) = position(kind) {
            let elsewhere = format!("(and {whose} ({function} from-state t) (distinct (position p from-state) {label}))");
            self.ask(&format!("{told} is done elsewhere"), &elsewhere);
        }
        let nowhere = BTreeMap::new();
        let rows = reached.steps.get(kind).unwrap_or(&nowhere);
        let pairs = rows.iter().flat_map(|(before, after)| after.iter().map(move |after| (before, after)));
        let missing = pairs.map(|(before, after)| {
            let (before, after) = (&names[before], &names[after]);
            format!("(and (= from-state {before}) (= t {after}) (not ({function} {before} {after})))")
        });
        self.ask(&format!("{told} does what the proof lacks"), &format!("(and {whose} (or false {}))", joined(missing)));
        let nowhere = BTreeSet::new();
        let excess = names.iter().filter(|(before, _)| stands(before)).map(|(before, name)| {
            let after = rows.get(before).unwrap_or(&nowhere);
            let known = joined(after.iter().map(|after| format!("(= t {})", names[after])));
            format!("(and (= from-state {name}) ({function} {name} t) (not (or false {known})))")
        });
        self.ask(&format!("{told} does not do what the proof has"), &format!("(and {whose} (or false {}))", joined(excess)));
    }
}

/// Where a program must stand to do this, if it is a program that does it and not everywhere.
fn position(kind: &Kind) -> Option<(AdministratorId, String)> {
    match (kind.0, kind.1.split(':').next().unwrap_or_default()) {
        (None, _) | (Some(_), "die") => None,
        (Some(who), "start") => Some((who, "idle".to_owned())),
        (Some(who), label) => Some((who, format!("|{label}|"))),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

/// The state as it is, and with each service failing that can: it is up again after the next act, since all that a failure
/// does is to leave an act without an answer, or mail in the queue.
fn moments(world: &World, state: &State) -> Vec<State> {
    let failures = world.actions().iter().filter(|action| matches!(action, Action::Fail { .. }));
    let failed = failures.filter_map(|failure| world.step(state, failure).ok());
    let mut moments: Vec<State> = failed.collect();
    moments.push(state.clone());
    moments
}

/// The same state with new supplies, and without what only the observer or a repeated run reads: nothing that can happen
/// depends on it where every run may be repeated without end.
fn renewed(world: &World, mut state: State) -> State {
    state.shared.faults_left = world.scenario.environment.faults_max;
    state.shared.servers.values_mut().for_each(|server| *server = Server::UP);
    let account = &mut state.accounts[MAILBOX];
    account.record.destroyed = MessageSet::EMPTY;
    account.record.false_success = false;
    account.record.self_move = false;
    for program in account.programs.values_mut() {
        program.ended = Ended::Never;
        program.owes_retry = false;
        if let Phase::Running { arrived, .. } = &mut program.phase {
            *arrived = false;
        }
    }
    state
}
