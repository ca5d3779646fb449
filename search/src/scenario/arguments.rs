//! The arguments of one step: read from its TOML table and written to one, as the tables of steps and conditions demand.
//! Labels, handlers and the order of steps belong to `runs`.

use stranded_model::dn::HomeValue;
use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::{Act, Condition, Outcome, ServerRef};
use toml::Spanned;
use toml::de::DeValue;

use super::conditions::{CONDITIONS, ConditionKind};
use super::cursor::{Cursor, Text, flag, text, wrong_type};
use super::diagnostic::Findings;
use super::home_name::{home_value, typed_value};
use super::name::{SERVER_REFS, SiteNames};
use super::step_kind::{Argument, ArgumentKind, BuiltAct, Presence, StepKind};
use super::step_words::taken_apart;

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Server(ServerRef),
    Servers([ServerRef; 2]),
    Word(&'static str),
    Flag(bool),
    Text(String),
    Home(HomeValue<ServerRef>),
    Condition(Condition),
}

/// The arguments of a step, by key. A row of the table of steps asks only for its own keys; one that can be left out has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arguments(pub(super) Vec<(&'static str, Value)>);

impl Value {
    pub(super) fn server(&self) -> ServerRef {
        let Self::Server(server) = self else { panic!("{self:?} is not a server") };
        *server
    }

    pub(super) fn servers(&self) -> [ServerRef; 2] {
        let Self::Servers(servers) = self else { panic!("{self:?} is not a pair of servers") };
        *servers
    }
}

impl Arguments {
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| *other == key).map(|(_, value)| value)
    }

    fn required(&self, key: &str) -> &Value {
        self.get(key).unwrap_or_else(|| panic!("the table of steps lacks the argument `{key}`"))
    }

    pub(super) fn server(&self, key: &str) -> ServerRef {
        self.required(key).server()
    }

    pub(super) fn is(&self, key: &str, word: &str) -> bool {
        let Value::Word(given) = self.required(key) else { panic!("`{key}` is not a word") };
        *given == word
    }

    pub(super) fn outcome(&self, key: &str) -> Outcome {
        let outcome = Outcome::ALL.into_iter().find(|outcome| self.is(key, outcome.name()));
        outcome.expect("the reader accepts only outcomes")
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        *self.required(key) == Value::Flag(true)
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        let value = self.get(key)?;
        let Value::Text(text) = value else { panic!("`{key}` is {value:?}, not a text") };
        Some(text.clone())
    }

    pub(super) fn home(&self, key: &str) -> Option<HomeValue<ServerRef>> {
        let value = self.get(key)?;
        let Value::Home(home) = value else { panic!("`{key}` is {value:?}, not a home") };
        Some(*home)
    }

    pub(super) fn condition(&self) -> Condition {
        let Value::Condition(condition) = self.required("") else { panic!("the step has no condition") };
        *condition
    }
}

/// The table of one step, and the site whose servers it can name.
pub(super) struct ActReader<'r, 'a> {
    pub(super) cursor: &'r mut Cursor<'a>,
    pub(super) site: &'r SiteNames,
    pub(super) found: &'r mut Findings,
}

impl<'a> ActReader<'_, 'a> {
    /// Returns the acts of a step: one, or several for a command that does several things.
    pub(super) fn acts(&mut self, step: &StepKind) -> Option<Vec<BuiltAct>> {
        let is_home = |argument: &&Argument| matches!(argument.kind, ArgumentKind::HomeValue(_));
        let homes: Vec<&str> = step.arguments.iter().filter(is_home).map(|argument| argument.key).collect();
        let mut arguments = Vec::new();
        let mut is_complete = true;
        for argument in step.arguments {
            match self.argument(argument) {
                Ok(value) => arguments.extend(value.map(|value| (argument.key, value))),
                Err(Reported) => is_complete = false,
            }
        }
        if !homes.is_empty() && !homes.iter().any(|key| self.cursor.has(key)) {
            let label = "give `home-mdb`, `home-mta` or both";
            self.found.report(self.cursor.span.clone(), format!("{} edits nothing", self.cursor.title), label);
            is_complete = false;
        }
        is_complete.then(|| (step.build)(&Arguments(arguments)))
    }

    /// Returns the value of an argument, its default, or nothing if it is optional and not given.
    fn argument(&mut self, argument: &Argument) -> Result<Option<Value>, Reported> {
        if argument.kind == ArgumentKind::Condition {
            return self.condition().map(|condition| Some(Value::Condition(condition))).ok_or(Reported);
        }
        let given = self.cursor.value(argument.key);
        match (given, argument.presence) {
            (Some(value), _) => self.value(argument.key, argument.kind, value).map(Some).ok_or(Reported),
            (None, Presence::Optional) => Ok(None),
            (None, Presence::Default(word)) => Ok(Some(default_value(argument.kind, word))),
            (None, Presence::Required) => {
                let what = if argument.kind == ArgumentKind::Server {
                    format!("{}: `from`, `to`, `connected-to`, `home` or a name", argument.doc)
                } else {
                    argument.doc.to_owned()
                };
                self.cursor.demand(argument.key, &what, self.found);
                Err(Reported)
            }
        }
    }

    fn value(&mut self, key: &'static str, kind: ArgumentKind, value: &'a Spanned<DeValue<'a>>) -> Option<Value> {
        Some(match kind {
            ArgumentKind::Server => {
                let name = text(key, value, self.found)?;
                Value::Server(self.server(&name)?)
            }
            ArgumentKind::ServerPair => Value::Servers(self.server_pair(key, value)?),
            ArgumentKind::ServerTable(keys) => Value::Servers(self.server_table(key, keys)?),
            ArgumentKind::Word(words) => Value::Word(self.word(key, words, value)?),
            ArgumentKind::Outcome => Value::Word(self.word(key, &Outcome::ALL.map(Outcome::name), value)?),
            ArgumentKind::Flag => Value::Flag(flag(key, value, self.found)?),
            ArgumentKind::True => {
                let is_true = flag(key, value, self.found)?;
                if !is_true {
                    let label = "a condition can only be `true`";
                    self.found.report(value.span(), format!("`{key}` is false"), label);
                }
                is_true.then_some(Value::Flag(true))?
            }
            ArgumentKind::Text => Value::Text((*text(key, value, self.found)?.get_ref()).to_owned()),
            ArgumentKind::HomeValue(attribute) => {
                let typed = text(key, value, self.found)?;
                let unchecked = self.cursor.is_true("unchecked");
                Value::Home(home_value(&typed, attribute, unchecked, self.site, self.found)?)
            }
            ArgumentKind::Condition => panic!("a condition has a key of its own"),
        })
    }

    fn condition(&mut self) -> Option<Condition> {
        let given: Vec<&ConditionKind> = CONDITIONS.iter().filter(|kind| self.cursor.has(kind.key)).collect();
        let &[kind] = given.as_slice() else {
            let label = format!("exactly one of {}", CONDITIONS.map(|kind| format!("`{}`", kind.key)).join(", "));
            let message = format!("{} has {} conditions", self.cursor.title, given.len());
            self.found.report(self.cursor.span.clone(), message, label);
            for kind in &CONDITIONS {
                let _known = self.cursor.value(kind.key);
            }
            return None;
        };
        let value = self.cursor.value(kind.key)?;
        self.value(kind.key, kind.kind, value).map(|value| (kind.build)(&value))
    }

    fn word(&mut self, key: &str, words: &[&'static str], value: &'a Spanned<DeValue<'a>>) -> Option<&'static str> {
        let choices: Vec<(&str, &'static str)> = words.iter().map(|word| (*word, *word)).collect();
        let given = text(key, value, self.found)?;
        super::cursor::choose(&format!("value of `{key}`"), &given, &choices, self.found)
    }

    fn server_pair(&mut self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<[ServerRef; 2]> {
        match value.get_ref().as_array().map(|pair| pair.iter().collect::<Vec<_>>()).as_deref() {
            Some([one, other]) => {
                let (one, other) = (text(key, one, self.found)?, text(key, other, self.found)?);
                Some([self.server(&one)?, self.server(&other)?])
            }
            Some(_) | None => {
                wrong_type(key, value, "an array of two servers", self.found);
                None
            }
        }
    }

    fn server_table(&mut self, key: &'static str, keys: &[&'static str]) -> Option<[ServerRef; 2]> {
        let title = format!("`{key}` of {}", self.cursor.title);
        let mut inner = self.cursor.table(key, &title, self.found)?;
        let mut reader = ActReader { cursor: &mut inner, site: self.site, found: self.found };
        let doc = "the server of a store";
        let mut server = |key| {
            let argument = Argument { key, kind: ArgumentKind::Server, presence: Presence::Required, doc };
            reader.argument(&argument).ok().flatten().map(|value| value.server())
        };
        let servers: Vec<Option<ServerRef>> = keys.iter().map(|key| server(key)).collect();
        inner.finish(self.found);
        servers.into_iter().collect::<Option<Vec<_>>>()?.try_into().ok()
    }

    fn server(&mut self, name: &Text<'_>) -> Option<ServerRef> {
        let part = SERVER_REFS.iter().find(|(word, _)| word == name.get_ref()).map(|(_, server)| *server);
        let server = part.or_else(|| self.site.server(name.get_ref()).map(ServerRef::Server));
        if server.is_none() {
            let words = SERVER_REFS.iter().map(|(word, _)| *word);
            let names: Vec<&str> = words.chain(self.site.servers.iter().map(String::as_str)).collect();
            self.found.unknown(name.span(), "server", name.get_ref(), &names);
        }
        server
    }
}

/// The reason that a value is missing: an error that is reported already.
struct Reported;

fn default_value(kind: ArgumentKind, word: &'static str) -> Value {
    match kind {
        ArgumentKind::Server => {
            let server = SERVER_REFS.iter().find(|(other, _)| *other == word);
            Value::Server(server.expect("a default is a part of the run").1)
        }
        ArgumentKind::Flag => Value::Flag(word == "true"),
        ArgumentKind::Word(_) => Value::Word(word),
        ArgumentKind::ServerPair
        | ArgumentKind::ServerTable(_)
        | ArgumentKind::Outcome
        | ArgumentKind::True
        | ArgumentKind::Text
        | ArgumentKind::Condition
        | ArgumentKind::HomeValue(_) => panic!("an argument of the kind {kind:?} has no default"),
    }
}

/// Writes the word and the arguments of the step that does an act.
pub(super) fn write_act(act: &Act, servers: &[String], table: &mut toml::Table) {
    let (word, arguments) = taken_apart(act);
    table.insert("do".to_owned(), word.into());
    for (key, value) in arguments.0 {
        table.insert(key.to_owned(), written(key, value, servers));
    }
}

fn written(key: &str, value: Value, servers: &[String]) -> toml::Value {
    let name = |server: ServerRef| toml::Value::String(server_name(server, servers));
    match value {
        Value::Server(server) => name(server),
        Value::Servers(pair) => {
            let kind = CONDITIONS.iter().find(|kind| kind.key == key).map(|kind| kind.kind);
            if let Some(ArgumentKind::ServerTable(keys)) = kind {
                let entries = keys.iter().zip(pair).map(|(key, server)| ((*key).to_owned(), name(server)));
                entries.collect::<toml::Table>().into()
            } else {
                pair.map(name).to_vec().into()
            }
        }
        Value::Word(word) => word.into(),
        Value::Flag(flag) => flag.into(),
        Value::Text(text) => text.into(),
        Value::Home(value) => typed_value(value, key, servers).into(),
        Value::Condition(_) => panic!("a condition is written with a key of its own"),
    }
}

/// Returns the word for a server's part in a run, or the name of a server.
fn server_name(server: ServerRef, servers: &[String]) -> String {
    if let ServerRef::Server(server) = server {
        return servers[server.index()].clone();
    }
    super::name_in(&SERVER_REFS, &server).to_owned()
}

impl SiteNames {
    /// Returns the server with exactly this name.
    pub(super) fn server(&self, name: &str) -> Option<ServerId> {
        self.servers.iter().position(|server| server == name).map(ServerId::at)
    }

    /// Returns the server with this name; a name without a server is an error.
    pub(super) fn known_server(&self, name: &Spanned<&str>, found: &mut Findings) -> Option<ServerId> {
        let server = self.server(name.get_ref());
        if server.is_none() {
            let names: Vec<&str> = self.servers.iter().map(String::as_str).collect();
            found.unknown(name.span(), "server", name.get_ref(), &names);
        }
        server
    }
}
