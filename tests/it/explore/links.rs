//! Links: a link restores its trace, survives a new order of the actions, and never shows another trace.

use stranded::explore::library::Library;
use stranded::explore::link;
use stranded::explore::open_trace::OpenTrace;
use stranded_model::World;
use stranded_search::scenario::builtin;

use crate::process::Drawn;

/// The number of random traces.
const TRACES: u64 = 200;
/// The largest number of steps of a trace.
const STEPS_MAX: u64 = 30;

/// Returns a random trace of a built-in scenario, sometimes with an applied procedure.
fn random_trace(library: &Library, drawn: &mut Drawn) -> OpenTrace {
    let names: Vec<&str> =
        builtin::scenarios().iter().map(|one| one.name).filter(|name| !name.ends_with("-of-three")).collect();
    let name = names[usize::try_from(drawn.below(names.len() as u64)).unwrap()];
    let mut trace = library.start(&library.named(name).unwrap()).unwrap();
    for _ in 0..drawn.below(STEPS_MAX) {
        let possible = trace.end().world.enabled(&trace.end().state).count() as u64;
        if possible == 0 {
            break;
        }
        if drawn.below(15) == 0 {
            trace.apply("method-1").unwrap();
            continue;
        }
        let mut skipped = drawn.below(possible);
        let (world, state) = (trace.end().world.clone(), trace.end().state.clone());
        let nth = |action: &stranded_model::action::Action| world.step(&state, action).is_ok();
        let action = *world
            .actions()
            .iter()
            .filter(|action| nth(action))
            .find(|_| {
                let found = skipped == 0;
                skipped = skipped.saturating_sub(1);
                found
            })
            .unwrap();
        assert!(trace.take_any(|other| *other == action).unwrap());
    }
    trace
}

#[test]
fn two_hundred_traces_are_opened_again_by_their_links() {
    let (library, mut drawn) = (Library::default(), Drawn(7));
    for number in 0..TRACES {
        let trace = random_trace(&library, &mut drawn);
        let text = link::to(&trace);
        // The recipient of a link has opened nothing before.
        let again = Library::default().follow(&text).unwrap_or_else(|why| panic!("trace {number}: {why}: {text}"));
        assert_eq!(link::to(&again), text, "trace {number}");
        assert_eq!(again.end().state, trace.end().state, "trace {number}");
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#@".contains(&byte)), "{text}");
    }
}

#[test]
fn a_link_names_its_steps_so_their_order_in_the_model_does_not_matter() {
    let library = Library::default();
    let trace = random_trace(&library, &mut Drawn(3));
    let parsed = link::parse(&link::to(&trace)).unwrap();
    assert_eq!(parsed.steps, trace.names().collect::<Vec<_>>());
    let indices: Vec<String> =
        World::actions(&trace.origin.world).iter().enumerate().map(|(index, _)| index.to_string()).collect();
    assert!(parsed.steps.iter().all(|step| !indices.contains(step)), "{:?}", parsed.steps);
}

#[test]
fn a_stale_or_foreign_link_is_an_error_and_shows_nothing() {
    let library = Library::default();
    let mut trace = library.start(&library.named("second-move").unwrap()).unwrap();
    trace.take("deliver mailbox-1 by source").unwrap();
    let sound = link::to(&trace);
    assert!(library.follow(&sound).is_ok());
    let parts: Vec<&str> = sound.split('/').collect();
    let with = |index: usize, text: &str| {
        let mut parts = parts.clone();
        parts[index] = text;
        parts.join("/")
    };
    let rows = [
        (sound[..sound.len() / 3].to_owned(), "this is no link"),
        ("https://example.org/".to_owned(), "this is no link"),
        (with(0, "v0"), "this is no link"),
        (with(1, "my-own").replace(parts[2], "0123456789ab"), "`my-own` of the link is not known here"),
        (with(2, "0123456789ab"), "another version of the scenario `second-move`"),
        (with(3, "duplicate-abort=maybe"), "the assumption duplicate-abort has no value `maybe`"),
        (with(3, "weather=fine"), "there is no assumption `weather`"),
        (with(4, "0123456789ab"), "starts in a state that is not an initial state of second-move"),
        (with(5, "0123456789ab"), "its steps lead to another state here"),
        (with(6, "deliver+mailbox-1+by+sauce"), "cannot follow the link beyond step 0: there is no action"),
        (with(6, "act+mailbox-1+first+nothing"), "is not possible here: the administrator's program is not running"),
        (with(6, "apply+prayer+mailbox-1"), "there is no procedure `prayer`"),
        (with(6, "%ZZ"), "is not escaped correctly"),
    ];
    for (text, reason) in rows {
        let reported = Library::default().follow(&text).map(|_| ()).unwrap_err().to_string();
        assert!(reported.contains(reason), "{text}: {reported}");
    }
}
