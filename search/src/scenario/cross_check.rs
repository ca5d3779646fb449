//! The conditions between the tables of a scenario file, and between a scenario and its predecessor. They are checked after every
//! table is read.

use std::collections::BTreeSet;

use stranded_model::action::ActionKind;
use stranded_model::id::{MessageSet, ServerId};
use stranded_model::procedure::{Act, StepResult};
use stranded_model::property::Safety;
use stranded_model::scenario::{Delivery, Environment, Replication, RunsMax, Scenario, Site, Start};
use stranded_model::state::Stamp;

use super::cursor::{Cursor, Text};
use super::diagnostic::{Findings, nearest, wrapped};
use super::{ANY, Number, Numbers, Spec};

/// The root table of a scenario file, and the facts about its tables that the checks need.
pub(super) struct Tables<'t, 'a> {
    /// The root table, for positions in the text.
    pub(super) root: &'t Cursor<'a>,
    /// The predecessor.
    pub(super) from: Option<&'t Spec>,
    /// The meaning of the site's numbers.
    pub(super) numbers: Numbers,
    /// True if the site, the start and the environment were read without errors.
    pub(super) is_site_sound: bool,
}

/// Checks the site, the start and the environment against each other and against the predecessor.
pub(super) fn site_and_environment(
    tables: &Tables<'_, '_>,
    site: Option<&Site>,
    start: Option<&Start>,
    environment: &Environment,
    found: &mut Findings,
) {
    let root = tables.root;
    let before = found.count();
    if root.has("start") && root.has("from") {
        let label = "leave out `from` or this table";
        found.report(root.span_of("start"), "a scenario with a predecessor cannot have `[start]`", label);
    }
    if let (Some(site), Some(from)) = (site, tables.from) {
        as_in_predecessor(tables, site, from, found);
    }
    if let (Some(site), Some(start)) = (site, start) {
        replicas_at_start(root, site, start, found);
        messages_at_start(root, start, found);
    }
    if let Some(reason) = shared_faults(tables, environment) {
        let (message, label) = ("one mailbox cannot stand for any number", "give a number, or leave out the faults");
        found.report_with_help(root.span_in("site", "mailboxes"), message, label, Some(wrapped(&reason)));
    }
    if let Some(site) = site.filter(|_| tables.is_site_sound && found.count() == before) {
        let is_fresh = !root.has("from") && start.is_none();
        mail_supply(root, site, environment, is_fresh, found);
    }
}

/// Checks that the site fits the final states of the predecessor.
fn as_in_predecessor(tables: &Tables<'_, '_>, site: &Site, from: &Spec, found: &mut Findings) {
    let span = |key| tables.root.span_in("site", key);
    let (earlier, numbers) = (&from.scenario.site, tables.numbers);
    let servers: Vec<&str> = earlier.servers.values().map(String::as_str).collect();
    if site.servers.values().map(String::as_str).ne(servers.iter().copied()) {
        let label = format!("its servers are {}", servers.join(", "));
        found.report(span("servers"), "the servers are not those of the `from` scenario", label);
    }
    if site.home != earlier.home {
        let label = format!("its home is `{}`", earlier.servers[earlier.home]);
        found.report(span("home"), "the home is not that of the `from` scenario", label);
    }
    let loses_any = (from.numbers.mailboxes, numbers.mailboxes) == (Number::Any, Number::Given);
    if loses_any || site.mailboxes != earlier.mailboxes {
        let label = match from.numbers.mailboxes {
            Number::Any => format!("they are \"{ANY}\" there"),
            Number::Given => format!("it has {}", earlier.mailboxes),
        };
        found.report(span("mailboxes"), "the mailboxes are not as many as in the `from` scenario", label);
    }
    let has_any = from.numbers.messages == Number::Any;
    if numbers.messages == Number::Given && (has_any || site.messages < earlier.messages) {
        let label = match from.numbers.messages {
            Number::Any => format!("it has any number: say \"{ANY}\""),
            Number::Given => format!("at least {}", earlier.messages),
        };
        found.report(span("messages"), "fewer messages than in the `from` scenario", label);
    }
}

/// Checks that the replicas at the start can exist under the site's kind of replication.
fn replicas_at_start(root: &Cursor<'_>, site: &Site, start: &Start, found: &mut Findings) {
    let recipients = || start.recipients.values();
    let mut differs = recipients().skip(1).any(|other| *other != start.recipients[ServerId(0)]);
    differs |= recipients().any(|one| one.stamp().is_some_and(|stamp| stamp != Stamp::default()));
    let are_rivals = recipients()
        .any(|one| recipients().any(|other| one != other && one.stamp().is_some() && one.stamp() == other.stamp()));
    if are_rivals && site.replication == Replication::Eventual {
        let label = "give the newer one a higher `version`";
        found.report(
            root.span_in("start", "directory"),
            "two replicas differ, and neither has the newer version",
            label,
        );
    }
    if differs && site.replication == Replication::Instant {
        let label = "say `replication = \"eventual\"` in `[site]`";
        let message = "with instant replication all replicas are the same, without versions";
        found.report(root.span_in("start", "directory"), message, label);
    }
}

/// Checks that the messages at the start are numbered without a gap.
fn messages_at_start(root: &Cursor<'_>, start: &Start, found: &mut Findings) {
    let all = start.mailboxes.values().map(|mailbox| mailbox.messages()).fold(MessageSet::EMPTY, MessageSet::with);
    if all != MessageSet::first(all.len()) {
        let label = "messages are numbered in order of arrival: m1, m2, … without a gap";
        found.report(root.span_in("start", "stores"), "a message is missing", label);
    }
}

/// Returns the reason that one mailbox cannot stand for any number: faults here or in a predecessor, which mailboxes share.
fn shared_faults(tables: &Tables<'_, '_>, environment: &Environment) -> Option<String> {
    if tables.numbers.mailboxes == Number::Given {
        return None;
    }
    let reason = "they strike servers, which all mailboxes share, and `faults-max` is one supply for all";
    if !environment.faults.is_empty() {
        return Some(format!("its faults are shared: {reason}"));
    }
    let chain = std::iter::successors(tables.from, |spec| spec.from.as_deref());
    let earlier = chain.into_iter().find(|spec| !spec.scenario.environment.faults.is_empty())?;
    Some(format!("the faults of {} are shared: {reason}", earlier.name))
}

/// Reports messages that the environment never delivers, and delivery without messages.
fn mail_supply(root: &Cursor<'_>, site: &Site, environment: &Environment, is_fresh: bool, found: &mut Findings) {
    let delivers = environment.delivery != Delivery::Never;
    if delivers && site.messages == 0 {
        let label = "give at least 1, or `delivery = \"never\"`";
        found.report(root.span_in("site", "messages"), "mail is delivered, and there are no messages", label);
    } else if !delivers && site.messages > 0 && is_fresh {
        let span = if root.has("environment") { root.span_in("environment", "delivery") } else { root.span_of("site") };
        let label = "say when mail arrives, or `messages = 0`";
        found.report(span, "there are messages, and none is ever delivered", label);
    }
}

/// Checks the number of runs, and the names under `never`.
pub(super) fn runs_and_never(tables: &Tables<'_, '_>, scenario: &Scenario, never: &[Text<'_>], found: &mut Findings) {
    let is_endless = scenario.counts_versions() && scenario.version_gap_max().is_none();
    if is_endless && scenario.runs().any(|(_, run)| run.runs_max == RunsMax::Any) {
        let label = "give a number, or `runs-max = \"until-ok\"`";
        let message = "programs write several replicas, so the number of runs needs a limit";
        found.report(tables.root.span_of("run"), message, label);
    }
    never_names(never, scenario, found);
}

/// Checks that each name under `never` is an action, a property, a step (`procedure/step`) or a handler (`procedure/step:result`)
/// of the scenario; another name would say nothing.
fn never_names(never: &[Text<'_>], scenario: &Scenario, found: &mut Findings) {
    let valid = names_of(scenario);
    let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
    let mut listed = BTreeSet::new();
    for text in never {
        let name = *text.get_ref();
        if !listed.insert(name) {
            found.report(text.span(), format!("`{name}` is listed twice"), "once is enough");
        } else if !valid.contains(&name) && !found.only_counts(&text.span()) {
            let label =
                nearest(name, &valid).map_or("no name is close".into(), |near| format!("did you mean `{near}`?"));
            let help = "a kind of action, a property, `procedure/step` or `procedure/step:result`; a step has its label as \
                        its name, or its number from 1";
            let message = format!("unknown name `{name}` under `never`");
            found.report_with_help(text.span(), message, label, Some(wrapped(help)));
        }
    }
}

fn names_of(scenario: &Scenario) -> Vec<String> {
    let mut names: Vec<String> = ActionKind::ALL.map(|kind| kind.name().to_owned()).to_vec();
    names.extend(Safety::ALL.map(|safety| safety.name().to_owned()));
    for (_, run) in scenario.runs() {
        for (index, step) in run.procedure.steps.iter().enumerate() {
            let name = format!("{}/{}", run.procedure.name, run.procedure.step_name(index));
            names.extend(step.on.iter().map(|handler| format!("{name}:{}", handler.result.name())));
            if matches!(step.act, Act::Require(_)) {
                names.push(format!("{name}:{}", StepResult::Ok.name()));
            }
            names.push(name);
        }
    }
    names
}
