; The steps that the correct Move Mailbox and the article's Move Mailbox share, under the labels of
; specs/procedures/move.toml and specs/procedures/move-of-the-article.toml. One administrator runs it, any number of times.
; After world.smt2.

; The destination's store creates the mailbox. [Q252869 S5; Q277911]
(define-fun step-create ((s State) (t State)) Bool
  (and (= (at-destination s) absent)
       (goes create s (with destination (present false false settled) s) mark-destination t)))
; A mailbox that is already there is a duplicate; the store deletes it. [Q252869 S5, S9]
(define-fun |step-create:duplicate| ((s State) (t State)) Bool
  (and (is-listed (at-destination s))
       (goes create s (removed destination s) (ite (= duplicate-abort removes-source) duplicate report-duplicate) t)))
(define-fun step-mark-destination ((s State) (t State)) Bool
  (goes mark-destination s (marked destination s) mark-source t))
(define-fun step-mark-source ((s State) (t State)) Bool
  (goes mark-source s (marked source s) copy t))
(define-fun step-copy ((s State) (t State)) Bool
  (copies copy s (ite (= source-delete before-directory) delete-source-early sync) t))
(define-fun step-delete-source-early ((s State) (t State)) Bool
  (goes delete-source-early s (removed source s) sync t))
; The directory step differs; both moves continue here.
(define-fun after-sync () Position (ite (= source-delete after-directory) delete-source unmark))
(define-fun step-delete-source ((s State) (t State)) Bool
  (goes delete-source s (removed source s) unmark t))
(define-fun step-unmark ((s State) (t State)) Bool
  (goes unmark s (unmarked destination s) done t))
(define-fun step-done ((s State) (t State)) Bool (goes done s s idle t))
; After the answer `duplicate`, the program deletes the source. [Q252869 S10]
(define-fun step-duplicate ((s State) (t State)) Bool (goes duplicate s (removed source s) report-duplicate t))
(define-fun step-report-duplicate ((s State) (t State)) Bool (goes report-duplicate s s idle t))
