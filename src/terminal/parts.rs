//! The text about one moment, in parts, the most important first. All sentences come from the reports.

use ratatui::style::{Modifier, Style};
use stranded_model::action::ActionKind;
use stranded_model::property::Safety;

use crate::formats::trace::NarratedTrace;
use crate::report::change;
use crate::report::picture::{MailboxPicture, Picture, StorePicture};
use crate::report::remedy::{self, Remedy};
use crate::report::table::TraceRow;
use crate::report::values::{PropertyStatus, values};
use stranded_search::lines::padded;
use stranded_search::state_view;

use super::wrap::{TextBlock, columns};

/// The sign for a missing value.
const NOTHING: &str = "–";

/// Text under a title.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The title.
    pub(super) title: String,
    /// The text.
    pub(super) says: Vec<TextBlock>,
}

/// The style of alarms, which also have a sign or a word.
pub(super) fn alarm() -> Style {
    Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED)
}

/// The style of titles.
pub(super) fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

/// The step before a moment; the first moment has none.
pub(super) fn row<'a>(narrated: &NarratedTrace<'a>, at: usize) -> Option<&'a TraceRow> {
    at.checked_sub(1).and_then(|index| narrated.table.rows.get(index))
}

/// The step in one sentence, with its badges.
pub(super) fn step(narrated: &NarratedTrace<'_>, at: usize) -> Vec<TextBlock> {
    let mut says = match row(narrated, at) {
        Some(row) => {
            let after = if row.is_after { "+" } else { "" };
            vec![TextBlock::plain(format!("{}{after} {}: {}", row.number, row.actor, row.says)).styled(bold())]
        }
        None => vec![TextBlock::plain(format!("0 start: {}", narrated.spec.question)).styled(bold())],
    };
    let marks = narrated.marks(at);
    says.extend((!marks.is_empty()).then(|| TextBlock::plain(marks.join(" · ")).indented(2).styled(alarm())));
    if narrated.table.repeats_from == Some(at) {
        says.push(TextBlock::plain("↻ the following steps repeat forever").indented(2));
    }
    says
}

/// The sources of the rule of the step.
pub(super) fn sources(narrated: &NarratedTrace<'_>, at: usize) -> Option<TextBlock> {
    row(narrated, at).map(|row| TextBlock::plain(format!("by {}", row.sources.join(", "))).indented(3))
}

/// All parts, the most important first.
pub(super) fn parts(narrated: &NarratedTrace<'_>, at: usize) -> Vec<Part> {
    let picture = picture(narrated, at);
    let mut parts = vec![Part { title: "state".to_owned(), says: state_lines(&picture) }];
    parts.extend(instead_part(narrated, at));
    parts.extend(administrator_screens(narrated, &picture, at));
    parts.extend(change_part(narrated, at));
    parts.extend(rescue_part(narrated, at));
    parts.extend(properties(narrated, at));
    parts
}

/// The state of a moment, as all reports draw it.
pub(super) fn picture(narrated: &NarratedTrace<'_>, at: usize) -> Picture {
    let state = row(narrated, at).map_or(&narrated.table.initial, |row| &row.state);
    Picture::of(narrated.world, state)
}

/// The directory and the contents of the stores.
pub(super) fn state_lines(picture: &Picture) -> Vec<TextBlock> {
    let several = picture.mailboxes.len() > 1;
    let mut says: Vec<TextBlock> = Vec::new();
    for mailbox in &picture.mailboxes {
        says.extend(several.then(|| TextBlock::plain(mailbox.name.clone()).styled(bold())));
        says.extend(mailbox_lines(mailbox));
        says.extend(elsewhere_lines(mailbox));
    }
    says.extend(down_lines(picture));
    says
}

/// The same for a small screen: one line for the directory and one for each store, and the optional lines.
pub(super) fn short_state_lines(picture: &Picture) -> (Vec<TextBlock>, Vec<TextBlock>) {
    let several = picture.mailboxes.len() > 1;
    let (mut says, mut more) = (Vec::new(), Vec::new());
    for mailbox in &picture.mailboxes {
        let of = if several { format!("{} ", mailbox.name) } else { String::new() };
        let mark = mailbox.stranded_says().map_or_else(String::new, |(mark, _)| format!(" {mark}"));
        says.push(TextBlock::plain(format!("{of}home is {}{mark}", mailbox.directory.join(", "))).indented(2));
        let stores = mailbox.stores.iter().map(|store| format!("{} {}", store.server, short_store(store)));
        says.extend(stores.map(|store| TextBlock::plain(store).indented(2)));
        more.extend(elsewhere_lines(mailbox));
    }
    more.extend(down_lines(picture));
    (says, more)
}

/// The contents of a store, without its size.
fn short_store(store: &StorePicture) -> String {
    if !store.listed {
        return NOTHING.to_owned();
    }
    let messages = if store.messages.is_empty() { "empty".to_owned() } else { store.messages.join(" ") };
    let holds = if store.pending.is_empty() { String::new() } else { format!(", holds {}", store.pending.join(" ")) };
    let transit = store.transit.iter().map(|says| format!(", {says}")).collect::<String>();
    format!("{messages}{transit}{holds}")
}

fn down_lines(picture: &Picture) -> impl Iterator<Item = TextBlock> {
    let says = picture.down.iter().map(|one| format!("! the {} of {} does not answer", one.service, one.server));
    says.map(|says| TextBlock::plain(says).indented(2).styled(alarm()))
}

fn mailbox_lines(mailbox: &MailboxPicture) -> Vec<TextBlock> {
    let home = "home is";
    let names = mailbox.stores.iter().map(|store| columns(&store.server));
    let width = names.max().unwrap_or(0).max(columns(home));
    let line = |name: &str, says: &str| TextBlock::plain(format!("{} {says}", padded(name, width))).indented(width + 1);
    let mut says = vec![line(home, &mailbox.directory.join(", "))];
    let stranded = mailbox.stranded_says().map(|(mark, why)| TextBlock::plain(format!("{mark} {why}")));
    says.extend(stranded.map(|says| says.indented(2).styled(alarm())));
    says.extend(mailbox.stores.iter().map(|store| line(&store.server, &store.says.join(", "))));
    says
}

/// The messages that are in no store.
fn elsewhere_lines(mailbox: &MailboxPicture) -> Vec<TextBlock> {
    let elsewhere = [
        ("✕ destroyed:", &mailbox.lost),
        ("queued in the transport:", &mailbox.queued),
        ("saved to a file:", &mailbox.saved),
        ("returned to the sender:", &mailbox.returned),
        ("deleted by the owner:", &mailbox.deleted),
    ];
    let some = elsewhere.into_iter().filter(|(_, messages)| !messages.is_empty());
    let some = some.map(|(what, messages)| TextBlock::plain(format!("{what} {}", messages.join(" "))).indented(2));
    some.chain(mailbox.held.then(|| TextBlock::plain("delivery is held"))).collect()
}

/// The screens of the administrators: mailbox resources of the servers, and the last report of each administrator's program.
fn administrator_screens(narrated: &NarratedTrace<'_>, picture: &Picture, at: usize) -> Vec<Part> {
    let mut resources: Vec<TextBlock> = Vec::new();
    let servers = || narrated.world.scenario.site.servers.values();
    let width = servers().map(|server| columns(server)).max().unwrap_or(0);
    for server in servers() {
        let stores =
            picture.mailboxes.iter().flat_map(|mailbox| mailbox.stores.iter().map(move |store| (mailbox, store)));
        let listed: Vec<TextBlock> = stores
            .filter(|(_, store)| store.server == *server && store.listed)
            .map(|(mailbox, store)| {
                TextBlock::plain(format!("{} {}  {} KB", padded(server, width), mailbox.name, store.kilobytes))
            })
            .collect();
        if listed.is_empty() {
            resources.push(TextBlock::plain(format!("{} (not listed)", padded(server, width))));
        }
        resources.extend(listed);
    }
    let mut parts = vec![Part { title: "the administrator's screen: mailbox resources".to_owned(), says: resources }];
    if let Some((who, reported)) = last_report(narrated, at) {
        let sign = if reported.starts_with("ok") { "i" } else { "!" };
        let says = vec![TextBlock::plain(format!("{sign} {reported}")).indented(2)];
        parts.push(Part { title: format!("last report to {who}"), says });
    }
    parts
}

/// The latest report, and the administrator of its program, unless a newer run has started.
fn last_report(narrated: &NarratedTrace<'_>, at: usize) -> Option<(String, String)> {
    let rows = narrated.table.rows.iter().take(at);
    let mut latest = rows.rev().take_while(|row| row.taken.kind() != ActionKind::Start);
    latest.find_map(|row| Some((row.actor.clone(), row.reported.clone()?)))
}

/// The differences from the moment before.
fn change_part(narrated: &NarratedTrace<'_>, at: usize) -> Option<Part> {
    let row = row(narrated, at)?;
    let before = match at.checked_sub(2).and_then(|index| narrated.table.rows.get(index)) {
        Some(before) => before.view.clone(),
        None => state_view::show(&narrated.world.scenario, &narrated.table.initial),
    };
    let changes = change::in_words(&before, &row.view, &narrated.world.scenario, &str::to_owned);
    let mut says: Vec<TextBlock> = changes.into_iter().map(|one| TextBlock::plain(one).indented(2)).collect();
    if says.is_empty() {
        says.push(TextBlock::plain("nothing"));
    }
    Some(Part { title: "what changed".to_owned(), says })
}

/// The recommended repair, from the first step at which it recovers all mail.
fn instead_part(narrated: &NarratedTrace<'_>, at: usize) -> Option<Part> {
    let found = narrated.table.instead.as_ref().filter(|found| found.step.is_none_or(|first| at >= first))?;
    Some(Part { title: "what to do instead".to_owned(), says: vec![TextBlock::plain(found.says.clone()).indented(2)] })
}

/// The effect of each procedure, if it ran now.
fn rescue_part(narrated: &NarratedTrace<'_>, at: usize) -> Option<Part> {
    let map = narrated.table.rescue.as_ref()?;
    let outlook = map.outlooks.get(at)?;
    let all = if outlook.is_beyond_rescue() { Some("⊘ no procedure recovers all mail any more") } else { None };
    let mut says: Vec<TextBlock> = all.map(TextBlock::plain).into_iter().collect();
    // Procedures with the same effect share a line.
    let mut effects: Vec<(Remedy, Vec<String>)> = Vec::new();
    for (procedure, remedy) in remedy::in_state(outlook) {
        match effects.iter_mut().find(|(other, _)| *other == remedy) {
            Some((_, procedures)) => procedures.push(procedure),
            None => effects.push((remedy, vec![procedure])),
        }
    }
    says.extend(effects.into_iter().map(|(remedy, procedures)| {
        TextBlock::plain(format!("{} {}: {}", remedy.sign(), remedy.says(), procedures.join(", "))).indented(2)
    }));
    Some(Part { title: "effect of each procedure, if it ran now".to_owned(), says })
}

/// Every property of the state, the violated ones first.
fn properties(narrated: &NarratedTrace<'_>, at: usize) -> Option<Part> {
    if at > narrated.own {
        return None;
    }
    let world = narrated.world;
    let state = row(narrated, at).map_or(&narrated.table.initial, |row| &row.state);
    let mut judged: Vec<(PropertyStatus, Safety)> =
        Safety::ALL.into_iter().map(|property| (PropertyStatus::of(world, state, property), property)).collect();
    judged.sort_by_key(|(standing, _)| *standing != PropertyStatus::Violated);
    let says = judged.into_iter().map(|(standing, property)| {
        let (sign, style) = match standing {
            PropertyStatus::True => ("✓", Style::new()),
            PropertyStatus::NotQuiescent => ("·", Style::new()),
            PropertyStatus::Violated => ("✕", bold()),
        };
        let says = match values(world, state, property, &str::to_owned) {
            none if none.is_empty() => NOTHING.to_owned(),
            some => some,
        };
        TextBlock::plain(format!("{sign} {}: {says}", property.name())).indented(2).styled(style)
    });
    Some(Part { title: "properties of this state".to_owned(), says: says.collect() })
}
