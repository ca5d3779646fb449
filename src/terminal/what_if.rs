//! The alternatives at a moment: the steps that the model allows there, and the trace that takes one of them. The list shows for the
//! selected step which procedures would still recover all mail after it, and the effect of each procedure at the moment itself.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Clear, List, ListItem, ListState, Paragraph};
use stranded_model::action::Action;
use stranded_model::state::State;

use crate::formats::trace::NarratedTrace;
use crate::report::remedy::{self, Remedy};
use crate::report::table::TraceTable;
use stranded_oracle::sentence::{self, Mood};
use stranded_search::check::Trace;
use stranded_search::engine::Path;
use stranded_search::rescue::{self, Outlook};

use super::parts::row;
use super::wrap::{TextBlock, truncated, wrapped};

/// The largest width of the list.
const WIDTH_MAX: u16 = 96;
/// A screen that is larger than this has a frame around the list.
const FRAMED: (u16, u16) = (30, 12);

/// A step that the model allows at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The action.
    pub action: Action,
    /// The actor and the sentence.
    pub says: String,
    /// True if the trace takes this step.
    pub is_taken: bool,
    after: State,
}

/// Returns the steps that the model allows at a moment.
#[must_use]
pub fn alternatives(narrated: &NarratedTrace<'_>, at: usize) -> Vec<Alternative> {
    let (world, rows) = (narrated.world, &narrated.table.rows);
    let state = row(narrated, at).map_or(&narrated.table.initial, |row| &row.state);
    let alternative = |action: &Action| {
        let occurrence = world.occur(state, action).ok()?;
        let says = sentence::says(world, state, action, Mood::Happened(&occurrence));
        Some(Alternative {
            action: *action,
            says: format!("{}: {says}", sentence::actor(world, action)),
            is_taken: rows.get(at).is_some_and(|row| row.taken == *action),
            after: occurrence.state,
        })
    };
    world.actions().iter().filter_map(alternative).collect()
}

/// Returns the table of the trace up to a moment, and this step after it.
#[must_use]
pub fn branch(narrated: &NarratedTrace<'_>, at: usize, action: Action) -> TraceTable {
    let before = narrated.table.rows.iter().take(at).map(|row| row.taken);
    let path = Path { initial: narrated.table.initial.clone(), actions: before.chain([action]).collect() };
    let trace = Trace { path, after: Vec::new(), repeats_from: None };
    TraceTable::rescued(narrated.spec, narrated.world, &trace).with_repair(|_| narrated.world)
}

/// Draws the list over the screen.
pub(super) fn sheet(narrated: &NarratedTrace<'_>, at: usize, selected: usize, frame: &mut Frame<'_>) {
    let all = alternatives(narrated, at);
    let selected = selected.min(all.len().saturating_sub(1));
    let area = frame.area();
    let is_framed = area.width > FRAMED.0 && area.height > FRAMED.1;
    let edge = if is_framed { 2 } else { 0 };
    let width = area.width.min(WIDTH_MAX);
    let room = usize::from(width.saturating_sub(edge + 1));
    let items: Vec<Vec<String>> =
        all.iter().enumerate().map(|(number, one)| entry(one, number == selected, room)).collect();
    let inner_width = usize::from(width.saturating_sub(edge));
    let mut foot: Vec<Line<'static>> = match all.get(selected) {
        Some(one) => outlook(narrated, one).lines(inner_width),
        None => TextBlock::plain("no further step is possible in this scenario").lines(room),
    };
    foot.extend(procedures(narrated, at).iter().flat_map(|one| one.lines(inner_width)));
    let lines = u16::try_from(items.iter().map(Vec::len).sum::<usize>()).unwrap_or(u16::MAX);
    let foot_lines = u16::try_from(foot.len()).unwrap_or(u16::MAX);
    let height = lines.max(1).saturating_add(foot_lines).saturating_add(edge).min(area.height);
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
    let sheet = Rect { x, y, width, height };
    frame.render_widget(Clear, sheet);
    let inner = if is_framed {
        let title = format!("possible steps after step {at}");
        let block = Block::bordered().title(title).title_bottom(" Enter takes it · Esc closes ");
        let inner = block.inner(sheet);
        frame.render_widget(block, sheet);
        inner
    } else {
        sheet
    };
    let [above, below] = Layout::vertical([Constraint::Min(1), Constraint::Max(foot_lines)]).areas(inner);
    let items = items.into_iter().map(|lines| ListItem::new(Text::from_iter(lines.into_iter().map(Line::from))));
    let list = List::new(items).highlight_style(Style::new().add_modifier(Modifier::REVERSED)).highlight_symbol(">");
    frame.render_stateful_widget(list, above, &mut ListState::default().with_selected(Some(selected)));
    frame.render_widget(Paragraph::new(foot), below);
}

/// The lines of an entry; the selected one is complete.
fn entry(one: &Alternative, is_selected: bool, width: usize) -> Vec<String> {
    let says = if one.is_taken { format!("{} (the step of this trace)", one.says) } else { one.says.clone() };
    if is_selected { wrapped(&says, 2, width) } else { vec![truncated(&says, width)] }
}

/// The procedures that would still recover all mail after this step.
fn outlook(narrated: &NarratedTrace<'_>, one: &Alternative) -> TextBlock {
    let procedures = rescue::procedures(narrated.spec);
    let outlook = Outlook::of(narrated.world, &one.after, &procedures, &narrated.spec.touches());
    let remedies = remedy::in_state(&outlook);
    let recover = remedies.iter().filter(|(_, remedy)| *remedy == Remedy::Recovers);
    let names: Vec<&str> = recover.map(|(name, _)| name.as_str()).collect();
    TextBlock::plain(match (outlook.is_whole, outlook.is_beyond_rescue(), &names[..]) {
        (true, ..) => "○ after it there is nothing to recover".to_owned(),
        (false, ..) if !outlook.has_mail && !outlook.is_lost => "○ after it there is no mail to recover".to_owned(),
        (false, true, _) => "⊘ after it no procedure recovers all mail any more".to_owned(),
        (false, false, []) => "? after it no procedure is known to recover all mail".to_owned(),
        // A tick would praise the step, which needs a repair.
        (false, false, names) => {
            format!("⚠ after it mail is out of reach; these still recover all: {}", names.join(", "))
        }
    })
    .indented(2)
}

/// The effect of each procedure, if it ran at this moment instead of the listed steps.
fn procedures(narrated: &NarratedTrace<'_>, at: usize) -> Vec<TextBlock> {
    let outlook = narrated.table.rescue.as_ref().and_then(|map| map.outlooks.get(at));
    let kinds = outlook.map(remedy::by_kind).unwrap_or_default();
    let line = |(kind, names): (Remedy, Vec<String>)| {
        TextBlock::plain(format!("{} {}: {}", kind.sign(), kind.short(), names.join(", "))).indented(2)
    };
    let head = (!kinds.is_empty()).then(|| TextBlock::plain("procedures, if one ran now:"));
    head.into_iter().chain(kinds.into_iter().map(line)).collect()
}
