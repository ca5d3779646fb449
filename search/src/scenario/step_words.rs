//! The way back from an act to the word and the arguments of its step.

use stranded_model::dn::HomeValue;
use stranded_model::procedure::{Act, Claim, Deletion, Duplicate, ListPurpose, Only, ServerRef, VersionCondition};

use super::arguments::{Arguments, Value};
use super::steps::STEPS;

/// Returns the word and the arguments of the step that does an act.
pub(super) fn taken_apart(act: &Act) -> (&'static str, Arguments) {
    use Value::{Flag, Home, Server, Text, Word};
    let at = |at: &ServerRef| vec![("at", Server(*at))];
    let only = |only: &Only| match only {
        Only::Any => Word("any"),
        Only::Copied => Word("copied"),
    };
    let (word, arguments) = match act {
        Act::CreateMailbox { at, duplicate } => {
            let fate = if *duplicate == Duplicate::Kept { "keep" } else { "delete" };
            ("create-mailbox", vec![("at", Server(*at)), ("if-present", Word(fate))])
        }
        Act::DeleteMailbox { at: server } => ("delete-mailbox", at(server)),
        Act::EmptyMailbox { at, deletion } => {
            let trace = match deletion {
                Deletion::Remembered => "remembered",
                Deletion::Forgotten => "forgotten",
            };
            ("empty-mailbox", vec![("at", Server(*at)), ("deletions", Word(trace))])
        }
        Act::List { at, purpose } => {
            let purpose = match purpose {
                ListPurpose::Listed => "listed",
                ListPurpose::Copied => "copied",
            };
            ("list", vec![("at", Server(*at)), ("as", Word(purpose))])
        }
        Act::CopyListed { from, to } => ("copy-listed", vec![("from", Server(*from)), ("to", Server(*to))]),
        Act::AppendMessage { from, to } => ("append-message", vec![("from", Server(*from)), ("to", Server(*to))]),
        Act::DeleteListed { at, only: which } => ("delete-listed", vec![("at", Server(*at)), ("only", only(which))]),
        Act::DeleteUnlisted { at, only: which } => {
            ("delete-unlisted", vec![("at", Server(*at)), ("only", only(which))])
        }
        Act::CopyMessage { from, to } => ("copy-message", vec![("from", Server(*from)), ("to", Server(*to))]),
        Act::PropagateDeletions { from, to } => {
            ("propagate-deletions", vec![("from", Server(*from)), ("to", Server(*to))])
        }
        Act::Mark { at, claim } => {
            let answer = match claim {
                Claim::Taken => "take",
                Claim::Respected => "respect",
                Claim::Token => "token",
            };
            ("mark", vec![("at", Server(*at)), ("claim", Word(answer))])
        }
        Act::Unmark { at: server } => ("unmark", at(server)),
        Act::Save { at: server } => ("save", at(server)),
        Act::Load { at: server } => ("load", at(server)),
        Act::Adjust { at: server } => ("adjust", at(server)),
        Act::HoldDelivery => ("hold-delivery", Vec::new()),
        Act::ReleaseDelivery => ("release-delivery", Vec::new()),
        Act::SyncDirectory { replica, from, to, condition } => {
            let servers =
                [("replica", replica), ("from", from), ("to", to)].map(|(key, server)| (key, Server(*server)));
            let is_conditional = *condition == VersionCondition::Unchanged;
            ("sync-directory", servers.into_iter().chain([("if-unchanged", Flag(is_conditional))]).collect())
        }
        Act::RawEdit { replica, mdb, mta } => {
            let values = [("home-mdb", mdb), ("home-mta", mta)];
            let values = values.into_iter().filter_map(|(key, value)| Some((key, Home((*value)?))));
            let unchecked = [mdb, mta].into_iter().any(|value| *value == Some(HomeValue::Malformed));
            let flag = ("unchecked", Flag(unchecked));
            ("raw-edit", [("replica", Server(*replica))].into_iter().chain(values).chain([flag]).collect())
        }
        Act::DeleteRecipient { replica } => {
            ("delete-recipient", vec![("replica", Server(*replica)), ("data", Word("leave"))])
        }
        Act::CreateRecipient { replica, home } => {
            ("create-recipient", vec![("replica", Server(*replica)), ("home", Server(*home))])
        }
        Act::UpdateNow { replica } => ("update-now", vec![("replica", Server(*replica))]),
        Act::LookUpHome { replica } => ("look-up-home", vec![("replica", Server(*replica))]),
        Act::Require(condition) => ("require", vec![super::conditions::taken_apart(condition)]),
        Act::Wait(condition) => ("wait", vec![super::conditions::taken_apart(condition)]),
        Act::Report { outcome, says } => {
            let says = says.iter().map(|says| ("says", Text(says.clone())));
            ("report", [("outcome", Word(outcome.name()))].into_iter().chain(says).collect())
        }
    };
    (word, Arguments(arguments))
}

/// Returns the sources that describe an act.
///
/// # Panics
/// If the act has no row in the table; a test writes each act.
#[must_use]
pub fn sources_of(act: &Act) -> &'static [&'static str] {
    let (word, _) = taken_apart(act);
    STEPS.iter().find(|step| step.word == word).expect("every act has a row in the table of steps").sources
}
