//! The help: keys and signs.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::report::badge::Badge;
use crate::report::remedy::Remedy;

use super::parts::bold;
use super::wrap::{TextBlock, columns};

/// The largest width of the help.
const WIDTH_MAX: u16 = 64;
/// A screen that is larger than this has a frame around the help.
const FRAMED: (u16, u16) = (30, 10);
/// The keys and their effects.
const KEYS: [(&str, &str); 8] = [
    ("↑ ↓ ← →", "previous step, next step (also space)"),
    ("PgUp PgDn", "ten steps"),
    ("Home End", "first step, last step"),
    ("Tab", "next part to the top (Shift-Tab: previous part)"),
    ("a", "what if: the possible steps; ↑ ↓ select, Enter takes one"),
    ("u", "back from the last step that was taken this way"),
    ("?", "this help; ↑ ↓ scroll it, any other key closes it"),
    ("q", "quit (also Esc and Ctrl-C)"),
];
/// The other signs and their meanings.
const SIGNS: [(&str, &str); 8] = [
    ("13+", "a step after the end of the trace, by the running procedure"),
    ("STRANDED", "the data is on a server that is not the home"),
    ("PARTLY", "the home holds some mail, another server the rest"),
    ("✓", "property: true"),
    ("✕", "property: violated"),
    ("·", "property: checked only in quiescent states"),
    ("i !", "report to the administrator: ok, not ok"),
    ("KB", "10 KB for each message; the article gives no figures"),
];

/// The lines of keys, from the longest to the shortest.
const FOOTERS: [&str; 5] = [
    "↑ ↓ step   PgUp PgDn ten steps   Home End first, last   Tab next part   a what if   ? help   q quit",
    "↑ ↓ step  PgUp PgDn ten  Home End  Tab next part  a what if  ? help  q quit",
    "↑ ↓ step  Tab next part  a what if  ? help  q quit",
    "↑↓ step  ? help  q quit",
    "? help  q quit",
];

/// Returns the longest line of keys that fits, or an empty line.
pub(super) fn footer(width: u16) -> &'static str {
    FOOTERS.into_iter().find(|line| columns(line) <= usize::from(width)).unwrap_or_default()
}

/// Returns the lines by which the help can be scrolled.
pub(super) fn scroll_max(area: Rect) -> u16 {
    let (sheet, lines) = layout(area);
    u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(sheet.room)
}

/// Draws the help over the screen, scrolled by so many lines.
pub(super) fn sheet(scrolled: u16, frame: &mut Frame<'_>) {
    let area = frame.area();
    let (Sheet { area: sheet, is_framed, .. }, lines) = layout(area);
    let max = scroll_max(area);
    let more = if scrolled < max { " ↓ more " } else { "" };
    let text = Paragraph::new(lines).scroll((scrolled.min(max), 0));
    frame.render_widget(Clear, sheet);
    if is_framed {
        frame.render_widget(text.block(Block::bordered().title("keys and signs").title_bottom(more)), sheet);
    } else {
        let [above, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(sheet);
        frame.render_widget(text, above);
        frame.render_widget(Line::from(more), below);
    }
}

/// The area of the help.
struct Sheet {
    area: Rect,
    is_framed: bool,
    /// The number of visible lines.
    room: u16,
}

/// Returns the area of the help on a screen, and all its lines.
fn layout(area: Rect) -> (Sheet, Vec<Line<'static>>) {
    let is_framed = area.width > FRAMED.0 && area.height > FRAMED.1;
    let width = area.width.min(WIDTH_MAX);
    let inner = usize::from(width.saturating_sub(if is_framed { 2 } else { 0 }));
    let lines: Vec<Line<'static>> = all().iter().flat_map(|block| block.lines(inner)).collect();
    // A frame takes two lines; without it, the last line shows that there is more.
    let edge = if is_framed { 2 } else { 1 };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(edge).min(area.height);
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
    (Sheet { area: Rect { x, y, width, height }, is_framed, room: height.saturating_sub(edge) }, lines)
}

fn all() -> Vec<TextBlock> {
    let badges = Badge::all();
    let signs = badges.iter().map(|badge| (badge.sign(), format!("step: {}", badge.meaning())));
    let width = KEYS.iter().chain(&SIGNS).map(|(name, _)| columns(name)).max().unwrap_or(0) + 2;
    let line = |name: &str, says: &str| TextBlock::plain(format!("{name:<width$}{says}")).indented(width);
    let mut all = vec![TextBlock::plain("keys").styled(bold())];
    all.extend(KEYS.iter().map(|(name, says)| line(name, says)));
    all.push(TextBlock::plain("signs").styled(bold()));
    all.extend(signs.map(|(sign, says)| line(sign, &says)));
    let remedies = Remedy::all();
    all.extend(remedies.iter().map(|one| line(one.sign(), &format!("procedure: {}: {}", one.short(), one.meaning()))));
    all.extend(SIGNS.iter().map(|(name, says)| line(name, says)));
    all
}
