(** Greedy's guarantee is sharp: a pool of four examples, two that together span the
    teacher and two decoys, for which the constant 1 in 1 - exp(-lambda) cannot be
    raised. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import reals normedtype sequences exp trigo.
From Distillation Require Import projections angles calculus choosing.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Attained.
(** Greedy's bad case: two examples that together span the teacher, and two decoys
    that are each as near. The last coordinate is along the teacher. *)
Variables (R : realType) (t : R).
Hypothesis t_gt0 : 0 < t.

Definition bad_pool : 'M[R]_4 := \matrix_(i, j)
  (nth [::] [:: [:: 1; -1; 0; 0]; [:: 0; 0; 1; 0]; [:: 0; 0; 0; 1]; [:: t; t; t; t]] i)`_j.
Definition last_axis : 'cV[R]_4 := \col_i [:: 0; 0; 0; 1]`_i.

Let X := bad_pool.
Let w := last_axis.
Let j2 : 'I_4 := @Ordinal 4 2 isT.
Let j3 : 'I_4 := @Ordinal 4 3 isT.
Let x2 := t ^+ 2.
Let one_x2 : 0 < 1 + x2. Proof. by rewrite /x2 addr_gt0 ?ltr01 ?exprn_gt0. Qed.

Let sum4 (F : 'I_4 -> R) : \sum_i F i = F 0 + F 1 + F j2 + F j3.
Proof.
rewrite !big_ord_recl big_ord0 addr0 !addrA.
have -> : lift ord0 ord0 = 1 :> 'I_4 by apply/val_inj.
have -> : lift ord0 (lift ord0 ord0) = j2 :> 'I_4 by apply/val_inj.
by have -> : lift ord0 (lift ord0 (lift ord0 ord0)) = j3 :> 'I_4 by apply/val_inj.
Qed.

Let dot4 (u v : 'cV[R]_4) : dot u v =
  u 0 0 * v 0 0 + u 1 0 * v 1 0 + u j2 0 * v j2 0 + u j3 0 * v j3 0.
Proof. exact: sum4. Qed.

Let all4 (P : 'I_4 -> Prop) : P 0 -> P 1 -> P j2 -> P j3 -> forall i, P i.
Proof.
move=> P0 P1 P2 P3 [[|[|[|[|//]]]] lt].
- by have -> : Ordinal lt = 0 by apply/val_inj.
- by have -> : Ordinal lt = 1 by apply/val_inj.
- by have -> : Ordinal lt = j2 by apply/val_inj.
- by have -> : Ordinal lt = j3 by apply/val_inj.
Qed.

Let logit4 i : dot w (col i X) = t.
Proof. by move: i; apply: all4; rewrite dot4 !mxE /=; ring. Qed.

Let long4 i : normsq (col i X) = 1 + x2.
Proof. by move: i; rewrite /x2; apply: all4; rewrite /normsq dot4 !mxE /=; ring. Qed.

Let decoy i : i != j2 -> dot (col j2 X) (col i X) = x2.
Proof.
rewrite /x2; move: i; apply: all4; rewrite ?eqxx // => _; rewrite dot4 !mxE /=; ring.
Qed.

Let y := col j2 X.
Let S1 := j2 |: set0.
Let S2 := j3 |: S1.

Let proj0 : proj (only X set0) = 0.
Proof.
have [Y ->] := proj_span (only X set0).
have -> : only X set0 = 0 by apply/matrixP => i j; rewrite !mxE inE.
by rewrite mul0mx.
Qed.

Let rest0 v : rest (only X set0) v = v.
Proof. by rewrite /rest proj0 mul0mx subr0. Qed.

Let rest1 v : rest (only X S1) v = v - (dot v y / (1 + x2)) *: y.
Proof.
by rewrite {1}/rest proj_add -/(w_hat _ v) w_hat_row_mx !rest0 /w_hat proj0 mul0mx add0r long4.
Qed.

Let num i : dot (rest (only X S1) w) (rest (only X S1) (col i X)) =
  t - t / (1 + x2) * dot y (col i X).
Proof. by rewrite dot_rest rest1 dotDl dotNl dotZl !logit4. Qed.

Let den i : normsq (rest (only X S1) (col i X)) =
  1 + x2 - dot y (col i X) ^+ 2 / (1 + x2).
Proof.
rewrite /normsq dot_rest rest1 dotDl dotNl dotZl -/(normsq _) long4 (dotC (col i X)).
by rewrite mulrAC expr2.
Qed.

Let greedy1 : greedy X w 1 S1.
Proof.
by apply: one_more (nothing X w) _ => i; rewrite /score !rest0 !logit4 /norm !long4.
Qed.

Lemma greedy2 : greedy X w 2 S2.
Proof.
apply: one_more greedy1 _ => i; have [->|ij] := eqVneq i j2.
  apply: le_trans (score_ge0 _ _ _); rewrite /score num -/y -/(normsq y) long4.
  by rewrite divfK ?gt_eqF // subrr normr0 mul0r.
by rewrite /score /norm !num !den !decoy.
Qed.

Let kept2 : kept X w S2 = 2 * x2 / (1 + 2 * x2).
Proof.
rewrite kept_add kept_add kept0 add0r /score !rest0 logit4 num decoy // !expr_div_n !norm_sqr.
rewrite long4 den decoy // !real_normK ?num_real // -/x2.
have tt : (t - t / (1 + x2) * x2) ^+ 2 = x2 / (1 + x2) ^+ 2.
  rewrite /x2; field; rewrite -/x2 gt_eqF //.
have x0 : 0 < x2 by rewrite /x2 exprn_gt0.
have [n1 n2] : 1 + x2 != 0 /\ 1 + 2 * x2 != 0.
  by rewrite !gt_eqF // addr_gt0 ?ltr01 ?mulr_gt0 ?ltr0n.
have n3 : 1 + x2 - x2 ^+ 2 / (1 + x2) != 0.
  have -> : 1 + x2 - x2 ^+ 2 / (1 + x2) = (1 + 2 * x2) / (1 + x2) by field.
  by rewrite mulf_neq0 ?invr_eq0.
have d : 1 + x2 - x2 ^+ 2 / (1 + x2) = (1 + 2 * x2) / (1 + x2) by field.
by rewrite tt d; field; rewrite n1 n2.
Qed.

Let T : {set 'I_4} := [set 0; 1].

Let kept_best : kept X w T = 1.
Proof.
have wE : w = (2 * t)^-1 *: (col 0 X + col 1 X).
  apply/matrixP => i j; rewrite !mxE; move: i; apply: all4; rewrite /=.
  - by rewrite subrr mulr0.
  - by rewrite addr0 mulr0.
  - by rewrite addr0 mulr0.
  - by rewrite -mulr2n -mulr_natl mulVf // mulf_neq0 ?pnatr_eq0 ?gt_eqF.
have keep : w_hat (only X T) w = w.
  by rewrite /w_hat {1}wE -scalemxAr mulmxDr !proj_only ?inE ?eqxx ?orbT // -wE.
by rewrite /kept keep /normsq dot4 !mxE /= !mul0r !add0r mul1r.
Qed.

Let lambda := 2 * x2 / ((1 + 4 * x2) * (1 + x2)).

Lemma independent4 (a : 'cV[R]_4) : lambda * normsq a <= normsq (units X *m a).
Proof.
have x0 : 0 < x2 by rewrite /x2 exprn_gt0.
have -> : units X = (Num.sqrt (1 + x2))^-1 *: X.
  by apply/matrixP => i j; rewrite mxE /unit mxE /norm long4 !mxE.
rewrite -scalemxAl {2}/normsq dotZl dotZr mulrA -expr2 exprVn sqr_sqrtr ?(ltW one_x2) //.
have n4 : 0 < 1 + 4 * x2 by rewrite addr_gt0 ?ltr01 ?mulr_gt0 ?ltr0n.
have squares : 2 * x2 * normsq a <= (1 + 4 * x2) * normsq (X *m a).
  rewrite /normsq !dot4 !mxE !sum4 !mxE /= -subr_ge0 /x2.
  move: (a 0 0) (a 1 0) (a j2 0) (a j3 0) => a0 a1 a2 a3.
  rewrite (_ : _ - _ = (a0 - a1) ^+ 2 * (1 + 3 * x2) + (a2 - a3) ^+ 2 * ((1 + 2 * x2) / 2) +
    (2 * x2 * (a0 + a1) + (1 + 4 * x2) * (a2 + a3) / 2) ^+ 2 + (a2 + a3) ^+ 2 / 4).
    have c1 : 0 <= 1 + 3 * x2 by rewrite ltW // addr_gt0 ?ltr01 ?mulr_gt0 ?ltr0n.
    have c2 : 0 <= (1 + 2 * x2) / 2.
      by rewrite ltW // divr_gt0 ?ltr0n // addr_gt0 ?ltr01 ?mulr_gt0 ?ltr0n.
    have c3 : 0 <= 4 :> R by rewrite ler0n.
    have p2 := @sqr_ge0 R; apply: addr_ge0 (divr_ge0 (p2 _) c3).
    by apply: addr_ge0 (p2 _); exact: addr_ge0 (mulr_ge0 (p2 _) c1) (mulr_ge0 (p2 _) c2).
  by rewrite /x2; field.
rewrite [leLHS](_ : _ = (1 + x2)^-1 * (2 * x2 * normsq a / (1 + 4 * x2))).
  by rewrite ler_wpmul2l ?invr_ge0 ?(ltW one_x2) // ler_pdivr_mulr // [leRHS]mulrC.
by rewrite /lambda; field; rewrite !gt_eqF.
Qed.

(* Greedy takes the decoys, ... *)
Lemma missed_best c : (1 + 4 * x2) * (1 + x2) < c ->
  kept X w S2 < (1 - expR (- (c * lambda))) * kept X w T.
Proof.
move=> small; rewrite kept2 kept_best mulr1.
have x0 : 0 < x2 by rewrite /x2 exprn_gt0.
have xx0 : 0 < 2 * x2 by rewrite mulr_gt0 ?ltr0n.
have n4 : 0 < (1 + 4 * x2) * (1 + x2) by rewrite mulr_gt0 ?addr_gt0 ?ltr01 ?mulr_gt0 ?ltr0n.
set v := c * lambda; have v2 : 2 * x2 < v.
  have vE : v = c * (2 * x2) / ((1 + 4 * x2) * (1 + x2)) by exact: mulrA.
  by rewrite vE (ltr_pdivl_mulr _ _ n4) [ltLHS]mulrC (ltr_pmul2r xx0).
have nv : 0 < 1 + v by rewrite addr_gt0 ?ltr01 // (lt_trans xx0).
have n2 : 0 < 1 + 2 * x2 by rewrite addr_gt0 ?ltr01.
rewrite expRN ltr_subr_addl -ltr_subr_addr.
apply: (@le_lt_trans _ _ (1 + v)^-1).
  by rewrite lef_pinv ?posrE ?expR_gt0 // expR_ge1D.
have -> : 1 - 2 * x2 / (1 + 2 * x2) = (1 + 2 * x2)^-1 by field; rewrite gt_eqF.
by rewrite ltf_pinv ?posrE // ltr_add2l.
Qed.

Lemma two_best : (#|T| <= 2)%N.
Proof. by rewrite /T cards2 ltnS leq_b1. Qed.
End Attained.

(** The constant 1 in the exponent cannot be raised: for every c > 1 there is a pool
    of which greedy keeps less than the part 1 - exp(-c lambda). *)
Theorem greedy_sharp (R : realType) (c : R) : 1 < c ->
  exists (X : 'M[R]_4) w_star (lambda : R) (S T : {set 'I_4}),
  [/\ forall a : 'cV_4, (#|support a| <= 2 * 2)%N ->
        lambda * normsq a <= normsq (units X *m a),
      greedy X w_star 2 S, (#|T| <= 2)%N &
      kept X w_star S < (1 - expR (- (c * lambda))) * kept X w_star T].
Proof.
move=> c1; pose x := Num.min 1 ((c - 1) / 10).
have x0 : 0 < x by rewrite lt_minr ltr01 divr_gt0 ?subr_gt0 ?ltr0n.
have x1 : x <= 1 by rewrite le_minl lexx.
have xc : x * 10 <= c - 1 by rewrite -ler_pdivl_mulr ?ltr0n // le_minl lexx orbT.
have t0 : 0 < Num.sqrt x by rewrite sqrtr_gt0.
have small : (1 + 4 * Num.sqrt x ^+ 2) * (1 + Num.sqrt x ^+ 2) < c.
  rewrite sqr_sqrtr ?(ltW x0) //; apply: (@lt_le_trans _ _ (1 + x * 10)).
    rewrite -subr_gt0 (_ : _ - _ = x * (1 + 4 * (1 - x))); last by ring.
    by rewrite mulr_gt0 // ltr_spaddl ?ltr01 // mulr_ge0 ?ler0n ?subr_ge0.
  by rewrite addrC -ler_subr_addr.
eexists _, _, _, _, _.
exact: And4 (fun a _ => independent4 t0 a) (greedy2 t0) two_best (missed_best t0 small).
Qed.
