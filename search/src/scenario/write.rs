//! A scenario as the text of a file that loads to the same scenario again. Names of keys stand here and where they are read;
//! a test that writes and reads holds the two together.

use stranded_model::assumption::{Assumption, AssumptionAnswer};
use stranded_model::dn::HomeAttribute;
use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::{Act, Condition, Procedure, ServerRef, Step, VersionCondition};
use stranded_model::scenario::{Environment, Run, RunId, Scenario};
use toml::{Table, Value};

use super::act::{CLAIMS, IF_PRESENT};
use super::home_name::typed_value;
use super::number::ANY;
use super::runs::repetition;
use super::site::{DELIVERIES, REPLICATIONS, word};
use super::verb::Verb;
use super::{Family, Number, Spec, builtin};

/// The text of a scenario file; procedures that are not built in stand in it. What it starts from is named, by its name if it
/// is built in, else as the file `NAME.toml`. Only the text and the lines of steps of the loaded scenario differ.
#[must_use]
pub fn to_toml(spec: &Spec) -> String {
    let mut root = Table::new();
    put(&mut root, "name", spec.name.clone());
    put(&mut root, "family", spec.family.name());
    put(&mut root, "question", spec.question.clone());
    put(&mut root, "source", spec.source.clone());
    if let Some(from) = &spec.from {
        let is_builtin = builtin::scenario(&from.name).is_some();
        put(&mut root, "from", if is_builtin { from.name.clone() } else { format!("{}.toml", from.name) });
    }
    put(&mut root, "never", spec.never.clone());
    let scenario = &spec.scenario;
    put(&mut root, "site", site(spec));
    if let Some(start) = &scenario.start {
        put(&mut root, "start", super::start::written(start, &spec.names));
    }
    put(&mut root, "environment", environment(&scenario.environment));
    let pinned = pairs(spec.pinned.iter().map(|(assumption, answer)| assumed(*assumption, *answer)));
    let expected = pairs(spec.expect.iter().map(|(property, verdict)| (property.name(), verdict.name())));
    for (key, table) in [("assume", pinned), ("expect", expected)] {
        if !table.is_empty() {
            put(&mut root, key, table);
        }
    }
    let servers = &spec.names.servers;
    let (own, runs) = procedures_and_runs(scenario, servers);
    if !own.is_empty() {
        put(&mut root, "procedure", own.iter().map(|own| procedure(own, servers)).collect::<Vec<_>>());
    }
    put(&mut root, "run", runs);
    text(&root)
}

/// The head of a scenario that starts where another ends.
pub(crate) fn header(name: &str, from: &Spec, reference: &str) -> String {
    let mut root = Table::new();
    put(&mut root, "name", name);
    put(&mut root, "family", Family::User.name());
    let last = from.scenario.run(from.scenario.last_run);
    let servers = &from.names.servers;
    let (source, destination) = (&servers[last.from.index()], &servers[last.to.index()]);
    let question = format!(
        "What does {name} do from {source} to {destination} where {} ends, if nothing else happens?",
        from.name
    );
    put(&mut root, "question", question);
    put(&mut root, "from", reference);
    text(&root)
}

/// The site of another scenario, and one run by a user between the servers of its last run.
pub(crate) fn site_and_run(from: &Spec, reference: &str) -> String {
    let mut root = Table::new();
    put(&mut root, "site", site(from));
    let last = from.scenario.run(from.scenario.last_run);
    let mut table = Table::new();
    put(&mut table, "administrator", "user");
    put(&mut table, "procedure", reference);
    put_servers(&mut table, last, &from.names.servers);
    put(&mut root, "run", vec![table]);
    text(&root)
}

fn text(root: &Table) -> String {
    toml::to_string(root).expect("a table of strings, numbers and tables can be written")
}

fn put(table: &mut Table, key: &str, value: impl Into<Value>) {
    table.insert(key.to_owned(), value.into());
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Table {
    pairs.map(|(key, value)| (key.to_owned(), Value::String(value.to_owned()))).collect()
}

fn assumed(assumption: Assumption, answer: AssumptionAnswer) -> (&'static str, &'static str) {
    (assumption.name(), assumption.values()[usize::from(answer)])
}

fn site(spec: &Spec) -> Table {
    let (site, names) = (&spec.scenario.site, &spec.names);
    let mut table = Table::new();
    put(&mut table, "organization", names.organization.clone());
    put(&mut table, "name", names.name.clone());
    put(&mut table, "servers", site.servers.values().cloned().collect::<Vec<_>>());
    put(&mut table, "home", site.servers[site.home].clone());
    put(&mut table, "mailboxes", number(spec.numbers.mailboxes, site.mailboxes));
    put(&mut table, "messages", number(spec.numbers.messages, site.messages));
    put(&mut table, "replication", word(&REPLICATIONS, &site.replication));
    table
}

fn number(kind: Number, count: usize) -> Value {
    match kind {
        Number::Given => i64::try_from(count).expect("a scenario is finite").into(),
        Number::Any => ANY.into(),
    }
}

fn environment(environment: &Environment) -> Table {
    let mut table = Table::new();
    put(&mut table, "delivery", word(&DELIVERIES, &environment.delivery));
    put(&mut table, "logon", environment.logon);
    put(&mut table, "owner-deletes", i64::from(environment.owner_deletes));
    put(&mut table, "other-edits", i64::from(environment.other_edits));
    put(&mut table, "stale-views", environment.stale_views);
    put(&mut table, "faults", environment.faults.iter().map(|fault| fault.name()).collect::<Vec<_>>());
    put(&mut table, "faults-max", i64::from(environment.faults_max));
    table
}

/// The procedures that are not built in, each once, and the runs, the last of the file last.
fn procedures_and_runs<'s>(scenario: &'s Scenario, servers: &[String]) -> (Vec<&'s Procedure>, Vec<Table>) {
    let mut runs: Vec<(RunId, &Run)> = scenario.runs().filter(|(id, _)| *id != scenario.last_run).collect();
    runs.push((scenario.last_run, scenario.run(scenario.last_run)));
    let mut own: Vec<&Procedure> = Vec::new();
    for (_, run) in &runs {
        let is_own = builtin::procedure(&run.procedure.name).is_none();
        own.extend((is_own && !own.contains(&&run.procedure)).then_some(&run.procedure));
    }
    let tables = runs.iter().map(|(id, run)| {
        let mut table = Table::new();
        put(&mut table, "administrator", scenario.administrators[id.administrator.index()].name.clone());
        put(&mut table, "procedure", run.procedure.name.clone());
        put_servers(&mut table, run, servers);
        put(&mut table, "runs-max", repetition(run.runs_max));
        table
    });
    let tables = tables.collect();
    (own, tables)
}

fn put_servers(table: &mut Table, run: &Run, servers: &[String]) {
    let named = |server: ServerId| servers[server.index()].clone();
    put(table, "from", named(run.from));
    put(table, "to", named(run.to));
    put(table, "connected-to", named(run.connected_to));
}

fn procedure(procedure: &Procedure, servers: &[String]) -> Table {
    let mut table = Table::new();
    put(&mut table, "name", procedure.name.clone());
    put(&mut table, "source", procedure.source.clone());
    put(&mut table, "step", procedure.steps.iter().map(|one| step(one, procedure, servers)).collect::<Vec<_>>());
    table
}

fn step(step: &Step, procedure: &Procedure, servers: &[String]) -> Table {
    let mut table = Table::new();
    if let Some(label) = &step.label {
        put(&mut table, "label", label.clone());
    }
    let mut writer = ActWriter { table: &mut table, servers };
    writer.act(&step.act);
    if let Some((assumption, answer)) = step.when {
        put(&mut table, "when", pairs([assumed(assumption, answer)].into_iter()));
    }
    if !step.on.is_empty() {
        let on =
            step.on.iter().map(|handler| (handler.result.name().to_owned(), procedure.step_name(handler.next).into()));
        put(&mut table, "on", on.collect::<Table>());
    }
    table
}

/// A step's table as it is being written.
struct ActWriter<'a> {
    table: &'a mut Table,
    servers: &'a [String],
}

impl ActWriter<'_> {
    fn act(&mut self, act: &Act) {
        put(self.table, "do", Verb::of(act).name());
        match act {
            Act::CreateMailbox { at, duplicate } => {
                self.places(&[("at", *at)]);
                put(self.table, "if-present", word(&IF_PRESENT, duplicate));
            }
            Act::DeleteMailbox { at }
            | Act::Unmark { at }
            | Act::Save { at }
            | Act::Load { at }
            | Act::Adjust { at } => self.places(&[("at", *at)]),
            Act::DeleteCopied { at, held_at } => self.places(&[("at", *at), ("held-at", *held_at)]),
            Act::CopyMessage { from, to } | Act::PropagateDeletions { from, to } => {
                self.places(&[("from", *from), ("to", *to)]);
            }
            Act::Mark { at, claim } => {
                self.places(&[("at", *at)]);
                put(self.table, "claim", word(&CLAIMS, claim));
            }
            Act::HoldDelivery | Act::ReleaseDelivery => {}
            Act::SyncDirectory { replica, from, to, condition } => {
                self.places(&[("replica", *replica), ("from", *from), ("to", *to)]);
                put(self.table, "if-unchanged", *condition == VersionCondition::Unchanged);
            }
            Act::RawEdit { replica, mdb, mta } => {
                self.places(&[("replica", *replica)]);
                let mut unchecked = false;
                for (attribute, value) in [(HomeAttribute::Mdb, mdb), (HomeAttribute::Mta, mta)] {
                    if let Some(value) = value {
                        put(self.table, attribute.name(), typed_value(*value, attribute, self.servers));
                        unchecked |= *value == stranded_model::dn::HomeValue::Malformed;
                    }
                }
                put(self.table, "unchecked", unchecked);
            }
            Act::DeleteRecipient { replica } => {
                self.places(&[("replica", *replica)]);
                put(self.table, "data", "leave");
            }
            Act::CreateRecipient { replica, home } => self.places(&[("replica", *replica), ("home", *home)]),
            Act::UpdateNow { replica } => self.places(&[("replica", *replica)]),
            Act::Require(condition) | Act::Wait(condition) => self.condition(condition),
            Act::Report { outcome, says } => {
                put(self.table, "outcome", outcome.name());
                if let Some(says) = says {
                    put(self.table, "says", says.clone());
                }
            }
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match *condition {
            Condition::HomeIs(place) => self.places(&[("home-is", place)]),
            Condition::Differ(one, other) => {
                let pair = vec![self.place(one), self.place(other)];
                put(self.table, "differ", pair);
            }
            Condition::HomeIsEither(one, other) => {
                let pair = vec![self.place(one), self.place(other)];
                put(self.table, "home-is-either", pair);
            }
            Condition::Present(at) => self.places(&[("present", at)]),
            Condition::Empty(at) => self.places(&[("empty", at)]),
            Condition::HoldsAll { at, of } => {
                let mut inner = Table::new();
                ActWriter { table: &mut inner, servers: self.servers }.places(&[("at", at), ("of", of)]);
                put(self.table, "holds-all", inner);
            }
            Condition::EveryReplicaNames(place) => self.places(&[("every-replica-names", place)]),
            Condition::ReplicasAgree => put(self.table, "replicas-agree", true),
            Condition::NoRecipient(replica) => self.places(&[("no-recipient", replica)]),
            Condition::NothingQueued => put(self.table, "nothing-queued", true),
        }
    }

    fn places(&mut self, places: &[(&str, ServerRef)]) {
        for (key, place) in places {
            let name = self.place(*place);
            put(self.table, key, name);
        }
    }

    fn place(&self, place: ServerRef) -> String {
        match place {
            ServerRef::From => "from".to_owned(),
            ServerRef::To => "to".to_owned(),
            ServerRef::ConnectedTo => "connected-to".to_owned(),
            ServerRef::Earlier => "earlier".to_owned(),
            ServerRef::Later => "later".to_owned(),
            ServerRef::Home => "home".to_owned(),
            ServerRef::Server(server) => self.servers[server.index()].clone(),
        }
    }
}
