//! The difference between two states in words, a sentence for each change that a reader can see. What the sentences leave out, such as
//! the notes of a program, is shown key by key if it is the only difference.

use std::collections::BTreeMap;

use stranded_model::scenario::Scenario;
use stranded_search::state_view::{AccountView, ContentsView, MarkView, ProgramView, RecipientView, StateView};

use super::difference;
use super::picture::home;

/// Returns the changes from one state to the next; empty if the states are equal. `scenario` is that of the step, `owner` the name of an
/// administrator in a sentence.
#[must_use]
pub fn in_words(
    before: &StateView,
    after: &StateView,
    scenario: &Scenario,
    owner: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let mut says = Vec::new();
    let several = after.mailboxes.len() > 1;
    for (name, now) in &after.mailboxes {
        let Some(was) = before.mailboxes.get(name) else { continue };
        let of = if several { format!("{name}: ") } else { String::new() };
        says.extend(of_mailbox(was, now, scenario, owner).into_iter().map(|one| format!("{of}{one}")));
    }
    for (name, now) in &after.servers {
        let Some(was) = before.servers.get(name) else { continue };
        let services = [("store", was.store_up, now.store_up), ("directory", was.replica_up, now.replica_up)];
        for (service, _, is_up) in services.into_iter().filter(|(_, was, now)| was != now) {
            says.push(format!("the {service} of {name} {}", if is_up { "answers again" } else { "stops answering" }));
        }
    }
    if says.is_empty() {
        let key = |one: difference::StateDifference| format!("{}: {} → {}", one.keys.join(" › "), one.was, one.is);
        says.extend(difference::between(before, after).into_iter().map(key));
    }
    says
}

fn of_mailbox(
    was: &AccountView,
    now: &AccountView,
    scenario: &Scenario,
    owner: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let mut says = of_directory(&was.directory, &now.directory);
    if was.remembered != now.remembered {
        says.push(format!("caches and sessions now remember the home {}", home(now.remembered.as_ref())));
    }
    for (server, contents) in &now.stores {
        says.extend(of_store(server, was.stores.get(server).and_then(Option::as_ref), contents.as_ref()));
    }
    let servers = was.hidden.keys().filter(|server| !now.hidden.contains_key(*server));
    says.extend(servers.map(|server| format!("the store of {server} shows its mail again")));
    let servers = now.hidden.keys().filter(|server| !was.hidden.contains_key(*server));
    says.extend(servers.map(|server| format!("the store of {server} looks empty and hides its mail")));
    let (old, new) = (&was.record, &now.record);
    for (was, now, gained, lost) in [
        (&old.accepted, &new.accepted, "accepted", ""),
        (&was.queued, &now.queued, "queued in the transport", "no longer queued"),
        (&was.saved, &now.saved, "saved in a file", "no longer in the file"),
        (&old.returned, &new.returned, "returned to the sender", ""),
        (&old.owner_deleted, &new.owner_deleted, "deleted by the owner", ""),
        (&old.destroyed, &new.destroyed, "destroyed: no other copy exists", ""),
    ] {
        says.extend(sentence(&gone(now, was), gained));
        says.extend(sentence(&gone(was, now), lost).filter(|_| !lost.is_empty()));
    }
    if was.delivery_held != now.delivery_held {
        says.push(format!("delivery is {}", if now.delivery_held { "held" } else { "released" }));
    }
    let of_program = |(who, now): (&String, &ProgramView)| {
        of_program(&owner(who), procedure(scenario, who, now)?, was.administrators.get(who)?, now)
    };
    says.extend(now.administrators.iter().filter_map(of_program));
    says.extend(
        (!old.false_success && new.false_success).then(|| "a run has reported ok for an undone move".to_owned()),
    );
    let self_move = "the directory was asked to move the recipient from a server to itself";
    says.extend((!old.self_move && new.self_move).then(|| self_move.to_owned()));
    says
}

/// The change of the home, once if it is the same on all replicas.
fn of_directory(
    was: &BTreeMap<String, Option<RecipientView>>,
    now: &BTreeMap<String, Option<RecipientView>>,
) -> Vec<String> {
    let change = |(server, now): (&String, &Option<RecipientView>)| {
        let was = was.get(server)?;
        (was != now).then(|| match (home(was.as_ref()), home(now.as_ref())) {
            (was, now) if was == now => format!("the entry has a new version, and the home stays {now}"),
            (was, now) => format!("the home changes from {was} to {now}"),
        })
    };
    let changes: Vec<Option<String>> = now.iter().map(change).collect();
    match &changes[..] {
        [Some(first), rest @ ..] if rest.iter().all(|other| other.as_ref() == Some(first)) => {
            vec![format!("in the directory {first}")]
        }
        _ => {
            let named = now.keys().zip(changes);
            named.filter_map(|(server, change)| Some(format!("in the directory of {server} {}", change?))).collect()
        }
    }
}

fn of_store(server: &str, was: Option<&ContentsView>, now: Option<&ContentsView>) -> Vec<String> {
    let list = |messages: &[String]| if messages.is_empty() { "nothing".to_owned() } else { messages.join(" ") };
    match (was, now) {
        (None, None) => Vec::new(),
        (None, Some(now)) => vec![format!("{server} has a mailbox now, with {} in it", list(&now.messages))],
        (Some(was), None) => vec![format!("the mailbox on {server} is gone; it held {}", list(&was.messages))],
        (Some(was), Some(now)) => {
            let mut says: Vec<String> = Vec::new();
            says.extend(sentence(&gone(&now.messages, &was.messages), &format!("now on {server}")));
            says.extend(sentence(&gone(&was.messages, &now.messages), &format!("no longer on {server}")));
            let pending = |mark: &Option<MarkView>| mark.as_ref().map_or_else(Vec::new, |mark| mark.pending.clone());
            let arrived = gone(&pending(&now.in_transit), &pending(&was.in_transit));
            says.extend(sentence(&arrived, &format!("held on {server} until the move ends")));
            match (&was.in_transit, &now.in_transit) {
                (None, Some(_)) => says.push(format!("the mailbox on {server} is marked as in transit")),
                (Some(_), None) => says.push(format!("the mailbox on {server} is no longer in transit")),
                (None, None) | (Some(_), Some(_)) => {}
            }
            says
        }
    }
}

/// Returns the name of the procedure that a program runs or ran last.
fn procedure<'a>(scenario: &'a Scenario, who: &str, program: &ProgramView) -> Option<&'a str> {
    let administrator = scenario.administrators.iter().find(|one| one.name == *who)?;
    let run = administrator.runs.get(usize::from(program.run).checked_sub(1)?)?;
    Some(&run.procedure.name)
}

fn of_program(who: &str, procedure: &str, was: &ProgramView, now: &ProgramView) -> Option<String> {
    let again = if was.ended.is_some() { ", in another run" } else { "" };
    match (was.next, now.next, now.ended.as_deref()) {
        (None, Some(_), _) => Some(format!("the program of {who} starts {procedure}{again}")),
        (Some(_), None, Some(ended)) => Some(format!("the program of {who} ends: {ended}")),
        (Some(_), None, None) => Some(format!("the program of {who} ends")),
        (Some(was), Some(now), _) if was != now => {
            Some(format!("the program of {who} is at step {now} of {procedure}"))
        }
        (Some(_), Some(_), _) | (None, None, _) => None,
    }
}

/// Returns the entries of one list that are not in the other, copy by copy.
fn gone(from: &[String], other: &[String]) -> Vec<String> {
    let mut left = other.to_vec();
    let mut found = Vec::new();
    for one in from {
        match left.iter().position(|same| same == one) {
            Some(index) => drop(left.remove(index)),
            None => found.push(one.clone()),
        }
    }
    found
}

fn sentence(messages: &[String], says: &str) -> Option<String> {
    let verb = if messages.len() == 1 { "is" } else { "are" };
    (!messages.is_empty()).then(|| format!("{} {verb} {says}", messages.join(" ")))
}
