//! Driving an implementation tries everything that a scenario allows, and finds what is wrong by a run without anything else.

use stranded::adapter::Reference;
use stranded::drive::{self, Driven, Options, Strategy};
use stranded::oracle::Word;
use stranded::scenario::{self, Spec};

fn driven(spec: &Spec, options: &Options) -> Driven {
    let mut reference = Reference::new(spec, 0).unwrap();
    let (capabilities, judged) = drive::greet(spec, &mut reference).unwrap();
    drive::drive(&judged, &capabilities, &mut reference, options).unwrap()
}

#[test]
fn the_reference_conforms_in_every_scenario_step_by_step_and_in_whole_runs() {
    for spec in scenario::select(&[]).unwrap() {
        for whole_runs in [false, true] {
            let options = Options { whole_runs, actions_max: 1_500, ..Options::default() };
            let driven = driven(&spec, &options);
            assert_eq!(driven.judgement.word, Word::Conforming, "{}: {:?}", spec.name, driven.judgement);
        }
    }
}

#[test]
fn drawn_runs_of_the_reference_conform() {
    for spec in scenario::select(&["article".to_owned()]).unwrap() {
        for strategy in [Strategy::Random(7), Strategy::Guided(7)] {
            let driven = driven(&spec, &Options { strategy, actions_max: 500, ..Options::default() });
            assert_eq!(driven.judgement.word, Word::Conforming, "{}: {:?}", spec.name, driven.judgement);
        }
    }
}
