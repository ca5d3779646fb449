//! Measures the events per second that the oracle judges, and the actions per second through which the reference is
//! driven. The log is one of `second-move`, read from memory on one thread; each line has its own time, so that no two
//! are equal. The reference runs in the same process. `benches/README.md` describes the use.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::env;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use criterion::{BatchSize, Criterion, Throughput};
use stranded_oracle::adapter::{Implementation, Reference};
use stranded_oracle::conform::{self, Options, Strategy};
use stranded_oracle::event_log::{Entry, Lines, Reader};
use stranded_oracle::oracle::{Judgement, Oracle, OracleOptions};
use stranded_oracle::protocol::RunRequest;
use stranded_oracle::protocol::{Event, Operation};
use stranded_search::scenario::{Spec, load_scenario};

/// The number of events in one sample.
const EVENTS: usize = 50_000;
/// The number of actions in one sample, each followed by an observation of the mailbox.
const ACTIONS: usize = 10_000;
/// The variable with the number of events of a log that is judged once, to measure memory.
const MEASURED: &str = "STRANDED_EVENTS";

fn main() {
    let spec = load_scenario("second-move").unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    let run = one_run(&spec);
    if let Some(count) = env::var(MEASURED).ok().and_then(|count| count.parse().ok()) {
        println!("{}", memory_of(&spec, &run, count));
        return;
    }
    let log: Vec<u8> = lines(&run).take(EVENTS).flat_map(String::into_bytes).collect();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("validate");
    group.throughput(Throughput::Elements(EVENTS as u64));
    let fresh = || (Oracle::new(&spec, OracleOptions::default()).expect("second-move has a start"), Log::default());
    group.bench_function("second-move", |bencher| {
        bencher.iter_batched(
            fresh,
            |(mut oracle, mut read)| {
                judge(&mut oracle, &mut read, &log);
                black_box(oracle.judgement())
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
    let mut group = criterion.benchmark_group("conform");
    group.throughput(Throughput::Elements(ACTIONS as u64));
    group.bench_function("second-move", |bencher| {
        bencher.iter(|| {
            let mut system = Reference::new(&spec, 0).expect("second-move has a start");
            let options = Options { strategy: Strategy::Random(1), actions_max: ACTIONS, ..Options::default() };
            let (capabilities, judged) =
                conform::handshake(&spec, &mut system).expect("the reference runs second-move");
            let driven =
                conform::drive(&judged, &capabilities, &mut system, &options).expect("the reference runs second-move");
            assert_eq!(driven.actions, ACTIONS);
            black_box(driven)
        });
    });
    group.finish();
    criterion.final_summary();
}

/// One run of the article's program, with an observation after each operation.
fn one_run(spec: &Spec) -> Vec<Event> {
    let mut system = Reference::new(spec, 0).expect("second-move has a start");
    let mailbox = || "mailbox-1".to_owned();
    let deliver =
        |message: &str| Operation::Deliver { mailbox: mailbox(), message: message.to_owned(), by: "source".to_owned() };
    let run = Operation::Run {
        run: RunRequest {
            mailbox: mailbox(),
            administrator: "first".to_owned(),
            procedure: "move-of-the-article".to_owned(),
            from: "source".to_owned(),
            to: "destination".to_owned(),
            connected_to: "source".to_owned(),
        },
        crash: false,
    };
    let mut events = vec![Event::Reset { start: Default::default() }];
    for operation in [deliver("m1"), deliver("m2"), run.clone(), run] {
        let answer = system.perform(&operation).expect("the reference breaks no protocol");
        events.push(Event::Did { operation, answer });
        let observation = system.observe("mailbox-1").expect("the reference breaks no protocol");
        events.push(Event::Observed { mailbox: mailbox(), observation });
    }
    events
}

/// The run, repeated without end. Each line has its own time.
fn lines(run: &[Event]) -> impl Iterator<Item = String> {
    let lines: Vec<String> = run.iter().map(Event::line).collect();
    (0_usize..).map(move |number| {
        let line = &lines[number % lines.len()];
        format!("{},\"at\":\"{number:012}\"}}\n", &line[..line.len() - 1])
    })
}

/// The state of reading a log.
#[derive(Default)]
struct Log {
    lines: Lines,
    reader: Reader,
}

fn judge(oracle: &mut Oracle<'_>, log: &mut Log, bytes: &[u8]) {
    for chunk in bytes.chunks(1 << 16) {
        log.lines.feed(chunk);
        while let Some(line) = log.lines.next_line() {
            match log.reader.read(&line, "memory").unwrap_or_else(|wrong| panic!("{wrong}")) {
                Entry::Event(logged) => oracle.take(&logged.event).unwrap_or_else(|wrong| panic!("{wrong}")),
                Entry::End | Entry::Nothing => {}
            }
        }
    }
}

/// Judges a log that is generated while it is read, and reports the peak memory of the process before and after.
fn memory_of(spec: &Spec, run: &[Event], count: usize) -> String {
    let mut oracle = Oracle::new(spec, OracleOptions::default()).expect("second-move has a start");
    let mut read = Log::default();
    let (before, started) = (peak_kib(), Instant::now());
    lines(run).take(count).for_each(|line| judge(&mut oracle, &mut read, line.as_bytes()));
    let (seconds, after) = (started.elapsed().as_secs_f64(), peak_kib());
    let Judgement { verdict, largest, .. } = oracle.judgement();
    format!(
        "{count} events in {seconds:.2} s: {verdict:?}, {largest} explanations, {before} KiB before and {after} KiB after"
    )
}

/// The peak memory of this process as Linux reports it; 0 on other systems.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}
