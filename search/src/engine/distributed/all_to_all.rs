//! Exchange of values between all workers.

use std::cell::RefCell;
use std::rc::Rc;

use timely::ExchangeData;
use timely::dataflow::operators::{Exchange, Inspect, ToStream};
use timely::worker::Worker;

/// Sends a value to every worker and waits for the values of all. Returns them in the order of the workers. `value_for`
/// gives the value for each receiver.
pub(super) fn all_to_all<T: ExchangeData + Clone>(worker: &mut Worker, value_for: impl Fn(usize) -> T) -> Vec<T> {
    let index = worker.index();
    let messages: Vec<(usize, usize, T)> = (0..worker.peers()).map(|to| (to, index, value_for(to))).collect();
    let on_level = Rc::new(RefCell::new(Vec::new()));
    let receiving = Rc::clone(&on_level);
    worker.dataflow::<u32, _, _>(|scope| {
        let messages = messages.to_stream(scope).container::<Vec<_>>();
        let messages = messages.exchange(|(to, _, _): &(usize, usize, T)| *to as u64);
        messages.inspect(move |(_, from, value)| receiving.borrow_mut().push((*from, value.clone())));
    });
    while worker.has_dataflows() {
        worker.step_or_park(None);
    }
    let mut on_level = on_level.take();
    on_level.sort_by_key(|(from, _)| *from);
    on_level.into_iter().map(|(_, value)| value).collect()
}
