//! The procedures besides the recommended one, in one line each: the safe ones, those that depend on something, and those not to run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stranded_search::advice::{Ability, Advice, AdviceCase, Answer, MailboxAdvice, PreconditionKind};
use stranded_search::lines::{display_width, padded, wrapped};
use stranded_search::snapshot::{Snapshot, Standing};

use super::advice_facts as facts;
use super::advice_json::name;
use super::advice_text::{Extent, Form};
use super::advice_why::{TITLE, called};
use super::dialect::{self, Printed};

/// Returns the other procedures: the safe ones, those that depend on something, and those not to run.
pub(super) fn others(
    subject: &Snapshot,
    advised: &MailboxAdvice<'_>,
    printed: Option<Printed<'_>>,
    form: Form<'_>,
) -> String {
    let width = form.width;
    let first = advised.recommended().filter(|_| advised.snapshot.standing() != Standing::Healthy);
    let others: Vec<&Advice> =
        advised.advice.iter().filter(|advice| first.is_none_or(|first| !std::ptr::eq(first, *advice))).collect();
    let mut text = String::new();
    let mut part = |heading: &str, wanted: &dyn Fn(&Advice) -> Option<String>| {
        let found = others.iter().filter_map(|advice| Some((called(advised, advice), wanted(advice)?)));
        text.push_str(&list(heading, &found.collect::<Vec<_>>(), width));
    };
    let is = |advice: &Advice, answer: Answer| advice.answer() == answer && advice.ability != Ability::Cannot;
    let is_recommended = |advice: &Advice| first.is_some_and(|first| first.procedure.name == advice.procedure.name);
    part("Safe too:", &|advice| {
        (is(advice, Answer::Safe) && advice.plan.is_some()).then(|| {
            let keeps_home = is_recommended(advice) && advised.snapshot.home() == Some(advice.to);
            let stays =
                if keeps_home { format!("; the home stays {}", name(subject, advice.to)) } else { String::new() };
            format!("{}{stays}", conditions(advice, first))
        })
    });
    // The way that leads away from most messages is for those who ask.
    let is_asked =
        |advice: &Advice| form.extent == Extent::Reasons || subject.held_by(advice.to) >= subject.held_by(advice.from);
    part("Depends on facts that were not observed:", &|advice| {
        (is(advice, Answer::Depends) && is_asked(advice)).then(|| dependence(subject, advice))
    });
    part("Inconclusive, because the search is incomplete (--max-states, --timeout):", &|advice| {
        is(advice, Answer::Inconclusive).then(String::new)
    });
    part("Cannot be performed by this system:", &|advice| {
        let is_harmless = matches!(advice.answer(), Answer::Safe | Answer::Depends);
        (advice.ability == Ability::Cannot && is_harmless).then(|| match printed {
            None => "it needs in-transit marks".to_owned(),
            Some(Printed { dialect, .. }) => {
                let reason = dialect::cannot_perform(dialect, advice).into_iter().next().unwrap_or_default();
                reason.split_once(": ").map_or(reason.clone(), |(_, why)| why.to_owned())
            }
        })
    });
    part("Refuses, or does not end with ok, and repairs nothing:", &|advice| {
        let is_useless = is(advice, Answer::Safe) && advice.plan.is_none();
        (advice.answer() == Answer::Refuses || is_useless).then(String::new)
    });
    part("Do not run:", &|advice| {
        let worst = || advice.cases.iter().flat_map(AdviceCase::harms).max_by_key(|harm| harm.verdict);
        (advice.answer() == Answer::Unsafe).then(|| worst().map_or(String::new(), |harm| facts::harm(subject, harm)))
    });
    let is_in_doubt = |advice: &&&Advice| is(advice, Answer::Depends) && is_asked(advice);
    let doubtful = others.iter().filter(is_in_doubt).filter_map(|advice| advice.answering_case());
    let dialect = printed.map(|printed| printed.dialect);
    let observations: BTreeMap<String, String> = doubtful
        .flat_map(|case| &case.unobserved)
        .map(|one| (facts::key(subject, one.fact), dialect::observe(dialect, subject, one.fact)))
        .collect();
    text.push_str(&list("To observe:", &observations.into_iter().collect::<Vec<_>>(), width));
    text
}

/// Returns a heading with entries in two columns; without a second column, with their names in lines.
fn list(heading: &str, entries: &[(String, String)], width: u16) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{TITLE}{heading}{TITLE:#}\n");
    if entries.iter().all(|(_, says)| says.is_empty()) {
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(text, "  {}", wrapped(&names.join(", "), 2, width));
        return text;
    }
    let column = entries.iter().map(|(name, _)| display_width(name)).max().unwrap_or(0) + 2;
    for (name, says) in entries {
        let _ = writeln!(text, "  {}{}", padded(name, column), wrapped(says, column + 2, width));
    }
    text
}

/// Returns the facts on which an answer depends, and the worst harm.
fn dependence(subject: &Snapshot, advice: &Advice) -> String {
    let dependences = || advice.answering_case().into_iter().flat_map(|case| &case.unobserved);
    let keys: Vec<String> = dependences().map(|one| facts::key(subject, one.fact)).collect();
    let worst = dependences().map(|one| &one.harm).max_by_key(|harm| harm.verdict);
    format!("on {}; {}", keys.join(", "), worst.map_or(String::new(), |harm| facts::harm(subject, harm)))
}

/// Returns the conditions under which a procedure is safe, in short, besides those of the recommended one.
fn conditions(advice: &Advice, recommended: Option<&Advice>) -> String {
    let short = |kind: PreconditionKind| match kind {
        PreconditionKind::HoldDelivery => "delivery held since before the snapshot",
        PreconditionKind::HoldDeliveryDuringRun => "delivery held while it runs",
        PreconditionKind::EndSessions => "sessions ended",
        PreconditionKind::FinishReplication => "replication finished",
    };
    let ensured: Vec<PreconditionKind> =
        recommended.into_iter().flat_map(Advice::preconditions).map(|one| one.kind).collect();
    let kinds = advice.preconditions().into_iter().map(|one| one.kind).filter(|kind| !ensured.contains(kind));
    let mut conditions: Vec<&str> = kinds.map(short).collect();
    if advice.ability == Ability::Perhaps {
        conditions.insert(0, "in-transit marks, which the snapshot does not show");
    }
    match (conditions.is_empty(), ensured.is_empty()) {
        (true, true) => "whenever mail arrives".to_owned(),
        (true, false) => "under the same conditions".to_owned(),
        (false, true) => format!("needs {}", conditions.join(", ")),
        (false, false) => format!("also needs {}", conditions.join(", ")),
    }
}
