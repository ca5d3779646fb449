/* Two administrators who move one mailbox in opposite directions by guarded-move, while mail arrives: the same states as the
 * scenario in benches/scenarios/ that has the name of the file which includes this one. That file defines
 *
 *   MESSAGES     the number of messages that arrive
 *   FAULTS_MAX   the number of faults: program-dies, store-crashes, request-lost, reply-lost, replica-unreachable
 *
 * Replication is eventual, messages are copied in the order of arrival, and misrouted mail is stored in a shell. Every transition
 * of the model is one d_step. Constant parts are left out: both home attributes name the same server, nothing is returned or
 * deleted by the owner, and no copy is a second one. Administrator 0 moves from server 0 to server 1 and writes replica 0;
 * administrator 1 does the opposite. Sets of messages are numbers, one bit a message. */

#define IDLE           0
#define OTHER_SERVER   1
#define CLAIM          2
#define CLAIM_OTHER    3
#define HOME_IS_OURS   4
#define HOME_IS_SOURCE 5
#define COPY           6
#define SWITCH         7
#define CONFIRM        8
#define MERGE          9
#define VERIFY        10
#define DELETE        11
#define UNMARK_OTHER  12
#define UNMARK        13
#define DONE          14
#define RELEASE_BOTH  15
#define RELEASE       16
#define DECLINED      17

/* The end of the last execution. */
#define NEVER   0
#define OK      1
#define REFUSED 2
#define FAILED  3
#define UNKNOWN 4
#define DIED    5

/* The effect of a step. */
#define DID     0
#define REFUSES 1
#define LOSES   2
#define MORE    3
#define VISITED 4

/* The directory: in each replica the home, and the stamp of the version. */
byte home[2];
byte version[2];
byte changed[2];
byte signature[2];

/* The stores. The mark is 1 + the administrator who set it, or 0. */
bit present[2];
byte messages[2];
byte pending[2];
byte mark[2];

byte queued;
byte accepted;

bit store_is_down[2];
bit replica_is_down[2];
byte faults_left = FAULTS_MAX;

/* The programs. */
byte next[2];
bit visited[2];
bit is_reached[2];
byte required[2];
byte listed[2];
bit has_read[2];
byte read_version[2];
byte read_changed[2];
byte read_signature[2];
bit has_run[2];
byte ended[2];
bit owes_retry[2];

/* Results that no state keeps. */
hidden byte effect, lowest, candidates, replica, agreed;
hidden byte old_listed, old_version, old_changed, old_signature;
hidden byte old_has_read, wrote_home, is_complete, is_replied;

#define MESSAGE(m)  (1 << (m))
#define HELD(s)     (messages[s] | pending[s])
#define EARLIEST(set) ((set) & ~((set) - 1))
#define ARRIVED     (MESSAGE(accepted) - 1)
#define LOST        (ARRIVED & ~(queued | HELD(0) | HELD(1)))
#define SAME_STAMP(r, s) (version[r] == version[s] && changed[r] == changed[s] && signature[r] == signature[s])
#define HAS_READ(a, r) \
    (has_read[a] && read_version[a] == version[r] && read_changed[a] == changed[r] && read_signature[a] == signature[r])

inline forget_version(a) {
    has_read[a] = 0; read_version[a] = 0; read_changed[a] = 0; read_signature[a] = 0
}

inline read(a, r) {
    has_read[a] = 1; read_version[a] = version[r]; read_changed[a] = changed[r]; read_signature[a] = signature[r]
}

/* A program forgets what it no longer uses, and notes the completion of its move. */
inline derive(a) {
    if
    :: next[a] == IDLE -> skip
    :: else ->
        if :: next[a] != DELETE && !visited[a] -> listed[a] = 0 :: else fi;
        if :: next[a] != COPY && next[a] != SWITCH && !visited[a] -> forget_version(a) :: else fi;
        if :: !HAS_READ(a, 0) && !HAS_READ(a, 1) -> forget_version(a) :: else fi;
        if
        :: next[a] >= RELEASE_BOTH -> is_reached[a] = 0; required[a] = 0
        :: else ->
            required[a] = required[a] | HELD(a);
            is_complete = home[0] == 1 - a && home[1] == 1 - a && (required[a] & ~HELD(1 - a)) == 0;
            if :: is_complete -> is_reached[a] = 1 :: else fi;
            if :: is_reached[a] && next[a] >= MERGE -> required[a] = 0 :: else fi
        fi
    fi
}

/* Versions count from the lowest. */
inline recount(a) {
    if :: has_read[a] -> read_version[a] = read_version[a] - lowest :: else fi;
    if :: agreed -> read_changed[a] = 0; read_signature[a] = 0 :: else fi
}

inline settle() {
    derive(0); derive(1);
    agreed = home[0] == home[1] && SAME_STAMP(0, 1);
    lowest = (version[0] < version[1] -> version[0] : version[1]);
    recount(0); recount(1);
    version[0] = version[0] - lowest; version[1] = version[1] - lowest;
    if :: agreed -> changed[0] = 0; changed[1] = 0; signature[0] = 0; signature[1] = 0 :: else fi;
    assert(LOST == 0)
}

#define MAY_ARRIVE(s) (!store_is_down[s] && mark[s] != 1 + s)

inline store(s, set) {
    present[s] = 1;
    if :: mark[s] -> pending[s] = pending[s] | set :: else -> messages[s] = messages[s] | set fi
}

inline finish(a, how) {
    if
    :: how == OK -> assert(is_reached[a]); owes_retry[a] = 0
    :: how == REFUSED -> skip
    :: else -> owes_retry[a] = 1
    fi;
    ended[a] = how;
    next[a] = IDLE; visited[a] = 0; is_reached[a] = 0; required[a] = 0; listed[a] = 0;
    forget_version(a)
}

inline claim(a, s) {
    if
    :: store_is_down[s] -> effect = LOSES
    :: !store_is_down[s] && mark[s] == 2 - a -> effect = REFUSES
    :: else -> present[s] = 1; mark[s] = 1 + a
    fi
}

inline unmark(a, s) {
    if
    :: store_is_down[s] -> effect = LOSES
    :: !store_is_down[s] && mark[s] == 1 + a ->
        messages[s] = HELD(s); pending[s] = 0; mark[s] = 0;
        if :: s == a && messages[s] == 0 -> present[s] = 0 :: else fi
    :: else -> skip
    fi
}

inline copy(a) {
    if
    :: store_is_down[0] || store_is_down[1] -> effect = LOSES
    :: !(store_is_down[0] || store_is_down[1]) && !present[1 - a] -> effect = (messages[a] == 0 -> DID : REFUSES)
    :: else ->
        candidates = messages[a] & ~HELD(1 - a);
        messages[1 - a] = messages[1 - a] | EARLIEST(candidates);
        effect = (candidates == EARLIEST(candidates) -> DID : MORE)
    fi
}

inline confirm(a) {
    replica = visited[a];
    if
    :: replica_is_down[replica] -> effect = LOSES
    :: else ->
        if :: replica == 0 -> read(a, 0) :: else fi;
        if
        :: HAS_READ(a, replica) && home[replica] == 1 - a -> effect = (replica == 0 -> VISITED : DID)
        :: else -> effect = REFUSES
        fi
    fi
}

inline switch(a) {
    if
    :: replica_is_down[a] -> effect = LOSES
    :: !replica_is_down[a] && !HAS_READ(a, a) -> effect = REFUSES
    :: else ->
        wrote_home = 1;
        home[a] = 1 - a;
        version[a]++;
        changed[a] = (version[1 - a] == version[a] -> changed[1 - a] + 1 : 0);
        signature[a] = a
    fi
}

inline perform(a) {
    effect = DID; wrote_home = 0;
    if
    :: next[a] == OTHER_SERVER || next[a] == DONE || next[a] == DECLINED -> skip
    :: next[a] == CLAIM -> claim(a, 0)
    :: next[a] == CLAIM_OTHER -> claim(a, 1)
    :: next[a] == HOME_IS_OURS -> effect = (replica_is_down[a] -> LOSES : DID)
    :: next[a] == HOME_IS_SOURCE ->
        if
        :: replica_is_down[a] -> effect = LOSES
        :: else -> read(a, a); effect = (home[a] == a -> DID : REFUSES)
        fi
    :: next[a] == COPY || next[a] == MERGE -> copy(a)
    :: next[a] == SWITCH -> switch(a)
    :: next[a] == CONFIRM -> confirm(a)
    :: next[a] == VERIFY ->
        if
        :: store_is_down[1 - a] -> effect = LOSES
        :: else -> listed[a] = HELD(1 - a)
        fi
    :: next[a] == DELETE ->
        if
        :: store_is_down[a] -> effect = LOSES
        :: else ->
            candidates = messages[a] & listed[a];
            messages[a] = messages[a] & ~EARLIEST(candidates);
            effect = (candidates == EARLIEST(candidates) -> DID : MORE)
        fi
    :: next[a] == UNMARK_OTHER || next[a] == RELEASE_BOTH -> unmark(a, 1)
    :: next[a] == UNMARK || next[a] == RELEASE -> unmark(a, 0)
    fi
}

/* The program continues after the effect. */
inline continue(a) {
    if :: wrote_home -> is_reached[a] = 0 :: else fi;
    if
    :: effect == MORE -> visited[a] = 0
    :: effect == VISITED -> visited[a] = 1
    :: effect == DID && next[a] == DONE -> finish(a, OK)
    :: effect == DID && next[a] == DECLINED -> finish(a, REFUSED)
    :: effect == DID && next[a] != DONE && next[a] != DECLINED -> next[a]++; visited[a] = 0
    :: effect == REFUSES ->
        visited[a] = 0;
        if
        :: next[a] == CLAIM -> next[a] = DECLINED
        :: next[a] == CLAIM_OTHER -> next[a] = RELEASE
        :: next[a] == HOME_IS_SOURCE -> next[a] = CONFIRM
        :: next[a] == SWITCH || next[a] == CONFIRM -> next[a] = HOME_IS_OURS
        :: else -> finish(a, FAILED)
        fi
    :: effect == LOSES ->
        visited[a] = 0;
        if
        :: next[a] == SWITCH -> next[a] = HOME_IS_OURS
        :: next[a] == CONFIRM -> skip
        :: else -> finish(a, UNKNOWN)
        fi
    fi
}

/* Executes the next step. If the reply is lost, the program keeps the memory that it had. */
inline step(a) {
    old_listed = listed[a]; old_has_read = has_read[a]; old_version = read_version[a];
    old_changed = read_changed[a]; old_signature = read_signature[a];
    perform(a);
    if
    :: is_replied -> skip
    :: else ->
        listed[a] = old_listed; has_read[a] = old_has_read; read_version[a] = old_version;
        read_changed[a] = old_changed; read_signature[a] = old_signature;
        effect = LOSES
    fi;
    continue(a);
    settle()
}

#define IS_REQUEST(a) \
    (next[a] == CLAIM || next[a] == CLAIM_OTHER || next[a] == COPY || next[a] == SWITCH || (next[a] >= MERGE && \
    next[a] != DONE && next[a] != DECLINED))

#define DELIVER(r) \
    :: d_step { \
        accepted < MESSAGES -> \
        if \
        :: MAY_ARRIVE(home[r]) -> store(home[r], MESSAGE(accepted)) \
        :: else -> queued = queued | MESSAGE(accepted) \
        fi; \
        accepted++; settle() \
    }

#define REDELIVER(m, r) \
    :: d_step { \
        (queued & MESSAGE(m)) && MAY_ARRIVE(home[r]) -> \
        queued = queued & ~MESSAGE(m); store(home[r], MESSAGE(m)); settle() \
    }

#define REPLICATE(r, s) \
    :: d_step { \
        !replica_is_down[0] && !replica_is_down[1] && (version[r] > version[s] || \
            (version[r] == version[s] && signature[r] != signature[s] && changed[r] > changed[s])) -> \
        home[s] = home[r]; version[s] = version[r]; changed[s] = changed[r]; signature[s] = signature[r]; settle() \
    }

#define ADMINISTRATOR(a) \
    :: d_step { \
        next[a] == IDLE && (!has_run[a] || owes_retry[a] || (ended[a] != OK && ended[a] != REFUSED)) -> \
        has_run[a] = 1; next[a] = OTHER_SERVER; settle() \
    } \
    :: d_step { next[a] != IDLE -> is_replied = 1; step(a) } \
    :: d_step { IS_REQUEST(a) && faults_left > 0 -> \
        faults_left--; effect = LOSES; wrote_home = 0; continue(a); settle() } \
    :: d_step { IS_REQUEST(a) && faults_left > 0 -> faults_left--; is_replied = 0; step(a) } \
    :: d_step { next[a] != IDLE && faults_left > 0 -> faults_left--; finish(a, DIED); settle() }

#define SERVER(s) \
    :: d_step { !store_is_down[s] && faults_left > 0 -> faults_left--; store_is_down[s] = 1 } \
    :: d_step { store_is_down[s] -> store_is_down[s] = 0 } \
    :: d_step { !replica_is_down[s] && faults_left > 0 -> faults_left--; replica_is_down[s] = 1 } \
    :: d_step { replica_is_down[s] -> replica_is_down[s] = 0 }

active proctype world()
{
end:
    do
    DELIVER(0)
    DELIVER(1)
    REDELIVER(0, 0)
    REDELIVER(0, 1)
#if MESSAGES > 1
    REDELIVER(1, 0)
    REDELIVER(1, 1)
#endif
    ADMINISTRATOR(0)
    ADMINISTRATOR(1)
    REPLICATE(0, 1)
    REPLICATE(1, 0)
    SERVER(0)
    SERVER(1)
    od
}
