//! An adapter of a mover: a small mail system in memory, and the procedure `move` on it. See `specs/adapter.md`.
use std::collections::BTreeMap;
use std::io::{self, BufRead as _, Write as _};

/// A mailbox in a store, with the mark of a move.
#[derive(Default)]
struct Stored {
    messages: Vec<String>,
    in_transit: bool,
}

/// A mailbox: its home in every replica, its content in each store, its mail in the transport.
#[derive(Default)]
struct Mailbox {
    home: String,
    stores: BTreeMap<String, Stored>,
    queued: Vec<String>,
}

impl Mailbox {
    /// Mail goes to the home, which defers it while a move is taking the mailbox away.
    fn put(&mut self, message: String) -> &'static str {
        let at = self.stores.entry(self.home.clone()).or_default();
        let kept = if at.in_transit { &mut self.queued } else { &mut at.messages };
        kept.push(message);
        "ok"
    }

    /// Runs a move, which is killed after this number of steps.
    fn run(&mut self, from: &str, to: &str, steps: usize) -> &'static str {
        if steps == 0 || from == to || self.home != from {
            return if steps == 0 { "unknown" } else { "refused" };
        }
        // A duplicate: the store deletes it.
        if self.stores.remove(to).is_some() {
            return "failed";
        }
        self.stores.insert(to.to_owned(), Stored::default());
        for server in [to, from].into_iter().take(steps - 1) {
            self.stores.entry(server.to_owned()).or_default().in_transit = true;
        }
        if steps <= 3 {
            return "unknown";
        }
        // The messages are copied; then the directory is written; then the source is deleted.
        let messages = self.stores.remove(from).unwrap_or_default().messages;
        self.stores.insert(to.to_owned(), Stored { messages, in_transit: false });
        self.home = to.to_owned();
        // The transport tries again.
        let waiting = std::mem::take(&mut self.queued);
        waiting.into_iter().for_each(|message| _ = self.put(message));
        "ok"
    }

    /// Logs the user on; the store creates a missing mailbox. Users cannot log on during a move.
    fn log_on(&mut self) -> &'static str {
        let at = self.stores.entry(self.home.clone()).or_default();
        if at.in_transit { "refused" } else { "ok" }
    }

    fn observed(&self, servers: &[String]) -> String {
        let home = format!(r#"{{"home-mdb":"{0}","home-mta":"{0}"}}"#, self.home);
        let store = |server: &String| {
            let Some(at) = self.stores.get(server) else { return "null".to_owned() };
            format!(r#"{{"messages":{:?},"pending":[],"in-transit":{}}}"#, at.messages, at.in_transit)
        };
        let directory: Vec<String> = servers.iter().map(|server| format!("{server:?}:{home}")).collect();
        let stores: Vec<String> = servers.iter().map(|server| format!("{server:?}:{}", store(server))).collect();
        let (directory, stores) = (directory.join(","), stores.join(","));
        format!(r#""observed","directory":{{{directory}}},"stores":{{{stores}}},"queued":{:?}"#, self.queued)
    }
}

/// Returns the value of a key, up to its end. Names have no quotes in them; in the scenario's text quotes are escaped.
fn value<'a>(line: &'a str, key: &str, start: &str, end: [char; 2]) -> &'a str {
    let (_, after) = line.split_once(&format!("\"{key}\":{start}")).unwrap_or_default();
    after.split(end).next().unwrap_or_default()
}

const CAN: &str = r#""hello","protocol":2,"name":"mover.rs","implements":"move",
    "actions":["deliver","log-on","run","program-dies"],"fields":["directory","stores","queued"]"#;

fn main() -> io::Result<()> {
    let (mut servers, mut names, mut home, mut crashes) = (Vec::new(), Vec::new(), String::new(), 0);
    let mut boxes: BTreeMap<String, Mailbox> = BTreeMap::new();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let text = |key| value(&line, key, "\"", ['"', '"']);
        let list = |key| value(&line, key, "[", [']', ']']).split(',').map(|name| name.replace('"', "")).collect();
        let done = |result: &str| format!(r#""done","result":"{result}""#);
        let answer = match (text("type"), text("action"), boxes.get_mut(text("mailbox"))) {
            ("hello", ..) => {
                (servers, names, home) = (list("servers"), list("mailboxes"), text("home").to_owned());
                CAN.replace('\n', "")
            }
            ("reset", ..) => {
                let fresh = |name: &String| (name.clone(), Mailbox { home: home.clone(), ..Mailbox::default() });
                boxes = names.iter().map(fresh).collect();
                done(if line.contains(r#""start":{"#) { "refused" } else { "ok" })
            }
            ("observe", _, Some(mailbox)) => mailbox.observed(&servers),
            ("do", "deliver", Some(mailbox)) => done(mailbox.put(text("message").to_owned())),
            ("do", "log-on", Some(mailbox)) => done(mailbox.log_on()),
            ("do", "run", Some(mailbox)) => {
                // Killed before the directory is written, at another step each time.
                crashes += 1;
                let steps = if line.contains(r#""crash":true"#) { crashes % 4 } else { usize::MAX };
                done(mailbox.run(text("from"), text("to"), steps))
            }
            ("bye", ..) => done("ok"),
            _ => done("refused"),
        };
        println!(r#"{{"id":{},"type":{answer}}}"#, value(&line, "id", "", [',', '}']));
        io::stdout().flush()?;
        if text("type") == "bye" {
            break;
        }
    }
    Ok(())
}
