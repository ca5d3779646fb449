//! What stands on the screen at one moment of a story. A wide screen has the steps on the left and everything about the moment
//! on the right; a narrow one has the moment above the steps; a tiny one has the sentence of the step, who holds what, and what
//! is left of the list. Nothing is cut without a sign, and no meaning is in a colour alone.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, List, ListItem, ListState, Paragraph};

use crate::formats::trace::NarratedTrace;
use crate::report::badge::Badge;

use super::fold::{Said, columns, folded, truncated, truncated_lines};
use super::parts::{Part, bold, parts, picture, row, sources, standing_in_short, step};
use super::{View, help};

/// From this width on the steps stand beside the moment.
const WIDE: u16 = 100;
/// What the moment needs beside the steps, in columns.
const MOMENT: u16 = 58;
/// The narrowest that the list of steps is, in columns.
const LIST_MIN: u16 = 28;
/// From this height on the sources of the rule stand with the step.
const ROOMY: usize = 16;
/// Below one of these nothing has a frame.
const FRAMED: (u16, u16) = (50, 20);

/// Draws a moment; 0 is the start, and a number beyond the last step is the last.
pub fn draw(narrated: &NarratedTrace<'_>, view: &View, frame: &mut Frame<'_>) {
    let at = view.at.min(narrated.story.rows.len());
    let area = frame.area();
    if area.width < FRAMED.0 || area.height < FRAMED.1 {
        tiny(narrated, at, frame, area);
    } else {
        framed(narrated, at, view.part, frame, area);
    }
    if let Some(scroll) = view.help {
        help::sheet(scroll, frame);
    }
}

/// The sentence, who holds what, and the list as far as there is room; the sentence gives way last.
fn tiny(narrated: &NarratedTrace<'_>, at: usize, frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let (held, more) = standing_in_short(&picture(narrated, at));
    let (held, more) = (lines(&held, width), lines(&more, width));
    let mut says = step(narrated, at);
    let badges = lines(&says.split_off(1), width);
    let mut all = truncated_lines(lines(&says, width), height.saturating_sub(held.len()).max(1));
    // A badge or a remark that is cut would mislead, so it is there whole or not at all; a badge's sign stands in the list.
    let fits = |extra: Vec<Line<'static>>, used: usize| if used + extra.len() <= height { extra } else { Vec::new() };
    all.extend(fits(badges, all.len() + held.len()));
    all.extend(held);
    all.extend(fits(more, all.len()));
    let used = u16::try_from(all.len()).unwrap_or(u16::MAX).min(area.height);
    let [above, below] = Layout::vertical([Constraint::Length(used), Constraint::Min(0)]).areas(area);
    frame.render_widget(Paragraph::new(truncated_lines(all, height)), above);
    let has_keys = below.height > 2;
    let keys = Constraint::Length(u16::from(has_keys));
    let [list, foot] = Layout::vertical([Constraint::Min(0), keys]).areas(below);
    steps(narrated, at, Look::Bare, frame, list);
    frame.render_widget(Line::from(help::footer(foot.width)), foot);
}

/// Everything, each in a frame of its own.
fn framed(narrated: &NarratedTrace<'_>, at: usize, part: usize, frame: &mut Frame<'_>, area: Rect) {
    let rows = [Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)];
    let [head, body, foot] = Layout::vertical(rows).areas(area);
    let count = format!("  step {at} of {}", narrated.story.rows.len());
    let room = usize::from(head.width).saturating_sub(count.len());
    let title = Line::from(vec![Span::styled(truncated(&narrated.title(), room), bold()), Span::raw(count)]);
    frame.render_widget(title, head);
    frame.render_widget(Line::from(help::footer(foot.width)), foot);
    if body.width >= WIDE {
        let wanted = u16::try_from(widest(narrated)).unwrap_or(u16::MAX).saturating_add(3);
        let width = wanted.clamp(LIST_MIN, body.width - MOMENT);
        let [left, right] = Layout::horizontal([Constraint::Length(width), Constraint::Min(0)]).areas(body);
        steps(narrated, at, Look::Whole, frame, left);
        moment(narrated, at, part, frame, right);
    } else {
        let wanted = u16::try_from(narrated.story.rows.len() + 3).unwrap_or(u16::MAX);
        let height = (body.height / 3).clamp(4, wanted.max(4));
        let [above, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(height)]).areas(body);
        moment(narrated, at, part, frame, above);
        steps(narrated, at, Look::Framed, frame, below);
    }
}

/// The step in whole sentences, and under it every part; the one that was asked for comes first.
fn moment(narrated: &NarratedTrace<'_>, at: usize, first: usize, frame: &mut Frame<'_>, area: Rect) {
    let block = Block::bordered().title("the step");
    let inner = block.inner(area);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let mut says = step(narrated, at);
    let mut parts = parts(narrated, at);
    if height >= ROOMY {
        says.extend(sources(narrated, at));
    } else {
        let says: Vec<Said> = sources(narrated, at).into_iter().collect();
        parts.extend((!says.is_empty()).then(|| Part { title: "the rule".to_owned(), says }));
    }
    let mut all = truncated_lines(lines(&says, width), height);
    let count = parts.len();
    parts.rotate_left(first % count.max(1));
    let mut hidden = Vec::new();
    for Part { title, says } in parts {
        let mut part = vec![heading(&title, width)];
        part.extend(lines(&says, width));
        // A part that does not fit is shown as far as it goes, if that is more than its title.
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

/// How the list of steps looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Without a frame; the whole sentence of the row that is chosen stands above.
    Bare,
    /// With a frame; the whole sentence stands above, too.
    Framed,
    /// With a frame, and the row that is chosen takes as many lines as it needs.
    Whole,
}

/// The list of steps.
fn steps(narrated: &NarratedTrace<'_>, at: usize, look: Look, frame: &mut Frame<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let edge = if look == Look::Bare { 0 } else { 2 };
    let width = usize::from(area.width).saturating_sub(edge + 1);
    let item = |number: usize| {
        let reported = reported(narrated, number);
        let is_whole = number == at && look == Look::Whole;
        let lines = if is_whole { folded(&reported, 6, width) } else { vec![truncated(&reported, width)] };
        ListItem::new(Text::from(lines.into_iter().map(Line::from).collect::<Vec<_>>()))
    };
    let items: Vec<ListItem<'_>> = (0..=narrated.story.rows.len()).map(item).collect();
    let chosen = Style::new().add_modifier(Modifier::REVERSED);
    let list = List::new(items).highlight_style(chosen).highlight_symbol(">");
    let list = match look {
        Look::Bare => list,
        Look::Framed | Look::Whole => {
            list.block(Block::bordered().title("steps").title_bottom(legend(narrated, width)))
        }
    };
    let mut state = ListState::default().with_selected(Some(at));
    frame.render_stateful_widget(list, area, &mut state);
}

/// One row of the list: the gravest sign, the number, and the sentence.
fn reported(narrated: &NarratedTrace<'_>, number: usize) -> String {
    let sign = narrated.badges(number).first().map_or(" ", Badge::sign);
    match row(narrated, number) {
        Some(row) => {
            let after = if row.is_after { "+" } else { " " };
            format!("{sign}{number:>3}{after} {}: {}", row.actor, row.says)
        }
        None => format!("{sign}{number:>3}  at first"),
    }
}

/// The columns that the longest row takes.
fn widest(narrated: &NarratedTrace<'_>) -> usize {
    (0..=narrated.story.rows.len()).map(|number| columns(&reported(narrated, number))).max().unwrap_or(0)
}

/// What the signs in the list mean, as far as there is room; only those that stand there.
fn legend(narrated: &NarratedTrace<'_>, width: usize) -> String {
    let mut said: Vec<String> = Vec::new();
    for number in 0..=narrated.story.rows.len() {
        if let Some(badge) = narrated.badges(number).first() {
            let says = format!("{} {}", badge.sign(), badge.short());
            if !said.contains(&says) {
                said.push(says);
            }
        }
    }
    if narrated.story.rows.iter().any(|row| row.is_after) {
        said.push("+ after the end".to_owned());
    }
    let mut legend = String::new();
    for says in said {
        let longer = if legend.is_empty() { format!(" {says} ") } else { format!("{legend}· {says} ") };
        if columns(&longer) <= width {
            legend = longer;
        }
    }
    legend
}

fn lines(says: &[Said], width: usize) -> Vec<Line<'static>> {
    says.iter().flat_map(|one| one.lines(width)).collect()
}
