; Move Mailbox as the article describes it: the directory step gets the source twice, and the recipient stays. A fresh
; mailbox, any number of messages at any time, any number of runs, log-ons, and deletions by the owner; nothing fails.
; After world.smt2 and move-steps.smt2.

(assert (= p first))
(assert (not stores-crash))

(define-fun step-start ((s State) (t State)) Bool (goes idle s s create t))
; When source and destination are one server, the directory answers ok and changes nothing. [Q252869 S25, S26]
(define-fun step-sync ((s State) (t State)) Bool (goes sync s s after-sync t))

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
        ; The recipient never moves.
        (= (home s) (names source))
        (= (of-second s) idle)
        (or (= here idle) (= here create) (= here mark-destination) (= here mark-source) (= here copy) (= here sync)
            (= here unmark) (= here done) (= here report-duplicate)
            (and (= here delete-source-early) (= source-delete before-directory))
            (and (= here delete-source) (= source-delete after-directory))
            (and (= here duplicate) (= duplicate-abort removes-source)))
        ; The source is marked from its mark to its deletion, and takes no mail meanwhile.
        (= (is-marked b) is-copying)
        (=> is-copying (is-marked-by first b))
        (not (has-waiting b))
        (not (others-waiting b))
        ; The destination exists from its creation on, is marked from its mark to the end, and is gone after a duplicate.
        (=> (= here mark-destination) (= c (present false false settled)))
        (=> (= here mark-source) (= c (present false false (in-transit first false false))))
        (= (is-marked c) (or (= here mark-source) is-copying (= here sync) (= here unmark)))
        (=> (is-marked c) (= (owner (mark c)) first))
        (=> (= here done) (is-listed c))
        (=> (or (= here duplicate) (= here report-duplicate)) (= c absent))
        ; No mail is sent to the destination, so none waits there.
        (not (has-waiting c))
        (not (others-waiting c))
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
