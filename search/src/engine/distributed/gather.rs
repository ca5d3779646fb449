//! Every worker tells every other something, and waits until all have been told.

use std::cell::RefCell;
use std::rc::Rc;

use timely::ExchangeData;
use timely::dataflow::operators::{Exchange, Inspect, ToStream};
use timely::worker::Worker;

/// What all workers say, in their order. What is said may differ by who is told.
pub(super) fn reported<T: ExchangeData + Clone>(worker: &mut Worker, says: impl Fn(usize) -> T) -> Vec<T> {
    let index = worker.index();
    let messages: Vec<(usize, usize, T)> = (0..worker.peers()).map(|to| (to, index, says(to))).collect();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let hearing = Rc::clone(&heard);
    worker.dataflow::<u32, _, _>(|scope| {
        let messages = messages.to_stream(scope).container::<Vec<_>>();
        let messages = messages.exchange(|(to, _, _): &(usize, usize, T)| *to as u64);
        messages.inspect(move |(_, from, said)| hearing.borrow_mut().push((*from, said.clone())));
    });
    while worker.has_dataflows() {
        worker.step_or_park(None);
    }
    let mut heard = heard.take();
    heard.sort_by_key(|(from, _)| *from);
    heard.into_iter().map(|(_, said)| said).collect()
}
