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

(** In the span of the examples, w_hat is the only student with the teacher's
    logits. *)
Theorem w_hat_unique (R : realFieldType) d n (X : 'M[R]_(d, n)) w_star v :
  proj X *m v = v -> X^T *m v = X^T *m w_star -> v = w_hat X w_star.
Proof.
move=> <- same; have [Y XY] := proj_span X; have [PT _] := proj_orth X.
have P_eq : proj X = Y^T *m X^T by rewrite -{1}PT XY trmx_mul.
have -> : proj X *m v = Y^T *m (X^T *m (proj X *m v)).
  by rewrite tr_mul_w_hat mulmxA -P_eq.
by rewrite tr_mul_w_hat -(tr_mul_w_hat X v) same mulmxA -P_eq.
Qed.

(** It is the shortest of the students with the teacher's logits: every other
    is longer by its distance to w_hat. *)
Theorem minimum_norm (R : realFieldType) d n (X : 'M[R]_(d, n)) w_star v :
  X^T *m v = X^T *m w_star ->
  normsq v = normsq (w_hat X w_star) + normsq (v - w_hat X w_star).
Proof.
move=> same; rewrite -pythagoras ?[_ + (v - _)]addrC ?subrK //.
have [Y XY] := proj_span X; have [PT _] := proj_orth X.
have P_eq : proj X = Y^T *m X^T by rewrite -{1}PT XY trmx_mul.
by rewrite dot_mull PT P_eq -mulmxA mulmxBr same tr_mul_w_hat subrr mulmx0 dot0r.
Qed.

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

(* What falls at least at the rate c times itself falls exponentially. *)
Lemma exponential (f df : R -> R) (c : R) : (forall t, is_derive t 1 f (df t)) ->
  (forall t, 0 <= t -> df t <= - (c * f t)) ->
  forall t, 0 <= t -> f t <= f 0 * expR (- (c * t)).
Proof.
move=> Df rate t t0; pose F s := f s * expR (c * s).
have DF s : is_derive s 1 F (expR (c * s) * (df s + c * f s)).
  have E := derive_expR_scale c s; have G := is_deriveM (Df s) E.
  by apply: (@is_derive_eq _ _ _ F _ _ _ _ G); rewrite /GRing.scale /=; ring.
have : F t <= F 0.
  apply: (falls DF) t0 => s /andP[s0 _]; rewrite mulr_ge0_le0 ?(ltW (expR_gt0 _)) //.
  by rewrite -ler_subr_addr sub0r rate.
by rewrite /F mulr0 expR0 mulr1 expRN -ler_pdivl_mulr ?invr_gt0 ?expR_gt0 // invrK.
Qed.

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
End Flow.
