//! The report of a check as text: the question, the verdicts against the expectation, how much was searched, and for each
//! violation the shortest counterexample as a table.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table, TableStyle};
use stranded_model::World;
use stranded_model::property::Safety;

use stranded_search::check::{Checked, Combination, PropertyResult, Trace, Undecided};
use stranded_search::lines::wrapped;
use stranded_search::property::{Property, Verdict};
use stranded_search::rescue;
use stranded_search::scenario::{Number, Numbers};

use super::inconclusive;
use super::outlook::{self, NO_RETURN};
use super::story::{Row, Scene, Story};
use super::trace::answers;

/// The width that a report has where no terminal says another.
pub const WIDTH: u16 = 80;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// Lines above, below and under the head; the numbers tell the rows apart.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('─', '─', '─', '─'))
    .header_separator(LineStyle::new('─', '─', '─', '─'))
    .bottom_border(LineStyle::new('─', '─', '─', '─'));

/// The report on one scenario. It contains style codes; whoever prints it to something else than a terminal strips them.
#[must_use]
pub fn scenario(checked: &Checked<'_>, width: u16) -> String {
    let mut text = heading(checked, width);
    text.push_str(&verdicts(checked, width));
    text.push_str(&extent(checked, width));
    text.push_str(&dependencies(checked, width));
    for (case, property) in reported_together(checked) {
        text.push('\n');
        text.push_str(&counterexample(checked, case, property, width));
    }
    for reported in doubted(checked).map(|(judgement, undecided)| unreplayed(judgement, undecided, width)) {
        if !reported.is_empty() {
            text.push('\n');
            text.push_str(&reported);
        }
    }
    text
}

/// The lines at the end of a report on several scenarios.
#[must_use]
pub fn summary(checked: &[Checked<'_>]) -> String {
    let unexpected: Vec<String> = checked
        .iter()
        .flat_map(|one| unexpected(one).map(|judgement| format!("{}/{}", one.spec.name, judgement.property.name())))
        .collect();
    let truncated: Vec<&str> =
        checked.iter().filter(|one| !one.is_complete()).map(|one| one.spec.name.as_str()).collect();
    let untold: Vec<String> = checked.iter().filter(|one| one.is_complete()).flat_map(untold).collect();
    let mut text = String::new();
    let scenarios = if checked.len() == 1 { "1 scenario".to_owned() } else { format!("{} scenarios", checked.len()) };
    if unexpected.is_empty() && truncated.is_empty() && untold.is_empty() {
        let _ = writeln!(text, "{GOOD}{scenarios}: every verdict is the expected one{GOOD:#}");
    }
    if !unexpected.is_empty() {
        let _ = writeln!(text, "{BAD}{scenarios}: not as expected:{BAD:#}\n  {}", unexpected.join("\n  "));
    }
    if !truncated.is_empty() {
        let _ = writeln!(
            text,
            "{BAD}{scenarios}: inconclusive, not all was searched:{BAD:#}\n  {}",
            truncated.join("\n  ")
        );
    }
    if !untold.is_empty() {
        let _ = writeln!(text, "{BAD}{scenarios}: inconclusive:{BAD:#}\n  {}", untold.join("\n  "));
    }
    text
}

/// What could not be told although everything was searched.
fn untold(checked: &Checked<'_>) -> Vec<String> {
    let untold = checked.results.iter().filter(|judgement| judgement.verdict == Verdict::Inconclusive);
    untold.map(|judgement| format!("{}/{}", checked.spec.name, judgement.property.name())).collect()
}

fn unexpected<'a>(checked: &'a Checked<'_>) -> impl Iterator<Item = &'a PropertyResult> {
    let wanted =
        |judgement: &&PropertyResult| !judgement.is_as_expected() && judgement.verdict != Verdict::Inconclusive;
    checked.results.iter().filter(wanted)
}

fn heading(checked: &Checked<'_>, width: u16) -> String {
    let spec = checked.spec;
    let mut standing = vec![spec.family.name().to_owned()];
    standing.extend(Some(sources(&spec.source)).filter(|sources| !sources.is_empty()));
    let indent = spec.name.chars().count() + 3;
    let standing = wrapped(&standing.join(": "), indent, width);
    let mut text = format!("{TITLE}{}{TITLE:#}  ({standing})\n{}\n", spec.name, wrapped(&spec.question, 0, width));
    if let Some(earlier) = &spec.from {
        let says = format!("It starts where {} comes to rest; where that never does is left out.", earlier.name);
        let _ = writeln!(text, "{}", wrapped(&says, 0, width));
    }
    text.push('\n');
    text
}

/// Sources in their order; statements of one article follow its name: `Q252869 S5 S6, Q177772`.
fn sources(sources: &[String]) -> String {
    let mut text = String::new();
    let mut last = "";
    for source in sources {
        match source.split_once(' ') {
            Some((article, statement)) if article == last => text.push_str(&format!(" {statement}")),
            _ if text.is_empty() => text.push_str(source),
            _ => text.push_str(&format!(", {source}")),
        }
        last = source.split(' ').next().unwrap_or_default();
    }
    text
}

fn verdicts(checked: &Checked<'_>, width: u16) -> String {
    let mut text = format!("  {:<20} {:<13} expected\n", "property", "verdict");
    for judgement in &checked.results {
        let style = if judgement.is_as_expected() { GOOD } else { BAD };
        let name = judgement.property.name();
        let _ = write!(text, "  {name:<20} {style}{:<13}{style:#} {:<10}", judgement.verdict, judgement.expected);
        if let Some(length) = length(checked, judgement) {
            let _ = write!(text, " shortest: {length} steps");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    for item in checked.coverage_failures() {
        let _ = writeln!(text, "  coverage: {BAD}{item}{BAD:#}");
    }
    for (judgement, undecided) in doubted(checked) {
        let name = judgement.property.name();
        let reason = wrapped(&format!("{name}: {}", inconclusive::reason(undecided)), 4, width);
        let _ = writeln!(text, "  {reason}");
    }
    text.push('\n');
    text
}

/// The verdicts that could not be told although everything was searched, each with the reason.
fn doubted<'a>(checked: &'a Checked<'_>) -> impl Iterator<Item = (&'a PropertyResult, &'a Undecided)> {
    let inconclusive = checked.results.iter().filter(|judgement| judgement.verdict == Verdict::Inconclusive);
    inconclusive.filter_map(|judgement| Some((judgement, checked.undecided(judgement.property)?)))
}

fn length(checked: &Checked<'_>, judgement: &PropertyResult) -> Option<usize> {
    let trace = checked.combinations[judgement.shown_by?].trace(judgement.property)?;
    Some(trace.path.actions.len())
}

fn extent(checked: &Checked<'_>, width: u16) -> String {
    let searched = match checked.truncated() {
        None => "all searched".to_owned(),
        Some(truncated) => format!("{BAD}not all searched: {truncated}{BAD:#}"),
    };
    let mut states = format!("{} states", checked.states());
    if checked.representatives() != checked.states() {
        let _ = write!(states, " ({} looked at: mailboxes are alike)", checked.representatives());
    }
    if checked.frontier() > 0 {
        let _ = write!(states, " ({} of them not gone on from)", checked.frontier());
    }
    let mut text = format!(
        "  {states}, depth {}, {searched}; {} engine, {:.2} s\n",
        checked.depth(),
        checked.engine,
        checked.elapsed.as_secs_f64()
    );
    if let Some(defect) = checked.defect() {
        let _ = writeln!(text, "  {BAD}defect: {defect}{BAD:#}");
    }
    text.push_str(&numbers(checked.spec.numbers, width));
    if !checked.varied.is_empty() {
        let verdict = if checked.results.iter().any(|judgement| judgement.verdict == Verdict::Depends) {
            "some verdicts turn on them"
        } else if checked.is_complete() {
            "no verdict turns on them"
        } else {
            "whether a verdict turns on them is not known"
        };
        let names: Vec<&str> = checked.varied.iter().map(|assumption| assumption.name()).collect();
        let says =
            format!("assumptions: {} ({} combinations): {verdict}", names.join(", "), checked.combinations.len());
        let _ = writeln!(text, "  {}", wrapped(&says, 2, width));
    }
    text
}

/// What is said for any number of something.
fn numbers(numbers: Numbers, width: u16) -> String {
    let mut text = String::new();
    if numbers.messages == Number::Any {
        let says = "any number of messages: what holds, holds for every number; a counterexample has as few as show it";
        let _ = writeln!(text, "  {}", wrapped(says, 2, width));
    }
    if numbers.mailboxes == Number::Any {
        let says = "any number of mailboxes: they share nothing, so what is said of one is said of all";
        let _ = writeln!(text, "  {}", wrapped(says, 2, width));
    }
    text
}

/// A way to a broken property in which others are forgotten: it was not found with few messages.
fn unreplayed(judgement: &PropertyResult, undecided: &Undecided, width: u16) -> String {
    let steps = inconclusive::steps(undecided);
    if steps.is_empty() {
        return String::new();
    }
    let (name, says) = (judgement.property.name(), judgement.property.says());
    let mut text =
        format!("{BAD}{name} may be violated{BAD:#}: perhaps it is not so that\n{}\n", wrapped(says, 0, width));
    for (number, step) in (1..).zip(&steps) {
        let _ = writeln!(text, "  {number:<3} {}", wrapped(step, 6, width));
    }
    let legend =
        "One message is followed; of the others only the places are known. Numbers are given anew at every step.";
    let _ = writeln!(text, "{}", wrapped(legend, 0, width));
    text
}

/// For every verdict that is not the same under every combination: which answers give which. Assumptions whose answers make
/// no difference to it are left out.
fn dependencies(checked: &Checked<'_>, width: u16) -> String {
    let mut text = String::new();
    for (index, judgement) in checked.results.iter().enumerate() {
        if judgement.verdict != Verdict::Depends {
            continue;
        }
        let deciding = checked.deciding(index);
        let _ = writeln!(text, "\n  {} depends:", judgement.property.name());
        let mut reported: Vec<String> = Vec::new();
        for case in &checked.combinations {
            let answers = answers(&case.world, &deciding);
            let answers: Vec<String> = answers.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let line = format!("    {:<13} {}\n", case.verdicts[index], wrapped(&answers.join(", "), 18, width));
            if !reported.contains(&line) {
                text.push_str(&line);
                reported.push(line);
            }
        }
    }
    text
}

fn combination(world: &World, checked: &Checked<'_>) -> String {
    let answers = answers(world, &checked.varied);
    answers.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

/// The counterexamples to print. One that breaks other properties on its way speaks for them too, so the one that speaks for
/// most comes first, and a property that is spoken for needs none of its own.
fn reported_together<'a>(checked: &'a Checked<'_>) -> Vec<(&'a Combination, Property)> {
    let mut violated: Vec<(&Combination, Property, Vec<Property>)> = Vec::new();
    for judgement in &checked.results {
        let Some(case) = judgement.shown_by.map(|case| &checked.combinations[case]) else { continue };
        let spoken_for = match judgement.property {
            Property::Safety(safety) => broken_on_the_way(case, safety),
            Property::Liveness(_) => vec![judgement.property],
            Property::Coverage => continue,
        };
        violated.push((case, judgement.property, spoken_for));
    }
    let mut together = Vec::new();
    loop {
        let most = violated.iter().map(|(_, _, spoken_for)| spoken_for.len()).max().unwrap_or(0);
        let Some((case, property, spoken_for)) =
            violated.iter().find(|(.., others)| others.len() == most && most > 0).cloned()
        else {
            return together;
        };
        together.push((case, property));
        violated.retain(|(_, other, _)| !spoken_for.contains(other));
        violated.iter_mut().for_each(|(.., others)| others.retain(|other| !spoken_for.contains(other)));
    }
}

/// The properties that are not true somewhere on the counterexample to one.
fn broken_on_the_way(case: &Combination, of: Safety) -> Vec<Property> {
    let Some(path) = &case.search.violations[of as usize] else { return Vec::new() };
    let states = path.states(&case.world);
    let is_broken = |property: &Safety| states.iter().any(|state| !property.holds(&case.world, state));
    Safety::ALL.into_iter().filter(is_broken).map(Property::Safety).collect()
}

fn counterexample(checked: &Checked<'_>, case: &Combination, property: Property, width: u16) -> String {
    let Some(trace) = case.trace(property) else { return String::new() };
    let story = Story::of(&case.world, &trace).with_rescue(rescue::map(checked.spec, &case.world, &trace));
    let messages = match checked.spec.numbers.messages {
        Number::Given => String::new(),
        Number::Any => format!(" with {}", messages_of(case, &trace)),
    };
    let mut text = format!(
        "{BAD}{} is violated{BAD:#} after {} steps{messages}: it is not so that\n{}\n",
        property.name(),
        trace.path.actions.len(),
        wrapped(property.says(), 0, width)
    );
    if !checked.varied.is_empty() {
        let _ =
            writeln!(text, "({})", wrapped(&format!("here with {}", combination(&case.world, checked)), 0, width - 2));
    }
    text.push_str(&table(&case.world, &story, width));
    text
}

/// How many messages have arrived at the end of a trace, in words.
fn messages_of(case: &Combination, trace: &Trace) -> String {
    let end = trace.path.end(&case.world);
    match end.accounts.values().map(|account| account.record.accepted.len()).max().unwrap_or(0) {
        1 => "one message".to_owned(),
        more => format!("{more} messages"),
    }
}

/// A story as a table that fits the width.
#[must_use]
pub fn table(world: &World, story: &Story, width: u16) -> String {
    let servers: Vec<String> = world.scenario.site.servers.values().cloned().collect();
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(width).enforce_styling();
    let titles = ["", "who", "what happens", "home is"].map(ToOwned::to_owned).into_iter().chain(servers);
    table.set_header(titles.map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
    let mut at_first = vec!["at first".to_owned()];
    at_first.extend(story.is_point_of_no_return(0).then(|| NO_RETURN.to_owned()));
    table.add_row(cells("0", "", at_first, &story.start, None));
    for row in &story.rows {
        let alarm = (!row.lost.is_empty()).then_some(Color::Red);
        let mark = if row.is_after { "+" } else { "" };
        table.add_row(cells(&format!("{}{mark}", row.number), &row.actor, events(row, story), &row.scene, alarm));
    }
    let mut text: String = table.lines().flat_map(|line| [without_end(&line), "\n".to_owned()]).collect();
    text.push_str(&story.notes());
    if let Some(map) = &story.rescue {
        text.push_str(&outlook::strip(map, width));
    }
    text
}

/// The line without the spaces at its end, which stand before and between style codes where the row has a colour.
fn without_end(line: &str) -> String {
    let (mut seen, mut codes) = (line.trim_end(), String::new());
    while let Some(place) = seen.rfind('\x1b').filter(|place| seen.ends_with('m') && !seen[*place..].contains(' ')) {
        let code = &seen[place..];
        if code.find('m') != Some(code.len() - 1) {
            break;
        }
        codes.insert_str(0, code);
        seen = seen[..place].trim_end();
    }
    format!("{seen}{codes}")
}

fn events(row: &Row, story: &Story) -> Vec<String> {
    let mut lines = vec![row.says.clone()];
    if !row.lost.is_empty() {
        lines.push(format!(">> DESTROYED: {} <<", row.lost.join(", ")));
    }
    lines.extend(story.is_point_of_no_return(row.number).then(|| NO_RETURN.to_owned()));
    lines.extend(row.reported.as_ref().map(|reported| format!("told: {reported}")));
    let broken: Vec<&str> = row.breaks.iter().map(|property| property.name()).collect();
    if !broken.is_empty() && !row.is_after {
        lines.push(format!("[breaks {}]", broken.join(", ")));
    }
    lines
}

fn cells(number: &str, who: &str, what: Vec<String>, scene: &Scene, colour: Option<Color>) -> Vec<Cell> {
    let mut texts = vec![number.to_owned(), who.to_owned(), what.join("\n"), scene.directory.join("\n")];
    texts.extend(scene.stores.iter().map(|lines| lines.join("\n")));
    let paint = |text: String| match colour {
        Some(colour) => Cell::new(text).fg(colour),
        None => Cell::new(text),
    };
    texts.into_iter().map(paint).collect()
}
