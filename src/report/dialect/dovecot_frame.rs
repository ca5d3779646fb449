//! The text around the steps of a script for Dovecot: the values to set, the checks before the first step, and the checks at the end. The
//! checks compare the servers with the snapshot on which the advice is based.

use std::fmt::Write as _;

use stranded_model::id::ServerId;
use stranded_model::procedure::{Condition, StepResult};
use stranded_search::sanitize::shell_word;
use stranded_search::snapshot::Snapshot;

use super::dovecot::{
    FUNCTIONS, VALUES_OF_MAILBOX, VALUES_OF_PROXY, VALUES_OF_QUEUE, every_replica_names, hold, required,
};
use super::shell::require_nothing_left;
use super::{Frame, LISTS, Occasion, Preparation};

/// The most names of messages that a script looks for on a server.
const NAMES_MAX: usize = 3;
/// The longest of these names, so that its line is not too long.
const NAME_MAX: usize = 70;

/// Returns the text around the steps.
pub(super) fn frame(occasion: &Occasion<'_>) -> Frame {
    let Occasion { servers, .. } = occasion;
    let (from, to) = (servers.variable(servers.from), servers.variable(servers.to));
    let mut first = vec![Preparation::new(
        "The values must be those of one user, and of two servers. A lock keeps other runs out.",
        checks(occasion),
    )];
    if occasion.switches_home {
        first
            .push(Preparation::new("If an earlier run has switched the home, little is left to do.", finish(occasion)));
    }
    let seen = seen(occasion);
    if occasion.must_hold || occasion.holds_delivery {
        first.push(Preparation::new("Each server must hold what the snapshot showed.", seen.clone()));
    }
    if occasion.must_replicate {
        first.push(Preparation::new(
            "The directories must agree.",
            required(servers, &Condition::ReplicasAgree, StepResult::Ok),
        ));
    }
    if occasion.must_hold {
        first.push(Preparation::new("Mail and logins are held, and open sessions end.", hold(servers)));
    }
    let mut once_held = vec![Preparation::new(
        "Each server must hold what the snapshot showed, now that nothing changes any more.",
        format!("{seen}find_texts {from} {to}\n"),
    )];
    if occasion.must_observe_again {
        once_held.push(Preparation::observe_again(&from, &to, require_nothing_left(servers)));
    }
    let mut last = Vec::new();
    if occasion.must_hold {
        last.push(Preparation::new("Mail and logins go to the new home.", "release\n".to_owned()));
    }
    let check =
        format!("{}home_is {from} {to} || stop \"the home is $home\"\n{}", require_nothing_left(servers), end(&to));
    last.push(Preparation::new(
        &format!("At the end {to} is the home, and {from} holds nothing that it lacks."),
        check,
    ));
    Frame { head: format!("{}\n{LISTS}\n{FUNCTIONS}", variables(occasion)), first, once_held, last }
}

/// Returns the commands that say what the owner must see.
fn end(to: &str) -> String {
    format!(
        "look_through_proxy {to}\nprintf '%s messages on {to}: log in through the proxy, and look\\n' \\\n  \"$(wc -l <\"$WORK/now\" | tr -d \
         ' ')\"\necho 'done'\n"
    )
}

/// Returns the commands that check the values, and keep other runs out.
fn checks(occasion: &Occasion<'_>) -> String {
    let Occasion { servers, snapshot, .. } = occasion;
    let mut commands = "require_values MAILBOX LOGIN_NAMES LDAP_URL BIND_DN USER_DN".to_owned();
    if occasion.reads_queue {
        commands.push_str(" ADDRESS");
    }
    let of_run = [servers.from, servers.to].map(|server| servers.variable(server));
    for variable in of_run.iter().filter(|_| snapshot.is_representative) {
        let _ = write!(commands, " \\\n  SEEN_{variable}");
    }
    let of_run = servers.of_run();
    let _ = write!(
        commands,
        "\ncheck_names\nlock_mailbox\n! is_held || to_release=release\nrequire_two_servers {of_run}\n"
    );
    if occasion.copies {
        let _ = writeln!(commands, "require_plain_folders {of_run}");
    }
    commands.push_str("switched=\n");
    commands
}

/// Returns the commands that end the script if an earlier run has switched the home and nothing is left to do. A procedure that may start
/// with either home can go on.
fn finish(occasion: &Occasion<'_>) -> String {
    let Occasion { servers, .. } = occasion;
    let (from, to) = (servers.variable(servers.from), servers.variable(servers.to));
    let is_switched = every_replica_names(servers, &to);
    let seen_to = require_seen(occasion, servers.to, servers.from);
    let left = if occasion.accepts_either_home {
        "test -s \"$WORK/from\"".to_owned()
    } else {
        format!("! require_empty left 'only on {from}; observe again'")
    };
    format!(
        "if {is_switched}; then\n  has_switched {to} ||\n    stop \"HOST_{to} is the home already, and no run of this\" \\\n      'script has switched it: values of the two servers may be' \\\n      'swapped, or the snapshot is old. Take it again, and ask again'\n  switched=yes\n  {seen_to}  find_texts {from} {to}\n  list {from} from\n  list {to} now\n  missing from now left\n  \
         if {left}; then\n    echo 'an earlier run has not finished' >&2\n  else\n    echo '{to} is the home already, and {from} holds nothing that \
         it' \\\n      'lacks: nothing was changed' >&2\n    release\n{}    exit\n  fi\nfi\n",
        indented(&end(&to))
    )
}

fn indented(commands: &str) -> String {
    commands.lines().map(|line| format!("    {line}\n")).collect()
}

/// Returns the commands that stop the script if a server shows less than the snapshot. A source from which an earlier run has begun to
/// delete shows less.
fn seen(occasion: &Occasion<'_>) -> String {
    let Occasion { servers, .. } = occasion;
    let [from, to] = [(servers.from, servers.to), (servers.to, servers.from)].map(|(server, other)| {
        format!("has_deleted {} ||\n  {}", servers.variable(server), require_seen(occasion, server, other))
    });
    format!("{to}test -n \"$switched\" || {from}")
}

fn require_seen(occasion: &Occasion<'_>, server: ServerId, other: ServerId) -> String {
    let mut commands = format!("require_seen {}", occasion.servers.variable(server));
    for name in only_on(occasion.snapshot, server, other) {
        let _ = write!(commands, " \\\n    {}", shell_word(name));
    }
    commands + "\n"
}

/// Returns some Message-IDs that a server had and the other one had not.
fn only_on(snapshot: &Snapshot, server: ServerId, other: ServerId) -> Vec<&str> {
    let listed = |server: ServerId| snapshot.contents[server].listed();
    let (Some(here), Some(there), false) = (listed(server), listed(other), snapshot.is_representative) else {
        return Vec::new();
    };
    let is_plain = |name: &&str| {
        let is_short = name.starts_with('<') && name.ends_with('>') && name.len() <= NAME_MAX;
        is_short && name.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let names = here.keys().filter(|name| !there.contains_key(*name)).map(String::as_str);
    names.filter(is_plain).take(NAMES_MAX).collect()
}

/// Returns the values that an administrator sets; a variable of the environment wins.
fn variables(occasion: &Occasion<'_>) -> String {
    let Occasion { snapshot, servers, .. } = occasion;
    let mailbox = snapshot.mailbox.as_str();
    // A name with a domain is the address too; a name without one says nothing about the domain.
    let address = if mailbox.contains('@') { "${ADDRESS:-$MAILBOX}" } else { "${ADDRESS:-}" };
    let queue = if occasion.reads_queue { VALUES_OF_QUEUE.replace("ADDRESS_VALUE", address) } else { String::new() };
    let mut lines: Vec<String> = VALUES_OF_MAILBOX
        .lines()
        .map(|line| line.replace("MAILBOX_NAME", &shell_word(mailbox)))
        .chain(queue.lines().map(ToOwned::to_owned))
        .collect();
    lines.extend(VALUES_OF_SERVERS.lines().map(str::to_owned));
    for (name, variable) in servers.names.iter().zip(servers.variables()) {
        lines.push(format!("HOST_{variable}=${{HOST_{variable}:-{name}}}"));
        lines.push(format!("DOVEADM_{variable}=${{DOVEADM_{variable}:-\"ssh root@$HOST_{variable} doveadm\"}}"));
        lines.push(format!("LDAP_URL_{variable}=${{LDAP_URL_{variable}:-$LDAP_URL}}"));
    }
    lines.extend(VALUES_OF_SNAPSHOT.lines().map(str::to_owned));
    if snapshot.is_representative {
        lines.push("# This script is for several users: set MAILBOX and these for each of them.".to_owned());
    }
    for server in [servers.from, servers.to] {
        let count = snapshot.contents[server].count().filter(|_| !snapshot.is_representative);
        let count = count.map_or_else(String::new, |count| count.to_string());
        let variable = servers.variable(server);
        lines.push(format!("SEEN_{variable}=${{SEEN_{variable}:-{count}}}"));
    }
    lines.extend(VALUES_OF_PROXY.lines().map(str::to_owned));
    lines.join("\n") + "\n"
}

/// The values about each server.
const VALUES_OF_SERVERS: &str = r#"# For each server: the value of the attribute that names it; the command that
# runs doveadm there ("doveadm", "doveadm -c FILE" or "ssh HOST doveadm"; not
# -S, with which `doveadm save` saves nothing); the directory read for it. With
# one directory for all servers, nothing shows if replicas agree.
# A server without the mailbox creates an empty INBOX when it is listed.
"#;

/// The values about the snapshot.
const VALUES_OF_SNAPSHOT: &str = r#"# The number of messages on each server in the snapshot on which the advice is
# based. The script stops if a server has fewer now.
"#;
