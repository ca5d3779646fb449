; Method 2: the recipient is deleted, with the mailbox that its home names, and created again on the destination. A mailbox
; that the article's move stranded, any number of messages in it, no mail since, one run, and log-ons; nothing fails. A second
; run, or mail since the move, would lose mail: specs/scenarios/method-2-again.toml and method-2-late-mail.toml.
; After world.smt2.

(assert (= p first))
(assert (not stores-crash))

(define-fun step-start ((s State) (t State)) Bool (goes idle s s delete t))
; The program looks up Home-MDB, then purges the mailbox from the store that it names and deletes the recipient. The article does
; not say in which order. [Q252869 S19; Q184160]
(define-fun home-looked-up ((s State)) State
  (with-memory (memory false false (ite (= (home s) split) (names destination) (home s)) false) s))
(define-fun step-delete ((s State) (t State)) Bool
  (and (not (= (home s) no-recipient))
       (goes delete s (home-looked-up s) (ite (= purge-order before-tombstone) |2| |4|) t)))
(define-fun purged ((s State)) State (removed (named (looked-up (memory-of p s))) s))
(define-fun recipient-deleted ((here Position) (s State) (next Position) (t State)) Bool
  (and (not (= (home s) no-recipient)) (goes here s (with-home no-recipient s) next t)))
(define-fun |step-2| ((s State) (t State)) Bool (goes |2| s (purged s) |3| t))
(define-fun |step-3| ((s State) (t State)) Bool (recipient-deleted |3| s create t))
(define-fun |step-4| ((s State) (t State)) Bool (recipient-deleted |4| s |5| t))
(define-fun |step-5| ((s State) (t State)) Bool (goes |5| s (purged s) create t))
; The new recipient finds the mailbox of its name in the destination's store. [Q252869 S20, S21]
(define-fun step-create ((s State) (t State)) Bool
  (and (= (home s) no-recipient) (goes create s (with-home (names destination) s) done t)))
(define-fun step-done ((s State) (t State)) Bool (goes done s s over t))

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

; All mail is at the destination, and no step deletes there: the program looks up the home while it is the source.
(define-fun invariant ((s State)) Bool
  (let ((here (of-first s)))
    (and
      (no-loss s)
      (fits s)
      (nothing-twice s)
      (or (= (mail s) unsent) (= (mail s) owed))
      (= (of-second s) idle)
      (or (= (at-source s) absent) (= (at-source s) (present false false settled)))
      (is-settled (at-destination s))
      (or (= here idle) (= here over) (= here delete) (= here create) (= here done)
          (and (= purge-order before-tombstone) (or (= here |2|) (= here |3|)))
          (and (= purge-order after-tombstone) (or (= here |4|) (= here |5|))))
      (=> (or (= here |2|) (= here |4|) (= here |5|)) (= (looked-up (memory-of-first s)) (names source)))
      (= (home s)
         (ite (or (= here idle) (= here delete) (= here |2|) (= here |3|) (= here |4|)) (names source)
         (ite (or (= here |5|) (= here create)) no-recipient
           (names destination)))))))

; The queries. A step that can occur is answered `sat`; every proved statement is answered `unsat`, without exception.
(declare-const s State)
(declare-const t State)
(push) (assert (initial s)) (echo "some state is initial") (check-sat)
  (assert (not (invariant s))) (echo "initial states satisfy the invariant") (check-sat) (pop)
(assert (invariant s))
(push) (assert (not (no-loss s))) (echo "the invariant implies no-loss") (check-sat) (pop)
(push) (assert (step-log-on s t)) (echo "log-on can occur") (check-sat)
  (assert (not (invariant t))) (echo "log-on keeps the invariant") (check-sat) (pop)
(push) (assert (step-start s t)) (echo "start can occur") (check-sat)
  (assert (not (invariant t))) (echo "start keeps the invariant") (check-sat) (pop)
(push) (assert (step-delete s t)) (echo "delete can occur") (check-sat)
  (assert (not (invariant t))) (echo "delete keeps the invariant") (check-sat) (pop)
(push) (assert (|step-2| s t)) (echo "2 can occur") (check-sat)
  (assert (not (invariant t))) (echo "2 keeps the invariant") (check-sat) (pop)
(push) (assert (|step-3| s t)) (echo "3 can occur") (check-sat)
  (assert (not (invariant t))) (echo "3 keeps the invariant") (check-sat) (pop)
(push) (assert (|step-4| s t)) (echo "4 can occur") (check-sat)
  (assert (not (invariant t))) (echo "4 keeps the invariant") (check-sat) (pop)
(push) (assert (|step-5| s t)) (echo "5 can occur") (check-sat)
  (assert (not (invariant t))) (echo "5 keeps the invariant") (check-sat) (pop)
(push) (assert (step-create s t)) (echo "create can occur") (check-sat)
  (assert (not (invariant t))) (echo "create keeps the invariant") (check-sat) (pop)
(push) (assert (step-done s t)) (echo "done can occur") (check-sat)
  (assert (not (invariant t))) (echo "done keeps the invariant") (check-sat) (pop)
