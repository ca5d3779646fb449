//! The sentences of advice: the verdict on a procedure, and the warnings that come first.

use stranded_model::id::{MailboxId, MessageSet, ServerId};
use stranded_model::procedure::Act;
use stranded_model::scenario::{Delivery, Replication};

use stranded_search::advice::{Advice, AdviceCase, AdviceHarm, AdviceVerdict, MailboxAdvice};
use stranded_search::scenario::builtin;
use stranded_search::snapshot::Snapshot;

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
}

/// Returns the title of the column of a kind of delivery.
pub(super) fn heading(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Never | Delivery::Before => "no mail arrives",
        Delivery::UntilRepair => "mail until it starts",
        Delivery::AnyTime => "mail at any time",
    }
}

/// Returns a kind of delivery as a clause.
pub(super) fn circumstance(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Never | Delivery::Before => "even if no mail arrives",
        Delivery::UntilRepair => "if mail arrives before it starts",
        Delivery::AnyTime => "if mail arrives while it runs",
    }
}

/// Returns the verdict as a cell of the table.
pub(super) fn verdict(case: &AdviceCase) -> String {
    let messages = case.harm.as_ref().map_or(MessageSet::EMPTY, |harm| harm.messages);
    let messages = names::messages(messages).join(" ");
    match case.verdict {
        AdviceVerdict::Safe => "safe".to_owned(),
        AdviceVerdict::NotApplicable => "not applicable".to_owned(),
        AdviceVerdict::Inconclusive(_) => "inconclusive".to_owned(),
        AdviceVerdict::OutOfReach => format!("unsafe: hides {messages}"),
        AdviceVerdict::NeverDone => "unsafe: may never finish".to_owned(),
        AdviceVerdict::Loses => format!("unsafe: loses {messages}"),
    }
}

/// The most messages that a sentence names.
const NAMES_MAX: usize = 3;

/// Returns the number of messages, and their names in the snapshot. Later messages have only the names of the model.
pub(super) fn counted(snapshot: &Snapshot, messages: MessageSet) -> String {
    let touched = || snapshot.groups.iter().filter(|group| !group.stands_for.common(messages).is_empty());
    let later = touched().fold(messages, |rest, group| rest.without(group.stands_for));
    let names = touched().flat_map(|group| group.messages.iter().cloned()).chain(names::messages(later));
    let count = snapshot.count(messages) + later.len();
    let noun = if count == 1 { "message" } else { "messages" };
    format!("{count} {noun} ({})", few(names))
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

/// Returns the verdict on one procedure as the end of a sentence.
pub(super) fn judgement(snapshot: &Snapshot, advice: &Advice) -> String {
    let verdicts = || advice.cases.iter().map(|case| case.verdict);
    let mut text = if verdicts().all(|verdict| verdict == AdviceVerdict::Safe) {
        match advice.cases.last().map(|case| case.delivery) {
            Some(Delivery::AnyTime) => "safe, whenever mail arrives".to_owned(),
            Some(Delivery::UntilRepair) => "safe, even if mail arrives before it starts".to_owned(),
            Some(Delivery::Never | Delivery::Before) | None => "safe as long as no mail arrives".to_owned(),
        }
    } else if verdicts().all(|verdict| matches!(verdict, AdviceVerdict::Inconclusive(_))) {
        "inconclusive: the search is incomplete (--max-states, --timeout)".to_owned()
    } else if verdicts().all(|verdict| verdict == AdviceVerdict::NotApplicable) {
        "not applicable: from here it refuses or cannot start, and changes nothing".to_owned()
    } else {
        let safe: Vec<Delivery> =
            advice.cases.iter().filter(|case| case.verdict == AdviceVerdict::Safe).map(|case| case.delivery).collect();
        let kept = keeps(snapshot, advice);
        let start = match (safe.last(), kept) {
            (Some(Delivery::UntilRepair), _) => "safe, even if mail arrives before it starts".to_owned(),
            (Some(Delivery::Never | Delivery::Before | Delivery::AnyTime), _) | (None, true) => {
                format!("safe for the mail that is on {}", name(snapshot, advice.to))
            }
            (None, false) => "unsafe".to_owned(),
        };
        let harms = advice.cases.iter().filter_map(|case| Some((case, case.harm.as_deref()?)));
        let first_of_each = harms.fold(Vec::new(), |mut first: Vec<(&AdviceCase, &AdviceHarm)>, (case, harm)| {
            if first.iter().all(|(other, _)| other.verdict != case.verdict) {
                first.push((case, harm));
            }
            first
        });
        let harms = first_of_each.into_iter().map(|(case, harm)| self::harm(snapshot, advice, case, harm));
        let truncated = advice.cases.iter().find(|case| matches!(case.verdict, AdviceVerdict::Inconclusive(_)));
        let truncated = truncated.map(|case| format!("{}: the search is incomplete", circumstance(case.delivery)));
        [vec![start], harms.chain(truncated).collect()].concat().join("; ")
    };
    if advice.is_safe_now() && advice.cases.iter().any(|case| case.can_return_mail) {
        text.push_str("; mail that arrives meanwhile can be returned to its sender");
    }
    text
}

/// Returns true if no message on the destination is ever lost or unreachable.
fn keeps(snapshot: &Snapshot, advice: &Advice) -> bool {
    let there = snapshot.mailboxes[advice.to].held();
    let is_harmless = |case: &AdviceCase| match case.verdict {
        AdviceVerdict::Safe => true,
        AdviceVerdict::OutOfReach => case.harm.as_ref().is_some_and(|harm| harm.messages.common(there).is_empty()),
        AdviceVerdict::NotApplicable
        | AdviceVerdict::Inconclusive(_)
        | AdviceVerdict::NeverDone
        | AdviceVerdict::Loses => false,
    };
    !there.is_empty() && advice.cases.iter().any(is_harmless)
}

fn harm(snapshot: &Snapshot, advice: &Advice, case: &AdviceCase, harm: &AdviceHarm) -> String {
    let known = harm.messages.common(snapshot.messages());
    let distinguishes_start = advice.cases.iter().any(|case| case.delivery == Delivery::UntilRepair);
    let late = !harm.messages.without(known).is_empty();
    let mut what = Vec::new();
    if !known.is_empty() {
        what.push(counted(snapshot, known));
    }
    if late {
        what.push(match case.delivery {
            Delivery::AnyTime if distinguishes_start => "mail that arrives while it runs".to_owned(),
            Delivery::AnyTime => "mail that arrives".to_owned(),
            Delivery::Never | Delivery::Before | Delivery::UntilRepair => {
                "mail that arrives before it starts".to_owned()
            }
        });
    }
    let what = what.join(" and ");
    match case.verdict {
        AdviceVerdict::Loses => format!("it can destroy {what}"),
        AdviceVerdict::OutOfReach => {
            format!("it can leave {what} {}where the owner cannot see it", locations(snapshot, harm))
        }
        AdviceVerdict::NeverDone => "it can reach a state from which it can never finish".to_owned(),
        AdviceVerdict::Safe | AdviceVerdict::NotApplicable | AdviceVerdict::Inconclusive(_) => String::new(),
    }
}

/// Returns the servers that hold the harmed messages at the end.
fn locations(snapshot: &Snapshot, harm: &AdviceHarm) -> String {
    let end = harm.trace.path.end(&harm.world);
    let mailboxes = &end.accounts[MailboxId::default()].mailboxes;
    let holds = |server: &ServerId| !mailboxes[*server].held().common(harm.messages).is_empty();
    let servers: Vec<String> = mailboxes.ids().filter(holds).map(|server| name(snapshot, server)).collect();
    if servers.is_empty() { String::new() } else { format!("on {} ", servers.join(" and ")) }
}

/// Returns the warnings: do not move the mailbox again, and mail that arrived since.
pub(super) fn warnings(advised: &MailboxAdvice<'_>) -> Vec<Warning> {
    let snapshot = advised.snapshot;
    let mut warnings = Vec::new();
    if !snapshot.is_stranded() {
        return warnings;
    }
    if advised.replication == Replication::Eventual && snapshot.home().is_none() {
        let text = "the replicas differ, and the snapshot does not show which is the newest. Wait until they agree, or run \
                    Update Now on them [Q182963], and take the snapshot again. The advice below holds for every order in which they \
                    may agree.";
        warnings.push(Warning { title: "Wait for replication:".to_owned(), text: text.to_owned() });
    }
    let destroys = |advice: &&Advice| {
        let there = snapshot.mailboxes[advice.to].held();
        let case = advice.cases.first().filter(|case| case.verdict == AdviceVerdict::Loses);
        case.and_then(|case| case.harm.as_deref()).is_some_and(|harm| !harm.messages.common(there).is_empty())
    };
    if let Some(again) = advised.advice.iter().filter(destroys).find(|advice| advice.procedure.name == MOVE_AGAIN) {
        let is_move = |advice: &&Advice| advice.procedure.has_act(|act| matches!(act, Act::CreateMailbox { .. }));
        let here = |advice: &&Advice| (advice.from, advice.to) == (again.from, again.to);
        let others = advised.advice.iter().filter(destroys).filter(is_move).filter(here);
        let others = others.map(|advice| advice.procedure.name.as_str()).filter(|name| *name != MOVE_AGAIN);
        let names: Vec<&str> = [MOVE_AGAIN].into_iter().chain(others).collect();
        let gone = again.first_harm().map_or(MessageSet::EMPTY, |(_, harm)| harm.messages);
        let (names, gone) = (names.join(" and "), counted(snapshot, gone));
        let text = format!("{names} would destroy {gone}; the trace below shows how. [{MOVE_AGAIN_SOURCE}]");
        warnings.push(Warning { title: "Do not move it again:".to_owned(), text });
    }
    let from_home = advised.advice.iter().find(|advice| Some(advice.from) == snapshot.home());
    warnings.extend(from_home.and_then(|advice| late_mail(advised, advice.from, advice.to)));
    warnings
}

/// Returns the warning about mail that arrived, or may arrive, at the home after the data left it.
fn late_mail(advised: &MailboxAdvice<'_>, from: ServerId, to: ServerId) -> Option<Warning> {
    let snapshot = advised.snapshot;
    let late = snapshot.mailboxes[from].held().without(snapshot.mailboxes[to].held());
    let here = || advised.advice.iter().filter(|advice| (advice.from, advice.to) == (from, to));
    let delivery = if late.is_empty() { Delivery::UntilRepair } else { Delivery::Never };
    let has_new = |harm: &AdviceHarm| !harm.messages.is_within(snapshot.messages());
    let named = |verdict: AdviceVerdict| {
        let does = |advice: &&Advice| {
            let case = advice.cases.iter().find(|case| case.delivery == delivery);
            case.filter(|case| case.verdict == verdict).and_then(|case| case.harm.as_deref()).is_some_and(|harm| {
                if late.is_empty() { has_new(harm) } else { !harm.messages.common(late).is_empty() }
            })
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
    if let Some(careful) = careful.into_iter().find(cites) {
        text.push_str(&format!(" {} does that itself and is safe here.", careful.procedure.name));
    }
    let title = if late.is_empty() { "Late mail:" } else { "Save this first:" };
    Some(Warning { title: title.to_owned(), text })
}
