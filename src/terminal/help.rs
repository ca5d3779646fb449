//! The keys, and what the signs mean.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::report::badge::Badge;

use super::fold::{Said, columns};
use super::parts::bold;

/// The widest that the sheet is.
const WIDTH_MAX: u16 = 64;
/// A screen that is larger than this has a frame around the sheet.
const FRAMED: (u16, u16) = (30, 10);
/// Every key and what it does.
const KEYS: [(&str, &str); 6] = [
    ("↑ ↓ ← →", "one step back, one step on (space, too)"),
    ("PgUp PgDn", "ten steps"),
    ("Home End", "the first moment, the last"),
    ("Tab", "the next part comes to the top (Shift-Tab: the one before)"),
    ("?", "this sheet; ↑ ↓ move it, any other key closes it"),
    ("q", "leave (Esc and Ctrl-C, too)"),
];
/// Every other sign and what it means.
const SIGNS: [(&str, &str); 9] = [
    ("13+", "a step after the end: how the running procedure goes on"),
    ("STRANDED", "the data is on a server that is not the home"),
    ("✓", "of a procedure: it saves everything; of a property: it is true"),
    ("–", "of a procedure: no help, because it refuses or leaves mail out of reach"),
    ("✕", "of a procedure: it destroys mail; of a property: it is broken"),
    ("·", "of a property: it is not judged before the site is at rest"),
    ("?", "of a procedure: it is not known"),
    ("i !", "of what he was told: it went well, it did not"),
    ("KB", "10 KB for each message; the article gives no figures"),
];

/// The lines of keys, from the longest to the shortest.
const FOOTERS: [&str; 5] = [
    "↑ ↓ step   PgUp PgDn ten steps   Home End first, last   Tab next part   ? help   q leave",
    "↑ ↓ step  PgUp PgDn ten  Home End  Tab next part  ? help  q leave",
    "↑ ↓ step  Tab next part  ? help  q leave",
    "↑↓ step  ? help  q leave",
    "? help  q leave",
];

/// The longest line of keys that fits whole; nothing, if none does.
pub(super) fn footer(width: u16) -> &'static str {
    FOOTERS.into_iter().find(|line| columns(line) <= usize::from(width)).unwrap_or_default()
}

/// By how many lines the sheet can be moved up on a screen.
pub(super) fn moved_max(area: Rect) -> u16 {
    let (sheet, lines) = laid_out(area);
    u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(sheet.room)
}

/// Draws the sheet over all else, moved up by so many lines.
pub(super) fn sheet(moved: u16, frame: &mut Frame<'_>) {
    let area = frame.area();
    let (Sheet { place, is_framed, .. }, lines) = laid_out(area);
    let max = moved_max(area);
    let more = if moved < max { " ↓ more " } else { "" };
    let text = Paragraph::new(lines).scroll((moved.min(max), 0));
    frame.render_widget(Clear, place);
    if is_framed {
        frame.render_widget(text.block(Block::bordered().title("keys and signs").title_bottom(more)), place);
    } else {
        let [above, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(place);
        frame.render_widget(text, above);
        frame.render_widget(Line::from(more), below);
    }
}

/// Where the sheet is.
struct Sheet {
    place: Rect,
    is_framed: bool,
    /// How many lines of it can be seen.
    room: u16,
}

/// Where the sheet is on a screen, and all its lines.
fn laid_out(area: Rect) -> (Sheet, Vec<Line<'static>>) {
    let is_framed = area.width > FRAMED.0 && area.height > FRAMED.1;
    let width = area.width.min(WIDTH_MAX);
    let inner = usize::from(width.saturating_sub(if is_framed { 2 } else { 0 }));
    let lines: Vec<Line<'static>> = all().iter().flat_map(|said| said.lines(inner)).collect();
    // The frame takes two lines, and what stands in its place one.
    let edge = if is_framed { 2 } else { 1 };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(edge).min(area.height);
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
    (Sheet { place: Rect { x, y, width, height }, is_framed, room: height.saturating_sub(edge) }, lines)
}

fn all() -> Vec<Said> {
    let badges = [Badge::Destroys(Vec::new()), Badge::TooLate, Badge::FirstViolation, Badge::Breaks(Vec::new())];
    let signs = badges.iter().map(|badge| (badge.sign(), format!("of a step: {}", badge.meaning())));
    let width = KEYS.iter().chain(&SIGNS).map(|(name, _)| columns(name)).max().unwrap_or(0) + 2;
    let line = |name: &str, says: &str| Said::plain(format!("{name:<width$}{says}")).indented(width);
    let mut all = vec![Said::plain("keys").styled(bold())];
    all.extend(KEYS.iter().map(|(name, says)| line(name, says)));
    all.push(Said::plain("signs").styled(bold()));
    all.extend(signs.map(|(sign, says)| line(sign, &says)));
    all.extend(SIGNS.iter().map(|(name, says)| line(name, says)));
    all
}
