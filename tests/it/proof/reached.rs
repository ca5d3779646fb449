//! Everything that the model lets happen to a message, each kind of step with the abstract states before and after it, and the
//! questions whether the proof says the same.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

use stranded_model::World;
use stranded_model::assumption::Assumption;
use stranded_model::id::{AdministratorId, Id, MessageId, MessageSet};
use stranded_model::state::{Ended, Phase, State};

use super::followed::{Followed, administrator_name, step_name};
use super::solver::Check;
use crate::worlds::MAILBOX;

/// Whose step of which name; mail and users are nobody's program.
type Kind = (Option<AdministratorId>, String);

/// What is reached in a world, as messages see it.
pub(super) struct Reached {
    terms: BTreeMap<Followed, String>,
    /// Whether the message that is followed is not lost.
    kept: BTreeMap<Followed, bool>,
    initial: BTreeSet<Followed>,
    steps: BTreeMap<Kind, BTreeMap<Followed, BTreeSet<Followed>>>,
}

/// Questions to z3, each with the answer that it must have.
pub(super) struct Questions {
    text: String,
    expected: Vec<Check>,
}

impl Reached {
    /// Everything that happens in a world in which no supply ends but that of messages.
    pub(super) fn of(world: &World) -> Self {
        let mut reached =
            Self { terms: BTreeMap::new(), kept: BTreeMap::new(), initial: BTreeSet::new(), steps: BTreeMap::new() };
        let messages = (0..world.scenario.site.messages).map(MessageId::at);
        let mut known: HashSet<State> = world.initial.iter().map(|state| renewed(world, state.clone())).collect();
        let mut open: Vec<State> = known.iter().cloned().collect();
        for state in &open {
            for message in messages.clone() {
                let followed = reached.see(world, state, message);
                reached.initial.insert(followed);
            }
        }
        while let Some(state) = open.pop() {
            let before: Vec<Followed> =
                messages.clone().map(|message| Followed::of(world, &state.accounts[MAILBOX], message)).collect();
            for action in world.actions() {
                let Ok(occurrence) = world.occur(&state, action) else { continue };
                let after = renewed(world, occurrence.state);
                let who = action.administrator();
                for (message, before) in messages.clone().zip(&before) {
                    let followed = Followed::of(world, &after.accounts[MAILBOX], message);
                    let name =
                        step_name(world, &state.accounts[MAILBOX], action, occurrence.step.as_ref(), message);
                    match name {
                        Some(name) => {
                            let kind = reached.steps.entry((who, name)).or_default();
                            kind.entry(*before).or_default().insert(followed);
                        }
                        None => assert_eq!(*before, followed, "{action:?}"),
                    }
                }
                if !known.contains(&after) {
                    for message in messages.clone() {
                        reached.see(world, &after, message);
                    }
                    known.insert(after.clone());
                    open.push(after);
                }
            }
        }
        eprintln!("{} states, {} followed, {} edges", known.len(), reached.terms.len(), reached.steps.values().flat_map(|x| x.values()).map(|x| x.len()).sum::<usize>());
        reached
    }

    fn see(&mut self, world: &World, state: &State, message: MessageId) -> Followed {
        let account = &state.accounts[MAILBOX];
        let followed = Followed::of(world, account, message);
        self.terms.entry(followed).or_insert_with(|| followed.term(world).to_string());
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
    pub(super) fn assumed(&self, world: &World) -> String {
        let told = [
            Assumption::DuplicateAbort,
            Assumption::SourceDelete,
            Assumption::RawApply,
            Assumption::SplitHome,
            Assumption::MailBeforeMark,
        ];
        let says = |one: Assumption| format!("(assert (= {} {}))\n", one.name(), world.assumptions.value(one));
        told.map(says).concat()
    }

    /// Whether the proof says the same of what is initial, of what is lost, and of each step from each state.
    pub(super) fn questions(&self, steps: &[String]) -> Questions {
        let names: BTreeMap<&Followed, String> =
            self.terms.keys().enumerate().map(|(index, followed)| (followed, format!("r{index}"))).collect();
        let mut questions = Questions { text: String::new(), expected: Vec::new() };
        for (followed, name) in &names {
            questions.say(&format!("(define-fun {name} () State {})", self.terms[followed]));
        }
        questions.say("(declare-const t State)\n(declare-const before Int)");
        let initial = self.initial.iter().map(|followed| format!("(= t {})", names[followed]));
        questions.never("another state is initial", &format!("(distinct (initial t) (or {}))", joined(initial)));
        let kept = |wanted: bool| {
            let states = self.kept.iter().filter(move |(_, kept)| **kept == wanted);
            joined(states.map(|(followed, _)| format!("(no-loss {})", names[followed])))
        };
        questions.never("another message is lost", &format!("(not (and {} true))", kept(true)));
        questions.never("another message is kept", &format!("(or {} false)", kept(false)));
        let whose: BTreeSet<AdministratorId> = self.steps.keys().filter_map(|(who, _)| *who).collect();
        for who in whose {
            questions.say(&format!("(push) (assert (= p {}))", administrator_name(who)));
            for step in steps {
                questions.compare(&self.rows(who, step), &names, step);
            }
            questions.say("(pop)");
        }
        questions
    }

    fn rows(&self, who: AdministratorId, step: &str) -> BTreeMap<Followed, BTreeSet<Followed>> {
        let kind = |who| self.steps.get(&(who, step.to_owned()));
        kind(Some(who)).or_else(|| kind(None)).cloned().unwrap_or_default()
    }
}

impl Questions {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn expected(&self) -> Vec<Check> {
        self.expected.clone()
    }

    fn say(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap();
    }

    fn never(&mut self, name: &str, condition: &str) {
        self.say(&format!("(push) (assert {condition}) (echo \"{name}\") (check-sat) (pop)"));
        self.expected.push(Check::new(name, "unsat"));
    }

    /// From each state the step leads exactly where it leads in the model.
    fn compare(&mut self, rows: &BTreeMap<Followed, BTreeSet<Followed>>, names: &BTreeMap<&Followed, String>, step: &str) {
        let function = format!("|step-{step}|");
        let pairs = rows.iter().flat_map(|(before, after)| after.iter().map(move |after| (before, after)));
        let taken = joined(pairs.map(|(before, after)| format!("({function} {} {})", names[before], names[after])));
        self.never(&format!("{step} does what the proof has not"), &format!("(not (and {taken} true))"));
        let nowhere = BTreeSet::new();
        let more = joined(names.iter().map(|(before, name)| {
            let after = rows.get(before).unwrap_or(&nowhere);
            let known = joined(after.iter().map(|after| format!("(= t {})", names[after])));
            format!("(and (= before {}) ({function} {name} t) (not (or {known} false)))", &name[1..])
        }));
        self.never(&format!("{step} does less than the proof has"), &format!("(or {more})"));
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("\n")
}

/// The same state with new supplies, and without what only the observer or a repeated run reads: nothing that can happen
/// depends on it where every run may be repeated without end.
fn renewed(world: &World, mut state: State) -> State {
    state.shared.faults_left = world.scenario.environment.faults_max;
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
