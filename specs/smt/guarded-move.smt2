; The guarded move by two administrators at once: the first moves from source to destination, the second the other way. A fresh
; mailbox, any number of messages at any time, any number of runs of each, log-ons, and deletions by the owner. Programs die,
; requests and replies get lost, stores crash, replicas cannot be reached, and other edits change the recipient, any number of
; times. Each change of the directory reaches every replica at once.
; After world.smt2.

(assert stores-crash)

; The program does not know whether its request took effect.
(define-fun lost-step ((here Position) (s State) (changed State) (next Position) (t State)) Bool
  (or (goes here s s next t) (goes here s changed next t)))
; A claim is a mark that respects another's.
(define-fun is-claimable ((x Server) (s State)) Bool (=> (is-marked (at x s)) (is-marked-by p (at x s))))
(define-fun claimed ((x Server) (s State)) State (ite (is-claimable x s) (marked x s) s))

(define-fun step-start ((s State) (t State)) Bool (goes idle s s other-server t))
(define-fun step-die ((s State) (t State)) Bool
  (and (not (= (position p s) idle)) (goes (position p s) s s idle t)))
(define-fun step-other-server ((s State) (t State)) Bool (goes other-server s s claim t))
; Every move claims the same server first, in both directions.
(define-fun step-claim ((s State) (t State)) Bool
  (and (is-claimable source s) (goes claim s (claimed source s) claim-other t)))
(define-fun |step-claim:refused| ((s State) (t State)) Bool
  (and (not (is-claimable source s)) (goes claim s s declined t)))
(define-fun |step-claim:lost| ((s State) (t State)) Bool (lost-step claim s (claimed source s) idle t))
(define-fun step-claim-other ((s State) (t State)) Bool
  (and (is-claimable destination s) (goes claim-other s (claimed destination s) home-is-ours t)))
(define-fun |step-claim-other:refused| ((s State) (t State)) Bool
  (and (not (is-claimable destination s)) (goes claim-other s s release t)))
(define-fun |step-claim-other:lost| ((s State) (t State)) Bool
  (lost-step claim-other s (claimed destination s) idle t))
; The program reads the home under the claim, and remembers the version that it shows. No answer differs from the answer "no".
(define-fun version-read ((s State)) State (with-memory ((_ update-field current) (memory-of p s) true) s))
(define-fun step-home-is-ours ((s State) (t State)) Bool
  (and (or (= (home s) (names source)) (= (home s) (names destination)))
       (goes home-is-ours s s home-is-source t)))
(define-fun |step-home-is-ours:refused| ((s State) (t State)) Bool
  (and (not (or (= (home s) (names source)) (= (home s) (names destination))))
       (goes home-is-ours s s release-both t)))
(define-fun |step-home-is-ours:lost| ((s State) (t State)) Bool (goes home-is-ours s s idle t))
(define-fun step-home-is-source ((s State) (t State)) Bool
  (and (= (home s) (names (from p))) (goes home-is-source s (version-read s) copy t)))
(define-fun |step-home-is-source:refused| ((s State) (t State)) Bool
  (and (not (= (home s) (names (from p)))) (goes home-is-source s s confirm t)))
(define-fun |step-home-is-source:lost| ((s State) (t State)) Bool (goes home-is-source s s idle t))
; The destination keeps the messages that it has; the move adds the others.
(define-fun copy-lost ((here Position) (s State) (t State)) Bool
  (or (goes here s s idle t) (and (can-copy s) (copied-more here s idle idle t))))
(define-fun step-copy ((s State) (t State)) Bool (copies copy s switch t))
(define-fun |step-copy:lost| ((s State) (t State)) Bool (copy-lost copy s t))
; The move changes the home, if the version is still the one that it has read.
(define-fun switched ((s State)) State (ite (current (memory-of p s)) (with-home (names (to p)) s) s))
(define-fun step-switch ((s State) (t State)) Bool (and (current (memory-of p s)) (goes switch s (switched s) confirm t)))
(define-fun |step-switch:refused| ((s State) (t State)) Bool
  (and (not (current (memory-of p s))) (goes switch s s home-is-ours t)))
(define-fun |step-switch:lost| ((s State) (t State)) Bool (lost-step switch s (switched s) home-is-ours t))
; The move empties the source only when every replica shows the destination, in one version. It visits one replica after the
; other; the first visit remembers the version, and a visit without an answer begins again.
(define-fun is-confirmed ((s State)) Bool
  (and (= (home s) (names (to p))) (=> (visited (memory-of p s)) (current (memory-of p s)))))
(define-fun step-confirm ((s State) (t State)) Bool
  (and (is-confirmed s)
       (ite (visited (memory-of p s)) (goes confirm s s merge t)
         (goes confirm s (with-memory (memory true true no-recipient false) s) confirm t))))
(define-fun |step-confirm:refused| ((s State) (t State)) Bool
  (and (not (is-confirmed s)) (goes confirm s s home-is-ours t)))
(define-fun |step-confirm:lost| ((s State) (t State)) Bool (goes confirm s (with-memory nothing s) confirm t))
(define-fun step-merge ((s State) (t State)) Bool (copies merge s verify t))
(define-fun |step-merge:lost| ((s State) (t State)) Bool (copy-lost merge s t))
; The move lists the destination, the in-transit folder included.
(define-fun step-verify ((s State) (t State)) Bool
  (goes verify s (with-memory (memory false false no-recipient (keeps (at (to p) s))) s) delete t))
(define-fun |step-verify:lost| ((s State) (t State)) Bool (goes verify s s idle t))
; One listed message is deleted, any of them; the step repeats until the source has none. By the invariant, each message in the
; folders of the source is listed and in the destination, and a message in an in-transit folder is in no other location; so a
; deleted message is in the folders of the destination only.
(define-fun is-to-delete ((s State)) Bool (and (in-folders (at (from p) s)) (lists (memory-of p s))))
(define-fun message-deleted ((s State)) State
  (let ((b (at (from p) s))) (with (from p) (present false (others b) (mark b)) s)))
(define-fun other-deleted ((more Bool) (s State)) State
  (with-lacking (from p) (others-in-folders (at (to p) s)) (with (from p) (with-others more (at (from p) s)) s)))
(define-fun deleted-more ((s State) (again Position) (next Position) (t State)) Bool
  (let ((more (others-in-folders (at (from p) s))))
    (or (and (is-to-delete s) (goes delete s (message-deleted s) (ite more again next) t))
        (and more
          (or (goes delete s (other-deleted true s) again t)
              (goes delete s (other-deleted false s) (ite (is-to-delete s) again next) t))))))
(define-fun step-delete ((s State) (t State)) Bool
  (ite (or (is-to-delete s) (others-in-folders (at (from p) s))) (deleted-more s delete unmark-other t)
    (goes delete s s unmark-other t)))
(define-fun |step-delete:lost| ((s State) (t State)) Bool
  (or (goes delete s s idle t) (deleted-more s idle idle t)))
; The move releases the first claim last.
(define-fun step-unmark-other ((s State) (t State)) Bool (goes unmark-other s (unmarked destination s) unmark t))
(define-fun |step-unmark-other:lost| ((s State) (t State)) Bool
  (lost-step unmark-other s (unmarked destination s) idle t))
(define-fun step-unmark ((s State) (t State)) Bool (goes unmark s (unmarked source s) done t))
(define-fun |step-unmark:lost| ((s State) (t State)) Bool (lost-step unmark s (unmarked source s) idle t))
(define-fun step-done ((s State) (t State)) Bool (goes done s s idle t))
(define-fun step-release-both ((s State) (t State)) Bool (goes release-both s (unmarked destination s) release t))
(define-fun step-release ((s State) (t State)) Bool (goes release s (unmarked source s) declined t))
(define-fun step-declined ((s State) (t State)) Bool (goes declined s s idle t))

; Created in the directory only. [Q190700]
(define-fun initial ((s State)) Bool
  (= s (state unsent absent absent false false (names source) idle idle nothing nothing)))

; True if a store has something of the mailbox, the in-transit folder included.
(define-fun is-empty ((b Store)) Bool
  (not (or (keeps b) (others-in-folders b) (others-waiting b))))
; All mail is in the store that the home names.
(define-fun all-at-home ((s State)) Bool
  (ite (= (home s) (names source)) (is-empty (at-destination s)) (is-empty (at-source s))))
; Every message in the folders of the first store is in the second as well.
(define-fun all-copied ((x Server) (y Server) (s State)) Bool
  (and (=> (in-folders (at x s)) (keeps (at y s))) (not (lacks y s))))
(define-fun holds-first ((a Administrator) (s State)) Bool
  (let ((here (position a s)))
    (or (= here claim-other) (= here home-is-ours) (= here home-is-source) (= here copy) (= here switch) (= here confirm)
        (= here merge) (= here verify) (= here delete) (= here unmark-other) (= here unmark))))
(define-fun holds-both ((a Administrator) (s State)) Bool
  (and (holds-first a s) (not (= (position a s) claim-other)) (not (= (position a s) unmark))))
; The conditions that follow from the step of one administrator's program, or from its last step if it died.
(define-fun invariant-of ((a Administrator) (s State)) Bool
  (let ((here (position a s)) (b (at (from a) s)) (c (at (to a) s)))
    (let ((has-first (is-marked-by a (at-source s))) (has-both (and (is-marked-by a b) (is-marked-by a c))))
      (and
        (or (= here idle) (= here other-server) (= here claim) (= here done) (= here declined) (holds-first a s))
        (=> (holds-first a s) has-first)
        (=> (holds-both a s) has-both)
        (=> (is-marked-by a (at-destination s)) has-first)
        ; A store from which the mailbox is moved takes no mail; the other takes mail once it is the home.
        (=> (is-marked-by a b) (not (or (has-waiting b) (others-waiting b))))
        (=> (and (is-marked-by a c) (= (home s) (names (from a)))) (not (or (has-waiting c) (others-waiting c))))
        ; A message in an in-transit folder is in no other location.
        (not (and (has-waiting b) (keeps c)))
        ; Until the switch the destination holds only copies; from then on the source holds only copies.
        (=> (and has-both (= (home s) (names (from a)))) (all-copied (to a) (from a) s))
        (=> (and has-both (= (home s) (names (to a)))) (all-copied (from a) (to a) s))
        (=> (or (= here copy) (= here switch)) (= (home s) (names (from a))))
        (=> (= here switch) (all-copied (from a) (to a) s))
        (=> (or (= here confirm) (= here merge) (= here verify) (= here delete) (= here unmark-other) (= here unmark))
            (= (home s) (names (to a))))
        (=> (and (= here delete) (in-folders b)) (lists (memory-of a s)))
        (=> (= here unmark-other) (is-empty b))
        (=> (= here unmark) (not (is-marked (at-destination s))))))))
(define-fun invariant ((s State)) Bool
  (and
    (no-loss s)
    (fits s)
    (or (= (home s) (names source)) (= (home s) (names destination)))
    (invariant-of first s)
    (invariant-of second s)
    ; Without both claims no message is in two stores.
    (=> (not (is-marked (at-destination s))) (all-at-home s))))

; The queries. A step that can occur is answered `sat`; every proved statement is answered `unsat`, without exception.
(declare-const s State)
(declare-const t State)
(push) (assert (initial s)) (echo "some state is initial") (check-sat)
  (assert (not (invariant s))) (echo "initial states satisfy the invariant") (check-sat) (pop)
(assert (invariant s))
(push) (assert (not (no-loss s))) (echo "the invariant implies no-loss") (check-sat) (pop)
(push) (assert (step-deliver s t)) (echo "deliver can occur") (check-sat)
  (assert (not (invariant t))) (echo "deliver keeps the invariant") (check-sat) (pop)
(push) (assert (step-redeliver s t)) (echo "redeliver can occur") (check-sat)
  (assert (not (invariant t))) (echo "redeliver keeps the invariant") (check-sat) (pop)
(push) (assert (step-deliver-other s t)) (echo "deliver-other can occur") (check-sat)
  (assert (not (invariant t))) (echo "deliver-other keeps the invariant") (check-sat) (pop)
(push) (assert (step-log-on s t)) (echo "log-on can occur") (check-sat)
  (assert (not (invariant t))) (echo "log-on keeps the invariant") (check-sat) (pop)
(push) (assert (step-owner-deletes s t)) (echo "owner-deletes can occur") (check-sat)
  (assert (not (invariant t))) (echo "owner-deletes keeps the invariant") (check-sat) (pop)
(push) (assert (step-owner-deletes-other s t)) (echo "owner-deletes-other can occur") (check-sat)
  (assert (not (invariant t))) (echo "owner-deletes-other keeps the invariant") (check-sat) (pop)
(push) (assert (step-other-edit s t)) (echo "other-edit can occur") (check-sat)
  (assert (not (invariant t))) (echo "other-edit keeps the invariant") (check-sat) (pop)
(push) (assert (step-start s t)) (echo "start can occur") (check-sat)
  (assert (not (invariant t))) (echo "start keeps the invariant") (check-sat) (pop)
(push) (assert (step-die s t)) (echo "die can occur") (check-sat)
  (assert (not (invariant t))) (echo "die keeps the invariant") (check-sat) (pop)
(push) (assert (step-other-server s t)) (echo "other-server can occur") (check-sat)
  (assert (not (invariant t))) (echo "other-server keeps the invariant") (check-sat) (pop)
(push) (assert (step-claim s t)) (echo "claim can occur") (check-sat)
  (assert (not (invariant t))) (echo "claim keeps the invariant") (check-sat) (pop)
(push) (assert (|step-claim:refused| s t)) (echo "claim:refused can occur") (check-sat)
  (assert (not (invariant t))) (echo "claim:refused keeps the invariant") (check-sat) (pop)
(push) (assert (|step-claim:lost| s t)) (echo "claim:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "claim:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-claim-other s t)) (echo "claim-other can occur") (check-sat)
  (assert (not (invariant t))) (echo "claim-other keeps the invariant") (check-sat) (pop)
(push) (assert (|step-claim-other:refused| s t)) (echo "claim-other:refused can occur") (check-sat)
  (assert (not (invariant t))) (echo "claim-other:refused keeps the invariant") (check-sat) (pop)
(push) (assert (|step-claim-other:lost| s t)) (echo "claim-other:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "claim-other:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-home-is-ours s t)) (echo "home-is-ours can occur") (check-sat)
  (assert (not (invariant t))) (echo "home-is-ours keeps the invariant") (check-sat) (pop)
(push) (assert (|step-home-is-ours:refused| s t)) (echo "home-is-ours:refused can occur") (check-sat)
  (assert (not (invariant t))) (echo "home-is-ours:refused keeps the invariant") (check-sat) (pop)
(push) (assert (|step-home-is-ours:lost| s t)) (echo "home-is-ours:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "home-is-ours:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-home-is-source s t)) (echo "home-is-source can occur") (check-sat)
  (assert (not (invariant t))) (echo "home-is-source keeps the invariant") (check-sat) (pop)
(push) (assert (|step-home-is-source:refused| s t)) (echo "home-is-source:refused can occur") (check-sat)
  (assert (not (invariant t))) (echo "home-is-source:refused keeps the invariant") (check-sat) (pop)
(push) (assert (|step-home-is-source:lost| s t)) (echo "home-is-source:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "home-is-source:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-copy s t)) (echo "copy can occur") (check-sat)
  (assert (not (invariant t))) (echo "copy keeps the invariant") (check-sat) (pop)
(push) (assert (|step-copy:lost| s t)) (echo "copy:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "copy:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-switch s t)) (echo "switch can occur") (check-sat)
  (assert (not (invariant t))) (echo "switch keeps the invariant") (check-sat) (pop)
(push) (assert (|step-switch:refused| s t)) (echo "switch:refused can occur") (check-sat)
  (assert (not (invariant t))) (echo "switch:refused keeps the invariant") (check-sat) (pop)
(push) (assert (|step-switch:lost| s t)) (echo "switch:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "switch:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-confirm s t)) (echo "confirm can occur") (check-sat)
  (assert (not (invariant t))) (echo "confirm keeps the invariant") (check-sat) (pop)
(push) (assert (|step-confirm:refused| s t)) (echo "confirm:refused can occur") (check-sat)
  (assert (not (invariant t))) (echo "confirm:refused keeps the invariant") (check-sat) (pop)
(push) (assert (|step-confirm:lost| s t)) (echo "confirm:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "confirm:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-merge s t)) (echo "merge can occur") (check-sat)
  (assert (not (invariant t))) (echo "merge keeps the invariant") (check-sat) (pop)
(push) (assert (|step-merge:lost| s t)) (echo "merge:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "merge:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-verify s t)) (echo "verify can occur") (check-sat)
  (assert (not (invariant t))) (echo "verify keeps the invariant") (check-sat) (pop)
(push) (assert (|step-verify:lost| s t)) (echo "verify:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "verify:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-delete s t)) (echo "delete can occur") (check-sat)
  (assert (not (invariant t))) (echo "delete keeps the invariant") (check-sat) (pop)
(push) (assert (|step-delete:lost| s t)) (echo "delete:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "delete:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-unmark-other s t)) (echo "unmark-other can occur") (check-sat)
  (assert (not (invariant t))) (echo "unmark-other keeps the invariant") (check-sat) (pop)
(push) (assert (|step-unmark-other:lost| s t)) (echo "unmark-other:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "unmark-other:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-unmark s t)) (echo "unmark can occur") (check-sat)
  (assert (not (invariant t))) (echo "unmark keeps the invariant") (check-sat) (pop)
(push) (assert (|step-unmark:lost| s t)) (echo "unmark:lost can occur") (check-sat)
  (assert (not (invariant t))) (echo "unmark:lost keeps the invariant") (check-sat) (pop)
(push) (assert (step-done s t)) (echo "done can occur") (check-sat)
  (assert (not (invariant t))) (echo "done keeps the invariant") (check-sat) (pop)
(push) (assert (step-release-both s t)) (echo "release-both can occur") (check-sat)
  (assert (not (invariant t))) (echo "release-both keeps the invariant") (check-sat) (pop)
(push) (assert (step-release s t)) (echo "release can occur") (check-sat)
  (assert (not (invariant t))) (echo "release keeps the invariant") (check-sat) (pop)
(push) (assert (step-declined s t)) (echo "declined can occur") (check-sat)
  (assert (not (invariant t))) (echo "declined keeps the invariant") (check-sat) (pop)
