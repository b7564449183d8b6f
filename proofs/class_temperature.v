(** What a temperature does to several classes: nothing to the limit, and to labels and
    Hessian what the book says. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
From Distillation Require Import projections calculus loss theorem_1 softmax classes.
From Distillation Require Import class_limit.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.

Lemma colder (R : realFieldType) (s t p q r : R) : t <= s -> 0 <= t -> p <= q -> p <= r ->
  s * p + t * q <= t * r + s * q.
Proof.
move=> ts t0 pq pr; rewrite -subr_ge0.
rewrite [leRHS](_ : _ = (s - t) * (q - p) + t * (r - p)); last by ring.
by rewrite addr_ge0 // mulr_ge0 ?subr_ge0.
Qed.

Section Temperature.
Variables (R : realType) (d n C : nat) (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C)).
Hypotheses (n_gt0 : (0 < n)%N) (C_gt0 : (0 < C)%N).
Let P := proj X.
Let J := J R C.
Let N_ge0 : 0 <= n%:R^-1 :> R. Proof. by rewrite invr_ge0 ler0n. Qed.

(** The Hessian on centred matrices in the span: if all labels are between [m] and [M], and
    lambda |u|^2 <= |X'u|^2 <= Lambda |u|^2 there, it is between m lambda/n and
    min(1/2, M) Lambda/n. *)
Theorem class_hessian_bounds V U (m M lambda Lambda : R) :
  (forall i c, m <= label X V i c 0 <= M) -> 0 <= m ->
  (forall u, P *m u = u -> lambda * normsq u <= normsq (X^T *m u) <= Lambda * normsq u) ->
  P *m U = U -> U *m J = U ->
  n%:R^-1 * m * lambda * mnormsq U <= mdot (class_hessian X V U) U <=
  n%:R^-1 * Num.min 2^-1 M * Lambda * mnormsq U.
Proof.
move=> between m0 span PU UJ; rewrite mdot_hessian -!mulrA.
have p0 i c : 0 <= label X V i c 0 by exact: softmax_ge0.
have p1 i : \sum_c label X V i c 0 = 1 by exact: softmax_sum.
have LJ i : J *m logits X U i = logits X U i by rewrite -logitsJ UJ.
have logits_sum : \sum_i normsq (logits X U i) = \sum_c normsq (X^T *m col c U).
  rewrite /normsq /dot exchange_big; apply: eq_bigr => c _; apply: eq_bigr => i _.
  by rewrite [logits X U i c 0]logitsE colE mulmxA -colE [col c _ i 0]mxE.
have Pc c : P *m col c U = col c U by rewrite colE mulmxA PU.
have M0 : 0 <= Num.min 2^-1 M.
  rewrite le_minr invr_ge0 ler0n /=; have [i c] := (Ordinal n_gt0, Ordinal C_gt0).
  by have /andP[_] := between i c; apply: le_trans.
apply/andP; split; rewrite ler_wpmul2l //.
  apply: (@le_trans _ _ (m * \sum_i normsq (logits X U i))).
    rewrite ler_wpmul2l // logits_sum mulr_sumr; apply: ler_sum => c _.
    by have /andP[] := span _ (Pc c).
  rewrite mulr_sumr; apply: ler_sum => i _; rewrite -[in leLHS]LJ.
  by case/andP: (class_curvature (p0 i) (p1 i) (logits X U i)
    (fun c => proj1 (andP (between i c)))).
apply: (@le_trans _ _ (Num.min 2^-1 M * \sum_i normsq (logits X U i))).
  rewrite mulr_sumr; apply: ler_sum => i _; rewrite -[in leRHS]LJ minr_pmull ?normsq_ge0 //.
  rewrite le_minr; apply/andP; split.
    by case/andP: (class_curvature (p0 i) (p1 i) (logits X U i) (p0 i)).
  by apply: curvature_max => // c; case/andP: (between i c).
rewrite ler_wpmul2l // logits_sum mulr_sumr; apply: ler_sum => c _.
by have /andP[] := span _ (Pc c).
Qed.

(** Temperature: teacher and student divide their logits by the same T. The loss is
    L_T(W) = L(W/T) for the teacher W_star/T, and its gradient this one. *)
Variable T : R.
Hypothesis T_gt0 : 0 < T.
Definition loss_at V := class_loss X (T^-1 *: W_star) (T^-1 *: V).
Definition gradient_at V := T^-1 *: class_gradient X (T^-1 *: W_star) (T^-1 *: V).

Theorem derive_loss_at (U : R -> 'M[R]_(d, C)) (dU : 'M[R]_(d, C)) t :
  (forall j c, is_derive t 1 (fun s => U s j c) (dU j c)) ->
  is_derive t 1 (fun s => loss_at (U s)) (mdot (gradient_at (U t)) dU).
Proof.
move=> DU; have -> : mdot (gradient_at (U t)) dU =
    mdot (class_gradient X (T^-1 *: W_star) (T^-1 *: U t)) (T^-1 *: dU) by rewrite mdotZl mdotZr.
apply: (derive_class_loss X (T^-1 *: W_star) C_gt0 (U := fun s => T^-1 *: U s)) => j c.
rewrite mxE; have -> : (fun s => (T^-1 *: U s) j c) = T^-1 *: (fun s => U s j c).
  by apply/funext => s; rewrite mxE.
exact: is_deriveZ.
Qed.

(** The Hessian of L_T, applied to a direction. *)
Definition hessian_at (V U : 'M[R]_(d, C)) := (T ^+ 2)^-1 *: class_hessian X (T^-1 *: V) U.

Theorem derive_gradient_at (U : R -> 'M[R]_(d, C)) (dU V : 'M[R]_(d, C)) t :
  (forall j c, is_derive t 1 (fun s => U s j c) (dU j c)) ->
  is_derive t 1 (fun s => mdot (gradient_at (U s)) V) (mdot (hessian_at (U t) dU) V).
Proof.
move=> DU; have D j c : is_derive t 1 (fun s => (T^-1 *: U s) j c) ((T^-1 *: dU) j c).
  rewrite mxE; have -> : (fun s => (T^-1 *: U s) j c) = T^-1 *: (fun s => U s j c).
    by apply/funext => s; rewrite mxE.
  exact: is_deriveZ.
have -> : (fun s => mdot (gradient_at (U s)) V) =
    T^-1 *: (fun s => mdot (class_gradient X (T^-1 *: W_star) (T^-1 *: U s)) V).
  by apply/funext => s; rewrite mdotZl.
have -> : mdot (hessian_at (U t) dU) V =
    T^-1 *: mdot (class_hessian X (T^-1 *: U t) (T^-1 *: dU)) V.
  rewrite mdotZl !mdot_hessian [RHS]/GRing.scale /= mulrCA [RHS]mulrCA; congr (_ * _).
  rewrite !mulr_sumr; apply: eq_bigr => i _.
  have -> : logits X (T^-1 *: dU) i = T^-1 *: logits X dU i by rewrite /logits linearZ -scalemxAl.
  by rewrite -scalemxAr dotZl mulrA -invfM -expr2.
apply: is_deriveZ.
exact: (derive_class_gradient X (T^-1 *: W_star) C_gt0 D).
Qed.

(** At the limit T^2 times the Hessian is between m lambda/n and min(1/2, M) Lambda/n, if
    the teacher's labels at T are between [m] and [M]. *)
Theorem temperature_hessian U (m M lambda Lambda : R) :
  (forall i c, m <= label X (T^-1 *: W_star) i c 0 <= M) -> 0 <= m ->
  (forall u, P *m u = u -> lambda * normsq u <= normsq (X^T *m u) <= Lambda * normsq u) ->
  P *m U = U -> U *m J = U ->
  n%:R^-1 * m * lambda * mnormsq U <=
  T ^+ 2 * mdot (hessian_at (class_student X W_star) U) U <=
  n%:R^-1 * Num.min 2^-1 M * Lambda * mnormsq U.
Proof.
move=> between m0 span PU UJ; rewrite mdotZl mulrA divff ?mul1r; last first.
  by rewrite expf_neq0 // gt_eqF.
have -> : T^-1 *: class_student X W_star = class_student X (T^-1 *: W_star).
  by rewrite /class_student -scalemxAr -scalemxAl.
apply: (class_hessian_bounds _ m0 span PU UJ) => i c.
rewrite (_ : label X _ i = label X (T^-1 *: W_star) i) //.
have /class_minimisers/logits_eq same := loss_W_hat X (T^-1 *: W_star) n_gt0 C_gt0.
by apply: softmax_J => //; rewrite -!logitsJ same.
Qed.

(** At every temperature the flow from 0 tends to P W_star J. *)
Theorem temperature_limit (W : R -> 'M[R]_(d, C)) eps :
  (forall t j c, is_derive t 1 (fun s => W s j c) ((- gradient_at (W t)) j c)) -> W 0 = 0 ->
  0 < eps ->
  exists2 t0, 0 <= t0 & forall t, t0 <= t -> mnormsq (W t - class_student X W_star) <= eps.
Proof.
move=> flow W0 e0; pose U s := T^-1 *: W (T ^+ 2 * s).
have T0 : T != 0 by rewrite gt_eqF.
have DU t j c : is_derive t 1 (fun s => U s j c)
    ((- class_gradient X (T^-1 *: W_star) (U t)) j c).
  have D := is_derive1_comp (flow (T ^+ 2 * t) j c) (derive_scale (T ^+ 2) t).
  have -> : (fun s => U s j c) = T^-1 *: ((fun s => W s j c) \o (fun s => T ^+ 2 * s)).
    by apply/funext => s; rewrite /U mxE.
  apply: is_derive_eq; rewrite /gradient_at -/(U t) mxE [in RHS]mxE.
  move: (class_gradient _ _ _) => g.
  by rewrite !mxE /GRing.scale /=; field.
have U0 : U 0 = 0 by rewrite /U mulr0 W0 scaler0.
have e1 : 0 < (T ^+ 2)^-1 * eps by rewrite mulr_gt0 // invr_gt0 exprn_gt0.
have [t0 t00 small] := class_limit n_gt0 C_gt0 DU U0 e1.
exists (T ^+ 2 * t0) => [|t tt0]; first by rewrite mulr_ge0 ?sqr_ge0.
have T2 : 0 < T ^+ 2 by rewrite exprn_gt0.
have := small ((T ^+ 2)^-1 * t); rewrite ler_pdivl_mull // => /(_ tt0).
have -> : U ((T ^+ 2)^-1 * t) - class_student X (T^-1 *: W_star) =
          T^-1 *: (W t - class_student X W_star).
  by rewrite /U mulrA divff ?gt_eqF // mul1r /class_student -scalemxAr -scalemxAl scalerBr.
rewrite /mnormsq mdotZl mdotZr mulrA -expr2 exprVn.
by rewrite ler_pmul2l // invr_gt0.
Qed.

(** As T rises, the smallest label does not fall, ... *)
Theorem smallest_label (a : 'cV[R]_C) T' m : T <= T' ->
  (forall c, m <= softmax (T^-1 *: a) c 0) -> forall c, m <= softmax (T'^-1 *: a) c 0.
Proof.
move=> TT above c; pose c0 := [arg min_(b < Ordinal C_gt0) a b 0]%O.
have least b : a c0 0 <= a b 0 by rewrite /c0; case: arg_minP => // i _; exact.
have T'_gt0 : 0 < T' by exact: lt_le_trans TT.
have inv : T'^-1 <= T^-1 by rewrite lef_pinv.
apply: (le_trans (above c0)); rewrite !mxE ler_pdivr_mulr ?sum_exp_gt0 //.
rewrite mulrAC ler_pdivl_mulr ?sum_exp_gt0 // !mulr_sumr; apply: ler_sum => b _.
rewrite !mxE -!expRD ler_expR.
by apply: colder; rewrite ?invr_ge0 ?(ltW T'_gt0).
Qed.

(** ... and the largest does not rise. *)
Theorem largest_label (a : 'cV[R]_C) T' M : T <= T' ->
  (forall c, softmax (T^-1 *: a) c 0 <= M) -> forall c, softmax (T'^-1 *: a) c 0 <= M.
Proof.
move=> TT below c; pose c0 := [arg max_(b > Ordinal C_gt0) a b 0]%O.
have most b : a b 0 <= a c0 0 by rewrite /c0; case: arg_maxP => // i _; exact.
have T'_gt0 : 0 < T' by exact: lt_le_trans TT.
have inv : T'^-1 <= T^-1 by rewrite lef_pinv.
apply: le_trans (below c0); rewrite !mxE ler_pdivr_mulr ?sum_exp_gt0 //.
rewrite mulrAC ler_pdivl_mulr ?sum_exp_gt0 // !mulr_sumr; apply: ler_sum => b _.
rewrite !mxE -!expRD ler_expR -ler_opp2 !opprD -!mulrN.
by apply: colder; rewrite ?invr_ge0 ?(ltW T'_gt0) ?ler_opp2.
Qed.
End Temperature.
