(** Section 3 and Appendix A: the distillation loss, its derivatives, and strong
    convexity on a sublevel set, with its constant. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
From Distillation Require Import projections calculus.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.

Section Sigma.
Variable R : realType.
Implicit Types (a b m y : R).

(** The logistic function, its derivative, the relative entropy of two coins,
    and its value at a student's logit [a] where the teacher's is [b]. *)
Definition sigma a : R := (1 + expR (- a))^-1.
Definition sigma' a : R := sigma a * (1 - sigma a).
Definition KL y s : R := y * ln (y / s) + (1 - y) * ln ((1 - y) / (1 - s)).
Definition k b a : R := KL (sigma b) (sigma a).

Let p_gt0 a : 0 < 1 + expR a. Proof. by rewrite addr_gt0 ?expR_gt0. Qed.

Lemma sigma_gt0 a : 0 < sigma a. Proof. by rewrite invr_gt0. Qed.

Lemma sigma_exp a : sigma a = expR a / (1 + expR a).
Proof.
rewrite /sigma expRN; field.
by rewrite !gt_eqF ?expR_gt0 // addrC.
Qed.

Lemma sigma_compl a : 1 - sigma a = (1 + expR a)^-1.
Proof. by rewrite sigma_exp; field; rewrite gt_eqF. Qed.

Lemma sigma_lt1 a : sigma a < 1.
Proof. by rewrite -subr_gt0 sigma_compl invr_gt0. Qed.

Lemma sigma'_gt0 a : 0 < sigma' a.
Proof. by rewrite mulr_gt0 ?sigma_gt0 ?subr_gt0 ?sigma_lt1. Qed.

(** The slope of sigma is at most 1/4. *)
Lemma sigma'_le a : sigma' a <= 4^-1.
Proof.
rewrite -subr_ge0 (_ : _ - _ = (sigma a - 2^-1) ^+ 2) ?sqr_ge0 // /sigma'.
by field.
Qed.

Lemma derive_softplus a : is_derive a 1 (fun s => ln (1 + expR s)) (sigma a).
Proof.
have E : is_derive a 1 (fun s => 1 + expR s) (expR a).
  have -> : (fun s => 1 + expR s) = cst 1 + @expR R by [].
  by apply: is_derive_eq; rewrite add0r.
have F : is_derive (1 + expR a) 1 (@ln R) (1 + expR a)^-1 by exact: is_derive1_ln.
have G := @is_derive1_comp _ (@ln R) (fun s => 1 + expR s) a _ _ F E.
by apply: is_derive_eq G _; rewrite sigma_exp mulrC.
Qed.

Lemma sigma_softplus a : sigma a = expR (a - ln (1 + expR a)).
Proof. by rewrite expRB lnK ?posrE // sigma_exp. Qed.

Lemma derive_sigma a : is_derive a 1 sigma (sigma' a).
Proof.
have -> : sigma = @expR R \o (id - (fun s => ln (1 + expR s))).
  by apply/funext => s; rewrite sigma_softplus.
have D := derive_softplus a.
have E : is_derive a 1 (id - (fun s => ln (1 + expR s))) (1 - sigma a).
  by apply: is_derive_eq.
have G := @is_derive1_comp _ (@expR R) _ a _ _ (is_derive_expR _) E.
by apply: is_derive_eq G _; rewrite /= -sigma_softplus.
Qed.

(* With y = sigma(b), k is -y a + log(1 + exp(a)) up to a constant. *)
Definition entropy y : R := y * ln y + (1 - y) * ln (1 - y).

Lemma k_softplus b a : k b a = entropy (sigma b) - sigma b * a + ln (1 + expR a).
Proof.
have la : ln (sigma a) = a - ln (1 + expR a) by rewrite sigma_softplus expK.
have lb : ln (1 - sigma a) = - ln (1 + expR a) by rewrite sigma_compl lnV ?posrE.
rewrite /k /KL /entropy !ln_div ?posrE ?subr_gt0 ?sigma_gt0 ?sigma_lt1 //.
by rewrite la lb; ring.
Qed.

Lemma derive_k b a : is_derive a 1 (k b) (sigma a - sigma b).
Proof.
have D := derive_softplus a.
have -> : k b = cst (entropy (sigma b)) - (fun s => sigma b * s) + (fun s => ln (1 + expR s)).
  by apply/funext => s; rewrite k_softplus.
have E := derive_scale (sigma b) a.
by apply: is_derive_eq; rewrite add0r addrC.
Qed.

(* Between two points the slope of sigma is at least the smaller of its values
   there: sigma' rises and then falls. *)
Lemma sigma'_between lo hi m a : m <= sigma' lo -> m <= sigma' hi -> lo <= a <= hi ->
  m <= sigma' a.
Proof.
have mono u v : u <= v -> sigma u <= sigma v.
  by move=> uv; rewrite lef_pinv ?posrE // ler_add2l ler_expR ler_opp2.
move=> m_lo m_hi /andP[/mono lo_a /mono a_hi]; rewrite /sigma' in m_lo m_hi *.
have [half|/ltW half] := leP (sigma a + sigma lo) 1.
  apply: (le_trans m_lo); rewrite -subr_ge0.
  rewrite (_ : _ - _ = (sigma a - sigma lo) * (1 - (sigma a + sigma lo))); last by ring.
  by rewrite mulr_ge0 ?subr_ge0.
apply: (le_trans m_hi); rewrite -subr_ge0.
rewrite (_ : _ - _ = (sigma hi - sigma a) * (sigma hi + sigma a - 1)); last by ring.
rewrite mulr_ge0 ?subr_ge0 // (le_trans half) // addrC ler_add2r.
exact: le_trans a_hi.
Qed.

(* On an interval where sigma' is at least m, the slopes differ by at least m times
   the distance, and k lies above its tangents by a parabola. *)
Lemma sigma_slope lo hi m a a' : m <= sigma' lo -> m <= sigma' hi ->
  lo <= a <= hi -> lo <= a' <= hi -> a <= a' -> m * (a' - a) <= sigma a' - sigma a.
Proof.
move=> m_lo m_hi /andP[lo_a a_hi] /andP[lo_a' a'_hi] aa'.
have [c /andP[ac ca'] ->] := mean_value derive_sigma aa'.
rewrite ler_wpmul2r ?subr_ge0 // (sigma'_between m_lo m_hi) //.
by rewrite (le_trans lo_a) // (le_trans ca').
Qed.

Lemma k_above_tangent lo hi m b a a' : m <= sigma' lo -> m <= sigma' hi ->
  lo <= a <= hi -> lo <= a' <= hi ->
  k b a + (sigma a - sigma b) * (a' - a) + m / 2 * (a' - a) ^+ 2 <= k b a'.
Proof.
move=> m_lo m_hi a_in a'_in.
pose f s : R := k b s - (sigma a - sigma b) * s - m / 2 * (s - a) ^+ 2.
pose df s : R := (sigma s - sigma b) - (sigma a - sigma b) - m * (s - a).
have Df s : is_derive s 1 f (df s).
  have E1 := derive_k b s; have E2 := derive_scale (sigma a - sigma b) s.
  have E3 := derive_parabola (m / 2) a s.
  have -> : f = k b - (fun t => (sigma a - sigma b) * t) -
                (fun t : R => m / 2 * (t - a) ^+ 2) by [].
  by apply: is_derive_eq; rewrite /df; field.
suff : f a <= f a'.
  by move=> fa; rewrite -subr_ge0 [leRHS](_ : _ = f a' - f a) ?subr_ge0 // /f; ring.
have [aa'|/ltW a'a] := leP a a'.
  apply: (grows Df) aa' => t /andP[a_t t_a']; rewrite /df.
  have t_in : lo <= t <= hi.
    by case/andP: a_in a'_in => lo_a _ /andP[_ a'_hi]; rewrite (le_trans lo_a) ?(le_trans t_a').
  have := sigma_slope m_lo m_hi a_in t_in a_t; rewrite -subr_ge0 => slope.
  by rewrite opprB addrA subrK.
apply: (falls Df) a'a => t /andP[a'_t t_a]; rewrite /df.
have t_in : lo <= t <= hi.
  by case/andP: a_in a'_in => _ a_hi /andP[lo_a' _]; rewrite (le_trans lo_a') ?(le_trans t_a).
have := sigma_slope m_lo m_hi t_in a_in t_a; rewrite -subr_ge0 -oppr_le0 => slope.
by rewrite [leLHS](_ : _ = - (sigma a - sigma t - m * (a - t))) //; ring.
Qed.

Lemma k_diag b : k b b = 0.
Proof.
by rewrite /k /KL !divff ?ln1 ?mulr0 ?addr0 // gt_eqF ?subr_gt0 ?sigma_gt0 ?sigma_lt1.
Qed.

(* k is positive away from b. *)
Lemma k_gt0 b a : a != b -> 0 < k b a.
Proof.
pose lo := Num.min a b; pose hi := Num.max a b => ab.
pose m := Num.min (sigma' lo) (sigma' hi).
have m_lo : m <= sigma' lo by rewrite le_minl lexx.
have m_hi : m <= sigma' hi by rewrite le_minl lexx orbT.
have a_in : lo <= a <= hi by rewrite le_minl le_maxr lexx.
have b_in : lo <= b <= hi by rewrite le_minl le_maxr lexx !orbT.
have := k_above_tangent b m_lo m_hi b_in a_in; rewrite k_diag subrr mul0r !add0r.
apply: lt_le_trans; rewrite mulr_gt0 ?divr_gt0 ?ltr0n ?lt_minr ?sigma'_gt0 //.
by rewrite exprn_even_gt0 //= subr_eq0.
Qed.

Lemma k_ge0 b a : 0 <= k b a.
Proof. by have [->|/k_gt0/ltW//] := eqVneq a b; rewrite k_diag. Qed.
End Sigma.

Section Loss.
Variables (R : realType) (d n : nat) (X : 'M[R]_(d, n)) (w_star : 'cV[R]_d).
Hypothesis n_gt0 : (0 < n)%N.
Implicit Types (u v w : 'cV[R]_d).

(** The logits of a student; the loss (1), its gradient and its Hessian. *)
Definition logit w i : R := (X^T *m w) i 0.
Definition loss w : R := n%:R^-1 * \sum_i k (logit w_star i) (logit w i).
Definition gradient w : 'cV[R]_d :=
  n%:R^-1 *: (X *m (map_mx (@sigma R) (X^T *m w) - map_mx (@sigma R) (X^T *m w_star))).
Definition hessian w : 'M[R]_d :=
  n%:R^-1 *: (X *m diag_mx (map_mx (@sigma' R) (X^T *m w))^T *m X^T).

Let N_gt0 : 0 < n%:R^-1 :> R. Proof. by rewrite invr_gt0 ltr0n. Qed.
Let N_ge0 : 0 <= n%:R^-1 :> R := ltW N_gt0.

Lemma logitB v w i : logit (v - w) i = logit v i - logit w i.
Proof. by rewrite /logit mulmxBr !mxE. Qed.

Lemma dot_gradient w u : dot (gradient w) u =
  n%:R^-1 * \sum_i (sigma (logit w i) - sigma (logit w_star i)) * logit u i.
Proof.
rewrite dotZl dot_mull /logit; move: (X^T *m w) (X^T *m w_star) (X^T *m u) => a b c.
by congr (_ * _); apply: eq_bigr => i _; rewrite !mxE.
Qed.

Lemma dot_hessian w u v : dot (hessian w *m u) v =
  n%:R^-1 * \sum_i sigma' (logit w i) * logit u i * logit v i.
Proof.
rewrite -scalemxAl dotZl -!mulmxA dot_mull /logit mul_diag_mx.
move: (X^T *m w) (X^T *m u) (X^T *m v) => a b c.
by congr (_ * _); apply: eq_bigr => i _; rewrite !mxE.
Qed.

(** The loss is nowhere negative, ... *)
Theorem loss_ge0 w : 0 <= loss w.
Proof. by rewrite mulr_ge0 // sumr_ge0 // => i _; exact: k_ge0. Qed.

(** ... and it is 0 exactly where the logits on the examples are the teacher's. *)
Theorem minimisers w : loss w = 0 <-> X^T *m w = X^T *m w_star.
Proof.
split=> [/eqP|same]; last first.
  by rewrite /loss big1 ?mulr0 // => i _; rewrite /logit same k_diag.
rewrite mulf_eq0 gt_eqF //= psumr_eq0 => [/allP zero|i _]; last exact: k_ge0.
apply/matrixP => i j; rewrite !ord1; apply/eqP; apply: contraTT isT => /k_gt0.
by rewrite -/(logit w i) -/(logit w_star i) (eqP (zero i (mem_index_enum _))) ltxx.
Qed.

Lemma loss_teacher : loss w_star = 0. Proof. exact/minimisers. Qed.

Section Curve.
(* A curve u of students, with velocity du at time t. *)
Variables (u : R -> 'cV[R]_d) (du : 'cV[R]_d) (t : R).
Hypothesis Du : forall j, is_derive t 1 (fun s => u s j 0) (du j 0).

Lemma derive_logit i : is_derive t 1 (fun s => logit (u s) i) (logit du i).
Proof.
have -> : (fun s => logit (u s) i) = \sum_j (X j i *: (fun s => u s j 0)).
  by apply/funext => s; rewrite fct_sumE /logit mxE; apply: eq_bigr => j _; rewrite mxE.
have -> : logit du i = \sum_j (X j i *: du j 0).
  by rewrite /logit mxE; apply: eq_bigr => j _; rewrite mxE.
by apply: is_derive_sum => j; apply: is_deriveZ.
Qed.

(** The gradient: along any differentiable curve the loss changes at the rate
    (gradient . velocity). *)
Theorem derive_loss : is_derive t 1 (fun s => loss (u s)) (dot (gradient (u t)) du).
Proof.
have -> : (fun s => loss (u s)) =
          n%:R^-1 *: \sum_i (k (logit w_star i) \o (fun s => logit (u s) i)).
  by apply/funext => s; rewrite /loss [RHS]/GRing.scale /= fct_sumE.
rewrite dot_gradient; apply: is_deriveZ; apply: is_derive_sum => i.
exact: is_derive1_comp (derive_k _ _) (derive_logit i).
Qed.

(** The Hessian: the gradient in a direction [v] changes at the rate
    (H velocity) . v. *)
Theorem derive_gradient v :
  is_derive t 1 (fun s => dot (gradient (u s)) v) (dot (hessian (u t) *m du) v).
Proof.
pose f i s := sigma (logit (u s) i) - sigma (logit w_star i).
have Df i : is_derive t 1 (f i) (sigma' (logit (u t) i) * logit du i).
  have -> : f i = (@sigma R \o (fun s => logit (u s) i)) - cst (sigma (logit w_star i)) by [].
  have E := is_derive1_comp (derive_sigma _) (derive_logit i).
  by apply: is_derive_eq; rewrite subr0.
have -> : (fun s => dot (gradient (u s)) v) = n%:R^-1 *: \sum_i (logit v i *: f i).
  apply/funext => s; rewrite dot_gradient [RHS]/GRing.scale /= fct_sumE; congr (_ * _).
  by apply: eq_bigr => i _; rewrite mulrC.
rewrite dot_hessian; apply: is_deriveZ.
have -> : \sum_i sigma' (logit (u t) i) * logit du i * logit v i =
          \sum_i logit v i *: (sigma' (logit (u t) i) * logit du i).
  by apply: eq_bigr => i _; rewrite mulrC.
by apply: is_derive_sum => i; apply: is_deriveZ.
Qed.
End Curve.

(** 0 <= H <= lambda/(4n): lambda is any number with |X'u|^2 <= lambda |u|^2 for
    all u, of which the largest eigenvalue of X'X is the smallest. *)
Theorem hessian_bounds w u lambda : normsq (X^T *m u) <= lambda * normsq u ->
  0 <= dot (hessian w *m u) u <= lambda / (4 * n%:R) * normsq u.
Proof.
move=> top; rewrite dot_hessian; apply/andP; split.
  rewrite mulr_ge0 // sumr_ge0 // => i _; rewrite -mulrA -expr2.
  by rewrite mulr_ge0 ?sqr_ge0 // ltW ?sigma'_gt0.
apply: (@le_trans _ _ (n%:R^-1 * (4^-1 * normsq (X^T *m u)))).
  rewrite ler_wpmul2l // mulr_sumr; apply: ler_sum => i _.
  by rewrite -mulrA ler_wpmul2r ?sigma'_le // -expr2 sqr_ge0.
have -> : lambda / (4 * n%:R) * normsq u = n%:R^-1 * (4^-1 * (lambda * normsq u)).
  by field; rewrite -invr_eq0 gt_eqF.
by rewrite !ler_wpmul2l ?invr_ge0 ?ler0n.
Qed.

Section StrongConvexity.
(** The constant of Theorem A.3. On the sublevel set {L <= l} each k is at most
    n l; [lo i] and [hi i] hold every logit of which that is true, and [m] is at
    most the slope of sigma at both, for every i. [lambda] is any number with
    |X'u|^2 >= lambda |u|^2 on the span of X: the smallest eigenvalue of X'X that
    is not zero is the largest such number. *)
Variables (l m lambda : R) (lo hi : 'I_n -> R).
Hypothesis logits_between : forall i a,
  k (logit w_star i) a <= n%:R * l -> lo i <= a <= hi i.
Hypotheses (m_ge0 : 0 <= m) (m_lo : forall i, m <= sigma' (lo i)).
Hypothesis m_hi : forall i, m <= sigma' (hi i).
Hypothesis on_span : forall u, proj X *m u = u -> lambda * normsq u <= normsq (X^T *m u).

Definition mu : R := n%:R^-1 * m * lambda.

Lemma in_sublevel w i : loss w <= l -> lo i <= logit w i <= hi i.
Proof.
move=> wl; apply: logits_between; rewrite -ler_pdivr_mull ?ltr0n //.
apply: le_trans wl; rewrite ler_wpmul2l // (bigD1 i) //= ler_addl sumr_ge0 // => j _.
exact: k_ge0.
Qed.

(** Theorem A.3: strong convexity along the span, for students of the sublevel set. *)
Theorem theorem_A3 v w : loss v <= l -> loss w <= l -> proj X *m (v - w) = v - w ->
  loss w + dot (gradient w) (v - w) + mu / 2 * normsq (v - w) <= loss v.
Proof.
move=> vl wl vw; apply: (@le_trans _ _ (n%:R^-1 * \sum_i
  (k (logit w_star i) (logit w i) +
   (sigma (logit w i) - sigma (logit w_star i)) * (logit v i - logit w i) +
   m / 2 * (logit v i - logit w i) ^+ 2))); last first.
  rewrite ler_wpmul2l //; apply: ler_sum => i _.
  by apply: k_above_tangent (in_sublevel i wl) (in_sublevel i vl).
rewrite 2!big_split /= 2!mulrDr dot_gradient /loss.
have -> : \sum_i (sigma (logit w i) - sigma (logit w_star i)) * logit (v - w) i =
          \sum_i (sigma (logit w i) - sigma (logit w_star i)) * (logit v i - logit w i).
  by apply: eq_bigr => i _; rewrite logitB.
rewrite ler_add2l -mulr_sumr.
have -> : \sum_i (logit v i - logit w i) ^+ 2 = normsq (X^T *m (v - w)).
  by apply: eq_bigr => i _; rewrite -logitB expr2.
have -> : mu / 2 * normsq (v - w) = n%:R^-1 * (m / 2 * (lambda * normsq (v - w))).
  by rewrite /mu; field; rewrite -invr_eq0 gt_eqF.
by rewrite !ler_wpmul2l ?divr_ge0 ?ler0n // on_span.
Qed.

(** Corollary A.1: the loss is bounded by its gradient, L <= |grad L|^2/(2 mu). *)
Theorem corollary_A1 w : 0 < mu -> loss w <= l -> loss w <= normsq (gradient w) / (2 * mu).
Proof.
move=> mu0 wl; pose u := proj X *m (w_star - w); have [PT PP] := proj_orth X.
have uX : X^T *m u = X^T *m (w_star - w) by rewrite tr_mul_w_hat.
have lv : loss (u + w) = 0.
  by apply/minimisers; rewrite mulmxDr uX mulmxBr subrK.
have l0 : 0 <= l := le_trans (loss_ge0 w) wl.
have := @theorem_A3 (u + w) w; rewrite lv addrK => /(_ l0 wl).
rewrite /u mulmxA PP -/u => /(_ erefl) below.
have square : normsq (gradient w) / (2 * mu) - loss w = normsq (mu *: u + gradient w) / (2 * mu)
    - (loss w + dot (gradient w) u + mu / 2 * normsq u).
  rewrite normsqD /normsq !(dotZl, dotZr) (dotC u); field.
  by rewrite (gt_eqF mu0) pnatr_eq0 -lt0n n_gt0.
rewrite -subr_ge0 square subr_ge0 (le_trans below) // divr_ge0 ?normsq_ge0 //.
by rewrite mulr_ge0 ?ler0n ?ltW.
Qed.
End StrongConvexity.
End Loss.
