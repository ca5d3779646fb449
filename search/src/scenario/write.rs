//! Scenarios written as the text of a file that reads back as the same scenario. A test writes and reads scenarios, so that the keys
//! here and in the reader agree.

use stranded_model::assumption::{Assumption, AssumptionAnswer};
use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::{Procedure, Step};
use stranded_model::scenario::{Delivery, Environment, Run, RunId, RunsMax, Scenario, Start};
use stranded_model::state::Mailbox;
use toml::{Table, Value};

use super::arguments::write_act;
use super::bundle::Bundle;
use super::own_properties::written_condition;
use super::read::ABSENT;
use super::runs::repetition;
use super::trial::FRESH_MESSAGES;
use super::{
    ANY, COPY_ORDERS, Family, MEMORIES, Number, QUIET, SiteNames, Spec, TrialOptions, TrialStart, builtin,
    delivery_name, name_in, replication_name,
};

/// Returns the text of a scenario file, which contains the procedures that are not built in. The predecessor is named: a built-in
/// one by its name, another as the file `NAME.toml`. A scenario that is read from the text differs only in its text and in the lines
/// of its steps.
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
        put(&mut root, "start", written_start(start, &spec.names));
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
    if !scenario.properties.is_empty() {
        let stated = scenario.properties.iter().map(|own| {
            let mut table = Table::new();
            put(&mut table, "name", own.name.clone());
            put(&mut table, "never", written_condition(&own.never, servers));
            table
        });
        put(&mut root, "property", stated.collect::<Vec<_>>());
    }
    let (own, runs) = procedures_and_runs(scenario, servers);
    if !own.is_empty() {
        put(&mut root, "procedure", own.iter().map(|own| procedure(own, servers)).collect::<Vec<_>>());
    }
    put(&mut root, "run", runs);
    text(&root)
}

/// Returns the text of a trial: its name, the name of the procedure and the reference to it; its start, and the reference to the scenario
/// there.
pub(super) fn trial_text(
    (name, procedure, reference): (&str, &str, &str),
    (start, from): (TrialStart<'_>, Option<&str>),
    delivery: Delivery,
    options: &TrialOptions,
) -> String {
    let mail = match delivery {
        Delivery::Never if options.faults.is_empty() => "nothing else happens",
        Delivery::Never => "no mail arrives",
        Delivery::Before => "mail arrives before it",
        Delivery::UntilRepair => "mail arrives until it starts",
        Delivery::AnyTime => "mail arrives at any time",
    };
    let mut root = Table::new();
    put(&mut root, "name", name);
    put(&mut root, "family", Family::User.name());
    let mut run = Table::new();
    put(&mut run, "administrator", "user");
    put(&mut run, "procedure", reference);
    let (source, destination, place, mut written) = match start {
        TrialStart::Quiescent(from) => {
            let last = from.scenario.run(from.scenario.last_run);
            let servers = &from.names.servers;
            put_servers(&mut run, last, servers);
            let mut written = site(from);
            if delivery != Delivery::Never {
                put(&mut written, "messages", number(from.numbers.messages, from.scenario.site.messages + 1));
            }
            let place = format!("where {} ends", from.name);
            (servers[last.from.index()].as_str(), servers[last.to.index()].as_str(), place, written)
        }
        TrialStart::Fresh { source, destination } => {
            put(&mut run, "from", source);
            put(&mut run, "to", destination);
            let mut written = Table::new();
            put(&mut written, "servers", vec![source.to_owned(), destination.to_owned()]);
            put(&mut written, "mailboxes", 1);
            put(&mut written, "messages", number(Number::Given, FRESH_MESSAGES));
            (source, destination, "on a fresh site".to_owned(), written)
        }
    };
    put(&mut root, "question", format!("What does {procedure} do from {source} to {destination} {place}, if {mail}?"));
    if let Some(from) = from {
        put(&mut root, "from", from);
    }
    if let Some(replication) = options.replication {
        put(&mut written, "replication", replication_name(replication));
    }
    put(&mut root, "site", written);
    put(
        &mut root,
        "environment",
        environment(&Environment { delivery, faults: options.faults.clone(), faults_max: options.faults_max, ..QUIET }),
    );
    if !options.faults.is_empty() {
        put(&mut run, "runs-max", repetition(RunsMax::UntilOk));
    }
    put(&mut root, "run", vec![run]);
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
    put(&mut table, "replication", replication_name(site.replication));
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
    put(&mut table, "delivery", delivery_name(environment.delivery));
    put(&mut table, "logon", environment.logon);
    put(&mut table, "owner-deletes", i64::from(environment.owner_deletes));
    put(&mut table, "other-edits", i64::from(environment.other_edits));
    put(&mut table, "stale-views", environment.stale_views);
    put(&mut table, "faults", environment.faults.iter().map(|fault| fault.name()).collect::<Vec<_>>());
    put(&mut table, "faults-max", i64::from(environment.faults_max));
    put(&mut table, "copy-order", name_in(&COPY_ORDERS, &environment.copy_order));
    table
}

/// Returns the procedures that are not built in, each once, and the runs, the last of the file last.
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
    put(&mut table, "memory", name_in(&MEMORIES, &procedure.memory));
    put(&mut table, "step", procedure.steps.iter().map(|one| step(one, procedure, servers)).collect::<Vec<_>>());
    table
}

fn step(step: &Step, procedure: &Procedure, servers: &[String]) -> Table {
    let mut table = Table::new();
    if let Some(label) = &step.label {
        put(&mut table, "label", label.clone());
    }
    write_act(&step.act, servers, &mut table);
    if !step.when.is_empty() {
        put(&mut table, "when", pairs(step.when.iter().map(|(assumption, answer)| assumed(*assumption, *answer))));
    }
    if !step.on.is_empty() {
        let on =
            step.on.iter().map(|handler| (handler.result.name().to_owned(), procedure.step_name(handler.next).into()));
        put(&mut table, "on", on.collect::<Table>());
    }
    table
}

/// Returns the table `[start]`.
fn written_start(start: &Start, names: &SiteNames) -> Table {
    let name = |server: ServerId| names.servers[server.index()].clone();
    let mut directory = Table::new();
    for (server, recipient) in start.recipients.iter() {
        let mut entry = Table::new();
        if let Some(home) = recipient.home() {
            put(&mut entry, "home", name(home));
        } else {
            put(&mut entry, "deleted", true);
        }
        let value = recipient.stamp().map(|stamp| {
            put(&mut entry, "version", i64::from(stamp.version));
            Value::Table(entry)
        });
        put(&mut directory, &name(server), value.unwrap_or_else(|| ABSENT.into()));
    }
    let mut stores = Table::new();
    for (server, mailbox) in start.mailboxes.iter() {
        if let Mailbox::Present(contents) = mailbox {
            put(&mut stores, &name(server), crate::names::copies(contents));
        }
    }
    let mut table = Table::new();
    put(&mut table, "directory", directory);
    put(&mut table, "stores", stores);
    table
}

/// Returns a scenario in which every run executes a built-in procedure instead of its own. It has no expectations, because those
/// of the scenario concern its own procedures.
///
/// # Errors
/// There is no built-in procedure of this name.
pub fn with_procedure(spec: &Spec, name: &str) -> Result<Spec, String> {
    let Some(found) = builtin::procedure(name) else {
        let names: Vec<&str> = builtin::all_procedures().map(|builtin| builtin.name).collect();
        return Err(format!("there is no procedure `{name}`; there are {}", names.join(", ")));
    };
    let mut other = spec.clone();
    for run in other.scenario.administrators.iter_mut().flat_map(|administrator| &mut administrator.runs) {
        run.procedure = found.decoded();
    }
    other.expect = Vec::new();
    other.never = Vec::new();
    let mut bundle = Bundle { main: to_toml(&other), files: Vec::new() };
    if let Some(earlier) = spec.from.as_ref().filter(|earlier| builtin::scenario(&earlier.name).is_none()) {
        bundle.add(&format!("{}.toml", earlier.name), &earlier.text);
    }
    other.text = bundle.join();
    Ok(other)
}
