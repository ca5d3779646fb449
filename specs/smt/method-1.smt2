; Method 1: in raw mode, both home attributes are changed to the destination. A mailbox that the article's move stranded, any
; number of messages in it, mail at any time, any number of runs, log-ons, and deletions by the owner; nothing fails.
; After world.smt2.

(assert (= p first))
(assert (not stores-crash))

(define-fun step-start ((s State) (t State)) Bool
  (goes idle s s (ite (= raw-apply one-write) edit edit-home-mdb) t))
; The article does not say whether one Apply writes both attributes at once. [Q252869 S16]
(define-fun step-edit ((s State) (t State)) Bool (goes edit s (with-home (names destination) s) done t))
(define-fun step-edit-home-mdb ((s State) (t State)) Bool
  (goes edit-home-mdb s (with-home (ite (= (home s) (names source)) split (home s)) s) edit-home-mta t))
(define-fun step-edit-home-mta ((s State) (t State)) Bool
  (goes edit-home-mta s (with-home (names destination) s) done t))
(define-fun step-done ((s State) (t State)) Bool (goes done s s idle t))

; The quiescent states of `stranded`: all mail is at the destination, the source has nothing or a shell, and the home is
; still the source. [Q252869 S7, S8]
(define-fun initial ((s State)) Bool
  (and (or (= (mail s) unsent) (= (mail s) owed))
       (or (= (at-source s) absent) (= (at-source s) (present false false settled)))
       (is-settled (at-destination s))
       (= (holds (at-destination s)) (= (mail s) owed))
       (= (source-lacks s) (others (at-destination s)))
       (not (destination-lacks s))
       (= (home s) (names source))
       (= (of-first s) idle)
       (= (of-second s) idle)
       (= (memory-of-first s) nothing)
       (= (memory-of-second s) nothing)))

; Only the owner deletes, and nothing is marked.
(define-fun invariant ((s State)) Bool
  (let ((here (of-first s)))
    (and
      (no-loss s)
      (fits s)
      (nothing-twice s)
      (= (of-second s) idle)
      (not (is-marked (at-source s)))
      (is-settled (at-destination s))
      (or (= here idle) (= here done)
          (and (= raw-apply one-write) (= here edit))
          (and (= raw-apply two-writes) (or (= here edit-home-mdb) (= here edit-home-mta))))
      (not (= (home s) no-recipient))
      (=> (= (home s) split) (= here edit-home-mta))
      (=> (= here edit-home-mta) (not (= (home s) (names source))))
      (=> (= here done) (= (home s) (names destination)))
      ; Mail waits or is returned only while the home is split.
      (=> (or (= (mail s) queued) (= (mail s) returned)) (= raw-apply two-writes)))))

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
(push) (assert (step-start s t)) (echo "start can occur") (check-sat)
  (assert (not (invariant t))) (echo "start keeps the invariant") (check-sat) (pop)
(push) (assert (step-edit s t)) (echo "edit can occur") (check-sat)
  (assert (not (invariant t))) (echo "edit keeps the invariant") (check-sat) (pop)
(push) (assert (step-edit-home-mdb s t)) (echo "edit-home-mdb can occur") (check-sat)
  (assert (not (invariant t))) (echo "edit-home-mdb keeps the invariant") (check-sat) (pop)
(push) (assert (step-edit-home-mta s t)) (echo "edit-home-mta can occur") (check-sat)
  (assert (not (invariant t))) (echo "edit-home-mta keeps the invariant") (check-sat) (pop)
(push) (assert (step-done s t)) (echo "done can occur") (check-sat)
  (assert (not (invariant t))) (echo "done keeps the invariant") (check-sat) (pop)
