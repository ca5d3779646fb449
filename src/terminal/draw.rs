//! What stands on the screen at one moment of a story: the steps on the left, what everybody can see on the right, and under it
//! what happened, what the administrator was told, what is broken, and what would still help. No meaning is in a colour alone.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, List, ListItem, ListState, Paragraph, Wrap};
use stranded_model::property::Safety;

use crate::export::Telling;
use crate::report;
use crate::report::story::{Row, Scene};

/// The narrowest that the list of steps is, in columns.
const LIST_MIN: u16 = 28;
/// What stands before a step that is worth a look.
const MARK: &str = "!";

/// Draws a moment; 0 is the start, and a number beyond the last step is the last.
pub fn draw(telling: &Telling<'_>, at: usize, frame: &mut Frame<'_>) {
    let steps = telling.story.rows.len();
    let at = at.min(steps);
    let rows = [Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)];
    let [head, body, foot] = Layout::vertical(rows).areas(frame.area());
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let title = Line::from(vec![Span::styled(telling.title(), bold), Span::raw(format!("  step {at} of {steps}"))]);
    frame.render_widget(title, head);
    let width = (body.width * 2 / 5).max(LIST_MIN);
    let [left, right] = Layout::horizontal([Constraint::Length(width), Constraint::Min(0)]).areas(body);
    list(telling, at, frame, left);
    let scene = picture(telling, at);
    let height = u16::try_from(scene.len()).unwrap_or(u16::MAX).saturating_add(2).min(right.height / 2);
    let [above, below] = Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(right);
    frame.render_widget(
        Paragraph::new(scene).wrap(Wrap { trim: false }).block(Block::bordered().title("how it stands")),
        above,
    );
    let events = events(telling, at);
    frame.render_widget(
        Paragraph::new(events).wrap(Wrap { trim: true }).block(Block::bordered().title("what happens")),
        below,
    );
    frame.render_widget(Line::from("↑ ↓ step   PgUp PgDn ten steps   Home End first, last   q leave"), foot);
}

fn list(telling: &Telling<'_>, at: usize, frame: &mut Frame<'_>, area: Rect) {
    let mark = |number: usize| if telling.marks(number).is_empty() { " " } else { MARK };
    let told = |row: &Row| {
        let after = if row.is_after { "+" } else { "" };
        format!("{}{:>3}{after} {}: {}", mark(row.number), row.number, row.actor, row.says)
    };
    let first = format!("{}  0 at first", mark(0));
    let items: Vec<ListItem<'_>> =
        std::iter::once(first).chain(telling.story.rows.iter().map(told)).map(ListItem::new).collect();
    let chosen = Style::new().add_modifier(Modifier::REVERSED);
    let list = List::new(items).block(Block::bordered().title("steps")).highlight_style(chosen).highlight_symbol(">");
    let mut state = ListState::default().with_selected(Some(at));
    frame.render_stateful_widget(list, area, &mut state);
}

/// What the directory says and what each store lists.
fn picture(telling: &Telling<'_>, at: usize) -> Vec<Line<'static>> {
    let Scene { directory, stores } = match row(telling, at) {
        Some(row) => &row.scene,
        None => &telling.story.start,
    };
    let servers: Vec<&String> = telling.world.scenario.site.servers.values().collect();
    let width = servers.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("home is".len());
    let line = |name: &str, says: String| Line::from(format!("{name:<width$}  {says}"));
    let mut lines = vec![line("home is", directory.join(", "))];
    lines.extend(servers.iter().zip(stores).map(|(server, says)| line(server, says.join(", "))));
    lines
}

/// What happened, what was told, what is broken, and what would still help.
fn events(telling: &Telling<'_>, at: usize) -> Vec<Line<'static>> {
    let alarm = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
    let mut lines = Vec::new();
    match row(telling, at) {
        Some(row) => {
            lines.push(Line::from(format!("{} {}", row.actor, row.says)));
            lines.extend(row.told.as_ref().map(|told| Line::from(format!("told: {told}"))));
        }
        None => lines.push(Line::from(telling.spec.question.clone())),
    }
    lines.extend(telling.marks(at).into_iter().map(|mark| Line::styled(format!("{MARK} {mark}"), alarm)));
    let state = row(telling, at).map_or(&telling.story.initial, |row| &row.state);
    if at <= telling.own {
        let broken = Safety::ALL.into_iter().filter(|property| !property.holds(telling.world, state));
        let broken: Vec<&str> = broken.map(Safety::name).collect();
        let says = if broken.is_empty() { "nothing".to_owned() } else { broken.join(", ") };
        lines.push(Line::from(format!("broken: {says}")));
    }
    if let Some(outlook) = telling.story.rescue.as_ref().and_then(|map| map.outlooks.get(at)) {
        lines.push(Line::from(format!("would still save everything: {}", report::saviours(outlook))));
    }
    if telling.story.repeats_from == Some(at) {
        lines.push(Line::from("what follows repeats for ever"));
    }
    lines
}

fn row<'a>(telling: &Telling<'a>, at: usize) -> Option<&'a Row> {
    at.checked_sub(1).and_then(|place| telling.story.rows.get(place))
}
