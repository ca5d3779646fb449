//! Random scenario texts. Steps, conditions, built-in procedures, faults and assumptions come from the tables of the program, so a
//! new one is drawn without a change here.

use std::fmt::Write as _;
use std::io;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use stranded_model::assumption::Assumption;
use stranded_model::dn::{HomeAttribute, HomeName};
use stranded_model::liveness::Liveness;
use stranded_model::procedure::{Outcome, StepResult};
use stranded_model::scenario::Fault;
use stranded_search::scenario::{
    Argument, ArgumentKind, CONDITIONS, Presence, SERVER_REFS, STEPS, Spec, StepKind, builtin, parse_scenario,
};

/// The name of the file of a predecessor.
const EARLIER: &str = "earlier.toml";
/// The most texts that are drawn until the loader accepts one.
const ATTEMPTS_MAX: usize = 200;

/// A scenario that the loader accepts.
pub(crate) struct DrawnScenario {
    pub(crate) spec: Spec,
    /// The text of the scenario with `messages = N` for a site that says `messages = "any"`.
    text: String,
    pub(crate) has_any_messages: bool,
}

/// Random choices from a seed.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    fn below(&mut self, max: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % max
    }

    /// Returns true once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Draws texts until the loader accepts one.
    pub(crate) fn scenario(&mut self) -> DrawnScenario {
        for _ in 0..ATTEMPTS_MAX {
            let site = Site::drawn(self);
            let earlier = self.one_in(6).then(|| self.text("earlier", &site, false));
            let has_any_messages = earlier.is_none() && self.one_in(4);
            let site = if has_any_messages { Site { messages: "\"any\"".to_owned(), ..site } } else { site };
            let text = self.text("drawn", &site, earlier.is_some());
            if let Ok(spec) = parsed(&text, earlier.as_deref()) {
                return DrawnScenario { spec, text, has_any_messages };
            }
        }
        panic!("the loader refuses all of {ATTEMPTS_MAX} drawn scenarios");
    }
}

impl DrawnScenario {
    /// Returns the scenario with this number of messages in place of any number.
    pub(crate) fn with_messages(&self, messages: usize) -> Spec {
        let text = self.text.replace("messages = \"any\"", &format!("messages = {messages}"));
        parsed(&text, None).unwrap_or_else(|wrong| panic!("{wrong}"))
    }
}

fn parsed(text: &str, earlier: Option<&str>) -> Result<Spec, stranded_search::scenario::Diagnostics> {
    let read = |_: &str| earlier.map(str::to_owned).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
    parse_scenario("drawn.toml", text, &read)
}

/// The parts of a site that the rest of a scenario must fit.
struct Site {
    servers: &'static [&'static str],
    mailboxes: usize,
    messages: String,
    replication: &'static str,
}

impl Site {
    fn drawn(draw: &mut Draw) -> Self {
        const SERVERS: [&str; 3] = ["source", "destination", "third"];
        Self {
            servers: &SERVERS[..if draw.one_in(4) { 3 } else { 2 }],
            mailboxes: if draw.one_in(3) { 2 } else { 1 },
            messages: draw.below(4).to_string(),
            replication: if draw.one_in(2) { "instant" } else { "eventual" },
        }
    }
}

impl Draw {
    fn text(&mut self, name: &str, site: &Site, has_earlier: bool) -> String {
        let mut text = format!("name = \"{name}\"\n");
        if has_earlier {
            writeln!(text, "from = \"{EARLIER}\"").unwrap();
        } else {
            let Site { servers, mailboxes, messages, replication } = site;
            writeln!(text, "[site]\nservers = {servers:?}\nmailboxes = {mailboxes}\nmessages = {messages}").unwrap();
            writeln!(text, "replication = \"{replication}\"").unwrap();
        }
        let has_any = site.messages.starts_with('"');
        if !has_earlier && !has_any && self.one_in(4) {
            text += &self.start(site);
        }
        text += &self.environment(site);
        text += &self.assumptions();
        text += &self.liveness();
        let own: Vec<String> = (0..1 + self.below(2)).map(|number| format!("{name}-{number}")).collect();
        for procedure in &own {
            text += &self.procedure(procedure, site);
        }
        for _ in 0..1 + self.below(3) {
            text += &self.run(&own, site);
        }
        text
    }

    fn environment(&mut self, site: &Site) -> String {
        let delivery = match site.messages.as_str() {
            "0" => "never",
            _ => self.of(&["before", "until-repair", "any-time", "any-time"]),
        };
        let mut text = format!("[environment]\ndelivery = \"{delivery}\"\n");
        for key in ["logon", "stale-views"] {
            writeln!(text, "{key} = {}", self.one_in(3)).unwrap();
        }
        for key in ["owner-deletes", "other-edits"] {
            let most = if self.one_in(3) { 1 } else { 0 };
            writeln!(text, "{key} = {most}").unwrap();
        }
        let faults: Vec<&str> = Fault::ALL.into_iter().filter(|_| self.one_in(4)).map(Fault::name).collect();
        let faults_max = if faults.is_empty() { 0 } else { 1 + self.below(2) };
        writeln!(text, "faults = {faults:?}\nfaults-max = {faults_max}").unwrap();
        text
    }

    /// Draws the initial state of the directory and the stores.
    fn start(&mut self, site: &Site) -> String {
        let mut text = "[start.directory]\n".to_owned();
        for server in site.servers.iter().filter(|_| site.replication == "eventual") {
            let (home, version) = (*self.of(site.servers), self.below(3));
            let entry = match self.below(5) {
                0 => "\"absent\"".to_owned(),
                1 => format!("{{ deleted = true, version = {version} }}"),
                2 => format!("\"{home}\""),
                _ => format!("{{ home = \"{home}\", version = {version} }}"),
            };
            writeln!(text, "{server} = {entry}").unwrap();
        }
        text += "[start.stores]\n";
        for server in site.servers {
            let messages: Vec<&str> = ["m1", "m2", "m3"].into_iter().filter(|_| self.one_in(3)).collect();
            writeln!(text, "{server} = {messages:?}").unwrap();
        }
        text
    }

    /// Pins all assumptions but at most one, so that a scenario has few combinations.
    fn assumptions(&mut self) -> String {
        let free = self.below(2 * Assumption::ALL.len());
        let pinned = Assumption::ALL.into_iter().enumerate().filter(|(index, _)| *index != free);
        let lines = pinned.map(|(_, one)| format!("{} = \"{}\"\n", one.name(), self.of(one.values())));
        "[assume]\n".to_owned() + &lines.collect::<String>()
    }

    /// Names the liveness properties, so that they are judged. The verdicts do not matter.
    fn liveness(&mut self) -> String {
        if self.one_in(2) {
            return String::new();
        }
        "[expect]\n".to_owned() + &Liveness::ALL.map(|one| format!("{} = \"holds\"\n", one.name())).concat()
    }

    fn run(&mut self, own: &[String], site: &Site) -> String {
        let built_in = self.of(builtin::procedures()).name;
        let procedure = if self.one_in(4) { built_in } else { self.of(own) };
        let (from, to, connected_to) = (self.of(site.servers), self.of(site.servers), self.of(site.servers));
        let administrator = self.of(&["first", "first", "second"]);
        let runs_max = self.of(&["1", "1", "2", "\"any\"", "\"until-ok\""]);
        let mut text = format!("[[run]]\nadministrator = \"{administrator}\"\nprocedure = \"{procedure}\"\n");
        writeln!(text, "from = \"{from}\"\nto = \"{to}\"\nruns-max = {runs_max}").unwrap();
        if self.one_in(3) {
            writeln!(text, "connected-to = \"{connected_to}\"").unwrap();
        }
        text
    }

    /// Draws the steps of a procedure, or changes a built-in one.
    fn procedure(&mut self, name: &str, site: &Site) -> String {
        let mut steps: Vec<toml::Table> = if self.one_in(3) { self.of_built_in() } else { Vec::new() };
        let labels: Vec<String> =
            steps.iter().filter_map(|step| Some(step.get("label")?.as_str()?.to_owned())).collect();
        for number in 0..if labels.is_empty() { 2 + self.below(6) } else { self.below(3) } {
            let at = self.below(steps.len() + 1);
            let mut step = self.step(site);
            if labels.is_empty() {
                step.insert("label".to_owned(), format!("step-{number}").into());
            }
            steps.insert(at, step);
        }
        let labels: Vec<String> =
            steps.iter().filter_map(|step| Some(step.get("label")?.as_str()?.to_owned())).collect();
        for step in &mut steps {
            self.handlers(step, &labels);
        }
        if self.one_in(2) || labels.is_empty() {
            let outcome = self.of(&Outcome::ALL).name();
            steps.push(table([("do", "report".into()), ("outcome", outcome.into())]));
        }
        let procedure = table([("name", name.into()), ("source", Vec::<&str>::new().into()), ("step", steps.into())]);
        toml::to_string(&table([("procedure", vec![procedure].into())])).unwrap()
    }

    /// Returns the steps of a built-in procedure; sometimes one of them is left out.
    fn of_built_in(&mut self) -> Vec<toml::Table> {
        let text = self.of(builtin::procedures()).text;
        let table: toml::Table = toml::from_str(text).unwrap();
        let steps = table["step"].as_array().unwrap().iter().map(|step| step.as_table().unwrap().clone());
        let mut steps: Vec<toml::Table> = steps.collect();
        if self.one_in(2) {
            steps.remove(self.below(steps.len()));
        }
        steps
    }

    fn step(&mut self, site: &Site) -> toml::Table {
        let step = self.of(&STEPS);
        let mut drawn = table([("do", step.word.into())]);
        for argument in step.arguments {
            let is_given = match argument.presence {
                Presence::Required => true,
                Presence::Optional | Presence::Default(_) => self.one_in(2),
            };
            if is_given {
                let (key, value) = self.argument(argument, site);
                drawn.insert(key.to_owned(), value);
            }
        }
        if self.one_in(8) {
            let assumption = self.of(&Assumption::ALL);
            drawn
                .insert("when".to_owned(), table([(assumption.name(), (*self.of(assumption.values())).into())]).into());
        }
        drawn
    }

    fn argument(&mut self, argument: &Argument, site: &Site) -> (&'static str, toml::Value) {
        if argument.kind == ArgumentKind::Condition {
            let condition = self.of(&CONDITIONS);
            return (condition.key, self.value(condition.kind, site));
        }
        (argument.key, self.value(argument.kind, site))
    }

    fn value(&mut self, kind: ArgumentKind, site: &Site) -> toml::Value {
        match kind {
            ArgumentKind::Server => self.server(site).into(),
            ArgumentKind::ServerPair => vec![self.server(site), self.server(site)].into(),
            ArgumentKind::ServerTable(keys) => table(keys.iter().map(|key| (*key, self.server(site).into()))).into(),
            ArgumentKind::Word(words) => (*self.of(words)).into(),
            ArgumentKind::Outcome => self.of(&Outcome::ALL).name().into(),
            ArgumentKind::Flag => self.one_in(2).into(),
            ArgumentKind::True => true.into(),
            ArgumentKind::Text => "some text".into(),
            ArgumentKind::HomeValue(attribute) => self.home(attribute).into(),
            ArgumentKind::Condition => panic!("a condition has no condition as its argument"),
        }
    }

    /// Draws a server: mostly one of the two that a move concerns.
    fn server(&mut self, site: &Site) -> &'static str {
        match self.below(8) {
            0..=2 => "from",
            3..=5 => "to",
            6 => SERVER_REFS[self.below(SERVER_REFS.len())].0,
            _ => site.servers[self.below(site.servers.len())],
        }
    }

    fn home(&mut self, attribute: HomeAttribute) -> String {
        let server = match self.below(4) {
            0 => return "malformed".to_owned(),
            1 => "{from}",
            _ => "{to}",
        };
        let [organization, site] = ["{organization}", "{site}"].map(str::to_owned);
        HomeName { organization, site, server: server.to_owned() }.of(attribute)
    }

    /// Sometimes gives a step handlers that lead to other steps, before or after it.
    fn handlers(&mut self, step: &mut toml::Table, labels: &[String]) {
        let word = step["do"].as_str().unwrap();
        let kind: &StepKind = STEPS.iter().find(|kind| kind.word == word).unwrap();
        if kind.results.is_empty() || labels.is_empty() || !self.one_in(4) {
            return;
        }
        let (result, label): (&StepResult, &String) = (self.of(kind.results), self.of(labels));
        step.insert("on".to_owned(), table([(result.name(), label.as_str().into())]).into());
    }
}

fn table<'a>(entries: impl IntoIterator<Item = (&'a str, toml::Value)>) -> toml::Table {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
