/* Two runs of move-of-the-article on each of several mailboxes, while mail arrives and users act: the same states as the
 * scenario in benches/scenarios/ that has the name of the file which includes this one. That file defines
 *
 *   MAILBOXES                        the number of mailboxes, each a process with variables of its own
 *   MESSAGES, OWNER_DELETES          the supplies of each mailbox
 *   LOGON                            if users log on
 *   FAULTS_MAX                       if request-lost, reply-lost and program-dies may happen: the most, over all mailboxes
 *   SOURCE_DELETE_BEFORE_DIRECTORY   if that is the answer to source-delete; else after-directory
 *   DUPLICATE_ABORT_REMOVES_SOURCE   if that is the answer to duplicate-abort; else keeps-source
 *
 * Every transition of the model is one d_step, so that no state here is between two states of the model. Constant parts are left
 * out: replication is instant and the only directory step names the source twice, so the home is always the source, all mail goes
 * there, nothing is returned, no message is pending in an in-transit folder, and no run ever reaches its goal.
 * Sets of messages are numbers, one bit a message. */

#define NO_PHASE        0
#define CREATE          1
#define MARK_DESTINATION 2
#define MARK_SOURCE     3
#define COPY            4
#define DELETE_EARLY    5
#define SYNC            6
#define DELETE_LATE     7
#define UNMARK          8
#define DONE            9
#define DUPLICATE      10
#define REPORT_DUPLICATE 11

#ifdef SOURCE_DELETE_BEFORE_DIRECTORY
#define AFTER_COPY DELETE_EARLY
#define AFTER_SYNC UNMARK
#else
#define AFTER_COPY SYNC
#define AFTER_SYNC DELETE_LATE
#endif
#ifdef DUPLICATE_ABORT_REMOVES_SOURCE
#define ON_DUPLICATE DUPLICATE
#else
#define ON_DUPLICATE REPORT_DUPLICATE
#endif

/* The outcome of the last execution. */
#define NEVER    0
#define OK       1
#define FAILED   2
#define UNKNOWN  3
#define DIED     4

#define RUNS_MAX 2
#define MESSAGE(m)  (1 << (m))
#define ARRIVED     (MESSAGE(accepted) - 1)
#define COUNT(set)  (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1))
#define LACKING     (source & ~destination)
#define EARLIEST(set) ((set) & ~((set) - 1))
#define LOST        (ARRIVED & ~(owner_deleted | queued | source | destination))

#ifdef FAULTS_MAX
byte faults_left = FAULTS_MAX;
#endif

/* A message reaches the source's store, which creates a missing mailbox. */
#define STORE(m)    source = source | MESSAGE(m); source_is_present = 1

#define REDELIVER(m) \
    :: d_step { !source_is_marked && (queued & MESSAGE(m)) -> queued = queued & ~MESSAGE(m); STORE(m) }

#define OWNER_DELETES_ONE(m) \
    :: d_step { \
        !source_is_marked && (source & MESSAGE(m)) && COUNT(owner_deleted) < OWNER_DELETES -> \
        source = source & ~MESSAGE(m); \
        owner_deleted = owner_deleted | MESSAGE(m) \
    }

/* Deletes a mailbox with its mark; messages that were nowhere else are destroyed. */
#define DELETE_SOURCE \
    destroyed = destroyed | (source & ~(owner_deleted | queued | destination)); \
    source = 0; source_is_present = 0; source_is_marked = 0
#define DELETE_DESTINATION \
    destroyed = destroyed | (destination & ~(owner_deleted | queued | source)); \
    destination = 0; destination_is_present = 0; destination_is_marked = 0

#define END(how, owes) ended = how; owes_retry = owes; next = NO_PHASE

/* The program does its next step and gets the answer. */
#define STEP \
    if \
    :: next == CREATE && !destination_is_present -> destination_is_present = 1; next = MARK_DESTINATION \
    :: next == CREATE && destination_is_present -> DELETE_DESTINATION; next = ON_DUPLICATE \
    :: next == MARK_DESTINATION -> destination_is_present = 1; destination_is_marked = 1; next = MARK_SOURCE \
    :: next == MARK_SOURCE -> source_is_present = 1; source_is_marked = 1; next = COPY \
    :: next == COPY -> \
        destination = destination | EARLIEST(LACKING); \
        if :: LACKING == 0 -> next = AFTER_COPY :: else fi \
    :: next == DELETE_EARLY -> DELETE_SOURCE; next = SYNC \
    :: next == SYNC -> self_move = 1; next = AFTER_SYNC \
    :: next == DELETE_LATE -> DELETE_SOURCE; next = UNMARK \
    :: next == UNMARK -> destination_is_marked = 0; next = DONE \
    :: next == DONE -> false_success = 1; END(OK, 0) \
    :: next == DUPLICATE -> DELETE_SOURCE; next = REPORT_DUPLICATE \
    :: next == REPORT_DUPLICATE -> END(FAILED, 1) \
    fi

active [MAILBOXES] proctype mailbox()
{
    /* The stores. */
    unsigned source : MESSAGES;
    unsigned destination : MESSAGES;
    bit source_is_present, source_is_marked, destination_is_present, destination_is_marked;
    /* The transport. */
    unsigned queued : MESSAGES;
    /* The administrator's program. */
    unsigned next : 4;
    unsigned executions : 2;
    unsigned ended : 3;
    bit owes_retry;
    /* The observer. Messages are accepted in order, so a number is enough. */
    unsigned accepted : 2;
    unsigned owner_deleted : MESSAGES;
    unsigned destroyed : MESSAGES;
    bit false_success, self_move;

end:
    do
    :: d_step {
        accepted < MESSAGES ->
        if
        :: source_is_marked -> queued = queued | MESSAGE(accepted)
        :: else -> STORE(accepted)
        fi;
        accepted++
    }
    REDELIVER(0)
#if MESSAGES > 1
    REDELIVER(1)
#endif
#if MESSAGES > 2
    REDELIVER(2)
#endif
#ifdef LOGON
    :: d_step { !source_is_marked -> source_is_present = 1 }
#endif
#if OWNER_DELETES > 0
    OWNER_DELETES_ONE(0)
#if MESSAGES > 1
    OWNER_DELETES_ONE(1)
#endif
#if MESSAGES > 2
    OWNER_DELETES_ONE(2)
#endif
#endif
    :: d_step { next == NO_PHASE && executions < RUNS_MAX -> executions++; next = CREATE }
    :: d_step { next != NO_PHASE -> STEP; assert(LOST == 0) }
#ifdef FAULTS_MAX
    :: d_step { next != NO_PHASE && next != DONE && next != REPORT_DUPLICATE && faults_left > 0 ->
        faults_left--; END(UNKNOWN, 1) }
    :: d_step { next != NO_PHASE && next != DONE && next != REPORT_DUPLICATE && faults_left > 0 ->
        faults_left--; STEP; END(UNKNOWN, 1); assert(LOST == 0) }
    :: d_step { next != NO_PHASE && faults_left > 0 -> faults_left--; END(DIED, 1) }
#endif
    od
}
