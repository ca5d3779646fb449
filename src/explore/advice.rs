//! Advice on the state that the page shows: the state becomes a snapshot, as for `stranded advise`.

use indexmap::IndexSet;
use serde::Serialize;
use stranded_model::state::Account;

use crate::report::advice_json::{self, AdviceEntry, CaseReport, GroupReport, HarmReport, MailboxReport};
use crate::report::state_advice::{self, circumstances, limits};
use stranded_search::advice::{advise_all, known_procedures};
use stranded_search::names;

use super::link::LinkError;
use super::open_trace::OpenTrace;

/// The advice on one mailbox.
#[derive(Clone, Debug, Serialize)]
pub struct AdviceView {
    /// The mailbox.
    pub mailbox: String,
    /// `healthy`, `stranded`, `no-home`, `no-recipient` or `unknown`.
    pub standing: String,
    /// True if data is on a server that is not the home.
    pub stranded: bool,
    /// The messages that are destroyed.
    pub lost: Vec<String>,
    /// True if a message can still be recovered.
    pub has_mail: bool,
    /// The verdicts on each procedure, the safest first.
    pub procedures: Vec<ProcedureView>,
}

/// The verdicts on one procedure.
#[derive(Clone, Debug, Serialize)]
pub struct ProcedureView {
    /// The procedure.
    pub procedure: String,
    /// The source server.
    pub from: String,
    /// The destination server.
    pub to: String,
    /// The answer: `safe`, `depends`, `refuses`, `unsafe` or `inconclusive`.
    pub answer: String,
    /// The conditions that the administrator must ensure.
    pub preconditions: Vec<String>,
    /// The steps of the procedure, if it can be run.
    pub steps: Vec<String>,
    /// The verdict under each kind of delivery.
    pub cases: Vec<CaseView>,
}

/// A verdict under one kind of delivery.
#[derive(Clone, Debug, Serialize)]
pub struct CaseView {
    /// The arrival of new mail.
    pub delivery: String,
    /// The verdict.
    pub verdict: String,
    /// The harm as text; empty if there is none.
    pub harm: String,
}

/// Returns the advice on the last state of a trace.
///
/// # Errors
/// The reason why there is no advice.
pub fn at(trace: &OpenTrace) -> Result<Vec<AdviceView>, LinkError> {
    let visited = trace.end();
    let wrong = |diagnostics: stranded_search::scenario::Diagnostics| LinkError(diagnostics.render(false));
    let snapshots = state_advice::snapshots(&visited.world, &visited.state).map_err(wrong)?;
    let circumstances = circumstances();
    let advised = advise_all(&snapshots, true, &known_procedures(), &circumstances, &limits()).map_err(wrong)?;
    let report = advice_json::report(&advised, &circumstances, None);
    let accounts = visited.state.accounts.values();
    let named = |found: MailboxReport| match &trace.origin.observed {
        Some(observed) => MailboxReport { mailbox: observed.name.clone(), ..found },
        None => found,
    };
    Ok(report.mailboxes.into_iter().zip(accounts).map(|(found, account)| of_mailbox(named(found), account)).collect())
}

fn of_mailbox(found: MailboxReport, account: &Account) -> AdviceView {
    AdviceView {
        standing: found.standing,
        stranded: found.stranded,
        lost: names::messages(account.lost()),
        has_mail: !account.outstanding().without(account.lost()).is_empty(),
        procedures: found.advice.into_iter().map(|entry| procedure(&found.messages, entry)).collect(),
        mailbox: found.mailbox,
    }
}

/// The harm of a procedure as text. A message of the search represents the messages in the same stores; one that represents none
/// was not observed or arrives later.
fn harm(groups: &[GroupReport], harm: &HarmReport) -> String {
    let meant = |name: &String| {
        let group = groups.iter().find(|group| group.stands_for.contains(name));
        group.map_or_else(|| vec!["mail that arrives later".to_owned()], |group| group.messages.clone())
    };
    let messages: IndexSet<String> = harm.messages.iter().flat_map(meant).collect();
    let messages = messages.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    match harm.harm.as_str() {
        "loses" => format!("it destroys {messages}"),
        "out-of-reach" => format!("it leaves {messages} unreachable"),
        "never-done" => "it may never end".to_owned(),
        "no-home" => "it leaves no one home".to_owned(),
        other => format!("{other} {messages}"),
    }
}

fn procedure(groups: &[GroupReport], entry: AdviceEntry) -> ProcedureView {
    let case = |case: CaseReport| CaseView {
        delivery: case.circumstances.delivery,
        verdict: case.verdict,
        harm: case.harm.map_or(String::new(), |found| harm(groups, &found)),
    };
    ProcedureView {
        procedure: entry.procedure,
        from: entry.from,
        to: entry.to,
        answer: entry.answer,
        preconditions: entry.preconditions.into_iter().map(|one| one.says).collect(),
        steps: entry.steps,
        cases: entry.cases.into_iter().map(case).collect(),
    }
}
