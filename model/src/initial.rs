//! Initial states: a fresh site, the states in which an earlier scenario is quiescent, or a state in which it was interrupted.

use crate::assumption::Assumptions;
use crate::id::{AdministratorId, Id, MessageSet};
use crate::memory::Needs;
use crate::procedure::{MemoryLife, Procedure};
use crate::scenario::{Fault, Run, Scenario, Start};
use crate::state::{
    Account, Contents, Homes, Mailbox, Mark, Program, Recipient, Record, Server, Shared, Stamp, State, Transport,
};
use crate::table::Table;
use crate::world::{Tracks, World};

impl World {
    /// The scenario under these assumptions, on a fresh site.
    #[must_use]
    pub fn new(scenario: &Scenario, assumptions: Assumptions) -> Self {
        let scenario = scenario.under(&assumptions);
        let initial = vec![fresh(&scenario)];
        Self::starting_in(scenario, assumptions, initial)
    }

    /// The scenario under these assumptions, starting in the quiescent states of an earlier scenario.
    #[must_use]
    pub fn following(scenario: &Scenario, assumptions: Assumptions, quiescent: &[State]) -> Self {
        let scenario = scenario.under(&assumptions);
        let mut initial: Vec<State> = quiescent.iter().map(|past| continued(&scenario, past)).collect();
        initial.sort();
        initial.dedup();
        Self::starting_in(scenario, assumptions, initial)
    }

    /// The scenario under these assumptions, starting where another scenario was interrupted: programs have stopped,
    /// failed services work again with their content, and the first administrator owns every mailbox that is still in
    /// transit. Stores that looked empty show their mail.
    #[must_use]
    pub fn interrupted(scenario: &Scenario, assumptions: Assumptions, state: &State) -> Self {
        let mut past = state.clone();
        past.shared.servers.values_mut().for_each(|server| *server = Server::UP);
        for mailbox in past.accounts.values_mut().flat_map(|account| account.mailboxes.values_mut()) {
            if let Mailbox::Present(Contents { mark: Mark::InTransit { owner, .. }, .. }) = mailbox {
                *owner = AdministratorId::default();
            }
        }
        Self::following(scenario, assumptions, &[past])
    }

    /// This world, with stores that remember deletions because a later scenario reads them.
    #[must_use]
    pub fn remembering_deletions(mut self) -> Self {
        self.tracks.expunged = true;
        self
    }

    /// This world with other procedures in place of those of its runs. Initial states and assumptions stay.
    #[must_use]
    pub fn with_procedures(self, other: impl Fn(&Procedure) -> Procedure) -> Self {
        let Self { mut scenario, assumptions, initial, tracks, .. } = self;
        for run in scenario.administrators.iter_mut().flat_map(|person| &mut person.runs) {
            run.procedure = other(&run.procedure);
        }
        let world = Self::starting_in(scenario, assumptions, initial);
        if tracks.expunged { world.remembering_deletions() } else { world }
    }

    fn starting_in(scenario: Scenario, assumptions: Assumptions, initial: Vec<State>) -> Self {
        let tracks = Tracks {
            versions: scenario.counts_versions(),
            expunged: scenario.reads_deletions(),
            recent: scenario.environment.faults.contains(&Fault::JournalOutlivesMail),
            gap_max: scenario.version_gap_max(),
        };
        let actions = crate::candidates::actions(&scenario);
        let needs_of = |run: &Run| Needs::of(&run.procedure);
        let needs = scenario.administrators.iter().map(|person| person.runs.iter().map(needs_of).collect()).collect();
        Self { scenario, assumptions, initial, actions, tracks, needs }
    }
}

/// The fresh state. A fresh mailbox exists in the directory only; the store creates it at the first logon or delivery.
/// [Q190700]
fn fresh(scenario: &Scenario) -> State {
    let servers = scenario.site.servers.count();
    let recipient = Recipient::Live { homes: Homes::both(scenario.site.home), stamp: Stamp::default() };
    let start = scenario.start.clone().unwrap_or_else(|| Start {
        recipients: Table::of(servers, |_| recipient),
        mailboxes: Table::of(servers, |_| Mailbox::Absent),
    });
    let accepted = start.mailboxes.values().map(|mailbox| mailbox.held()).fold(MessageSet::EMPTY, MessageSet::with);
    let account = Account {
        remembered: scenario.environment.stale_views.then_some(start.recipients[scenario.site.home].without_stamp()),
        recipients: start.recipients,
        mailboxes: start.mailboxes,
        hidden: Table::of(servers, |_| None),
        queued: MessageSet::EMPTY,
        late: None,
        transport: Transport::Open,
        saved: MessageSet::EMPTY,
        edits_left: scenario.environment.other_edits,
        deletes_left: scenario.environment.owner_deletes,
        programs: Table::of(scenario.administrators.len(), |_| Program::FRESH),
        record: Record { accepted, ..Record::default() },
    };
    State {
        accounts: Table::of(scenario.site.mailboxes, |_| account.clone()),
        shared: Shared { servers: Table::of(servers, |_| Server::UP), faults_left: scenario.environment.faults_max },
    }
}

/// The start of this scenario after an earlier one. Mail and directory stay; the runs and supplies are those of this
/// scenario; earlier violations are cleared, but lost messages stay lost.
fn continued(scenario: &Scenario, past: &State) -> State {
    let mut state = past.clone();
    state.shared.faults_left = scenario.environment.faults_max;
    for account in state.accounts.values_mut() {
        let current = account.recipients[scenario.site.home].without_stamp();
        account.remembered = scenario.environment.stale_views.then_some(current);
        account.edits_left = scenario.environment.other_edits;
        account.deletes_left = scenario.environment.owner_deletes;
        // A journal is a file that the next program with a journal finds.
        let journal =
            account.programs.values().map(|program| program.journal).fold(MessageSet::EMPTY, MessageSet::with);
        let finds = |run: &Run| run.procedure.memory == MemoryLife::Journal;
        account.programs = Table::of(scenario.administrators.len(), |id: AdministratorId| {
            let found = scenario.administrators[id.index()].runs.iter().any(finds);
            Program { journal: if found { journal } else { MessageSet::EMPTY }, ..Program::FRESH }
        });
        // A request of an earlier scenario has arrived or never will.
        account.late = None;
        account.begin_with_present_mail();
        account.record =
            Record { destroyed: MessageSet::EMPTY, false_success: false, self_move: false, ..account.record };
    }
    state
}

impl Account {
    /// Stores show what they hold, and copies are counted from the present ones.
    fn begin_with_present_mail(&mut self) {
        for at in self.mailboxes.ids() {
            let shown = self.mailboxes[at];
            self.mailboxes[at] = self.hidden[at].take().unwrap_or(shown);
            if let Mailbox::Present(contents) = &mut self.mailboxes[at] {
                contents.begin_with_present_copies();
                contents.recent = MessageSet::EMPTY;
            }
        }
    }
}
