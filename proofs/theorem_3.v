(** Theorem 3 (section 4.2), for tasks with finitely many examples. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals.
From mathcomp Require Import topology normedtype sequences exp trigo.
From Distillation Require Import projections angles lemma_1 finite_laws bounds.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Task.
Variables (R : realType) (d n : nat) (T : finType).
(** A task: [T] lists its examples, the example [t] is the vector [x t] and has
    the probability [q t]. The teacher [w_star] is not 0. *)
Variables (q : T -> R) (x : T -> 'cV[R]_d) (w_star : 'cV[R]_d).
Hypotheses (q_ge0 : forall t, 0 <= q t) (q_sum : \sum_t q t = 1).
Hypothesis w_star_neq0 : w_star != 0.

(** The transfer set [s] as a matrix, one example a column; the angle of a test
    example, its tail [p], the transfer risk of a student [w], and its
    expectation over [n] independent training examples. *)
Definition X (s : n.-tuple T) : 'M[R]_(d, n) := \matrix_(i, j) x (tnth s j) i 0.
Definition theta t : R := alpha w_star (x t).
Definition p (b : R) : R := Pr q [pred t | b <= theta t].
Definition lost w := [pred t | Num.sg (dot w (x t)) != Num.sg (dot w_star (x t))].
Definition risk w : R := Pr q (lost w).
Definition expected_risk (student : n.-tuple T -> 'cV[R]_d) : R :=
  En q (fun s => risk (student s)).

Lemma p_ge0 b : 0 <= p b. Proof. exact: Pr_ge0. Qed.

Lemma p_le b c : b <= c -> p c <= p b.
Proof. by move=> bc; apply: Pr_le => // t /=; exact: le_trans. Qed.

Lemma p_le1 b : p b <= 1. Proof. exact: Pr_le1. Qed.

Lemma col_X s j : col j (X s) = x (tnth s j).
Proof. by apply/matrixP => i k; rewrite !mxE ord1. Qed.

Lemma same_sign (a b : R) : 0 < a * b -> Num.sg a = Num.sg b.
Proof.
move=> ab; have [a0|a0|a0] := ltrgt0P a; last by move: ab; rewrite a0 mul0r ltxx.
  by rewrite !gtr0_sg // -(pmulr_rgt0 b a0).
by rewrite !ltr0_sg // -(nmulr_rgt0 b a0).
Qed.

Section Approximate.
(** A student that may depend on the transfer set, at an angle of at most
    [delta] to w_hat; where w_hat = 0 it may be any. *)
Variables (student : n.-tuple T -> 'cV[R]_d) (delta : R).
Hypothesis delta_ge0 : 0 <= delta.
Hypothesis near : forall s, w_hat (X s) w_star != 0 ->
  angle (w_hat (X s) w_star) (student s) <= delta.

(* A lost test example has no easy training example. *)
Lemma lost_needs s t : lost (student s) t ->
  [forall i, pi / 2 - delta - theta t <= theta (tnth s i)].
Proof.
move=> /= is_lost; apply/forallP => i; rewrite leNgt; apply: contra is_lost => easy.
apply/eqP/same_sign/(@easy_example _ _ _ (X s) _ _ _ i delta) => //; first exact: near.
by rewrite col_X.
Qed.

(** The integral bound, with theta one more independent draw of the angle:
    E R <= E[p(pi/2 - delta - theta)^n]. *)
Theorem integral_bound_approximate :
  expected_risk student <= E1 q (fun t => p (pi / 2 - delta - theta t) ^+ n).
Proof.
rewrite /expected_risk /risk En_Pr; apply: E1_le => // t; rewrite -all_draws.
by apply: En_le => // s; rewrite ler_nat; case: (lost _ t) (@lost_needs s t) => // ->.
Qed.

(** It is at most what Theorem D.1, or (19) for delta = 0, takes the infimum of,
    at every beta. *)
Lemma integral_bound_split beta :
  E1 q (fun t => p (pi / 2 - delta - theta t) ^+ n) <= split_at p n delta beta.
Proof.
set far := p (pi / 2 - delta - beta) ^+ n.
have sum : E1 q (fun t => (beta <= theta t)%R%:R + far) = split_at p n delta beta.
  rewrite /E1; under eq_bigr do rewrite mulrDr.
  by rewrite big_split /= -mulr_suml q_sum mul1r -[X in X + _]/(E1 q _) -Pr_E1.
rewrite -sum; apply: E1_le => // t; case: (leP beta) => [_|easy] /=.
  apply: (@le_trans _ _ 1); first by rewrite exprn_ile1 ?p_ge0 ?p_le1.
  by rewrite ler_addl exprn_ge0 ?p_ge0.
rewrite add0r ler_expn2r ?nnegrE ?p_ge0 // p_le // ler_add2l ler_opp2.
exact: ltW.
Qed.

Lemma risk_le_infimum : expected_risk student <= infimum p n delta.
Proof.
apply: le_infimum => beta _; apply: le_trans (integral_bound_split beta).
exact: integral_bound_approximate.
Qed.
End Approximate.

Let student s := w_hat (X s) w_star.

Let student_near s : w_hat (X s) w_star != 0 -> angle (w_hat (X s) w_star) (student s) <= 0.
Proof. by move=> h0; rewrite angle_refl. Qed.

(** Theorem 3, (18). If the examples span R^d, the student is the teacher, and
    its transfer risk is 0. *)
Theorem theorem_3_18 s : \rank (X s) = d -> risk (student s) = 0.
Proof.
move=> rX; rewrite /student /w_hat proj_full // mul1mx.
by rewrite /risk /Pr big_pred0 // => t /=; rewrite eqxx.
Qed.

(** Theorem 3, (19): E R(w_hat) <= inf over beta in [0, pi/2] of
    p(beta) + p(pi/2 - beta)^n, for every n and d and for examples of any rank. *)
Theorem theorem_3_19 : expected_risk student <= infimum p n 0.
Proof. by apply: risk_le_infimum => //; exact: student_near. Qed.

(** The integral bound, which is never worse: E R <= E[p(pi/2 - theta)^n]. *)
Theorem integral_bound :
  expected_risk student <= E1 q (fun t => p (pi / 2 - theta t) ^+ n).
Proof.
have := @integral_bound_approximate student 0 (lexx 0) student_near.
by under [X in _ <= X]eq_bigr do rewrite subr0.
Qed.

(** Under the margin of Corollary 1 there is one example more in the exponent:
    if p(pi/2 - gamma) = 0 and n > 0, then E R <= p(gamma)^(n+1). *)
Theorem margin_one_more gamma : (0 < n)%N -> p (pi / 2 - gamma) = 0 ->
  expected_risk student <= p gamma ^+ n.+1.
Proof.
move=> n0 margin; apply: le_trans integral_bound _; rewrite exprS {2}/p Pr_E1 mulr_suml.
have gone t : pi / 2 - gamma <= theta t -> q t = 0.
  move=> far; apply: (psumr_eq0P (fun t _ => q_ge0 t) margin); exact: far.
apply: ler_sum => t _; rewrite -mulrA.
have [/gone -> |near] := leP (pi / 2 - gamma) (theta t); first by rewrite !mul0r.
apply: ler_wpmul2l => //=; case: (leP gamma (theta t)) => [_|easy]; rewrite /= ?mul1r ?mul0r.
  by rewrite ler_expn2r ?nnegrE ?p_ge0 // p_le // ler_subr_addl -ler_subr_addr ltW.
suff -> : p (pi / 2 - theta t) = 0 by rewrite expr0n gtn_eqF.
apply/eqP; rewrite eq_le p_ge0 andbT -margin p_le // ler_add2l ler_opp2.
exact: ltW.
Qed.

(** What Corollaries 1 and 2 say of the risk. *)
Theorem corollary_1_risk gamma : 0 <= gamma <= pi / 2 -> p (pi / 2 - gamma) = 0 ->
  expected_risk student <= p gamma ^+ n.
Proof. by move=> g01 margin; apply: le_trans theorem_3_19 (corollary_1 _ p_ge0 g01 margin). Qed.

Theorem corollary_2_risk kappa : (1 < n)%N -> 0 < kappa ->
  (forall b, 0 <= b < pi / 2 -> p b <= (1 - 2 * b / pi) `^ kappa) ->
  expected_risk student <= (1 + ln n%:R `^ kappa) / n%:R `^ kappa.
Proof. by move=> n1 k0 power; apply: le_trans theorem_3_19 (corollary_2 n1 p_ge0 k0 power). Qed.
End Task.
