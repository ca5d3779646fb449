//! A value for each thread of the pool.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// One value for each thread. A thread has its own to itself, so no lock waits.
pub(super) struct PerThread<T>(Vec<Mutex<T>>);

impl<T> PerThread<T> {
    /// Makes a value for each thread.
    pub(super) fn new(value: impl Fn() -> T) -> Self {
        Self((0..rayon::current_num_threads().max(1)).map(|_| Mutex::new(value())).collect())
    }

    /// The value of the calling thread.
    pub(super) fn own(&self) -> MutexGuard<'_, T> {
        lock(&self.0[rayon::current_thread_index().unwrap_or(0) % self.0.len()])
    }

    /// The values of all threads, one after the other.
    pub(super) fn all(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.0.iter().map(lock)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
