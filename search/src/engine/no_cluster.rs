//! The place of a cluster in a build without the engine timely: there is no such value.

/// The workers of one process, or of several. This build has none.
#[derive(Debug)]
pub enum Cluster {}

impl Cluster {
    /// Returns whether several processes search together.
    #[must_use]
    pub fn is_spread(&self) -> bool {
        match *self {}
    }
}
