(** The parallel law, its version for data that lean, and the bounds of the risk that
    follow, for tasks with finitely many examples: [conductances] in terms of angles. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import classical_sets topology normedtype reals trigo.
From Distillation Require Import projections finite_laws angles conductances far_side.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Cotangents.
Variables (R : realType) (d : nat).
Implicit Types (w x v : 'cV[R]_d).

(** The cotangent. *)
Definition cot (a : R) : R := cos a / sin a.

Lemma normsq_unit w : w != 0 -> normsq (unit w) = 1.
Proof. by move=> w0; rewrite /normsq -cosine_unit cosine_refl. Qed.

(** Every example that is not on the line of the teacher is of this form. *)
Lemma splits_exists w x : w != 0 -> x != 0 -> 0 < alpha w x ->
  exists u, splits (unit w) x (cot (alpha w x)) u.
Proof.
move=> w0 x0 off; have e1 := normsq_unit w0.
have nx : 0 < norm x by rewrite norm_gt0.
have cE : cosine w x = dot (unit w) x / norm x.
  by rewrite /cosine /unit dotZl invfM mulrCA mulrA.
set e := unit w in e1 cE *; clearbody e; set s := dot e x in cE; set p := x - s *: e.
have ep : dot e p = 0 by rewrite /p !dotE -[dot e e]/(normsq e) e1 mulr1 subrr.
have p2 : normsq p = norm x ^+ 2 - s ^+ 2.
  by rewrite norm_sqr /p /normsq !dotE -[dot e e]/(normsq e) e1 (dotC x) -/s; ring.
have r0 : 0 < norm p.
  rewrite norm_gt0 -normsq_eq0 p2 subr_eq0; apply: contraTneq off => xs.
  suff c1 : `|cosine w x| = 1 by rewrite /alpha c1 acos1 ltxx.
  apply/eqP; rewrite -sqrp_eq1 // real_normK ?num_real // cE exprMn exprVn -xs divff //.
  by rewrite expf_neq0 // gt_eqF.
have sinE : sin (alpha w x) = norm p / norm x.
  rewrite sin_acos ?abs_cosine_itv // real_normK ?num_real // cE.
  rewrite (_ : 1 - _ = (norm p / norm x) ^+ 2).
    by rewrite sqrtr_sqr ger0_norm // divr_ge0 // ltW.
  by rewrite [RHS]exprMn norm_sqr p2; field; rewrite gt_eqF.
have cotE : cot (alpha w x) = `|s| / norm p.
  rewrite /cot sinE cos_alpha cE normrM normfV (gtr0_norm nx).
  by rewrite invf_div mulrA divfK ?gt_eqF.
pose g : R := if s < 0 then -1 else 1; have gg : g * g = 1 by rewrite /g; case: ifP => _; ring.
have gs : g * `|s| = s.
  rewrite /g; case: ltP => s0; first by rewrite ltr0_norm // mulrNN mul1r.
  by rewrite ger0_norm ?mul1r.
have pp : normsq p = norm p ^+ 2 by rewrite norm_sqr.
move: (norm p) r0 pp cotE => r r0 pp -> {sinE p2}; clearbody g; have rn : r != 0 by rewrite gt_eqF.
exists ((g / r) *: p); split; [exact: divr_ge0 (normr_ge0 _) (ltW r0)|by rewrite dotZr ep mulr0| |].
  rewrite /normsq dotZl dotZr -/(normsq p) pp -[RHS]gg.
  by field.
exists (g * r).
  by rewrite mulf_neq0 //; apply: contra_eq_neq gg => ->; rewrite mul0r eq_sym oner_eq0.
have E1 : g * r * (`|s| / r) = s by rewrite -[RHS]gs; field.
have E2 : g * r * (g / r) = 1 by rewrite -[RHS]gg; field.
by rewrite scalerDr !scalerA E1 E2 scale1r addrC subrK.
Qed.

Lemma tan_alpha w v : w != 0 -> tan (alpha w v) ^+ 2 = tan_sq w v.
Proof.
move=> w0; rewrite /tan exprMn exprVn sin2cos2 cos_alpha real_normK ?num_real // /cosine /tan_sq.
have [->|D0] := eqVneq (dot w v) 0; first by rewrite mul0r expr0n /= !invr0 !mulr0.
have v0 : v != 0 by apply: contraNneq D0 => ->; rewrite dot0r.
rewrite exprMn exprVn exprMn !norm_sqr.
by field; rewrite D0 !normsq_eq0 w0 v0.
Qed.
End Cotangents.

Section ParallelLaw.
Variables (R : realType) (d n : nat) (w_star : 'cV[R]_d).
Hypothesis w_star_neq0 : w_star != 0.

(** The angle of an example to the teacher. *)
Definition angle_of (S : Type) (x : S -> 'cV[R]_d) t : R := alpha w_star (x t).

(** The training law: [T] lists the examples x, [q] is the probability of each, [u] its
    part across the teacher. Draws are independent. *)
Variables (T : finType) (q : T -> R) (x u : T -> 'cV[R]_d).
Hypotheses (q_ge0 : forall t, 0 <= q t) (q_sum : \sum_t q t = 1).
Local Notation theta := (angle_of x).
Hypothesis x_splits : forall t, splits (unit w_star) (x t) (cot (theta t)) (u t).

(** The angle of the student. *)
Definition phi (s : n.-tuple T) : R := alpha w_star (w_hat (X x s) w_star).

Let e1 : normsq (unit w_star) = 1. Proof. exact: normsq_unit. Qed.

Let length_gt0 : 0 < norm w_star. Proof. by rewrite norm_gt0. Qed.

Let w_starE : w_star = norm w_star *: unit w_star.
Proof. by rewrite scalerA divff ?scale1r // gt_eqF. Qed.

Let given_tan a : given q theta a (fun s => tan (phi s) ^+ 2) =
  given q theta a (fun s => tan_sq w_star (w_hat_of w_star x s)).
Proof. by congr (_ / _); apply: eq_bigr => s _; rewrite tan_alpha. Qed.

(** The parallel law: E[tan^2 phi | theta_1 = a_1, ..., theta_n = a_n] is at most
    1 / (cot^2 a_1 + ... + cot^2 a_n). (If there is no example, or all are on the
    teacher's boundary, both sides are infinite in the book, and 0 here.) *)
Theorem parallel_law (a : n.-tuple R) : centred q theta u ->
  given q theta a (fun s => tan (phi s) ^+ 2) <= (\sum_i cot (tnth a i) ^+ 2)^-1.
Proof.
move=> u0; rewrite given_tan.
exact: (parallel_law_algebra e1 length_gt0 w_starE q_ge0 q_sum x_splits u0).
Qed.

(** The lean, which is the mean of the part across the teacher given the angle. *)
Section Lean.
Variable m : R -> 'cV[R]_d.
Hypothesis u_mean : forall a,
  \sum_(t | theta t == a) q t *: u t = Pr q [pred t | theta t == a] *: m a.

(** The parallel law without centring, for angles [a] that have a positive chance:
    E[tan^2 phi | theta_1 = a_1, ..., theta_n = a_n] is at most b' Ubar b for all weights
    [b] with sum_i b_i cot a_i = 1, ... *)
Theorem leaning_law_weights (a : n.-tuple R) (b : 'I_n -> R) : 0 < chance q theta a ->
  \sum_i b i * cot (tnth a i) = 1 ->
  given q theta a (fun s => tan (phi s) ^+ 2) <= \sum_i \sum_j b i * b j * Ubar m a i j.
Proof.
rewrite given_tan.
exact: (leaning_weights_algebra e1 length_gt0 w_starE q_ge0 q_sum x_splits u_mean).
Qed.

(** ... and at most 1 / (c' Ubar^-1 c), with c_i = cot a_i, where Ubar has an inverse.
    (Not all angles are pi/2.) *)
Theorem leaning_law (a : n.-tuple R) : 0 < chance q theta a ->
  (exists i, cot (tnth a i) != 0) -> Ubarm m a \in unitmx ->
  given q theta a (fun s => tan (phi s) ^+ 2) <=
    (dot (cots (@cot R) a) (invmx (Ubarm m a) *m cots (@cot R) a))^-1.
Proof.
rewrite given_tan.
exact: (leaning_law_algebra e1 length_gt0 w_starE q_ge0 q_sum x_splits u_mean).
Qed.
End Lean.

(** The test law, which may be the training law; [lambda] bounds the second moments of
    [u] at each angle. The last hypothesis says E[u u' | theta] <= lambda I. *)
Variables (T_test : finType) (q_test : T_test -> R) (x_test u_test : T_test -> 'cV[R]_d).
Hypotheses (q_test_ge0 : forall t, 0 <= q_test t) (q_test_sum : \sum_t q_test t = 1).
Local Notation theta_test := (angle_of x_test).
Hypothesis test_splits :
  forall t, splits (unit w_star) (x_test t) (cot (theta_test t)) (u_test t).
Variable lambda : R.
Hypothesis lambda_gt0 : 0 < lambda.
Hypothesis spread : forall a v, \sum_(t | theta_test t == a) q_test t * dot v (u_test t) ^+ 2 <=
  Pr q_test [pred t | theta_test t == a] * (lambda * normsq v).

(** The parallel bound: E R <= E[1 / (1 + cot^2 theta sum_i cot^2 theta_i / lambda)]. *)
Theorem parallel_bound : centred q theta u -> centred q_test theta_test u_test ->
  expected_risk n w_star q x q_test x_test <= En q (fun s : n.-tuple T => E1 q_test (fun t =>
    (1 + cot (theta_test t) ^+ 2 * (\sum_i cot (theta (tnth s i)) ^+ 2) / lambda)^-1)).
Proof.
move=> c1 c2; apply: (parallel_bound_algebra n e1 length_gt0 w_starE q_ge0 q_sum x_splits
  _ test_splits _ spread) => //.
Qed.

(** Data that lean, tested off the boundary. [b] are weights for each tuple [a] of
    training angles, and rho(a) = b' Ubar b their resistance. *)
Section LeaningBounds.
Variable m : R -> 'cV[R]_d.
Hypothesis u_mean : forall a,
  \sum_(t | theta t == a) q t *: u t = Pr q [pred t | theta t == a] *: m a.
Hypothesis off_boundary : forall t, 0 < cot (theta_test t).

Section AnyWeights.
Variable b : n.-tuple R -> 'I_n -> R.
Hypothesis b_one : forall a, 0 < chance q theta a -> \sum_i b a i * cot (tnth a i) = 1.
Local Notation rho := (resistance m b).

(** E R <= E min(1, lambda rho tan^2 theta). *)
Theorem leaning_bound_weights : expected_risk n w_star q x q_test x_test <=
  En q (fun s => E1 q_test (fun t =>
    Num.min 1 (lambda * rho (angles theta s) / cot (theta_test t) ^+ 2))).
Proof.
exact: (leaning_min_algebra e1 length_gt0 w_starE q_ge0 q_sum x_splits
  q_test_ge0 test_splits lambda_gt0 spread u_mean b_one off_boundary).
Qed.

(** If the test law is centred, E R <= E[1 / (1 + cot^2 theta / (lambda rho))]; multiplied
    out, so that rho may be 0. *)
Theorem leaning_bound_centred_weights : centred q_test theta_test u_test ->
  expected_risk n w_star q x q_test x_test <= En q (fun s => E1 q_test (fun t =>
    lambda * rho (angles theta s) / (lambda * rho (angles theta s) + cot (theta_test t) ^+ 2))).
Proof.
exact: (leaning_cantelli_algebra e1 length_gt0 w_starE q_ge0 q_sum x_splits
  q_test_ge0 test_splits lambda_gt0 spread u_mean b_one off_boundary).
Qed.
End AnyWeights.

(** The same for the best weights, where Ubar has an inverse: 1/rho = c' Ubar^-1 c, with
    c_i = cot theta_i, the angles [a] of the training examples. *)
Hypothesis train_off_boundary : forall a : n.-tuple R, 0 < chance q theta a ->
  exists i : 'I_n, cot (tnth a i) != 0.
Hypothesis unit_Ubar : forall a : n.-tuple R, 0 < chance q theta a -> Ubarm m a \in unitmx.
Definition conductance_lean (a : n.-tuple R) : R :=
  dot (cots (@cot R) a) (invmx (Ubarm m a) *m cots (@cot R) a).

Let bests a P0 :=
  @best_weights _ _ _ _ _ _ _ _ _ _ q_ge0 q_sum x_splits m u_mean a P0
    (train_off_boundary P0) (unit_Ubar P0).

Let best_one (a : n.-tuple R) :
  0 < chance q theta a -> \sum_i best (@cot R) m a i * cot (tnth a i) = 1.
Proof. by move=> P0; have [] := bests P0. Qed.

Let best_rho (s : n.-tuple T) : weight q s != 0 ->
  resistance m (best (@cot R) m) (angles theta s) = (conductance_lean (angles theta s))^-1.
Proof.
move=> qs; have P0 := chance_gt0 theta q_ge0 qs.
by have [] := bests P0.
Qed.

(** E R <= E min(1, lambda rho tan^2 theta). *)
Theorem leaning_bound : expected_risk n w_star q x q_test x_test <=
  En q (fun s : n.-tuple T => E1 q_test (fun t =>
    Num.min 1 (lambda / conductance_lean (angles theta s) * tan (theta_test t) ^+ 2))).
Proof.
apply: le_trans (leaning_bound_weights best_one) _.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => s _.
have [->|/best_rho ->] := eqVneq (weight q s) 0; first by rewrite !mul0r.
congr (_ * _); apply: eq_bigr => t _; rewrite /tan /cot.
by rewrite -[sin _ / cos _]invf_div exprVn.
Qed.

(** With a centred test law it is the parallel bound, with c' Ubar^-1 c for the sum:
    E R <= E[1 / (1 + cot^2 theta (c' Ubar^-1 c) / lambda)]. *)
Theorem leaning_bound_centred : centred q_test theta_test u_test ->
  expected_risk n w_star q x q_test x_test <= En q (fun s : n.-tuple T => E1 q_test (fun t =>
    (1 + cot (theta_test t) ^+ 2 * conductance_lean (angles theta s) / lambda)^-1)).
Proof.
move=> c; apply: le_trans (leaning_bound_centred_weights best_one c) _.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => s _.
have [->|] := eqVneq (weight q s) 0; first by rewrite !mul0r.
move=> qs; rewrite best_rho //.
congr (_ * _); apply: eq_bigr => t _; congr (_ * _).
have P0 := chance_gt0 theta q_ge0 qs.
have C0 : 0 < conductance_lean (angles theta s).
  rewrite lt_def -invr_ge0 -best_rho // (resistance_ge0 q_ge0 q_sum x_splits u_mean) // andbT.
  apply/eqP => C0; have /eqP := best_one P0.
  rewrite big1 ?[_ == 1]eq_sym ?oner_eq0 // => i _.
  by rewrite /best -/(conductance_lean _) C0 invr0 mulr0 mul0r.
have k0 : 0 < lambda / conductance_lean (angles theta s) by rewrite divr_gt0.
rewrite -[in RHS]mulrA -[conductance_lean _ / lambda]invf_div.
rewrite -cantelli_value ?sqr_ge0 //; have c0 := sqr_ge0 (cot (theta_test t)).
move: (_ / _) (_ ^+ 2) k0 c0 => k c2 k0 c0.
have n1 : c2 + k != 0 by rewrite gt_eqF // ltr_paddl.
by field; rewrite ?(addrC k) n1.
Qed.
End LeaningBounds.
End ParallelLaw.
