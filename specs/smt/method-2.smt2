; Method 2: the recipient is deleted, with the mailbox that its home names, and created again on the destination. A mailbox
; that the article's move stranded, any number of messages in it, no mail since, one run, and log-ons; nothing fails. A second
; run, or mail since the move, would lose mail: specs/scenarios/method-2-again.toml and method-2-late-mail.toml.
; After world.smt2.

(assert (= p first))
(assert (not stores-crash))

(define-fun step-start ((s State) (t State)) Bool (goes idle s s delete t))
; The program purges the mailbox from the store that Home-MDB names, and deletes the recipient. [Q252869 S19; Q184160]
(define-fun step-delete ((s State) (t State)) Bool
  (or (and (= (home s) (names source)) (goes delete s (removed source s) |2| t))
      (and (= (home s) (names destination)) (goes delete s (removed destination s) |2| t))))
(define-fun |step-2| ((s State) (t State)) Bool
  (and (not (= (home s) no-recipient)) (goes |2| s (with-home no-recipient s) create t)))
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
       (= (of-second s) idle)))

; All mail is at the destination, and no step deletes there: the home is the source until the deletion.
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
      (or (= here idle) (= here over) (= here delete) (= here |2|) (= here create) (= here done))
      (= (home s)
         (ite (or (= here idle) (= here delete) (= here |2|)) (names source)
         (ite (= here create) no-recipient
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
(push) (assert (step-create s t)) (echo "create can occur") (check-sat)
  (assert (not (invariant t))) (echo "create keeps the invariant") (check-sat) (pop)
(push) (assert (step-done s t)) (echo "done can occur") (check-sat)
  (assert (not (invariant t))) (echo "done keeps the invariant") (check-sat) (pop)
