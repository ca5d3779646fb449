//! The writer: a written scenario has the same meaning when it is read again.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use stranded_model::assumption::Assumption;
use stranded_model::dn::HomeValue;
use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::{
    Act, Claim, Condition, Deletion, Duplicate, Handler, ListPurpose, MemoryLife, Only, Outcome, ServerRef, Step,
    StepResult, VersionCondition,
};
use stranded_model::scenario::{Administrator, CopyOrder, Delivery, Fault, Replication, Run, RunId, RunsMax};
use stranded_model::table::PerServer;
use stranded_search::property::{Property, Verdict};
use stranded_search::sanitize::visible_line;
use stranded_search::scenario::{Number, SiteNames, Spec, builtin, load_scenario, parse_scenario, to_toml};

use super::{SOUND, no_files, parsed};

/// Returns the scenario without the parts that a rewritten file need not share: texts and lines.
fn bare(mut spec: Spec) -> Spec {
    spec.text.clear();
    spec.from = spec.from.map(|from| Box::new(bare(*from)));
    let runs = spec.scenario.administrators.iter_mut().flat_map(|administrator| &mut administrator.runs);
    runs.flat_map(|run| &mut run.procedure.steps).for_each(|step| step.line = 0);
    spec
}

#[test]
fn every_built_in_scenario_is_written_as_it_was_read() {
    for builtin in builtin::scenarios() {
        let spec = load_scenario(builtin.name).unwrap();
        assert_eq!(bare(parsed(&to_toml(&spec))), bare(spec));
    }
}

fn any_server_ref(servers: usize) -> impl Strategy<Value = ServerRef> {
    prop_oneof![
        Just(ServerRef::From),
        Just(ServerRef::To),
        Just(ServerRef::ConnectedTo),
        Just(ServerRef::Home),
        Just(ServerRef::Earlier),
        Just(ServerRef::Later),
        (0..servers).prop_map(|server| ServerRef::Server(ServerId::at(server))),
    ]
}

fn any_home_value(servers: usize) -> impl Strategy<Value = HomeValue<ServerRef>> {
    let is_typed = |server: &ServerRef| !matches!(server, ServerRef::Home | ServerRef::Earlier | ServerRef::Later);
    let server = any_server_ref(servers).prop_map(move |server| if is_typed(&server) { server } else { ServerRef::To });
    prop_oneof![3 => server.prop_map(HomeValue::Server), 1 => Just(HomeValue::Malformed)]
}

fn any_condition(servers: usize) -> impl Strategy<Value = Condition> {
    (any_server_ref(servers), any_server_ref(servers), 0..13).prop_map(|(one, other, kind)| match kind {
        0 => Condition::HomeIs(one),
        1 => Condition::Differ(one, other),
        2 => Condition::Present(one),
        3 => Condition::Empty(one),
        4 => Condition::HoldsAll { at: one, of: LISTED },
        5 => Condition::EveryReplicaNames(one),
        6 => Condition::ReplicasAgree,
        7 => Condition::NoRecipient(one),
        8 => Condition::HomeIsEither(one, other),
        9 => Condition::ReplicasAgreeOn(one),
        10 => Condition::HoldsListed(one),
        11 => Condition::NothingListed,
        _ => Condition::NothingQueued,
    })
}

/// The server that steps list, and that no step mirrors: a mirror of a store with its own list is refused.
const LISTED: ServerRef = ServerRef::From;
const MIRRORED: ServerRef = ServerRef::To;

/// Two ends of a copy, which differ in every run.
fn apart(from: ServerRef) -> (ServerRef, ServerRef) {
    if from == ServerRef::To { (ServerRef::To, ServerRef::From) } else { (ServerRef::From, ServerRef::To) }
}

fn any_act(servers: usize) -> impl Strategy<Value = Act> {
    let value = move || any_home_value(servers);
    let edits = prop_oneof![
        value().prop_map(|mdb| (Some(mdb), None)),
        value().prop_map(|mta| (None, Some(mta))),
        (value(), value()).prop_map(|(mdb, mta)| (Some(mdb), Some(mta))),
    ];
    let servers_of_step = (any_server_ref(servers), any_server_ref(servers), any_server_ref(servers));
    let report = (
        proptest::sample::select(&Outcome::ALL[..]),
        proptest::option::of(".{0,20}".prop_map(|text| visible_line(&text.replace('\t', " ")).into_owned())),
    );
    (servers_of_step, edits, any_condition(servers), report, any::<bool>(), 0..26).prop_map(
        |((at, from, to), (mdb, mta), condition, (outcome, says), flag, kind)| match kind {
            0 => Act::CreateMailbox { at, duplicate: if flag { Duplicate::Deleted } else { Duplicate::Kept } },
            1 => Act::DeleteMailbox { at },
            2 => {
                let purpose = if flag { ListPurpose::Listed } else { ListPurpose::Copied };
                Act::List { at: LISTED, purpose }
            }
            3 => {
                let (from, to) = apart(from);
                Act::CopyMessage { from, to }
            }
            4 => {
                let (from, to) = apart(from);
                Act::PropagateDeletions { from, to }
            }
            5 => Act::Mark { at, claim: if flag { Claim::Taken } else { Claim::Respected } },
            22 => Act::Mark { at, claim: Claim::Token },
            23 => {
                let (from, to) = apart(from);
                Act::AppendMessage { from, to }
            }
            24 => Act::DeleteUnlisted { at: MIRRORED, only: if flag { Only::Any } else { Only::Copied } },
            25 => {
                let deletion = if flag { Deletion::Remembered } else { Deletion::Forgotten };
                Act::EmptyMailbox { at, deletion }
            }
            6 => Act::Unmark { at },
            7 => Act::Save { at },
            8 => Act::Load { at },
            9 => Act::Adjust { at },
            10 => Act::HoldDelivery,
            11 => Act::ReleaseDelivery,
            12 => {
                let condition = if flag { VersionCondition::Unchanged } else { VersionCondition::Unconditional };
                Act::SyncDirectory { replica: at, from, to, condition }
            }
            13 => Act::RawEdit { replica: at, mdb, mta },
            14 => Act::DeleteRecipient { replica: at },
            15 => Act::CreateRecipient { replica: at, home: to },
            16 => Act::UpdateNow { replica: at },
            17 => Act::Require(condition),
            18 => Act::Wait(condition),
            19 => {
                let (from, to) = apart(from);
                Act::CopyListed { from, to }
            }
            20 => Act::DeleteListed { at, only: if flag { Only::Any } else { Only::Copied } },
            21 => Act::LookUpHome { replica: at },
            _ => Act::Report { outcome, says },
        },
    )
}

fn any_step(servers: usize) -> impl Strategy<Value = Step> {
    let when = (proptest::sample::select(&Assumption::ALL[..]), any::<proptest::sample::Index>())
        .prop_map(|(assumption, index)| (assumption, u8::try_from(index.index(assumption.values().len())).unwrap()));
    (any_act(servers), proptest::collection::vec(when, 0..=1), any::<bool>()).prop_map(|(act, when, handles)| {
        let can_be_lost = act.is_request();
        let on = if handles && can_be_lost { vec![Handler { result: StepResult::Lost, next: 0 }] } else { Vec::new() };
        Step { label: None, act, on, when, line: 0 }
    })
}

prop_compose! {
    fn any_spec()(servers in 2..=4_usize)(
        home in 0..servers,
        mailboxes in 1..=4_usize,
        messages in 1..=8_usize,
        eventual in any::<bool>(),
        delivery in proptest::sample::select(vec![Delivery::Before, Delivery::UntilRepair, Delivery::AnyTime]),
        flags in any::<[bool; 6]>(),
        faults in proptest::sample::subsequence(Fault::ALL.to_vec(), 0..=Fault::ALL.len()),
        supply in (0..=8_u8, 0..=8_u8, 1..=8_u8),
        steps in proptest::collection::vec(any_step(servers), 1..8),
        ends in proptest::collection::vec((0..servers, 1..servers, 0..servers, 0..11_u8, 0..4_usize), 1..6),
        question in ".{0,30}",
        texts in proptest::collection::vec("[A-Za-z0-9 \"\\\\']{0,5}x", 0..3),
        answers in proptest::collection::vec(proptest::option::of(any::<proptest::sample::Index>()), Assumption::ALL.len()),
        verdicts in proptest::collection::vec(proptest::option::of(proptest::sample::select(&Verdict::EXPECTABLE[..])), 10),
        organization in "[A-Za-z]{1,8}",
        from_other in any::<bool>(),
        servers in Just(servers),
    ) -> Spec {
        let mut spec = parsed(SOUND);
        let names: Vec<String> = (0..servers).map(|server| format!("server-{server}")).collect();
        spec.names = SiteNames::of(names.clone());
        spec.names.organization = organization;
        // The reader replaces invisible characters by their visible form, and tabs by spaces.
        spec.question = visible_line(&question.replace('\t', " ")).into_owned();
        spec.source = texts;
        let site = &mut spec.scenario.site;
        site.servers = PerServer::of(servers, |server: ServerId| names[server.index()].clone());
        site.home = ServerId::at(home);
        (site.mailboxes, site.messages) = (mailboxes, messages);
        site.replication = if eventual { Replication::Eventual } else { Replication::Instant };
        let environment = &mut spec.scenario.environment;
        environment.delivery = delivery;
        let [logon, stale_views, any_mailboxes, any_messages, in_order, keeps_journal] = flags;
        environment.copy_order = if in_order { CopyOrder::Arrival } else { CopyOrder::Any };
        (environment.logon, environment.stale_views) = (logon, stale_views);
        (environment.owner_deletes, environment.other_edits, environment.faults_max) = supply;
        if faults.is_empty() {
            environment.faults_max = 0;
        }
        environment.faults = faults;
        let mut procedure = spec.scenario.run(spec.scenario.last_run).procedure.clone();
        procedure.steps = steps;
        // A step can name the home only if the program looks it up.
        let look_up = Act::LookUpHome { replica: ServerRef::ConnectedTo };
        procedure.steps.insert(
            0,
            Step { label: Some("start".to_owned()), act: look_up, on: Vec::new(), when: Vec::new(), line: 0 },
        );
        // A step can read the list only if the program lists a store before it.
        let list = Act::List { at: ServerRef::From, purpose: ListPurpose::Listed };
        procedure.steps.insert(1, Step { label: None, act: list, on: Vec::new(), when: Vec::new(), line: 0 });
        // A step can delete noted messages only if some step notes any.
        let deletes_noted = |act: &Act| {
            matches!(act, Act::DeleteListed { only: Only::Copied, .. } | Act::DeleteUnlisted { only: Only::Copied, .. })
        };
        if procedure.has_act(deletes_noted) && !procedure.has_act(Act::writes_journal) {
            let append = Act::AppendMessage { from: ServerRef::From, to: ServerRef::To };
            procedure.steps.insert(2, Step { label: None, act: append, on: Vec::new(), when: Vec::new(), line: 0 });
        }
        if keeps_journal && procedure.has_act(Act::writes_journal) {
            procedure.memory = MemoryLife::Journal;
        }
        let end = Act::Report { outcome: Outcome::Ok, says: None };
        procedure.steps.push(Step { label: Some("reported".to_owned()), act: end, on: Vec::new(), when: Vec::new(), line: 0 });
        let built_in = builtin::procedure("move").unwrap().decoded();
        let mut administrators: Vec<Administrator> = Vec::new();
        for (from, apart, connected_to, times, person) in ends {
            let procedure = if times % 2 == 0 { procedure.clone() } else { built_in.clone() };
            let runs_max = match times {
                0 => RunsMax::Any,
                10 => RunsMax::UntilOk,
                times => RunsMax::Times(times),
            };
            let to = ServerId::at((from + apart) % servers);
            let run = Run { procedure, from: ServerId::at(from), to, connected_to: ServerId::at(connected_to), runs_max };
            let name = format!("person-{person}");
            let index = administrators.iter().position(|other| other.name == name).unwrap_or_else(|| {
                administrators.push(Administrator { name, runs: Vec::new() });
                administrators.len() - 1
            });
            administrators[index].runs.push(run);
            let run = u8::try_from(administrators[index].runs.len() - 1).unwrap();
            spec.scenario.last_run = RunId { administrator: Id::at(index), run };
        }
        let uses_own = administrators.iter().flat_map(|person| &person.runs).any(|run| run.procedure.name == "mine");
        spec.never = if uses_own { vec!["mine/reported".to_owned()] } else { vec!["deliver".to_owned()] };
        spec.scenario.administrators = administrators;
        // Versions need a limit, and the loader refuses a scenario without one.
        if spec.scenario.counts_versions() {
            let runs = spec.scenario.administrators.iter_mut().flat_map(|person| &mut person.runs);
            runs.filter(|run| run.runs_max == RunsMax::Any).for_each(|run| run.runs_max = RunsMax::UntilOk);
        }
        let answer = |(assumption, index): (Assumption, Option<proptest::sample::Index>)| {
            Some((assumption, u8::try_from(index?.index(assumption.values().len())).unwrap()))
        };
        spec.pinned = Assumption::ALL.into_iter().zip(answers).filter_map(answer).collect();
        let expected = Property::all().zip(verdicts);
        spec.expect = expected.filter_map(|(property, verdict)| Some((property, verdict?))).collect();
        if from_other && servers == 2 {
            let mut stranded = load_scenario("stranded").unwrap();
            spec.names = stranded.names.clone();
            let site = &mut spec.scenario.site;
            (site.servers, site.home) = (stranded.scenario.site.servers.clone(), stranded.scenario.site.home);
            (site.mailboxes, site.messages) = (stranded.scenario.site.mailboxes, messages.max(2));
            stranded.text.clear();
            spec.from = Some(Box::new(stranded));
        }
        if any_messages {
            spec.numbers.messages = Number::Any;
            spec.scenario.site.messages = 8;
        }
        if any_mailboxes && spec.scenario.environment.faults.is_empty() {
            spec.numbers.mailboxes = Number::Any;
            spec.scenario.site.mailboxes = 1;
        }
        spec
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_written_scenario_reads_back_as_the_same(spec in any_spec()) {
        // Only a reader adds what the steps imply, and once.
        let read = parsed(&to_toml(&spec));
        let mut spec = spec;
        spec.scenario.properties.clone_from(&read.scenario.properties);
        prop_assert!(read.scenario.properties.iter().all(|own| own.name == "mail-at-home"));
        prop_assert_eq!(bare(parsed(&to_toml(&read))), bare(spec.clone()));
        prop_assert_eq!(bare(read), bare(spec));
    }

    #[test]
    fn no_text_makes_the_reader_panic(start in 0..SOUND.len(), length in 0..40_usize, insert in "[\\[\\]={}\"a-z0-9\n -]{0,8}") {
        let end = (start + length).min(SOUND.len());
        let text = format!("{}{insert}{}", &SOUND[..start], &SOUND[end..]);
        if let Err(diagnostics) = parse_scenario("test.toml", &text, &no_files) {
            prop_assert!(diagnostics.render(false).starts_with("error: "));
            prop_assert!(!diagnostics.render(true).is_empty());
        }
    }
}
