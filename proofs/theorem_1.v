(** Theorem 1 (section 4.1 and Appendix B): gradient flow from 0 tends to the
    student w_hat, the projection of the teacher onto the span of the examples.
    The rank of [X] does not matter. A flow line [w] is taken as given. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
From Distillation Require Import projections calculus loss.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Flow.
Variables (R : realType) (d n : nat) (X : 'M[R]_(d, n)) (w_star : 'cV[R]_d).
Hypothesis n_gt0 : (0 < n)%N.

(** A flow line from 0: dw/dt = - grad L(w), coordinate by coordinate. *)
Variable w : R -> 'cV[R]_d.
Let g t := gradient X w_star (w t).
Hypothesis flow : forall t j, is_derive t 1 (fun s => w s j 0) ((- g t) j 0).
Hypothesis w0 : w 0 = 0.

Let h := w_hat X w_star.
Let P := proj X.
Let PT : P^T = P. Proof. by case: (proj_orth X). Qed.
Let PP : P *m P = P. Proof. by case: (proj_orth X). Qed.
Let Ph : P *m h = h. Proof. by rewrite mulmxA PP. Qed.
Let N_gt0 : 0 < n%:R^-1 :> R. Proof. by rewrite invr_gt0 ltr0n. Qed.

Lemma proj_gradient v : P *m gradient X w_star v = gradient X w_star v.
Proof. by rewrite -scalemxAr mulmxA proj_id. Qed.

(* The products of a moving vector with a fixed one, and with itself. *)
Lemma derive_dot (u : R -> 'cV[R]_d) (du v : 'cV[R]_d) t :
  (forall j, is_derive t 1 (fun s => u s j 0) (du j 0)) ->
  is_derive t 1 (fun s => dot (u s) v) (dot du v).
Proof.
move=> Du; have -> : (fun s => dot (u s) v) = \sum_j (v j 0 *: (fun s => u s j 0)).
  by apply/funext => s; rewrite fct_sumE; apply: eq_bigr => j _; rewrite mulrC.
have -> : dot du v = \sum_j (v j 0 *: du j 0) by apply: eq_bigr => j _; rewrite mulrC.
by apply: is_derive_sum => j; apply: is_deriveZ.
Qed.

Lemma derive_normsq (u : R -> 'cV[R]_d) (du : 'cV[R]_d) t :
  (forall j, is_derive t 1 (fun s => u s j 0) (du j 0)) ->
  is_derive t 1 (fun s => normsq (u s)) (2 * dot (u t) du).
Proof.
move=> Du; have -> : (fun s => normsq (u s)) = \sum_j ((fun s => u s j 0) * (fun s => u s j 0)).
  by apply/funext => s; rewrite fct_sumE.
have -> : 2 * dot (u t) du = \sum_j (u t j 0 *: du j 0 + u t j 0 *: du j 0).
  by rewrite mulr_sumr; apply: eq_bigr => j _; rewrite mulr_natl mulr2n.
by apply: is_derive_sum => j; apply: is_deriveM.
Qed.

(** The flow stays in the span of the examples. *)
Theorem flow_in_the_span t : P *m w t = w t.
Proof.
pose v := w t - P *m w t.
have Pv : P *m v = 0 by rewrite mulmxBr mulmxA PP subrr.
have still : dot (w t) v = dot (w 0) v.
  apply: (@is_derive_0_is_cst _ (fun s => dot (w s) v)) => s.
  have {1}-> : 0 = dot (- g s) v by rewrite dotNl /g -proj_gradient dot_mull PT Pv dot0r oppr0.
  by apply: derive_dot => j; exact: flow.
suff /eqP : v = 0 by rewrite subr_eq0 => /eqP <-.
apply/eqP; rewrite -normsq_eq0 /normsq {1}/v dotDl dotNl dot_mull PT Pv dot0r.
by rewrite oppr0 addr0 still w0 dot0l.
Qed.

(** The loss falls at the rate |grad L|^2: equation (8). *)
Theorem descent t : is_derive t 1 (fun s => loss X w_star (w s)) (- normsq (g t)).
Proof. by rewrite -dotNr; apply: derive_loss => //; exact: flow. Qed.

Section CertifiedRate.
(** The constant [mu] of Theorem A.3 at the level L(0). *)
Variables (m lambda : R) (lo hi : 'I_n -> R).
Let l := loss X w_star 0.
Hypothesis logits_between : forall i a,
  k (logit X w_star i) a <= n%:R * l -> lo i <= a <= hi i.
Hypotheses (m_gt0 : 0 < m) (m_lo : forall i, m <= sigma' (lo i)).
Hypothesis m_hi : forall i, m <= sigma' (hi i).
Hypothesis lambda_gt0 : 0 < lambda.
Hypothesis on_span : forall u, P *m u = u -> lambda * normsq u <= normsq (X^T *m u).
Let mu := mu n m lambda.

Let mu_gt0 : 0 < mu. Proof. by rewrite !mulr_gt0. Qed.

Lemma below_start t : 0 <= t -> loss X w_star (w t) <= l.
Proof.
move=> t0; rewrite /l -w0; apply: (falls descent) t0 => s _.
by rewrite oppr_le0 normsq_ge0.
Qed.

(** The certified rate of the loss: L(w(t)) <= L(0) exp(-2 mu t). *)
Theorem certified_rate_loss t : 0 <= t ->
  loss X w_star (w t) <= loss X w_star 0 * expR (- (2 * mu * t)).
Proof.
rewrite -w0; apply: (exponential descent) => s s0; rewrite ler_opp2 mulrC.
rewrite -ler_pdivl_mulr ?mulr_gt0 ?ltr0n //.
apply: (corollary_A1 n_gt0 logits_between (ltW m_gt0) m_lo m_hi on_span) => //.
exact: below_start.
Qed.

(** The loss bounds the distance to w_hat, by strong convexity along the span:
    |v - w_hat|^2 <= 2 L(v)/mu. This is equation (9). *)
Lemma distance_from_loss v : loss X w_star v <= l -> P *m v = v ->
  mu / 2 * normsq (v - h) <= loss X w_star v.
Proof.
move=> vl Pv; have lh : loss X w_star h = 0 by apply/minimisers => //; rewrite tr_mul_w_hat.
have gh : gradient X w_star h = 0 by rewrite /gradient tr_mul_w_hat subrr mulmx0 scaler0.
have hl : loss X w_star h <= l by rewrite lh loss_ge0.
have := theorem_A3 n_gt0 logits_between (ltW m_gt0) m_lo m_hi on_span vl hl.
by rewrite lh gh dot0l !add0r; apply; rewrite mulmxBr Pv Ph.
Qed.

(** The certified rate of the student: |w(t) - w_hat|^2 <= (2 L(0)/mu) exp(-2 mu t). *)
Theorem certified_rate_distance t : 0 <= t ->
  normsq (w t - h) <= 2 * loss X w_star 0 / mu * expR (- (2 * mu * t)).
Proof.
move=> t0; have := distance_from_loss (below_start t0) (flow_in_the_span t).
move=> /le_trans/(_ (certified_rate_loss t0)); rewrite -ler_pdivl_mull ?divr_gt0 ?ltr0n //.
move=> /le_trans; apply; move: (loss _ _ 0) (expR _) => L0 e.
by rewrite invf_div mulrA (mulrAC 2 L0).
Qed.
End CertifiedRate.

(* The form |X'u|^2 is positive on the span: there is a lambda. *)
Lemma positive_on_span : exists2 lambda : R, 0 < lambda &
  forall u, P *m u = u -> lambda * normsq u <= normsq (X^T *m u).
Proof.
have [Y XY] := proj_span X; set C := \sum_i normsq (row i Y^T)^T.
have C0 : 0 <= C by apply: sumr_ge0 => i _; exact: normsq_ge0.
have C1 : 0 < C + 1 by apply: ltr_spaddr.
exists (C + 1)^-1; first by rewrite invr_gt0.
move=> u Pu; rewrite mulrC ler_pdivr_mulr // mulrC.
have -> : normsq u = normsq (Y^T *m (X^T *m u)) by rewrite mulmxA -trmx_mul -XY PT Pu.
apply: le_trans (normsq_mul_le _ _) _.
by rewrite ler_wpmul2r ?normsq_ge0 // ler_addl.
Qed.

(* k grows at least linearly on both sides: there are intervals of logits. *)
Lemma k_large (b a : R) :
  Num.min (sigma b) (1 - sigma b) * `|a| + entropy (sigma b) <= k b a.
Proof.
have s0 := sigma_gt0 b; have s1 := sigma_lt1 b.
have e0 : 0 < 1 + expR a by rewrite addr_gt0 ?expR_gt0.
have up : a <= ln (1 + expR a).
  by rewrite -ler_expR lnK ?posrE // ler_addr.
have pos : 0 <= ln (1 + expR a) by rewrite ln_ge0 // ler_addl ltW ?expR_gt0.
rewrite k_softplus [leLHS]addrC -addrA ler_add2l; set y := sigma b in s0 s1 *.
have [a0|a0] := leP 0 a.
  rewrite (ger0_norm a0); apply: (@le_trans _ _ ((1 - y) * a)).
    by rewrite ler_wpmul2r // le_minl lexx orbT.
  by rewrite mulrBl mul1r [leLHS]addrC ler_add2l.
rewrite (ltr0_norm a0); apply: (@le_trans _ _ (y * - a)); last by rewrite mulrN ler_addl.
by rewrite ler_wpmul2r ?oppr_ge0 ?(ltW a0) // le_minl lexx.
Qed.

(* On a sublevel set the logits are bounded. *)
Lemma logits_bounded (l : R) : exists2 B : R, 0 <= B & forall i a,
  k (logit X w_star i) a <= n%:R * l -> - B <= a <= B.
Proof.
pose s i := Num.min (sigma (logit X w_star i)) (1 - sigma (logit X w_star i)).
have s_gt0 i : 0 < s i by rewrite lt_minr sigma_gt0 subr_gt0 sigma_lt1.
pose b i := (n%:R * l - entropy (sigma (logit X w_star i))) / s i.
exists (\sum_i `|b i|) => [|i a small]; first by apply: sumr_ge0 => i _.
rewrite -ler_norml; apply: (@le_trans _ _ (b i)).
  rewrite ler_pdivl_mulr // ler_subr_addr mulrC; apply: le_trans small.
  exact: k_large.
rewrite (bigD1 i) //= (le_trans (ler_norm _)) // ler_addl.
by apply: sumr_ge0 => j _.
Qed.

(** Theorem 1, with an exponential rate: there is a c > 0 such that the loss and
    the squared distance to w_hat fall like exp(-2 c t). *)
Theorem theorem_1_rate : exists2 c : R, 0 < c & forall t, 0 <= t ->
  loss X w_star (w t) <= loss X w_star 0 * expR (- (2 * c * t)) /\
  normsq (w t - h) <= 2 * loss X w_star 0 / c * expR (- (2 * c * t)).
Proof.
have [lambda l0 on_span] := positive_on_span.
have [B _ between] := logits_bounded (loss X w_star 0).
pose m := Num.min (sigma' (- B)) (sigma' B).
have m0 : 0 < m by rewrite lt_minr !sigma'_gt0.
have m_lo (i : 'I_n) : m <= sigma' (- B) by rewrite le_minl lexx.
have m_hi (i : 'I_n) : m <= sigma' B by rewrite le_minl lexx orbT.
exists (loss.mu n m lambda); first by rewrite !mulr_gt0.
by move=> t t0; split; [exact: (certified_rate_loss between m0 m_lo m_hi l0 on_span)|
                        exact: (certified_rate_distance between m0 m_lo m_hi l0 on_span)].
Qed.

(* What is at most K exp(-2 c t) gets below every eps > 0, and stays there. *)
Lemma vanishes (K c eps : R) : 0 <= K -> 0 < c -> 0 < eps ->
  exists2 t0, 0 <= t0 & forall t, t0 <= t -> K * expR (- (2 * c * t)) <= eps.
Proof.
move=> K0 c0 e0; have c2 : 0 < 2 * c * eps by rewrite !mulr_gt0 ?ltr0n.
exists (K / (2 * c * eps)); first by rewrite divr_ge0 // ltW.
move=> t; rewrite ler_pdivr_mulr // => large; rewrite expRN ler_pdivr_mulr ?expR_gt0 //.
apply: (@le_trans _ _ (eps * (1 + 2 * c * t))); last by rewrite ler_pmul2l ?expR_ge1D.
rewrite mulrDr mulr1 (_ : eps * (2 * c * t) = t * (2 * c * eps)); last by ring.
by rewrite ler_paddl // ltW.
Qed.

(** Theorem 1: the flow from 0 tends to w_hat. However small eps > 0 is, from some
    time on the squared distance of the student to w_hat is at most eps, ... *)
Theorem theorem_1 eps : 0 < eps ->
  exists2 t0, 0 <= t0 & forall t, t0 <= t -> normsq (w t - h) <= eps.
Proof.
move=> e0; have [c c0 rate] := theorem_1_rate.
have K0 : 0 <= 2 * loss X w_star 0 / c by rewrite divr_ge0 ?(ltW c0) // mulr_ge0 ?ler0n // loss_ge0.
have [t0 t00 small] := vanishes K0 c0 e0; exists t0 => // t tt0.
by have [_ /le_trans] := rate t (le_trans t00 tt0); apply; exact: small.
Qed.

(** ... and its loss below eps. *)
Theorem theorem_1_loss eps : 0 < eps ->
  exists2 t0, 0 <= t0 & forall t, t0 <= t -> loss X w_star (w t) <= eps.
Proof.
move=> e0; have [c c0 rate] := theorem_1_rate.
have L0 : 0 <= loss X w_star 0 by exact: loss_ge0.
have [t0 t00 small] := vanishes L0 c0 e0; exists t0 => // t tt0.
by have [/le_trans + _] := rate t (le_trans t00 tt0); apply; exact: small.
Qed.

(** If the examples span R^d, that is the teacher. *)
Theorem theorem_1_teacher eps : \rank X = d -> 0 < eps ->
  exists2 t0, 0 <= t0 & forall t, t0 <= t -> normsq (w t - w_star) <= eps.
Proof. by move=> rX; have := @theorem_1 eps; rewrite /h /w_hat proj_full // mul1mx. Qed.
End Flow.
