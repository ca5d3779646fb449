; The correct Move Mailbox: it moves a mailbox only from its home, and the directory moves the recipient. A fresh
; mailbox, any number of messages at any time, any number of runs, log-ons, and deletions by the owner; nothing fails.
; After world.smt2 and move-steps.smt2.

(assert (= p first))
(assert (not stores-crash))

(define-fun step-start ((s State) (t State)) Bool (goes idle s s other-server t))
; Source and destination must be different servers. [Q252869 S25]
(define-fun step-other-server ((s State) (t State)) Bool (goes other-server s s home-is-source t))
; The home must be the source. [Q252869 S12]
(define-fun step-home-is-source ((s State) (t State)) Bool
  (and (= (home s) (names source)) (goes home-is-source s s create t)))
(define-fun |step-home-is-source:refused| ((s State) (t State)) Bool
  (and (not (= (home s) (names source))) (goes home-is-source s s idle t)))
; The DS Sync, from the source to the destination. [Q252869 S24]
(define-fun step-sync ((s State) (t State)) Bool
  (goes sync s (with-home (names destination) s) after-sync t))

; Created in the directory only. [Q190700]
(define-fun initial ((s State)) Bool
  (= s (state unsent absent absent false false (names source) idle idle nothing nothing)))

(define-fun invariant ((s State)) Bool
  (let ((here (of-first s)) (b (at-source s)) (c (at-destination s)))
    (let ((is-copying (or (= here copy) (= here delete-source-early) (= here delete-source)
                          (and (= here sync) (= source-delete after-directory)))))
      (and
        (no-loss s)
        (fits s)
        (= (of-second s) idle)
        ; A duplicate is never found, so no program reaches the steps that follow a duplicate.
        (or (= here idle) (= here other-server) (= here home-is-source) (= here create) (= here mark-destination)
            (= here mark-source) (= here copy) (= here sync) (= here unmark) (= here done)
            (and (= here delete-source-early) (= source-delete before-directory))
            (and (= here delete-source) (= source-delete after-directory)))
        ; The home is the source from the check to the directory step, and the destination from there to the end.
        (or (= (home s) (names source)) (= (home s) (names destination)))
        (=> (or (= here create) (= here mark-destination) (= here mark-source) (= here copy) (= here delete-source-early)
                (= here sync))
            (= (home s) (names source)))
        (=> (or (= here delete-source) (= here unmark) (= here done)) (= (home s) (names destination)))
        ; Between runs, only a mailbox that was moved is at the destination.
        (=> (or (= here idle) (= here other-server) (= here home-is-source) (= here create))
            (=> (= (home s) (names source)) (= c absent)))
        ; The source is marked from its mark to its deletion, and takes no mail meanwhile.
        (= (is-marked b) is-copying)
        (=> is-copying (is-marked-by first b))
        (not (has-waiting b))
        (not (others-waiting b))
        ; The destination exists from its creation on, and is marked from its mark to the end.
        (=> (= here mark-destination) (= c (present false false settled)))
        (=> (= here mark-source) (= c (present false false (in-transit first false false))))
        (= (is-marked c) (or (= here mark-source) is-copying (= here sync) (= here unmark)))
        (=> (is-marked c) (= (owner (mark c)) first))
        (=> (= (home s) (names destination)) (is-listed c))
        ; Mail waits there only when the recipient has moved.
        (=> (= (home s) (names source)) (not (or (has-waiting c) (others-waiting c))))
        ; A copied message is in both stores until the source is deleted, and at no other time.
        (=> (and is-copying (not (= here copy)) (in-folders b)) (in-folders c))
        (=> (and is-copying (not (= here copy))) (not (destination-lacks s)))
        (=> (not is-copying) (nothing-twice s))
        (=> is-copying (not (source-lacks s)))))))

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
(push) (assert (step-other-server s t)) (echo "other-server can occur") (check-sat)
  (assert (not (invariant t))) (echo "other-server keeps the invariant") (check-sat) (pop)
(push) (assert (step-home-is-source s t)) (echo "home-is-source can occur") (check-sat)
  (assert (not (invariant t))) (echo "home-is-source keeps the invariant") (check-sat) (pop)
(push) (assert (|step-home-is-source:refused| s t)) (echo "home-is-source:refused can occur") (check-sat)
  (assert (not (invariant t))) (echo "home-is-source:refused keeps the invariant") (check-sat) (pop)
(push) (assert (step-create s t)) (echo "create can occur") (check-sat)
  (assert (not (invariant t))) (echo "create keeps the invariant") (check-sat) (pop)
(push) (assert (|step-create:duplicate| s t)) (echo "create:duplicate can occur") (check-sat)
  (assert (not (invariant t))) (echo "create:duplicate keeps the invariant") (check-sat) (pop)
(push) (assert (step-mark-destination s t)) (echo "mark-destination can occur") (check-sat)
  (assert (not (invariant t))) (echo "mark-destination keeps the invariant") (check-sat) (pop)
(push) (assert (step-mark-source s t)) (echo "mark-source can occur") (check-sat)
  (assert (not (invariant t))) (echo "mark-source keeps the invariant") (check-sat) (pop)
(push) (assert (step-copy s t)) (echo "copy can occur") (check-sat)
  (assert (not (invariant t))) (echo "copy keeps the invariant") (check-sat) (pop)
(push) (assert (step-delete-source-early s t)) (echo "delete-source-early can occur") (check-sat)
  (assert (not (invariant t))) (echo "delete-source-early keeps the invariant") (check-sat) (pop)
(push) (assert (step-sync s t)) (echo "sync can occur") (check-sat)
  (assert (not (invariant t))) (echo "sync keeps the invariant") (check-sat) (pop)
(push) (assert (step-delete-source s t)) (echo "delete-source can occur") (check-sat)
  (assert (not (invariant t))) (echo "delete-source keeps the invariant") (check-sat) (pop)
(push) (assert (step-unmark s t)) (echo "unmark can occur") (check-sat)
  (assert (not (invariant t))) (echo "unmark keeps the invariant") (check-sat) (pop)
(push) (assert (step-done s t)) (echo "done can occur") (check-sat)
  (assert (not (invariant t))) (echo "done keeps the invariant") (check-sat) (pop)
(push) (assert (step-duplicate s t)) (echo "duplicate can occur") (check-sat)
  (assert (not (invariant t))) (echo "duplicate keeps the invariant") (check-sat) (pop)
(push) (assert (step-report-duplicate s t)) (echo "report-duplicate can occur") (check-sat)
  (assert (not (invariant t))) (echo "report-duplicate keeps the invariant") (check-sat) (pop)
