//! The parts of the world that a check does not try, for each runbook that it runs.

/// The parts that no scenario of some procedures tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTried {
    /// The procedures; none if the parts are the same for all procedures of the check.
    pub procedures: Vec<String>,
    /// The parts, each with the key or the flag that tries it.
    pub parts: Vec<String>,
}

impl NotTried {
    /// Returns the parts in one sentence.
    #[must_use]
    pub fn says(&self) -> String {
        let of =
            if self.procedures.is_empty() { String::new() } else { format!(" for {}", self.procedures.join(", ")) };
        format!("Not tried{of}: {}.", self.parts.join("; "))
    }

    /// Returns the parts one by one, with the procedures before each if there are any.
    pub fn entries(&self) -> impl Iterator<Item = String> {
        let of = if self.procedures.is_empty() { String::new() } else { format!("{}: ", self.procedures.join(", ")) };
        self.parts.iter().map(move |part| format!("{of}{part}"))
    }
}
