//! Stands in for a cluster in a build without the engine timely. The type has no value.

/// The workers of one process or several. This build has none.
#[derive(Debug)]
pub enum Cluster {}

impl Cluster {
    /// Returns true if several processes search together.
    #[must_use]
    pub fn has_other_processes(&self) -> bool {
        match *self {}
    }
}
