//! A run of an implementation as a trace that the page draws: a moment for each event, with the picture of everything observed so far.

use stranded_model::id::Id;
use stranded_oracle::conform::Recording;
use stranded_oracle::protocol::Event;
use stranded_search::names;

use crate::report::observed::Observed;
use crate::report::picture::Picture;
use crate::report::summary::Sentence;

use super::badges::BadgeEntry;
use super::document::{Document, Moment, fingerprint};
use super::run::{RunStep, RunView};

/// Returns the run as a document; `None` if the recording has no valid scenario, which names the servers.
#[must_use]
pub fn document(record: &Recording, run: &RunView) -> Option<Document> {
    let alone = |path: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, format!("no file {path}")));
    let spec = stranded_search::scenario::parse_scenario("scenario_toml", &record.scenario_toml, &alone).ok()?;
    let site = &spec.scenario.site;
    let servers: Vec<String> = site.servers.values().cloned().collect();
    let mailboxes = (0..site.mailboxes).map(|index| names::mailbox(Id::at(index)));
    let mut observed = Observed::new(servers.clone(), mailboxes);
    let mut moments = vec![before(observed.picture())];
    for (step, shown) in record.steps.iter().zip(&run.steps) {
        let lost = |picture: &Picture| -> Vec<String> {
            picture.mailboxes.iter().flat_map(|mailbox| mailbox.lost.clone()).collect()
        };
        let known = lost(&observed.picture());
        observed.take(&step.event);
        let picture = observed.picture();
        let missing = lost(&picture).into_iter().filter(|one| !known.contains(one)).collect();
        moments.push(moment(&step.event, shown, picture, missing));
    }
    let decisive = run.shown_at.or(run.left_at);
    Some(Document {
        format: "stranded-explorer/2",
        version: env!("CARGO_PKG_VERSION"),
        model_hash: record.model_hash.clone(),
        title: run.title.clone(),
        scenario: spec.name.clone(),
        question: spec.question.clone(),
        sources: spec.source.clone(),
        property: None,
        assumptions: std::collections::BTreeMap::new(),
        link: String::new(),
        servers,
        administrators: spec.scenario.administrators.iter().map(|one| one.name.clone()).collect(),
        procedures: Vec::new(),
        run_of: (String::new(), String::new()),
        effects: Vec::new(),
        properties: Vec::new(),
        summary: vec![Sentence::new(
            "What did the run show?",
            format!("{}: {}.", record.verdict, record.says),
            decisive,
        )],
        first_violation: decisive,
        no_return: None,
        repeats_from: None,
        forked_at: None,
        moments,
    })
}

fn before(picture: Picture) -> Moment {
    Moment {
        number: 0,
        actor: String::new(),
        by: "world",
        action: String::new(),
        like: String::new(),
        says: "nothing is observed yet".to_owned(),
        sources: Vec::new(),
        reported: None,
        screen: None,
        lost: Vec::new(),
        strands: Vec::new(),
        breaks: Vec::new(),
        broken: Vec::new(),
        badges: Vec::new(),
        fingerprint: fingerprint(&picture),
        picture,
        outlook: None,
        detail: None,
    }
}

fn moment(event: &Event, shown: &RunStep, picture: Picture, missing: Vec<String>) -> Moment {
    let (actor, by) = match event {
        Event::Did { .. } | Event::Call { .. } | Event::Return { .. } => ("the implementation", "administrator"),
        Event::Reset { .. } => ("reset", "world"),
        Event::Observed { .. } => ("observation", "world"),
    };
    let says = match event {
        Event::Reset { .. } => "to the initial state".to_owned(),
        Event::Did { .. } => format!("is asked: {}; it answers {}", shown.says, shown.observed),
        Event::Call { .. } => format!("is asked: {}", shown.says),
        Event::Return { call, .. } => format!("answers call {call}: {}", shown.observed),
        Event::Observed { mailbox, .. } => format!("of {mailbox}"),
    };
    let badge = |sign, says: String| BadgeEntry { kind: "bad", sign, says };
    let mut badges = Vec::new();
    badges.extend((!missing.is_empty()).then(|| badge("✕", format!("{} no longer found", missing.join(" ")))));
    badges.extend((!shown.agrees).then(|| badge("!", "not as the model allows".to_owned())));
    Moment {
        number: shown.number,
        actor: actor.to_owned(),
        by,
        says,
        badges,
        lost: missing,
        fingerprint: fingerprint(&picture),
        ..before(picture)
    }
}
