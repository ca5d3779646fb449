//! What is told of one moment, part by part, in the order of what matters. The words are the report's and the picture's; what is
//! compared, judged and tried was compared, judged and tried by them.

use ratatui::style::{Modifier, Style};
use stranded_model::action::ActionKind;
use stranded_model::property::Safety;

use crate::formats::trace::NarratedTrace;
use crate::report;
use crate::report::difference;
use crate::report::picture::{MailboxPicture, Picture, StorePicture};
use crate::report::story::Row;
use crate::report::values::{Standing, values};
use stranded_search::state_view;

use super::fold::{Said, columns};

/// What stands for what is not there.
const NOTHING: &str = "–";
/// What the browser's page says, too.
const STRANDED: &str = "STRANDED";

/// Some sentences under a title.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its title.
    pub(super) title: String,
    /// What it says.
    pub(super) says: Vec<Said>,
}

/// How something looks that must be seen; it has a sign or a word of its own, too.
pub(super) fn alarm() -> Style {
    Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED)
}

/// How a title looks.
pub(super) fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

/// The step that led to a moment; nothing led to the first.
pub(super) fn row<'a>(narrated: &NarratedTrace<'a>, at: usize) -> Option<&'a Row> {
    at.checked_sub(1).and_then(|place| narrated.story.rows.get(place))
}

/// The step in one sentence, with the badges that are worth knowing.
pub(super) fn step(narrated: &NarratedTrace<'_>, at: usize) -> Vec<Said> {
    let mut says = match row(narrated, at) {
        Some(row) => {
            let after = if row.is_after { "+" } else { "" };
            vec![Said::plain(format!("{}{after} {}: {}", row.number, row.actor, row.says)).styled(bold())]
        }
        None => vec![Said::plain(format!("0 at first: {}", narrated.spec.question)).styled(bold())],
    };
    let marks = narrated.marks(at);
    says.extend((!marks.is_empty()).then(|| Said::plain(marks.join(" · ")).indented(2).styled(alarm())));
    if narrated.story.repeats_from == Some(at) {
        says.push(Said::plain("↻ what follows repeats for ever").indented(2));
    }
    says
}

/// The sources of the rule by which the step happened.
pub(super) fn sources(narrated: &NarratedTrace<'_>, at: usize) -> Option<Said> {
    row(narrated, at).map(|row| Said::plain(format!("by {}", row.sources.join(", "))).indented(3))
}

/// Every part, the first things first.
pub(super) fn parts(narrated: &NarratedTrace<'_>, at: usize) -> Vec<Part> {
    let picture = picture(narrated, at);
    let mut parts = vec![Part { title: "how it stands".to_owned(), says: standing(&picture) }];
    parts.extend(screens(narrated, &picture, at));
    parts.extend(changed(narrated, at));
    parts.extend(rescue(narrated, at));
    parts.extend(judged(narrated, at));
    parts
}

/// The state of a moment, as it is drawn everywhere.
pub(super) fn picture(narrated: &NarratedTrace<'_>, at: usize) -> Picture {
    let state = row(narrated, at).map_or(&narrated.story.initial, |row| &row.state);
    Picture::of(narrated.world, state)
}

/// Who holds what, and what the directory says.
pub(super) fn standing(picture: &Picture) -> Vec<Said> {
    let several = picture.mailboxes.len() > 1;
    let mut says: Vec<Said> = Vec::new();
    for mailbox in &picture.mailboxes {
        says.extend(several.then(|| Said::plain(mailbox.name.clone()).styled(bold())));
        says.extend(held(mailbox));
        says.extend(elsewhere(mailbox));
    }
    says.extend(down(picture));
    says
}

/// The same where there is little room: one line for the directory and one for each store, and what can be left out.
pub(super) fn standing_in_short(picture: &Picture) -> (Vec<Said>, Vec<Said>) {
    let several = picture.mailboxes.len() > 1;
    let (mut says, mut more) = (Vec::new(), Vec::new());
    for mailbox in &picture.mailboxes {
        let of = if several { format!("{} ", mailbox.name) } else { String::new() };
        let mark = if mailbox.stranded.is_some() { format!(" {STRANDED}") } else { String::new() };
        says.push(Said::plain(format!("{of}home is {}{mark}", mailbox.directory.join(", "))).indented(2));
        let stores = mailbox.stores.iter().map(|store| format!("{} {}", store.server, in_short(store)));
        says.extend(stores.map(|store| Said::plain(store).indented(2)));
        more.extend(elsewhere(mailbox));
    }
    more.extend(down(picture));
    (says, more)
}

/// What a store holds, without its size.
fn in_short(store: &StorePicture) -> String {
    if !store.listed {
        return NOTHING.to_owned();
    }
    let messages = if store.messages.is_empty() { "empty".to_owned() } else { store.messages.join(" ") };
    let holds = if store.pending.is_empty() { String::new() } else { format!(", holds {}", store.pending.join(" ")) };
    let transit = store.transit.iter().map(|says| format!(", {says}")).collect::<String>();
    format!("{messages}{transit}{holds}")
}

fn down(picture: &Picture) -> impl Iterator<Item = Said> {
    let says = picture.down.iter().map(|one| format!("! the {} of {} does not answer", one.service, one.server));
    says.map(|says| Said::plain(says).indented(2).styled(alarm()))
}

fn held(mailbox: &MailboxPicture) -> Vec<Said> {
    let home = "home is";
    let names = mailbox.stores.iter().map(|store| columns(&store.server));
    let width = names.max().unwrap_or(0).max(columns(home));
    let line = |name: &str, says: &str| Said::plain(format!("{name:<width$} {says}")).indented(width + 1);
    let mut says = vec![line(home, &mailbox.directory.join(", "))];
    let stranded = mailbox.stranded.iter().map(|why| Said::plain(format!("{STRANDED} {why}")));
    says.extend(stranded.map(|says| says.indented(2).styled(alarm())));
    says.extend(mailbox.stores.iter().map(|store| line(&store.server, &store.says.join(", "))));
    says
}

/// The messages that are in no store.
fn elsewhere(mailbox: &MailboxPicture) -> Vec<Said> {
    let elsewhere = [
        ("✕ in no store and nowhere else:", &mailbox.lost),
        ("waits in the transport:", &mailbox.queued),
        ("saved to a file:", &mailbox.saved),
        ("returned to the sender:", &mailbox.returned),
        ("deleted by the owner:", &mailbox.deleted),
    ];
    let some = elsewhere.into_iter().filter(|(_, messages)| !messages.is_empty());
    let some = some.map(|(what, messages)| Said::plain(format!("{what} {}", messages.join(" "))).indented(2));
    some.chain(mailbox.held.then(|| Said::plain("mail for it is held back"))).collect()
}

/// What the screens of the administrators show: the mailbox resources of the servers, and what each was told last.
fn screens(narrated: &NarratedTrace<'_>, picture: &Picture, at: usize) -> Vec<Part> {
    let mut resources: Vec<Said> = Vec::new();
    let servers = || narrated.world.scenario.site.servers.values();
    let width = servers().map(|server| columns(server)).max().unwrap_or(0);
    for server in servers() {
        let stores =
            picture.mailboxes.iter().flat_map(|mailbox| mailbox.stores.iter().map(move |store| (mailbox, store)));
        let listed: Vec<Said> = stores
            .filter(|(_, store)| store.server == *server && store.listed)
            .map(|(mailbox, store)| Said::plain(format!("{server:<width$} {}  {} KB", mailbox.name, store.kilobytes)))
            .collect();
        if listed.is_empty() {
            resources.push(Said::plain(format!("{server:<width$} (not listed)")));
        }
        resources.extend(listed);
    }
    let mut parts = vec![Part { title: "the administrator's screen: mailbox resources".to_owned(), says: resources }];
    for (who, reported) in reported_last(narrated, at) {
        let sign = if reported.starts_with("ok") { "i" } else { "!" };
        let says = vec![Said::plain(format!("{sign} {reported}")).indented(2)];
        parts.push(Part { title: format!("what {who} was told"), says });
    }
    parts
}

/// What each administrator was told by the last of his runs, unless he has started another since.
fn reported_last(narrated: &NarratedTrace<'_>, at: usize) -> Vec<(String, String)> {
    let mut reported: Vec<(String, String)> = Vec::new();
    for row in narrated.story.rows.iter().take(at) {
        if row.taken.kind() == ActionKind::Start || row.reported.is_some() {
            reported.retain(|(who, _)| *who != row.actor);
        }
        reported.extend(row.reported.iter().map(|says| (row.actor.clone(), says.clone())));
    }
    reported
}

/// What differs from the moment before.
fn changed(narrated: &NarratedTrace<'_>, at: usize) -> Option<Part> {
    let row = row(narrated, at)?;
    let before = match at.checked_sub(2).and_then(|place| narrated.story.rows.get(place)) {
        Some(before) => before.view.clone(),
        None => state_view::show(&narrated.world.scenario, &narrated.story.initial),
    };
    let several = row.view.mailboxes.len() > 1;
    let says = difference::between(&before, &row.view).into_iter().map(|one| {
        // All of it is about a mailbox; which one has to be said only if there are several.
        let skipped =
            if one.place.first().is_some_and(|part| part == "mailboxes") { 2 - usize::from(several) } else { 0 };
        let place: Vec<String> = one.place.into_iter().skip(skipped).collect();
        Said::plain(format!("{}: {} → {}", place.join(" › "), one.was, one.is)).indented(2)
    });
    let mut says: Vec<Said> = says.collect();
    if says.is_empty() {
        says.push(Said::plain("nothing"));
    }
    Some(Part { title: "what changed".to_owned(), says })
}

/// What each procedure would do, were it run now.
fn rescue(narrated: &NarratedTrace<'_>, at: usize) -> Option<Part> {
    let outlook = narrated.story.rescue.as_ref()?.outlooks.get(at)?;
    let all = if outlook.is_whole {
        Some("(nothing has to be saved)")
    } else if outlook.is_hopeless() {
        Some("⊘ nothing saves everything any more")
    } else {
        None
    };
    let mut says: Vec<Said> = all.map(Said::plain).into_iter().collect();
    // Those that would do the same share a line.
    let mut effects: Vec<(&'static str, String, Vec<&str>)> = Vec::new();
    for rescue in &outlook.rescues {
        let (sign, effect) = report::effect(&rescue.effect);
        match effects.iter_mut().find(|(_, other, _)| *other == effect) {
            Some((_, _, procedures)) => procedures.push(&rescue.procedure),
            None => effects.push((sign, effect, vec![&rescue.procedure])),
        }
    }
    says.extend(effects.into_iter().map(|(sign, effect, procedures)| {
        Said::plain(format!("{sign} {effect}: {}", procedures.join(", "))).indented(2)
    }));
    Some(Part { title: "what each repair would do, run now".to_owned(), says })
}

/// Every property on the state, those that are broken first.
fn judged(narrated: &NarratedTrace<'_>, at: usize) -> Option<Part> {
    if at > narrated.own {
        return None;
    }
    let world = narrated.world;
    let state = row(narrated, at).map_or(&narrated.story.initial, |row| &row.state);
    let mut judged: Vec<(Standing, Safety)> =
        Safety::ALL.into_iter().map(|property| (Standing::of(world, state, property), property)).collect();
    judged.sort_by_key(|(standing, _)| *standing != Standing::Broken);
    let says = judged.into_iter().map(|(standing, property)| {
        let (sign, style) = match standing {
            Standing::True => ("✓", Style::new()),
            Standing::NotQuiescent => ("·", Style::new()),
            Standing::Broken => ("✕", bold()),
        };
        let says = match values(world, state, property) {
            none if none.is_empty() => NOTHING.to_owned(),
            some => some,
        };
        Said::plain(format!("{sign} {}: {says}", property.name())).indented(2).styled(style)
    });
    Some(Part { title: "is it still so that".to_owned(), says: says.collect() })
}
