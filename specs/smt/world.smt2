; The world of one mailbox on two servers with instant replication, from the view of one message: the tracked message.
; Of all other messages, any number of them, it keeps only the facts that a step can notice. Written by hand from the
; article and from specs/assumptions.md, not from the program. README.md says how the files are combined.

(set-logic ALL)

; The assumptions. An answer that is not asserted is left open, so the proof covers every answer.
(declare-datatypes ((DuplicateAbort 0) (SourceDelete 0) (RawApply 0) (SplitHome 0) (MailBeforeMark 0) (PurgeOrder 0))
  (((keeps-source) (removes-source))
   ((after-directory) (before-directory))
   ((one-write) (two-writes))
   ((return) (shell) (queue))
   ((kept) (lost))
   ((before-tombstone) (after-tombstone))))
(declare-const duplicate-abort DuplicateAbort)
(declare-const source-delete SourceDelete)
(declare-const raw-apply RawApply)
(declare-const split-home SplitHome)
(declare-const mail-before-mark MailBeforeMark)
(declare-const purge-order PurgeOrder)
; True if a store can be down when mail comes.
(declare-const stores-crash Bool)

(declare-datatypes
  ((Server 0) (Administrator 0) (Mail 0) (Mark 0) (Store 0) (Home 0) (Position 0) (Memory 0) (State 0))
  (((source) (destination))
   ; The first administrator moves from source to destination, the second the other way.
   ((first) (second))
   ; The message: not accepted yet, owed to the owner, waiting in the transport, returned, or deleted by its owner.
   ((unsent) (owed) (queued) (returned) (deleted))
   ; The mark of a mailbox, and two flags: the tracked message, or another, is in the in-transit folder.
   ((settled) (in-transit (owner Administrator) (waits Bool) (others-wait Bool)))
   ; The mailbox in a store, and two flags: the tracked message, or another, is in its folders.
   ((absent) (present (holds Bool) (others Bool) (mark Mark)))
   ; The home in the directory. It is split if Home-MDB names the destination and Home-MTA still the source.
   ((names (named Server)) (split) (no-recipient))
   ; The position of a program: the label or the index of its next step.
   ((idle) (over)
    (other-server) (home-is-source) (create) (mark-destination) (mark-source) (copy) (delete-source-early) (sync)
    (delete-source) (unmark) (done) (duplicate) (report-duplicate)
    (edit) (edit-home-mdb) (edit-home-mta)
    (delete) (|2|) (|3|) (|4|) (|5|)
    (claim) (claim-other) (home-is-ours) (switch) (confirm) (merge) (verify) (unmark-other) (release-both) (release)
    (declined))
   ; The memory of a program. Two flags: its next step has visited the first of the two replicas, and the recipient has no newer
   ; version than the program has read. The home that it looked up, if any. A flag: it has listed the tracked message.
   ((memory (visited Bool) (current Bool) (looked-up Home) (lists Bool)))
   ((state
      (mail Mail)
      (at-source Store)
      (at-destination Store)
      ; True if another message in the folders of one store's mailbox is nowhere in the other store.
      (source-lacks Bool)
      (destination-lacks Bool)
      (home Home)
      (of-first Position)
      (of-second Position)
      (memory-of-first Memory)
      (memory-of-second Memory)))))

; The administrator whose program does the step.
(declare-const p Administrator)

; Functions that read a state.
(define-fun from ((p Administrator)) Server (ite (= p first) source destination))
(define-fun to ((p Administrator)) Server (ite (= p first) destination source))
(define-fun opposite ((x Server)) Server (ite (= x source) destination source))
(define-fun at ((x Server) (s State)) Store (ite (= x source) (at-source s) (at-destination s)))
(define-fun lacks ((x Server) (s State)) Bool (ite (= x source) (source-lacks s) (destination-lacks s)))
(define-fun position ((p Administrator) (s State)) Position (ite (= p first) (of-first s) (of-second s)))
(define-fun memory-of ((p Administrator) (s State)) Memory (ite (= p first) (memory-of-first s) (memory-of-second s)))
(define-fun is-listed ((b Store)) Bool (not (= b absent)))
(define-fun is-marked ((b Store)) Bool (and (is-listed b) (not (= (mark b) settled))))
(define-fun is-settled ((b Store)) Bool (and (is-listed b) (= (mark b) settled)))
(define-fun is-marked-by ((p Administrator) (b Store)) Bool (and (is-marked b) (= (owner (mark b)) p)))
(define-fun in-folders ((b Store)) Bool (and (is-listed b) (holds b)))
(define-fun has-waiting ((b Store)) Bool (and (is-marked b) (waits (mark b))))
(define-fun keeps ((b Store)) Bool (or (in-folders b) (has-waiting b)))
(define-fun others-in-folders ((b Store)) Bool (and (is-listed b) (others b)))
(define-fun others-waiting ((b Store)) Bool (and (is-marked b) (others-wait (mark b))))

; Functions that write a state. Each returns the state with one part changed, in the syntax of z3.
(define-fun with-mail ((m Mail) (s State)) State ((_ update-field mail) s m))
(define-fun with ((x Server) (b Store) (s State)) State
  (ite (= x source) ((_ update-field at-source) s b) ((_ update-field at-destination) s b)))
(define-fun with-lacking ((x Server) (l Bool) (s State)) State
  (ite (= x source) ((_ update-field source-lacks) s l) ((_ update-field destination-lacks) s l)))
(define-fun with-position ((l Position) (s State)) State
  (ite (= p first) ((_ update-field of-first) s l) ((_ update-field of-second) s l)))
(define-fun with-memory ((m Memory) (s State)) State
  (ite (= p first) ((_ update-field memory-of-first) s m) ((_ update-field memory-of-second) s m)))
; Each write gives the recipient a new version, which no program has read. [Q195911]
(define-fun outdated ((m Memory)) Memory ((_ update-field current) m false))
(define-fun with-new-version ((s State)) State
  ((_ update-field memory-of-first)
    ((_ update-field memory-of-second) s (outdated (memory-of-second s)))
    (outdated (memory-of-first s))))
(define-fun with-home ((h Home) (s State)) State ((_ update-field home) (with-new-version s) h))
(define-fun with-others ((o Bool) (b Store)) Store (present (holds b) o (mark b)))

; The property. [Q252869 S6, S11]
(define-fun no-loss ((s State)) Bool
  (=> (= (mail s) owed) (or (keeps (at-source s)) (keeps (at-destination s)))))

; A message that one mailbox lacks is in the other; a mailbox that lacks none of the messages of the other holds some itself.
(define-fun lacking-fits ((x Server) (s State)) Bool
  (and (=> (lacks x s) (others-in-folders (at (opposite x) s)))
       (=> (and (others-in-folders (at (opposite x) s)) (not (lacks x s)))
           (or (others-in-folders (at x s)) (others-waiting (at x s))))))
; No message is in both stores, neither the tracked one nor another.
(define-fun nothing-twice ((s State)) Bool
  (and (not (and (keeps (at-source s)) (keeps (at-destination s))))
       (= (source-lacks s) (others-in-folders (at-destination s)))
       (= (destination-lacks s) (others-in-folders (at-source s)))))
; A message that is not owed any more, not accepted yet, or waiting in the transport is in no store.
(define-fun mail-fits ((s State)) Bool
  (=> (not (= (mail s) owed)) (not (or (keeps (at-source s)) (keeps (at-destination s))))))
(define-fun fits ((s State)) Bool (and (lacking-fits source s) (lacking-fits destination s) (mail-fits s)))

; Mail and users. A store from which a marked mailbox is moved defers its mail. [Q248839, Q277911]
(define-fun defers ((x Server) (s State)) Bool (and (is-marked (at x s)) (= (from (owner (mark (at x s)))) x)))
; Before 5.5 SP4, a message that reaches a new mailbox before its mark is lost. [Q277911]
(define-fun drops ((x Server) (s State)) Bool
  (and (= mail-before-mark lost) (= x destination) (= (of-first s) mark-destination) (is-settled (at x s))))
(define-fun received ((b Store)) Store
  (ite (= b absent) (present true false settled)
  (ite (= (mark b) settled) (present true (others b) settled)
    (present (holds b) (others b) (in-transit (owner (mark b)) true (others-wait (mark b)))))))
(define-fun other-received ((x Server) (s State)) State
  (let ((b (at x s)))
    (ite (= b absent) (with-lacking (opposite x) true (with x (present false true settled) s))
    (ite (= (mark b) settled) (with-lacking (opposite x) true (with x (with-others true b) s))
      (with x (present (holds b) (others b) (in-transit (owner (mark b)) (waits (mark b)) true)) s)))))
(define-fun arrives ((x Server) (s State) (t State)) Bool
  (or (and stores-crash (= t (with-mail queued s)))
      (= t (ite (defers x s) (with-mail queued s)
           (ite (drops x s) (with-mail owed s)
             (with-mail owed (with x (received (at x s)) s)))))))
(define-fun other-arrives ((x Server) (s State) (t State)) Bool
  (or (and stores-crash (= t s))
      (= t (ite (or (defers x s) (drops x s)) s (other-received x s)))))
; Home-MTA chooses the server; mail for an unknown recipient is returned. [Q172364, Q230748]
(define-fun routed ((s State) (t State)) Bool
  (ite (= (home s) no-recipient) (= t (with-mail returned s))
  (ite (= (home s) split)
    (ite (= split-home return) (= t (with-mail returned s))
    (ite (= split-home shell) (arrives source s t)
      (= t (with-mail queued s))))
    (arrives (named (home s)) s t))))
(define-fun step-deliver ((s State) (t State)) Bool (and (= (mail s) unsent) (routed s t)))
(define-fun step-redeliver ((s State) (t State)) Bool
  (and (= (mail s) queued) (routed s t) (not (= (mail t) queued))))
; Another message arrives, from outside or from the queue.
(define-fun step-deliver-other ((s State) (t State)) Bool
  (ite (= (home s) no-recipient) (= t s)
  (ite (= (home s) split)
    (ite (= split-home shell) (other-arrives source s t) (= t s))
    (other-arrives (named (home s)) s t))))
; Users go to the server that Home-MDB names. [Q200587, Q190700]
(define-fun user-at ((x Server) (s State)) Bool
  (or (= (home s) (names x)) (and (= (home s) split) (= x destination))))
(define-fun log-on-at ((x Server) (s State) (t State)) Bool
  (and (user-at x s) (not (is-marked (at x s)))
       (= t (ite (= (at x s) absent) (with x (present false false settled) s) s))))
(define-fun step-log-on ((s State) (t State)) Bool (or (log-on-at source s t) (log-on-at destination s t)))
(define-fun owner-deletes-at ((x Server) (s State) (t State)) Bool
  (and (user-at x s) (is-settled (at x s)) (holds (at x s))
       (= t (with-mail deleted (with x (present false (others (at x s)) settled) s)))))
(define-fun step-owner-deletes ((s State) (t State)) Bool
  (or (owner-deletes-at source s t) (owner-deletes-at destination s t)))
; A message that the owner deletes is nowhere else: while a message is in both stores, both are marked. Every invariant here
; includes this, and a statement about the tracked message is true of every message.
(define-fun owner-deletes-other-at ((x Server) (o Bool) (s State) (t State)) Bool
  (and (user-at x s) (is-settled (at x s)) (others (at x s))
       (= t (with-lacking (opposite x) o (with x (with-others o (at x s)) s)))))
(define-fun step-owner-deletes-other ((s State) (t State)) Bool
  (or (owner-deletes-other-at source true s t) (owner-deletes-other-at source false s t)
      (owner-deletes-other-at destination true s t) (owner-deletes-other-at destination false s t)))

; Another edit of the recipient changes its version only. [Q195911]
(define-fun step-other-edit ((s State) (t State)) Bool
  (and (not (= (home s) no-recipient)) (= t (with-new-version s))))

; One step of a program: it is at one label, changes the state, and continues at another label. The program forgets its memory
; unless it continues at a step that uses it, or that is followed by such a step.
(define-fun nothing () Memory (memory false false no-recipient false))
(define-fun uses-memory ((l Position)) Bool
  (or (= l copy) (= l switch) (= l confirm) (= l delete) (= l |2|) (= l |4|) (= l |5|)))
(define-fun goes ((here Position) (s State) (changed State) (next Position) (t State)) Bool
  (and (= (position p s) here)
       (= t (with-memory (ite (uses-memory next) (memory-of p changed) nothing) (with-position next changed)))))

; A store deletes a mailbox with all its messages. [Q252869 S9, S10, S19]
(define-fun removed ((x Server) (s State)) State
  (with-lacking x (others-in-folders (at (opposite x) s)) (with-lacking (opposite x) false (with x absent s))))
; A mark is set, on a shell if there is no mailbox; messages in the in-transit folder stay. [Q259541, Q277911]
(define-fun marked ((x Server) (s State)) State
  (let ((b (at x s)))
    (with x
      (ite (= b absent) (present false false (in-transit p false false))
      (ite (= (mark b) settled) (present (holds b) (others b) (in-transit p false false))
        (present (holds b) (others b) (in-transit p (waits (mark b)) (others-wait (mark b))))))
      s)))
; A program removes its own mark: the in-transit folder joins the mailbox; an empty source is not listed any more. [Q277911, Q168188]
(define-fun unmarked ((x Server) (s State)) State
  (let ((b (at x s)))
    (ite (not (is-marked-by p b)) s
    (let ((m (keeps b)) (o (or (others b) (others-wait (mark b)))))
      (ite (and (= (from p) x) (not m) (not o)) (with x absent s)
        (with-lacking (opposite x) (or (lacks (opposite x) s) (others-wait (mark b)))
          (with x (present m o settled) s)))))))
; One message that the target lacks is copied, any of them; the step repeats until the target lacks none. [Q252869 S22]
(define-fun message-lacking ((s State)) Bool
  (and (in-folders (at (from p) s)) (not (keeps (at (to p) s)))))
(define-fun can-copy ((s State)) Bool
  (or (is-listed (at (to p) s)) (not (or (in-folders (at (from p) s)) (others-in-folders (at (from p) s))))))
(define-fun message-copied ((s State)) State
  (with (to p) (present true (others (at (to p) s)) (mark (at (to p) s))) s))
(define-fun other-copied ((more Bool) (s State)) State
  (with-lacking (to p) more (with (to p) (with-others true (at (to p) s)) s)))
(define-fun copied-more ((here Position) (s State) (again Position) (next Position) (t State)) Bool
  (or (and (message-lacking s) (goes here s (message-copied s) (ite (lacks (to p) s) again next) t))
      (and (lacks (to p) s)
        (or (goes here s (other-copied true s) again t)
            (goes here s (other-copied false s) (ite (message-lacking s) again next) t)))))
(define-fun copies ((here Position) (s State) (next Position) (t State)) Bool
  (and (can-copy s)
    (ite (or (message-lacking s) (lacks (to p) s)) (copied-more here s here next t) (goes here s s next t))))
