(** The loss of several classes: cross-entropy to soft labels, its gradient and its
    curvature. A teacher and a student are matrices with a column for each of the C
    classes; examples are the columns of [X]. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp trigo.
From Distillation Require Import projections calculus angles lemma_1 loss theorem_1.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.

Section Matrices.
Variables (R : realFieldType) (d C : nat).
Implicit Types (U V W : 'M[R]_(d, C)) (u v : 'cV[R]_C).

(** The inner product of matrices, column by column, and the squared length. *)
Definition mdot U V : R := \sum_c dot (col c U) (col c V).
Definition mnormsq U : R := mdot U U.

Lemma mdot_tr U V : mdot U V = \tr (U^T *m V).
Proof.
apply: eq_bigr => c _; rewrite -dot_mx !mxE; apply: eq_bigr => i _.
by rewrite !mxE.
Qed.

Lemma mdotDl U V W : mdot (U + V) W = mdot U W + mdot V W.
Proof. by rewrite !mdot_tr linearD mulmxDl linearD. Qed.

Lemma mdotC U V : mdot U V = mdot V U.
Proof. by apply: eq_bigr => c _; rewrite dotC. Qed.

Lemma mdotDr U V W : mdot W (U + V) = mdot W U + mdot W V.
Proof. by rewrite mdotC mdotDl !(mdotC W). Qed.

Lemma mdotZl (a : R) U V : mdot (a *: U) V = a * mdot U V.
Proof. by rewrite !mdot_tr linearZ -scalemxAl linearZ. Qed.

Lemma mdotZr (a : R) U V : mdot V (a *: U) = a * mdot V U.
Proof. by rewrite mdotC mdotZl mdotC. Qed.

Lemma mdotNl U V : mdot (- U) V = - mdot U V.
Proof. by rewrite -scaleN1r mdotZl mulN1r. Qed.

Lemma mdotNr U V : mdot V (- U) = - mdot V U.
Proof. by rewrite mdotC mdotNl mdotC. Qed.

Lemma mdot0l U : mdot 0 U = 0.
Proof. by rewrite -(scale0r 0) mdotZl mul0r. Qed.

Lemma mdot0r U : mdot U 0 = 0.
Proof. by rewrite mdotC mdot0l. Qed.

Lemma mdot_mull (A : 'M_d) U V : mdot (A *m U) V = mdot U (A^T *m V).
Proof. by rewrite !mdot_tr trmx_mul mulmxA. Qed.

Lemma mdot_mulr (B : 'M_C) U V : mdot (U *m B) V = mdot U (V *m B^T).
Proof. by rewrite !mdot_tr trmx_mul -mulmxA mxtrace_mulC mulmxA. Qed.

Lemma mnormsq_ge0 U : 0 <= mnormsq U.
Proof. by apply: sumr_ge0 => c _; exact: normsq_ge0. Qed.

Lemma mnormsq_eq0 U : mnormsq U = 0 -> U = 0.
Proof.
move=> /psumr_eq0P zero; apply/matrixP => i c; rewrite mxE.
have /eqP := zero (fun c _ => normsq_ge0 _) c isT.
by rewrite normsq_eq0 => /eqP/matrixP/(_ i 0); rewrite !mxE.
Qed.

Lemma mnormsqD U V : mnormsq (U + V) = mnormsq U + mnormsq V + 2 * mdot U V.
Proof. by rewrite /mnormsq !mdotDl !mdotDr (mdotC V U); ring. Qed.

(** J takes the mean over the classes away. *)
Definition J : 'M[R]_C := 1%:M - C%:R^-1 *: const_mx 1.

Lemma J_orth : orthogonal_projection J.
Proof.
split; first by rewrite /J linearB linearZ /= trmx1 trmx_const.
pose E : 'M[R]_C := C%:R^-1 *: const_mx 1; suff EE : E *m E = E.
  by rewrite /J -/E mulmxBl mul1mx mulmxBr mulmx1 EE subrr subr0.
rewrite -scalemxAl -scalemxAr scalerA; apply/matrixP => i j; rewrite !mxE.
rewrite (eq_bigr (fun=> 1)) => [|k _]; last by rewrite !mxE mulr1.
rewrite sumr_const card_ord -mulrA mulVf ?mulr1 //.
by rewrite pnatr_eq0; case: (C) i => [[]|].
Qed.

Lemma J_const (t : R) : J *m const_mx t = 0 :> 'cV_C.
Proof.
apply/matrixP => i j; rewrite mulmxBl mul1mx -scalemxAl !mxE.
rewrite (eq_bigr (fun=> t)) => [|k _]; last by rewrite !mxE mul1r.
rewrite sumr_const card_ord -[t *+ C]mulr_natl mulrA mulVf ?mul1r ?subrr //.
by rewrite pnatr_eq0; case: (C) i => [[]|].
Qed.

(* Around no number is the mean square less than around the mean. *)
Lemma normsq_J_le u (t : R) : normsq (J *m u) <= \sum_c (u c 0 - t) ^+ 2.
Proof.
have -> : J *m u = J *m (u - const_mx t) by rewrite mulmxBr J_const subr0.
have -> : \sum_c (u c 0 - t) ^+ 2 = normsq (1%:M *m (u - const_mx t)).
  by rewrite mul1mx; apply: eq_bigr => c _; rewrite !mxE expr2.
apply: longer_projection; rewrite ?mul1mx //; first by rewrite /orthogonal_projection trmx1 mulmx1.
exact: J_orth.
Qed.

(* Vectors that differ by a number have the same centred part. *)
Lemma J_shift u v (t : R) : (forall c, u c 0 = v c 0 + t) -> J *m u = J *m v.
Proof.
move=> uv; have -> : u = v + const_mx t by apply/matrixP => i j; rewrite !mxE !ord1 uv.
by rewrite mulmxDr J_const addr0.
Qed.

Lemma J_split u : exists t, forall c, u c 0 = (J *m u) c 0 + t.
Proof.
exists (C%:R^-1 * \sum_c u c 0) => c; rewrite mulmxBl mul1mx -scalemxAl !mxE.
by rewrite (eq_bigr (fun c => u c 0)) ?subrK // => i _; rewrite mxE mul1r.
Qed.

(** The curvature of the loss at the labels [p]. *)
Definition curvature (p : 'cV[R]_C) : 'M[R]_C := diag_mx p^T - p *m p^T.

Lemma curvature_mul p u c : (curvature p *m u) c 0 = p c 0 * (u c 0 - dot p u).
Proof. by rewrite mulmxBl mul_diag_mx -mulmxA mxE -dot_mx !mxE big_ord1 mulrBr !mxE. Qed.

Section Curvature.
Variable p : 'cV[R]_C.
Hypotheses (p_ge0 : forall c, 0 <= p c 0) (p_sum : \sum_c p c 0 = 1).

(* It is the variance of a number that is [u c] with probability [p c]. *)
Lemma curvature_variance u : dot (curvature p *m u) u = \sum_c p c 0 * (u c 0 - dot p u) ^+ 2.
Proof.
set a := dot p u; have zero : \sum_c a * (p c 0 * u c 0 - a * p c 0) = 0.
  by rewrite -mulr_sumr sumrB -mulr_sumr p_sum mulr1 subrr mulr0.
rewrite -[RHS]addr0 -[X in _ = _ + X]zero -big_split; apply: eq_bigr => c _ /=.
by rewrite curvature_mul -/a; ring.
Qed.

Lemma curvature_square u :
  dot (curvature p *m u) u = \sum_c p c 0 * u c 0 ^+ 2 - dot p u ^+ 2.
Proof.
rewrite expr2 {1}/dot mulr_suml -sumrB; apply: eq_bigr => c _.
by rewrite curvature_mul; ring.
Qed.

(* Sum p_a p_b (u_a + u_b)^2 over pairs of different classes, and p (1 - p) <= 1/4. *)
Lemma curvature_le u : dot (curvature p *m u) u <= 2^-1 * normsq u.
Proof.
pose Q := \sum_c p c 0 * u c 0 ^+ 2; pose S := \sum_c (p c 0 * u c 0) ^+ 2.
have pairs : \sum_a \sum_b p a 0 * p b 0 * (u a 0 + u b 0) ^+ 2 = 2 * Q + 2 * dot p u ^+ 2.
  transitivity (\sum_a (p a 0 * u a 0 ^+ 2 + 2 * dot p u * (p a 0 * u a 0) + Q * p a 0)).
    apply: eq_bigr => a _; transitivity (p a 0 * u a 0 ^+ 2 * (\sum_b p b 0) +
      2 * (p a 0 * u a 0) * dot p u + p a 0 * Q); last by rewrite p_sum; ring.
    rewrite !mulr_sumr -!big_split; apply: eq_bigr => b _ /=; ring.
  by rewrite !big_split /= -!mulr_sumr p_sum -/(dot p u) -/Q; ring.
have diagonal : 4 * S <= \sum_a \sum_b p a 0 * p b 0 * (u a 0 + u b 0) ^+ 2.
  rewrite mulr_sumr; apply: ler_sum => a _; rewrite (bigD1 a) //=.
  have -> : p a 0 * p a 0 * (u a 0 + u a 0) ^+ 2 = 4 * (p a 0 * u a 0) ^+ 2 by ring.
  by rewrite ler_addl sumr_ge0 // => b _; rewrite mulr_ge0 ?sqr_ge0 ?mulr_ge0.
have quarter : 2 * Q - 2 * S <= 2^-1 * normsq u.
  rewrite !mulr_sumr -sumrB; apply: ler_sum => c _; rewrite -subr_ge0.
  rewrite [leRHS](_ : _ = 2 * ((p c 0 - 2^-1) * u c 0) ^+ 2); last first.
    by field.
  by rewrite mulr_ge0 ?sqr_ge0 ?ler0n.
apply: le_trans quarter; rewrite curvature_square -/Q -subr_ge0.
rewrite [leRHS](_ : _ = 2^-1 * (2 * Q + 2 * dot p u ^+ 2 - 4 * S)); last first.
  by field.
by rewrite mulr_ge0 ?invr_ge0 ?ler0n // subr_ge0 -pairs.
Qed.

(* A number added to all of [u] changes nothing. *)
Lemma curvature_J u : dot (curvature p *m u) u = dot (curvature p *m (J *m u)) (J *m u).
Proof.
have [t uv] := J_split u; have pu : dot p u = dot p (J *m u) + t.
  rewrite {1}/dot (eq_bigr _ (fun c _ => congr1 _ (uv c))).
  by rewrite (eq_bigr _ (fun c _ => mulrDr _ _ _)) big_split -mulr_suml p_sum mul1r.
rewrite !curvature_variance; apply: eq_bigr => c _.
by rewrite pu (uv c) opprD addrACA subrr addr0.
Qed.

(** (min p) J <= diag p - p p' <= J/2, as quadratic forms. The upper bound is
    Boehning's. *)
Theorem class_curvature u m : (forall c, m <= p c 0) ->
  m * normsq (J *m u) <= dot (curvature p *m u) u <= 2^-1 * normsq (J *m u).
Proof.
move=> mp; apply/andP; split; last by rewrite curvature_J; exact: curvature_le.
rewrite curvature_variance; have [m0|/ltW m0] := leP 0 m.
  apply: (@le_trans _ _ (m * \sum_c (u c 0 - dot p u) ^+ 2)).
    by rewrite ler_wpmul2l // normsq_J_le.
  by rewrite mulr_sumr; apply: ler_sum => c _; rewrite ler_wpmul2r ?sqr_ge0.
apply: (@le_trans _ _ 0); first by rewrite mulr_le0_ge0 ?normsq_ge0.
by apply: sumr_ge0 => c _; rewrite mulr_ge0 ?sqr_ge0.
Qed.

(** Above, the largest label will do as well. *)
Lemma curvature_max u M : (forall c, p c 0 <= M) ->
  dot (curvature p *m u) u <= M * normsq (J *m u).
Proof.
move=> pM; rewrite curvature_J curvature_square; move: (J *m u) => v.
apply: (@le_trans _ _ (\sum_c p c 0 * v c 0 ^+ 2)); first by rewrite ger_addl oppr_le0 sqr_ge0.
by rewrite mulr_sumr; apply: ler_sum => c _; rewrite -expr2 ler_wpmul2r ?sqr_ge0.
Qed.
End Curvature.
End Matrices.

Section Softmax.
Variables (R : realType) (C : nat).
Hypothesis C_gt0 : (0 < C)%N.
Implicit Types (a b p q : 'cV[R]_C).

(** The labels of logits, and the divergence of the labels [p] from the labels [q]. *)
Definition softmax a : 'cV[R]_C := \col_c (expR (a c 0) / \sum_b expR (a b 0)).
Definition class_KL q p : R := \sum_c q c 0 * ln (q c 0 / p c 0).

(* The logarithm of the sum of exponentials. *)
Definition lse a : R := ln (\sum_c expR (a c 0)).

Lemma sum_exp_gt0 a : 0 < \sum_c expR (a c 0).
Proof.
rewrite (bigD1 (Ordinal C_gt0)) //= ltr_paddr ?expR_gt0 // sumr_ge0 // => c _.
exact/ltW/expR_gt0.
Qed.

Lemma softmax_exp a c : softmax a c 0 = expR (a c 0 - lse a).
Proof. by rewrite mxE expRB lnK ?posrE ?sum_exp_gt0. Qed.

Lemma ln_softmax a c : ln (softmax a c 0) = a c 0 - lse a.
Proof. by rewrite softmax_exp expK. Qed.

Lemma softmax_gt0 a c : 0 < softmax a c 0.
Proof. by rewrite softmax_exp expR_gt0. Qed.

Lemma softmax_ge0 a c : 0 <= softmax a c 0. Proof. exact/ltW/softmax_gt0. Qed.

Lemma softmax_sum a : \sum_c softmax a c 0 = 1.
Proof.
under eq_bigr do rewrite mxE; rewrite -mulr_suml divff //.
by rewrite gt_eqF ?sum_exp_gt0.
Qed.

Lemma softmax_le1 a c : softmax a c 0 <= 1.
Proof.
rewrite -(softmax_sum a) (bigD1 c) //= ler_addl sumr_ge0 // => b _.
exact: softmax_ge0.
Qed.

(* A number that is added to all logits changes no label. *)
Lemma softmax_shift a b (t : R) : (forall c, a c 0 = b c 0 + t) -> softmax a = softmax b.
Proof.
move=> ab; apply/matrixP => c i; rewrite !mxE ab expRD; under eq_bigr do rewrite ab expRD.
by rewrite -mulr_suml invfM mulrACA divff ?mulr1 // gt_eqF ?expR_gt0.
Qed.

Lemma KL_lse a b :
  class_KL (softmax b) (softmax a) = dot (softmax b) (b - a) + lse a - lse b.
Proof.
rewrite /class_KL (eq_bigr (fun c => softmax b c 0 * (b - a) c 0 +
                                     softmax b c 0 * (lse a - lse b))) => [|c _].
  by rewrite big_split /= -mulr_suml softmax_sum mul1r addrA.
rewrite -mulrDr ln_div ?posrE ?softmax_gt0 //; congr (_ * _).
rewrite !ln_softmax [(b - a) c 0]mxE [(- a) c 0]mxE.
by rewrite opprB [lse a - _]addrC addrACA [- lse b + _]addrC.
Qed.

(* The divergence from b to a' by way of a. *)
Lemma KL_three a a' b : class_KL (softmax b) (softmax a') =
  class_KL (softmax b) (softmax a) + dot (softmax a - softmax b) (a' - a) +
  class_KL (softmax a) (softmax a').
Proof. by rewrite !KL_lse !(dotDl, dotDr, dotNl, dotNr); ring. Qed.

(* The exponential function lies above its tangent by a parabola. *)
Lemma exp_above_tangent (s t m : R) : m <= expR s -> m <= expR t ->
  m / 2 * (t - s) ^+ 2 <= expR t - expR s - expR s * (t - s).
Proof.
move=> ms mt; pose f u := expR u - expR s * u - m / 2 * (u - s) ^+ 2.
have Df u : is_derive u 1 f (expR u - expR s - m * (u - s)).
  have E1 := derive_scale (expR s) u; have E2 := derive_parabola (m / 2) s u.
  have -> : f = @expR R - (fun u => expR s * u) - (fun u : R => m / 2 * (u - s) ^+ 2) by [].
  by apply: is_derive_eq; congr (_ - _); field.
suff fs : f s <= f t.
  by rewrite -subr_ge0 [leRHS](_ : _ = f t - f s) ?subr_ge0 // /f; ring.
have tangent (u v : R) : expR u * (v - u) <= expR v - expR u.
  have -> : expR v = expR u * expR (v - u) by rewrite -expRD addrC subrK.
  rewrite -{3}(mulr1 (expR u)) -mulrBr ler_wpmul2l ?(ltW (expR_gt0 _)) //.
  by rewrite ler_subr_addl expR_ge1D.
have [st|/ltW ts] := leP s t.
  apply: (grows Df) st => u /andP[su _]; rewrite subr_ge0.
  by apply: (le_trans _ (tangent _ _)); rewrite ler_wpmul2r ?subr_ge0.
apply: (falls Df) ts => u /andP[tu us]; rewrite subr_le0 -ler_opp2 opprB -mulrN opprB.
apply: (le_trans _ (tangent _ _)); rewrite ler_wpmul2r ?subr_ge0 //.
by rewrite (le_trans mt) ?ler_expR.
Qed.

(* The divergence as a sum of terms that are not negative. *)
Lemma KL_terms a a' : let s c := a c 0 - lse a in let t c := a' c 0 - lse a' in
  class_KL (softmax a) (softmax a') =
  \sum_c (expR (t c) - expR (s c) - expR (s c) * (t c - s c)).
Proof.
rewrite /=; under eq_bigr do rewrite -!softmax_exp.
rewrite !sumrB !softmax_sum subrr sub0r -sumrN; apply: eq_bigr => c _.
rewrite ln_div ?posrE ?softmax_gt0 // -mulrN !ln_softmax; congr (_ * _).
exact/esym/opprB.
Qed.

(** The divergence is at least a multiple of the squared distance of the logits, up to
    a number that is added to all, where no label is less than [m]. *)
Lemma KL_lower a a' m : 0 <= m ->
  (forall c, m <= softmax a c 0) -> (forall c, m <= softmax a' c 0) ->
  m / 2 * normsq (J R C *m (a' - a)) <= class_KL (softmax a) (softmax a').
Proof.
move=> m0 ma ma'; rewrite KL_terms.
apply: (@le_trans _ _ (m / 2 * \sum_c ((a' - a) c 0 - (lse a' - lse a)) ^+ 2)).
  by rewrite ler_wpmul2l ?normsq_J_le // divr_ge0 ?ler0n.
rewrite mulr_sumr; apply: ler_sum => c _.
have -> : (a' - a) c 0 - (lse a' - lse a) = (a' c 0 - lse a') - (a c 0 - lse a).
  by rewrite [(a' - a) c 0]mxE [(- a) c 0]mxE !opprB addrACA [RHS]addrACA [in X in _ + X = _]addrC.
by apply: exp_above_tangent; rewrite -softmax_exp.
Qed.

Lemma KL_term_ge0 (s t : R) : 0 <= expR t - expR s - expR s * (t - s).
Proof.
apply: (le_trans _ (exp_above_tangent (ltW (expR_gt0 s)) (ltW (expR_gt0 t)))).
by rewrite !mul0r.
Qed.

Lemma KL_term_eq0 (s t : R) : expR t - expR s - expR s * (t - s) = 0 -> s = t.
Proof.
move=> zero; apply/esym/eqP; rewrite -subr_eq0 -sqrf_eq0 eq_le sqr_ge0 andbT.
pose m := Num.min (expR s) (expR t).
have m0 : 0 < m by rewrite lt_minr (expR_gt0 s) (expR_gt0 t).
rewrite -(@pmulr_rle0 _ (m / 2)) ?divr_gt0 ?ltr0n // -zero.
by apply: exp_above_tangent; rewrite le_minl lexx ?orbT.
Qed.

Lemma KL_ge0 a a' : 0 <= class_KL (softmax a) (softmax a').
Proof. by rewrite KL_terms; apply: sumr_ge0 => c _; exact: KL_term_ge0. Qed.

(* It is 0 only where the labels are the same, and the logits up to a number. *)
Lemma KL_eq0 a a' : class_KL (softmax a) (softmax a') = 0 ->
  J R C *m a = J R C *m a'.
Proof.
rewrite KL_terms => /psumr_eq0P zero; apply: (@J_shift _ _ _ _ (lse a - lse a')) => c.
have st := KL_term_eq0 (zero (fun c _ => KL_term_ge0 _ _) c isT).
by rewrite addrCA -st addrC subrK.
Qed.

Lemma softmax_J a b : J R C *m a = J R C *m b -> softmax a = softmax b.
Proof.
have [[s as_] [t bt]] := (J_split a, J_split b) => ab.
apply: (@softmax_shift _ _ (s - t)) => c.
by rewrite (as_ c) (bt c) ab -addrA [t + _]addrC subrK.
Qed.

Section Curve.
(* Moving logits [a], with velocity [da] at time t. *)
Variables (a : R -> 'cV[R]_C) (da : 'cV[R]_C) (t : R).
Hypothesis Da : forall c, is_derive t 1 (fun s => a s c 0) (da c 0).

Lemma derive_lse : is_derive t 1 (fun s => lse (a s)) (dot (softmax (a t)) da).
Proof.
pose F s := \sum_c expR (a s c 0).
have DF : is_derive t 1 F (\sum_c expR (a t c 0) * da c 0).
  have -> : F = \sum_c (@expR R \o (fun s => a s c 0)).
    by apply/funext => s; rewrite fct_sumE.
  by apply: is_derive_sum => c; exact: is_derive1_comp (is_derive_expR _) (Da c).
have G : is_derive (F t) 1 (@ln R) (F t)^-1 by apply: is_derive1_ln; exact: sum_exp_gt0.
apply: is_derive_eq (is_derive1_comp G DF) _.
by rewrite mulr_sumr; apply: eq_bigr => c _; rewrite mxE mulrA [_^-1 * _]mulrC.
Qed.

Lemma derive_KL b : is_derive t 1 (fun s => class_KL (softmax b) (softmax (a s)))
  (dot (softmax (a t) - softmax b) da).
Proof.
have Dd : is_derive t 1 (fun s => dot (a s) (softmax b)) (dot da (softmax b)).
  exact: derive_dot.
have Dl := derive_lse; pose K := dot (softmax b) b - lse b.
have -> : (fun s => class_KL (softmax b) (softmax (a s))) =
          cst K - (fun s => dot (a s) (softmax b)) + (fun s => lse (a s)).
  apply/funext => s; rewrite KL_lse dotDr dotNr (dotC _ (a s)).
  rewrite -[RHS]/(K - dot (a s) (softmax b) + lse (a s)) /K.
  by move: (dot _ _) (dot _ _) (lse _) (lse _) => x y z u; ring.
by apply: is_derive_eq; rewrite dotDl dotNl (dotC (softmax b)) add0r addrC.
Qed.

Lemma derive_softmax c : is_derive t 1 (fun s => softmax (a s) c 0)
  ((curvature (softmax (a t)) *m da) c 0).
Proof.
have Dl := derive_lse; have Dc := Da c.
have E : is_derive t 1 ((fun s => a s c 0) - (fun s => lse (a s)))
                   (da c 0 - dot (softmax (a t)) da) by apply: is_derive_eq.
have -> : (fun s => softmax (a s) c 0) = @expR R \o ((fun s => a s c 0) - (fun s => lse (a s))).
  by apply/funext => s; rewrite softmax_exp.
apply: is_derive_eq (is_derive1_comp (is_derive_expR _) E) _.
by rewrite curvature_mul softmax_exp.
Qed.
End Curve.
End Softmax.
