//! The sentences of advice: the answer on a procedure, and the warnings. `advice_facts` words what was not observed.

use std::collections::BTreeSet;

use stranded_model::id::{MessageSet, ServerId};
use stranded_model::scenario::{Delivery, Replication};

use stranded_search::advice::{Advice, AdviceCase, AdviceHarm, AdviceVerdict, Answer, MailboxAdvice};
use stranded_search::scenario::builtin;
use stranded_search::snapshot::{Snapshot, Standing, UnobservedFact};

use super::advice_facts::{brief, harm};
use super::advice_json::name;
use stranded_search::names;

/// The procedure that the article warns of running a second time. [Q252869 S12]
const MOVE_AGAIN: &str = "move-of-the-article";
/// The sentence of the article that warns of it.
const MOVE_AGAIN_SOURCE: &str = "Q252869 S12";
/// The article on saving mail that arrived since. [Q162998]
const SAVES_LATE_MAIL: &str = "Q162998";

/// A warning above all advice.
pub(super) struct Warning {
    /// Its title.
    pub(super) title: String,
    /// The instruction and its reason.
    pub(super) text: String,
    /// True if it is about mail that arrived or arrives after the move. The steps of a safe procedure cover that mail.
    pub(super) is_about_late_mail: bool,
}

impl Warning {
    fn new(title: &str, text: impl Into<String>) -> Self {
        Self { title: title.to_owned(), text: text.into(), is_about_late_mail: false }
    }
}

/// Returns the title of the column of a kind of delivery.
pub(super) fn heading(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Never | Delivery::Before => "delivery is held",
        Delivery::UntilRepair => "mail until it starts",
        Delivery::AnyTime => "mail at any time",
    }
}

/// Returns a kind of delivery as a clause.
pub(super) fn circumstance(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Never | Delivery::Before => "even if delivery is held",
        Delivery::UntilRepair => "if mail arrives before it starts",
        Delivery::AnyTime => "if mail arrives while it runs",
    }
}

/// Returns the verdict as a cell of the table.
pub(super) fn verdict(case: &AdviceCase) -> String {
    match case.harms().next() {
        Some(harm) => format!("{}: {}", case.verdict.name(), brief(harm)),
        None => case.verdict.name().to_owned(),
    }
}

/// The most messages that a sentence names.
const NAMES_MAX: usize = 3;

/// Returns the number of messages, and their names in the snapshot. Later messages have only the names of the model; messages of several
/// mailboxes have only their stores.
pub(super) fn counted(snapshot: &Snapshot, messages: MessageSet) -> String {
    let touched = || snapshot.groups.iter().filter(|group| !group.stands_for.common(messages).is_empty());
    if snapshot.is_representative {
        let stores: BTreeSet<ServerId> = touched().flat_map(|group| group.stores.iter().copied()).collect();
        let stores: Vec<String> = stores.into_iter().map(|server| name(snapshot, server)).collect();
        return format!("messages on {}", stores.join(" and "));
    }
    let later = touched().fold(messages, |rest, group| rest.without(group.stands_for));
    let names: Vec<String> =
        touched().flat_map(|group| group.messages.iter().cloned()).chain(names::messages(later)).collect();
    let count = snapshot.count(messages) + later.len();
    let noun = if count == 1 { "message" } else { "messages" };
    if names.is_empty() { format!("{count} {noun}") } else { format!("{count} {noun} ({})", few(names.into_iter())) }
}

/// Returns the first of some names, and the number of the others.
pub(super) fn few(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let shown = names[..names.len().min(NAMES_MAX)].join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Returns the answer on one procedure as a sentence.
pub(super) fn judgement(snapshot: &Snapshot, advice: &Advice) -> String {
    let mut text = match advice.answer() {
        Answer::Safe if advice.preconditions().is_empty() => "It is safe, whenever mail arrives".to_owned(),
        Answer::Safe => "It is safe, if you ensure this first:".to_owned(),
        Answer::Depends => "It depends on facts that were not observed:".to_owned(),
        Answer::Refuses => "It refuses: from here it changes no mail and no home".to_owned(),
        Answer::Inconclusive => "It is inconclusive: the search is incomplete (--max-states, --timeout)".to_owned(),
        Answer::Unsafe => format!("It is unsafe: {}", harms(snapshot, advice).join("; ")),
    };
    let is_list = text.ends_with(':');
    if !is_list {
        let returns = advice.answer() == Answer::Safe && advice.cases.iter().any(|case| case.can_return_mail);
        text.push_str(if returns { "; mail that arrives meanwhile can be returned to its sender." } else { "." });
    }
    text
}

/// Returns each kind of harm once, the mildest circumstances first.
fn harms(snapshot: &Snapshot, advice: &Advice) -> Vec<String> {
    let mut first: Vec<&AdviceHarm> = Vec::new();
    for harm in advice.cases.iter().flat_map(AdviceCase::harms) {
        if first.iter().all(|other| other.verdict != harm.verdict) {
            first.push(harm);
        }
    }
    first.into_iter().map(|harm| self::harm(snapshot, harm)).collect()
}

/// Returns the warnings: a mark of a move, a directory without the recipient or without one home, a second move, and mail that arrived
/// since.
pub(super) fn warnings(snapshot: &Snapshot, advised: &MailboxAdvice<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if snapshot.has_open_move() {
        let text = format!(
            "{}: a move runs, or was interrupted. See that none runs. A procedure that takes no mark off leaves the mailbox in transit.",
            marks(snapshot)
        );
        warnings.push(Warning::new("In transit:", text));
    }
    match snapshot.standing() {
        Standing::Healthy | Standing::Unknown => return warnings,
        Standing::NoRecipient => {
            let text = "no observed replica has the recipient, so mail for it is returned. The consistency adjuster on the server with the data \
                        creates it again [Q182979].";
            warnings.push(Warning::new("No recipient:", text));
        }
        Standing::NoHome if advised.replication == Replication::Instant => {
            let text = "the two home attributes disagree or are malformed, so the owner and the mail can go to different servers. Write \
                        both attributes [Q252869 S16].";
            warnings.push(Warning::new("No home:", text));
        }
        Standing::NoHome | Standing::Stranded => {}
    }
    if advised.replication == Replication::Eventual && snapshot.home().is_none() {
        let text = "the replicas differ, and the snapshot does not show which is the newest. Wait until they agree, or run \
                    Update Now on them [Q182963], and take the snapshot again. The advice below holds for every order in which they \
                    may agree.";
        warnings.push(Warning::new("Wait for replication:", text));
    }
    let destruction = |advice: &Advice| {
        let there = snapshot.mailboxes[advice.to].held();
        let harms = advice.cases.first()?.harms().filter(|harm| harm.verdict == AdviceVerdict::Loses);
        harms.map(|harm| harm.messages).find(|messages| !messages.common(there).is_empty())
    };
    let mut again = advised.advice.iter().filter(|advice| advice.procedure.name == MOVE_AGAIN);
    if let Some(gone) = again.find_map(destruction) {
        let text = format!("a second move would destroy {}. [{MOVE_AGAIN_SOURCE}]", counted(snapshot, gone));
        warnings.push(Warning::new("Do not move it again:", text));
    }
    let from_home = advised.advice.iter().find(|advice| Some(advice.from) == snapshot.home());
    warnings.extend(from_home.and_then(|advice| late_mail(snapshot, advised, advice.from, advice.to)));
    warnings
}

/// Returns the clause that says which stores mark the mailbox as in transit.
pub(super) fn marks(snapshot: &Snapshot) -> String {
    let marking: Vec<String> = snapshot.in_transit.iter().map(|server| name(snapshot, *server)).collect();
    let verb = if marking.len() == 1 { "marks" } else { "mark" };
    format!("{} {verb} the mailbox as in transit", marking.join(" and "))
}

/// Returns the harms of a case, except those to mail that perhaps waits in the queue.
fn without_queue(case: &AdviceCase) -> impl Iterator<Item = &AdviceHarm> {
    let observed = case.unobserved.iter().filter(|one| one.fact != UnobservedFact::Waiting);
    case.harm.as_deref().into_iter().chain(observed.map(|one| &one.harm))
}

/// Returns the warning about mail that arrived, or may arrive, at the home after the data left it.
fn late_mail(snapshot: &Snapshot, advised: &MailboxAdvice<'_>, from: ServerId, to: ServerId) -> Option<Warning> {
    let late = snapshot.mailboxes[from].held().without(snapshot.mailboxes[to].held());
    let here = || advised.advice.iter().filter(|advice| (advice.from, advice.to) == (from, to));
    let delivery = if late.is_empty() { Delivery::UntilRepair } else { Delivery::Never };
    let has_new = |harm: &AdviceHarm| !harm.messages.is_within(snapshot.messages());
    let named = |verdict: AdviceVerdict| {
        let does = |advice: &&Advice| {
            let harms = advice.cases.iter().filter(|case| case.delivery == delivery).flat_map(without_queue);
            let mut of_kind = harms.filter(|harm| harm.verdict == verdict);
            of_kind.any(|harm| if late.is_empty() { has_new(harm) } else { !harm.messages.common(late).is_empty() })
        };
        here().filter(does).map(|advice| advice.procedure.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (hidden, lost) = (named(AdviceVerdict::OutOfReach), named(AdviceVerdict::Loses));
    if hidden.is_empty() && lost.is_empty() {
        return None;
    }
    let (from_name, to_name) = (name(snapshot, from), name(snapshot, to));
    let mut text = if late.is_empty() {
        format!("mail that arrives now goes to {from_name}.")
    } else {
        format!("{from_name} holds {} that {to_name} does not.", counted(snapshot, late))
    };
    for (procedures, fate) in
        [(hidden, "would leave it there, where the owner cannot see it"), (lost, "would destroy it")]
    {
        if !procedures.is_empty() {
            text.push_str(&format!(" {procedures}: {fate}."));
        }
    }
    text.push_str(&format!(
        " Before you run such a procedure, save what is on {from_name} to a file, and load it on {to_name} afterwards. \
         [{SAVES_LATE_MAIL}]"
    ));
    let safe = here().filter(|advice| {
        advice.cases.iter().any(|case| case.delivery == delivery && case.verdict == AdviceVerdict::Safe)
    });
    let careful = safe.filter(|advice| builtin::procedure(&advice.procedure.name).is_some());
    let cites = |advice: &&Advice| advice.procedure.source.iter().any(|source| source.starts_with(SAVES_LATE_MAIL));
    let careful: Vec<&str> = careful.filter(cites).map(|advice| advice.procedure.name.as_str()).collect();
    match careful.as_slice() {
        [] => {}
        [one] => text.push_str(&format!(" {one} does that itself and is safe here.")),
        [..] => text.push_str(&format!(" {} do that themselves and are safe here.", careful.join(", "))),
    }
    let title = if late.is_empty() { "Late mail:" } else { "Save this first:" };
    Some(Warning { is_about_late_mail: true, ..Warning::new(title, text) })
}
