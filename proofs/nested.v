(** More data and the risk (section 4.3): under a test law that is rotationally symmetric
    about the teacher, additional examples never raise the risk of the student. The law
    is only used as in [symmetry]. This holds in every ordered field with square roots. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import classical_sets.
From Distillation Require Import projections symmetry.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Nested.
Variables (R : rcfType) (d : nat) (w_star : 'cV[R]_d).
Hypothesis w_star_neq0 : w_star != 0.

(* The length of a student does not matter. *)
Lemma errv_scale (a : R) v : 0 < a -> errv w_star (a *: v) = errv w_star v.
Proof. by move=> a0; apply/seteqP; split=> x; rewrite /errv /= dotZl sgrM (gtr0_sg a0) mul1r. Qed.

(** [P A] is the probability that the test example is in [A], for events [A] of a class
    [event] in which are the errors of every student. *)
Variables (event : set (set 'cV[R]_d)) (P : set 'cV[R]_d -> R).
Hypothesis P_mono : forall A B, event A -> event B -> A `<=` B -> P A <= P B.
Hypothesis P_le1 : forall A, event A -> P A <= 1.
Hypothesis event_err : forall v, event (errv w_star v).
(** The test law is symmetric: x and Qx have the same law for all orthogonal [Q] that fix
    the teacher. No test example lies on the teacher's boundary. *)
Hypothesis symmetric : forall (Q : 'M[R]_d) A, Q^T *m Q = 1%:M -> Q *m w_star = w_star ->
  event A -> P [set x | A (Q *m x)] = P A.
Hypothesis no_boundary : P [set x | dot w_star x != 0] = 1.

Definition transfer_risk v : R := P (errv w_star v).

(* The student 0 decides nothing, and no risk is larger than its risk. *)
Lemma risk_zero v : transfer_risk v <= transfer_risk 0.
Proof.
rewrite [leRHS](_ : _ = 1) ?P_le1 // -no_boundary; congr P; apply/seteqP.
by split=> x; rewrite /errv /= dot0l sgr0 (eq_sym 0) sgr_eq0.
Qed.

(** Of two students that lie on the teacher's side, the one at the smaller angle has no
    larger risk. The angles are compared by the squares of their cosines. *)
Theorem risk_follows_angle v v' : 0 < dot w_star v -> 0 < dot w_star v' ->
  dot w_star v' ^+ 2 * normsq v <= dot w_star v ^+ 2 * normsq v' ->
  transfer_risk v <= transfer_risk v'.
Proof.
move=> wv wv' angle; have N0 : 0 < normsq w_star by rewrite normsq_gt0.
pose across z := (normsq w_star / dot w_star z) *: z - w_star.
have risk_across z : 0 < dot w_star z -> transfer_risk z = P (errv w_star (w_star + across z)).
  by move=> wz; rewrite addrC subrK errv_scale // divr_gt0.
have perp z : 0 < dot w_star z -> dot w_star (across z) = 0.
  move=> wz; rewrite /across !dotE -/(normsq w_star) divfK ?gt_eqF ?subrr //.
have length z : 0 < dot w_star z -> normsq (across z) =
    normsq w_star ^+ 2 * (normsq z / dot w_star z ^+ 2) - normsq w_star.
  move=> wz; rewrite /across {1}/normsq !dotE -!/(normsq _) (dotC z).
  by field; rewrite gt_eqF.
have shorter : normsq (across v) <= normsq (across v').
  rewrite !length // ler_add2r ler_wpmul2l ?sqr_ge0 // ler_pdivr_mulr ?exprn_gt0 //.
  by rewrite mulrAC ler_pdivl_mulr ?exprn_gt0 // (mulrC (normsq v)) (mulrC (normsq v')).
rewrite !risk_across //; move: (across v) (across v') shorter (perp _ wv) (perp _ wv') => u u'.
move=> short wu wu'; have [u0|u0] := eqVneq u 0.
  have := risk_mono P_mono symmetric event_err wu' wu' (erefl (normsq u')) (lexx 0) ler01.
  by rewrite scale0r scale1r u0.
pose r := Num.sqrt (normsq u' / normsq u).
have Nu : 0 < normsq u by rewrite normsq_gt0.
have r1 : 1 <= r by rewrite -sqrtr1 ler_wsqrtr // ler_pdivl_mulr // mul1r.
have r0 : 0 < r := lt_le_trans ltr01 r1.
have same : normsq u = normsq (r^-1 *: u').
  have Nu' : 0 < normsq u' := lt_le_trans Nu short.
  rewrite /normsq dotZl dotZr -!/(normsq _) mulrA -expr2 exprVn sqr_sqrtr ?divr_ge0 ?normsq_ge0 //.
  by rewrite invf_div mulfVK // gt_eqF.
have := risk_mono P_mono symmetric event_err wu _ same ler01 r1.
rewrite scale1r scalerA divff ?gt_eqF // scale1r; apply.
by rewrite dotZr wu' mulr0.
Qed.

(** More data never raise the risk: if X_- is X_+ with columns removed (or in another order,
    or repeated: [f] names the columns that X_- has), the student of X_+ has no larger risk. *)
Theorem risk_never_rises n m (X : 'M[R]_(d, n)) (f : 'I_m -> 'I_n) :
  transfer_risk (w_hat X w_star) <= transfer_risk (w_hat (colsub f X) w_star).
Proof.
have le := shorter_student X f w_star; move: le.
have wX := dot_proj w_star (proj_orth X); have wf := dot_proj w_star (proj_orth (colsub f X)).
rewrite -/(w_hat _ _) in wX *; rewrite -/(w_hat _ _) in wf *.
move: (w_hat X _) (w_hat (colsub f X) _) wX wf => v v' wv wv' le.
have [->|v'0] := eqVneq v' 0; first exact: risk_zero.
have N' : 0 < normsq v' by rewrite normsq_gt0.
apply: risk_follows_angle; rewrite ?wv ?wv' ?(lt_le_trans N' le) //.
have -> : normsq v' ^+ 2 * normsq v = normsq v * normsq v' * normsq v' by ring.
have -> : normsq v ^+ 2 * normsq v' = normsq v * normsq v' * normsq v by ring.
by rewrite ler_wpmul2l // mulr_ge0 ?normsq_ge0.
Qed.
End Nested.
