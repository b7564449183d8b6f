(** The bounds of section 4.2 as functions of the tail [p] alone: the infimum in
    (19), Corollaries 1 and 2. Of [p] nothing is asked but [0 <= p]. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals.
From mathcomp Require Import topology normedtype derive realfun sequences exp trigo.
From Distillation Require Import calculus.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Infimum.
Variables (R : realType) (p : R -> R) (n : nat) (delta : R).
Hypothesis p_ge0 : forall theta, 0 <= p theta.

(** What (19) takes the infimum of, and the infimum; [delta] is 0 but for the
    approximate students of Theorem D.1. *)
Definition split_at beta : R := p beta + p (pi / 2 - delta - beta) ^+ n.
Definition infimum : R := inf [set split_at beta | beta in [set b | 0 <= b <= pi / 2]].

Lemma split_ge0 beta : 0 <= split_at beta.
Proof. by rewrite addr_ge0 ?exprn_ge0. Qed.

(** The infimum is at most the value at each beta, and no larger number is. *)
Lemma infimum_le beta : 0 <= beta <= pi / 2 -> infimum <= split_at beta.
Proof.
move=> b01; apply: inf_lb; last by exists beta.
by exists 0 => _ [b _ <-]; exact: split_ge0.
Qed.

Lemma le_infimum x :
  (forall beta, 0 <= beta <= pi / 2 -> x <= split_at beta) -> x <= infimum.
Proof.
move=> x_le; apply: lb_le_inf => [|_ [b b01 <-]]; last exact: x_le.
exists (split_at 0), 0 => //=.
by rewrite lexx divr_ge0 ?pi_ge0 ?ler0n.
Qed.
End Infimum.

Section Corollary1.
Variables (R : realType) (p : R -> R) (n : nat).
Hypothesis p_ge0 : forall theta, 0 <= p theta.

(** Corollary 1. If p(pi/2 - gamma) = 0 for a gamma in [0, pi/2], then the
    infimum in (19) is at most p(gamma)^n. *)
Theorem corollary_1 gamma : 0 <= gamma <= pi / 2 -> p (pi / 2 - gamma) = 0 ->
  infimum p n 0 <= p gamma ^+ n.
Proof.
move=> /andP[g0 g1] pg.
have := @infimum_le _ p n 0 p_ge0 (pi / 2 - gamma).
rewrite /split_at pg add0r subr0 opprB addrCA subrr addr0; apply.
by rewrite subr_ge0 g1 ler_subl_addr ler_addl.
Qed.
End Corollary1.

Section Corollary2.
Variables (R : realType) (n : nat).
Hypothesis n_gt1 : (1 < n)%N.
Let N : R := n%:R.
Let y : R := ln N / N.

Let N_gt0 : 0 < N. Proof. by rewrite ltr0n ltnW. Qed.
Let N_pos : N \is Num.pos. Proof. exact: N_gt0. Qed.

Let y_gt0 : 0 < y.
Proof. by rewrite divr_gt0 ?ln_gt0 ?ltr1n. Qed.

Let y_lt1 : y < 1.
Proof. by rewrite ltr_pdivr_mulr // mul1r ln_sublinear. Qed.

(** The scalar inequality in the proof of Corollary 2: (1 - log(n)/n)^n <= 1/n. *)
Lemma corollary_2_scalar : (1 - ln n%:R / n%:R) ^+ n <= n%:R^-1 :> R.
Proof.
have b0 : 0 < 1 - y by rewrite subr_gt0.
rewrite -/N -ler_ln ?posrE ?exprn_gt0 ?invr_gt0 // lnX // lnV // -mulr_natl.
have -> : - ln N = N * - y by rewrite mulrN mulrC divfK ?gt_eqF.
rewrite ler_pmul2l //; apply: le_trans (ln_le b0) _.
by rewrite addrAC subrr add0r.
Qed.

Variables (p : R -> R) (kappa : R).
Hypotheses (p_ge0 : forall theta, 0 <= p theta) (kappa_gt0 : 0 < kappa).
Hypothesis p_power : forall theta, 0 <= theta < pi / 2 ->
  p theta <= (1 - 2 * theta / pi) `^ kappa.

(** Corollary 2. If p(theta) <= (1 - 2 theta/pi)^kappa on [0, pi/2) for a
    kappa > 0, and n > 1, then the infimum in (19) is at most
    (1 + (log n)^kappa)/n^kappa. *)
Theorem corollary_2 : infimum p n 0 <= (1 + ln n%:R `^ kappa) / n%:R `^ kappa.
Proof.
have pi0 : 0 < pi :> R := pi_gt0 R.
have half0 : 0 < pi / 2 :> R by rewrite divr_gt0 ?ltr0n.
pose b : R := pi / 2 * (1 - y).
have b0 : 0 < b by rewrite mulr_gt0 ?subr_gt0.
have cb : pi / 2 - 0 - b = pi / 2 * y by rewrite /b; ring.
have cb0 : 0 < pi / 2 - 0 - b by rewrite cb mulr_gt0.
have b1 : b < pi / 2 by move: cb0; rewrite subr0 subr_gt0.
apply: le_trans (@infimum_le _ p n 0 p_ge0 b _) _; first by rewrite !ltW.
rewrite mulrDl mul1r addrC; apply: ler_add.
  apply: le_trans (p_power _) _; first by rewrite ltW.
  have -> : 1 - 2 * b / pi = y by rewrite /b; field; rewrite gt_eqF.
  by rewrite /exp_fun -expRN -expRD -mulrN -mulrDr ln_div ?posrE ?ln_gt0 ?ltr1n.
have p1 : p (pi / 2 - 0 - b) <= (1 - y) `^ kappa.
  apply: le_trans (p_power _) _; first by rewrite ltW //= subr0 ltr_subl_addr ltr_addl.
  by rewrite cb; have -> : 2 * (pi / 2 * y) / pi = y by field; rewrite gt_eqF.
apply: le_trans (ler_expn2r _ _ _ p1) _; rewrite ?nnegrE ?(ltW (exp_fun_gt0 _ _)) //.
rewrite /exp_fun -expRMm -expRN ler_expR mulrCA -[leRHS]mulrN ler_wpmul2l ?(ltW kappa_gt0) //.
rewrite mulr_natl -lnX ?subr_gt0 // -lnV //.
by rewrite ler_ln ?posrE ?invr_gt0 ?exprn_gt0 ?subr_gt0 // corollary_2_scalar.
Qed.
End Corollary2.
