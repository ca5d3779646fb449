//! The rescue map compared with brute force: the step function alone follows every behaviour of every rescue to its
//! end.

use std::collections::BTreeSet;
use std::process::Command;

use rayon::prelude::*;
use stranded_model::World;
use stranded_model::assumption::{Assumption, AssumptionAnswer, Assumptions};
use stranded_model::id::{MailboxId, MessageSet};
use stranded_model::procedure::{Outcome, Procedure};
use stranded_model::property::Safety;
use stranded_model::scenario::Replication;
use stranded_model::state::{Account, Ended, Mark, State};
use stranded_search::check::{self, Shown, check};
use stranded_search::engine::{Engine, Limits};
use stranded_search::property::Property;
use stranded_search::rescue::{self, RescueEffect};
use stranded_search::scenario::{Spec, load_scenario, select};

/// A scenario with more states than this under one combination of answers is not small.
const SMALL: usize = 3_000;
/// The largest number of states that the test tries in one scenario with eventual replication, evenly spread over all
/// of them: there each rescue has many behaviours, and with more than two servers very many. With instant replication
/// the test tries every state.
const SAMPLE_EVENTUAL: usize = 400;
const SAMPLE_EVENTUAL_FAR: usize = 8;

#[test]
fn brute_force_over_the_small_scenarios_agrees_with_the_rescue_map_on_every_state() {
    let tried: Vec<usize> = select(&[]).unwrap().par_iter().map(brute_force).collect();
    let small = tried.iter().filter(|states| **states > 0).count();
    assert!(small > 4, "only {small} scenarios are small");
}

/// Returns the number of states of a scenario that the test tried.
fn brute_force(spec: &Spec) -> usize {
    let procedures = rescue::procedures(spec);
    let site = &spec.scenario.site;
    let most = match (site.replication, site.servers.count()) {
        (Replication::Instant, _) => usize::MAX,
        (Replication::Eventual, 2) => SAMPLE_EVENTUAL,
        (Replication::Eventual, _) => SAMPLE_EVENTUAL_FAR,
    };
    let worlds: Vec<World> = worlds(spec).collect();
    let each = most.div_ceil(worlds.len().max(1));
    let mut tried = 0;
    for world in &worlds {
        let Some(states) = reachable(world) else { continue };
        for state in states.iter().step_by(states.len().div_ceil(each)) {
            tried += 1;
            agree(spec, world, state, &procedures);
        }
    }
    tried
}

/// Returns the worlds of all combinations of answers; assumptions that the scenario does not use keep their defaults.
fn worlds(spec: &Spec) -> impl Iterator<Item = World> {
    all_answers(&spec.touches(), Assumptions::default()).into_iter().filter_map(|assumptions| {
        let is_pinned = |one: &Assumption| spec.answer(*one).is_some_and(|answer| answer != assumptions.answer(*one));
        let is_excluded = Assumption::ALL.iter().any(is_pinned);
        let limits = Limits { states_max: Some(SMALL), ..Limits::default() };
        if is_excluded { None } else { check::world(spec, assumptions, Engine::Exact, &limits).ok() }
    })
}

fn all_answers(open: &[Assumption], given: Assumptions) -> Vec<Assumptions> {
    let Some((first, rest)) = open.split_first() else { return vec![given] };
    let answers = 0..AssumptionAnswer::try_from(first.values().len()).unwrap();
    answers.flat_map(|answer| all_answers(rest, given.with(*first, answer))).collect()
}

/// Returns every state of a small world.
fn reachable(world: &World) -> Option<BTreeSet<State>> {
    let mut seen: BTreeSet<State> = world.initial.iter().cloned().collect();
    let mut frontier: Vec<State> = world.initial.clone();
    while let Some(state) = frontier.pop() {
        for action in world.actions() {
            let Ok(next) = world.step(&state, action) else { continue };
            if seen.insert(next.clone()) {
                frontier.push(next);
            }
        }
        if seen.len() > SMALL {
            return None;
        }
    }
    Some(seen)
}

fn agree(spec: &Spec, world: &World, state: &State, procedures: &[Procedure]) {
    let answered = spec.touches();
    let mapped = rescue::rescues(world, state, procedures, &answered);
    for (procedure, mapped) in procedures.iter().zip(mapped) {
        let mut open: Vec<Assumption> = procedure.assumptions().filter(|one| !answered.contains(one)).collect();
        open.dedup();
        let mut lost: Vec<(MailboxId, MessageSet)> = Vec::new();
        let (mut is_saved, mut is_marked, mut strands) = (true, false, false);
        for assumptions in all_answers(&open, world.assumptions) {
            for (mailbox, attempt) in rescue::attempts(world, state, procedure, assumptions) {
                let start = &attempt.initial[0];
                let mut endings = Endings {
                    lost: MessageSet::EMPTY,
                    reached: reached(only(start)),
                    ends: 0,
                    saved: 0,
                    marked: 0,
                    strands: 0,
                };
                follow(&attempt, start, &mut Vec::new(), &mut endings);
                let newly = endings.lost.without(only(start).lost());
                match lost.iter_mut().find(|(known, _)| *known == mailbox) {
                    Some((_, all)) => *all = all.with(newly),
                    None if newly.is_empty() => {}
                    None => lost.push((mailbox, newly)),
                }
                is_saved &= endings.ends > 0 && endings.ends == endings.saved;
                is_marked |= endings.marked > 0;
                strands |= endings.strands > 0;
            }
        }
        let expected = match (lost.is_empty(), is_saved) {
            (false, _) => RescueEffect::Loses(lost),
            // A late request can still take effect.
            (true, _) if state.accounts.values().any(|account| account.late.is_some()) => RescueEffect::Unknown,
            (true, true) if is_marked => RescueEffect::LeavesInTransit,
            (true, true) => RescueEffect::Saves,
            (true, false) if strands => RescueEffect::Strands,
            (true, false) => RescueEffect::Declines,
        };
        assert_eq!(mapped.effect, expected, "{} in {} from {state:#?}", procedure.name, spec.name);
    }
}

struct Endings {
    lost: MessageSet,
    /// The messages that the owner can reach before the rescue.
    reached: MessageSet,
    ends: usize,
    saved: usize,
    /// The ends at which all mail is saved and some mailbox is in transit.
    marked: usize,
    /// The ends at which a message is out of reach that was in reach.
    strands: usize,
}

/// Returns the messages in the transport and at the home.
fn reached(account: &Account) -> MessageSet {
    let homes = account.recipients.values().map(|recipient| recipient.home());
    let held = |home| account.mailboxes[home].held();
    let at_home = homes.map(|home| home.map_or(MessageSet::EMPTY, held)).reduce(MessageSet::common);
    let is_one_home = account.agreed_home().is_some();
    account.queued.with(at_home.filter(|_| is_one_home).unwrap_or_default())
}

/// Follows every behaviour to its end, one after the other, and does not follow a behaviour that returns to an earlier
/// state.
fn follow(world: &World, state: &State, path: &mut Vec<State>, endings: &mut Endings) {
    if path.contains(state) {
        return;
    }
    endings.lost = endings.lost.with(only(state).lost());
    path.push(state.clone());
    let mut is_end = true;
    for action in world.actions() {
        if let Ok(next) = world.step(state, action) {
            is_end = false;
            follow(world, &next, path, endings);
        }
    }
    path.pop();
    if is_end {
        endings.ends += 1;
        let account = only(state);
        let wanted = account.record.accepted.without(account.record.returned).without(account.record.owner_deleted);
        let is_marked = account.mailboxes.values().any(|mailbox| mailbox.mark() != Mark::Settled);
        endings.saved += usize::from(has_saved(account));
        endings.marked += usize::from(has_saved(account) && is_marked);
        endings.strands += usize::from(!wanted.common(endings.reached).is_within(reached(account)));
    }
}

fn only(state: &State) -> &Account {
    &state.accounts[MailboxId(0)]
}

fn has_saved(account: &Account) -> bool {
    let reported_ok = account.programs.values().all(|program| program.ended == Ended::Reported(Outcome::Ok));
    let wanted = account.record.accepted.without(account.record.returned).without(account.record.owner_deleted);
    let is_home = |server| account.recipients.values().all(|recipient| recipient.home() == Some(server));
    let holds = |server| wanted.without(account.queued).is_within(account.mailboxes[server].held());
    reported_ok && account.mailboxes.ids().any(|server| is_home(server) && holds(server))
}

#[test]
fn the_second_move_is_the_point_of_no_return_and_both_workarounds_help_until_then() {
    let spec = load_scenario("second-move").unwrap();
    let checked = check(&spec, Engine::Exact, &Limits::default());
    let loss = Property::Safety(Safety::NoLoss);
    let judgement = checked.results.iter().find(|judgement| judgement.property == loss).unwrap();
    let case = &checked.combinations[judgement.shown_by.unwrap()];
    let trace = case.trace(loss).unwrap();
    let map = rescue::map(&spec, &case.world, &trace);
    let last = trace.path.actions.len();
    assert_eq!(map.point_of_no_return, Some(last), "the step that loses the mail");
    let before: Vec<&str> = map.outlooks[last - 1].saving_procedures().collect();
    assert!(["method-1", "method-2"].iter().all(|method| before.contains(method)), "{before:?}");
    assert!(!before.contains(&"move-of-the-article"), "{before:?}");
    assert!(map.outlooks[0].is_whole && !map.outlooks[last - 1].is_whole);
}

#[test]
fn a_trace_that_only_strands_the_mailbox_has_no_point_of_no_return() {
    let spec = load_scenario("stranded").unwrap();
    let checked = check(&spec, Engine::Exact, &Limits::default());
    let reachable = Property::Safety(Safety::Reachable);
    let case = checked.combinations.iter().find(|case| case.trace(reachable).is_some()).unwrap();
    let map = rescue::map(&spec, &case.world, &case.trace(reachable).unwrap());
    assert_eq!(map.point_of_no_return, None);
    assert!(map.outlooks.last().unwrap().saving_procedures().any(|name| name == "method-1"));
}

#[test]
fn a_mailbox_that_stays_in_transit_is_not_counted_as_recovered() {
    let spec = load_scenario("second-move").unwrap();
    let checked = check(&spec, Engine::Exact, &Limits::default());
    let Shown { case, trace, .. } = checked.worst().unwrap();
    let map = rescue::map(&spec, &case.world, &trace);
    let effect = |number: usize, name: &str| {
        map.outlooks[number].rescues.iter().find(|one| one.procedure == name).unwrap().effect.clone()
    };
    // Step 8 deletes the source while the destination is marked; step 9 takes the mark off.
    assert_eq!(effect(8, "method-1"), RescueEffect::LeavesInTransit);
    assert_eq!(effect(9, "method-1"), RescueEffect::Saves);
    assert!(map.outlooks[8].saving_procedures().all(|name| name != "method-1"));
    // The move of the article puts mail out of reach that was in reach; it does not only refuse.
    assert_eq!(effect(1, "move-of-the-article"), RescueEffect::Strands);
    assert_eq!(effect(11, "move-of-the-article"), RescueEffect::Loses(vec![(MailboxId(0), MessageSet::first(1))]));
}

#[test]
fn nothing_is_too_late_while_no_message_is_destroyed() {
    let spec = load_scenario("move-to-third").unwrap();
    let checked = check(&spec, Engine::Exact, &Limits::default());
    let Shown { case, trace, .. } = checked.worst().unwrap();
    let map = rescue::map(&spec, &case.world, &trace);
    assert!(map.outlooks.iter().all(|outlook| !outlook.is_lost));
    assert_eq!(map.point_of_no_return, None);
}

#[test]
fn a_replay_marks_the_point_of_no_return_in_text_and_json() {
    let folder = tempfile::tempdir().unwrap();
    let stranded = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_stranded")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let reported = stranded(&["check", "second-move", "--traces", &path("")]);
    assert!(reported.contains("POINT OF NO RETURN"), "{reported}");
    let trace = path("second-move.no-loss.json");
    let text = stranded(&["replay", &trace]);
    assert_eq!(text.matches("POINT OF NO RETURN").count(), 2, "the mark is in its row and under the table:\n{text}");
    let mut json: serde_json::Value = serde_json::from_str(&stranded(&["replay", &trace, "--format", "json"])).unwrap();
    let steps = json["steps"].as_array().unwrap().len();
    assert_eq!(json["point_of_no_return"], steps, "the last step loses the mail");
    assert_eq!(json["steps"][steps - 1]["rescues"], serde_json::json!([]));
    let before = json["steps"][steps - 2]["rescues"].as_array().unwrap();
    assert!(before.contains(&"method-1".into()) && before.contains(&"method-2".into()), "{before:?}");

    // A trace that was saved before the rescue map existed replays as well.
    let trace = json.as_object_mut().unwrap();
    let _gone = (trace.remove("rescues"), trace.remove("point_of_no_return"));
    for step in trace["steps"].as_array_mut().unwrap() {
        let _gone = step.as_object_mut().unwrap().remove("rescues");
    }
    std::fs::write(path("old.json"), json.to_string()).unwrap();
    assert_eq!(stranded(&["replay", &path("old.json")]), text);
}
