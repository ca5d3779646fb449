//! The screen at one moment of a trace. A wide screen has the steps on the left and the moment on the right; a narrow one has
//! the moment above the steps; a tiny one has the sentence of the step, the contents of the stores, and as much of the list as
//! fits. Every truncation has a sign, and no meaning is in a colour alone.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, List, ListItem, ListState, Paragraph};

use crate::formats::trace::NarratedTrace;
use crate::report::badge::Badge;

use super::parts::{Part, bold, parts, picture, row, short_state_lines, sources, step};
use super::wrap::{TextBlock, columns, truncated, truncated_lines, wrapped};
use super::{Screen, help, what_if};

/// The smallest width at which the steps are beside the moment.
const WIDE: u16 = 100;
/// The smallest width of the moment beside the steps.
const MOMENT: u16 = 58;
/// The smallest width of the list of steps.
const LIST_MIN: u16 = 28;
/// The smallest height at which the step has its sources.
const ROOMY: usize = 16;
/// The smallest width and height at which there are frames.
const FRAMED: (u16, u16) = (50, 20);

/// Draws a moment; 0 is the start, and a number beyond the last step means the last step.
pub fn draw(narrated: &NarratedTrace<'_>, screen: &Screen, frame: &mut Frame<'_>) {
    let at = screen.at.min(narrated.table.rows.len());
    let area = frame.area();
    if area.width < FRAMED.0 || area.height < FRAMED.1 {
        tiny(narrated, at, frame, area);
    } else {
        framed(narrated, at, screen, frame, area);
    }
    if let Some(selected) = screen.choice {
        what_if::sheet(narrated, at, selected, frame);
    }
    if let Some(scroll) = screen.help {
        help::sheet(scroll, frame);
    }
}

/// Draws the sentence, the contents of the stores, and as much of the list as fits. The sentence has priority.
fn tiny(narrated: &NarratedTrace<'_>, at: usize, frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let (mailbox_lines, more) = short_state_lines(&picture(narrated, at));
    let (mailbox_lines, more) = (lines(&mailbox_lines, width), lines(&more, width));
    let mut says = step(narrated, at);
    let badges = lines(&says.split_off(1), width);
    let mut all = truncated_lines(lines(&says, width), height.saturating_sub(mailbox_lines.len()).max(1));
    // Part of a badge or a remark would mislead, so it is complete or absent; the list has the sign of a badge.
    let fits = |extra: Vec<Line<'static>>, used: usize| if used + extra.len() <= height { extra } else { Vec::new() };
    all.extend(fits(badges, all.len() + mailbox_lines.len()));
    all.extend(mailbox_lines);
    all.extend(fits(more, all.len()));
    let used = u16::try_from(all.len()).unwrap_or(u16::MAX).min(area.height);
    let [above, below] = Layout::vertical([Constraint::Length(used), Constraint::Min(0)]).areas(area);
    frame.render_widget(Paragraph::new(truncated_lines(all, height)), above);
    let has_keys = below.height > 2;
    let keys = Constraint::Length(u16::from(has_keys));
    let [list, foot] = Layout::vertical([Constraint::Min(0), keys]).areas(below);
    steps(narrated, at, ListLayout::Bare, frame, list);
    frame.render_widget(Line::from(help::footer(foot.width)), foot);
}

/// Draws everything, each part in its own frame.
fn framed(narrated: &NarratedTrace<'_>, at: usize, screen: &Screen, frame: &mut Frame<'_>, area: Rect) {
    let rows = [Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)];
    let [head, body, foot] = Layout::vertical(rows).areas(area);
    let other = if screen.branches > 0 { ", another path (u: back)" } else { "" };
    let count = format!("  step {at} of {}{other}", narrated.table.rows.len());
    let room = usize::from(head.width).saturating_sub(count.len());
    let title = Line::from(vec![Span::styled(truncated(&narrated.title(), room), bold()), Span::raw(count)]);
    frame.render_widget(title, head);
    frame.render_widget(Line::from(help::footer(foot.width)), foot);
    if body.width >= WIDE {
        let wanted = u16::try_from(widest(narrated)).unwrap_or(u16::MAX).saturating_add(3);
        let width = wanted.clamp(LIST_MIN, body.width - MOMENT);
        let [left, right] = Layout::horizontal([Constraint::Length(width), Constraint::Min(0)]).areas(body);
        steps(narrated, at, ListLayout::Whole, frame, left);
        moment(narrated, at, screen.part, frame, right);
    } else {
        let wanted = u16::try_from(narrated.table.rows.len() + 3).unwrap_or(u16::MAX);
        let height = (body.height / 3).clamp(4, wanted.max(4));
        let [above, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(height)]).areas(body);
        moment(narrated, at, screen.part, frame, above);
        steps(narrated, at, ListLayout::Framed, frame, below);
    }
}

/// Draws the sentences of the step, and below it every part; the selected part comes first.
fn moment(narrated: &NarratedTrace<'_>, at: usize, first: usize, frame: &mut Frame<'_>, area: Rect) {
    let block = Block::bordered().title("the step");
    let inner = block.inner(area);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let mut says = step(narrated, at);
    let mut parts = parts(narrated, at);
    if height >= ROOMY {
        says.extend(sources(narrated, at));
    } else {
        let says: Vec<TextBlock> = sources(narrated, at).into_iter().collect();
        parts.extend((!says.is_empty()).then(|| Part { title: "sources of the rule".to_owned(), says }));
    }
    let mut all = truncated_lines(lines(&says, width), height);
    let count = parts.len();
    parts.rotate_left(first % count.max(1));
    let mut hidden = Vec::new();
    for Part { title, says } in parts {
        let mut part = vec![heading(&title, width)];
        part.extend(lines(&says, width));
        // The first part that does not fit is truncated, unless only its title would fit.
        let room = height.saturating_sub(all.len());
        if part.len() > room {
            hidden.push(title);
        }
        if room > 1 && hidden.len() <= 1 {
            all.extend(truncated_lines(part, room));
        }
    }
    let more = match hidden.first() {
        Some(title) => truncated(&format!(" Tab: {title}{} ", if hidden.len() > 1 { ", …" } else { "" }), width),
        None => String::new(),
    };
    frame.render_widget(Paragraph::new(all).block(block.title_bottom(more)), area);
}

fn heading(title: &str, width: usize) -> Line<'static> {
    let title = truncated(&format!("── {title} "), width);
    let rest = width.saturating_sub(columns(&title));
    Line::styled(format!("{title}{}", "─".repeat(rest)), bold())
}

/// The layout of the list of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListLayout {
    /// Without a frame; the complete sentence of the selected row is above the list.
    Bare,
    /// With a frame; the complete sentence is above the list too.
    Framed,
    /// With a frame; the selected row has as many lines as it needs.
    Whole,
}

/// The list of steps.
fn steps(narrated: &NarratedTrace<'_>, at: usize, look: ListLayout, frame: &mut Frame<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let edge = if look == ListLayout::Bare { 0 } else { 2 };
    let width = usize::from(area.width).saturating_sub(edge + 1);
    let item = |number: usize| {
        let row_text = row_text(narrated, number);
        let is_whole = number == at && look == ListLayout::Whole;
        let lines = if is_whole { wrapped(&row_text, 6, width) } else { vec![truncated(&row_text, width)] };
        ListItem::new(Text::from(lines.into_iter().map(Line::from).collect::<Vec<_>>()))
    };
    let items: Vec<ListItem<'_>> = (0..=narrated.table.rows.len()).map(item).collect();
    let chosen = Style::new().add_modifier(Modifier::REVERSED);
    let list = List::new(items).highlight_style(chosen).highlight_symbol(">");
    let list = match look {
        ListLayout::Bare => list,
        ListLayout::Framed | ListLayout::Whole => {
            list.block(Block::bordered().title("steps").title_bottom(legend(narrated, width)))
        }
    };
    let mut state = ListState::default().with_selected(Some(at));
    frame.render_stateful_widget(list, area, &mut state);
}

/// One row of the list: the most severe sign, the number, and the sentence.
fn row_text(narrated: &NarratedTrace<'_>, number: usize) -> String {
    let sign = narrated.badges(number).first().map_or(" ", Badge::sign);
    match row(narrated, number) {
        Some(row) => {
            let after = if row.is_after { "+" } else { " " };
            format!("{sign}{number:>3}{after} {}: {}", row.actor, row.says)
        }
        None => format!("{sign}{number:>3}  start"),
    }
}

/// The width of the longest row.
fn widest(narrated: &NarratedTrace<'_>) -> usize {
    (0..=narrated.table.rows.len()).map(|number| columns(&row_text(narrated, number))).max().unwrap_or(0)
}

/// The meanings of the signs in the list, as many as fit.
fn legend(narrated: &NarratedTrace<'_>, width: usize) -> String {
    let mut meanings: Vec<String> = Vec::new();
    for number in 0..=narrated.table.rows.len() {
        for badge in narrated.badges(number) {
            let says = format!("{} {}", badge.sign(), badge.short());
            if !meanings.contains(&says) {
                meanings.push(says);
            }
        }
    }
    if narrated.table.rows.iter().any(|row| row.is_after) {
        meanings.push("+ after the end".to_owned());
    }
    let mut legend = String::new();
    for says in meanings {
        let longer = if legend.is_empty() { format!(" {says} ") } else { format!("{legend}· {says} ") };
        if columns(&longer) <= width {
            legend = longer;
        }
    }
    legend
}

fn lines(says: &[TextBlock], width: usize) -> Vec<Line<'static>> {
    says.iter().flat_map(|one| one.lines(width)).collect()
}
