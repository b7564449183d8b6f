(** Several classes: gradient flow from 0 tends to W_hat = P W_star J, and how soon.
    A flow line [W] is taken as given. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
From Distillation Require Import projections calculus loss theorem_1 softmax classes.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.

Section Dominance.
Variables (R : realType) (d n C : nat) (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C)).
Hypotheses (n_gt0 : (0 < n)%N) (C_gt0 : (0 < C)%N).
Implicit Types (U V : 'M[R]_(d, C)).
Let P := proj X.
Let J := J R C.
Let L := class_loss X W_star.
Let G := class_gradient X W_star.
Let W_hat := class_student X W_star.
Let PP : P *m P = P. Proof. by case: (proj_orth X). Qed.
Let JT : J^T = J. Proof. by case: (J_orth R C). Qed.
Let JJ : J *m J = J. Proof. by case: (J_orth R C). Qed.
Let N_gt0 : 0 < n%:R^-1 :> R. Proof. by rewrite invr_gt0 ltr0n. Qed.

(** Where the loss is at most [l], no label is less than [m]. [lambda] is any number
    with |X'u|^2 >= lambda |u|^2 on the span of X: the smallest eigenvalue of X'X that
    is not zero is the largest such number. *)
Variables (l m lambda : R).
Hypothesis labels_above : forall V i c, L V <= l -> m <= label X V i c 0.
Hypothesis m_ge0 : 0 <= m.
Hypothesis on_span : forall u, P *m u = u -> lambda * normsq u <= normsq (X^T *m u).
Let mu := mu n m lambda.

(* The squared lengths of the logits. *)
Lemma logits_on_span V : P *m V = V -> lambda * mnormsq V <= \sum_i normsq (logits X V i).
Proof.
move=> PV; rewrite /normsq /dot exchange_big mulr_sumr; apply: ler_sum => c _.
apply: (@le_trans _ _ (normsq (X^T *m col c V))).
  by apply: on_span; rewrite colE mulmxA PV.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => i _.
by rewrite [logits X V i c 0]logitsE colE mulmxA -colE [col c _ i 0]mxE.
Qed.

(** Strong convexity, on centred matrices in the span, where the loss is at most [l]. *)
Theorem class_strong_convexity V V' : L V <= l -> L V' <= l ->
  P *m (V' - V) = V' - V -> (V' - V) *m J = V' - V ->
  L V + mdot (G V) (V' - V) + mu / 2 * mnormsq (V' - V) <= L V'.
Proof.
move=> Vl V'l PD DJ; rewrite [leRHS](loss_three X W_star C_gt0 V V') ler_add2l.
have -> : mu / 2 * mnormsq (V' - V) = n%:R^-1 * (m / 2 * (lambda * mnormsq (V' - V))).
  by rewrite /mu /loss.mu; field; rewrite -invr_eq0 gt_eqF.
rewrite ler_wpmul2l ?(ltW N_gt0) //.
apply: (@le_trans _ _ (m / 2 * \sum_i normsq (logits X (V' - V) i))).
  by rewrite ler_wpmul2l ?divr_ge0 ?ler0n ?logits_on_span.
rewrite mulr_sumr; apply: ler_sum => i _; rewrite -DJ logitsJ logitsB.
by apply: KL_lower => // c; exact: labels_above.
Qed.

(* Gradient dominance follows. *)
Lemma dominated V : 0 < mu -> L V <= l -> L V <= mnormsq (G V) / (2 * mu).
Proof.
move=> mu0 Vl; pose D := P *m (W_star - V) *m J.
have PD : P *m D = D by rewrite /D -(mulmxA P) (mulmxA P P) PP.
have DJ : D *m J = D by rewrite /D -mulmxA JJ.
have L0 : L (D + V) = 0.
  apply/class_minimisers => //; rewrite -/J mulmxDl DJ mulmxDr /D -(mulmxA P) (mulmxA X^T P).
  by rewrite tr_mul_proj mulmxBl mulmxBr subrK.
have l0 : 0 <= l := le_trans (class_loss_ge0 X W_star n_gt0 C_gt0 V) Vl.
have := @class_strong_convexity V (D + V); rewrite L0 addrK => /(_ Vl l0 PD DJ) below.
have square : mnormsq (G V) / (2 * mu) - L V = mnormsq (mu *: D + G V) / (2 * mu)
    - (L V + mdot (G V) D + mu / 2 * mnormsq D).
  rewrite mnormsqD /mnormsq !(mdotZl, mdotZr) (mdotC D); field.
  by rewrite (gt_eqF mu0) pnatr_eq0 -lt0n n_gt0.
rewrite -subr_ge0 square subr_ge0 (le_trans below) // divr_ge0 ?mnormsq_ge0 //.
by rewrite mulr_ge0 ?ler0n ?ltW.
Qed.

(** The loss bounds the distance to W_hat. *)
Lemma class_distance_from_loss V : L V <= l -> P *m V = V -> V *m J = V ->
  mu / 2 * mnormsq (V - W_hat) <= L V.
Proof.
move=> Vl PV VJ; have h0 : L W_hat = 0 by exact: loss_W_hat.
have g0 : G W_hat = 0 by apply/class_stationary; rewrite ?PW_hat ?W_hatJ.
have l0 : L W_hat <= l by rewrite h0 (le_trans _ Vl) ?class_loss_ge0.
have := class_strong_convexity l0 Vl; rewrite h0 g0 mdot0l !add0r; apply.
  by rewrite mulmxBr PV PW_hat.
by rewrite mulmxBl VJ W_hatJ.
Qed.
End Dominance.

Lemma KL_ge_label (R : realType) C (q p : 'cV[R]_C) c :
  (forall b, 0 < q b 0) -> (forall b, 0 < p b 0) -> (forall b, p b 0 <= 1) ->
  \sum_b q b 0 * ln (q b 0) - q c 0 * ln (p c 0) <= class_KL q p.
Proof.
move=> q0 p0 p1; have -> : class_KL q p = \sum_b q b 0 * ln (q b 0) - \sum_b q b 0 * ln (p b 0).
  by rewrite -sumrB; apply: eq_bigr => b _; rewrite ln_div ?posrE // mulrBr.
rewrite ler_add2l ler_opp2 (bigD1 c) //= ger_addl -oppr_ge0 -sumrN sumr_ge0 // => b _.
by rewrite oppr_ge0 mulr_ge0_le0 ?(ltW (q0 b)) // -(@ln1 R) ler_ln ?posrE ?ltr01.
Qed.

(* Some number is below all labels where the loss is at most [l]. *)
Lemma labels_bounded (R : realType) d n C (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C)) l :
  (0 < n)%N -> (0 < C)%N ->
  exists2 m : R, 0 < m & forall V i c, class_loss X W_star V <= l -> m <= label X V i c 0.
Proof.
move=> n0 C0; pose q i := label X W_star i; have q0 i c : 0 < q i c 0 by exact: softmax_gt0.
pose e i := \sum_c q i c 0 * ln (q i c 0); pose b i c := (n%:R * l - e i) / q i c 0.
exists (expR (- \sum_i \sum_c `|b i c|)); first exact: expR_gt0.
move=> V i c Vl; set p := label X V i; have p0 a : 0 < p a 0 by exact: softmax_gt0.
have p1 a : p a 0 <= 1 by exact: softmax_le1.
suff below : - ln (p c 0) <= b i c.
  rewrite -[leRHS]lnK ?posrE // ler_expR ler_oppl (le_trans below) //.
  apply: le_trans (ler_norm _) _; move: b {below} => b.
  apply: (@le_trans _ _ (\sum_a `|b i a|)).
    by rewrite (bigD1 c) //= ler_addl sumr_ge0.
  by rewrite (bigD1 i) //= ler_addl sumr_ge0 // => j _; rewrite sumr_ge0.
rewrite ler_pdivl_mulr // ler_subr_addl mulNr [ln _ * _]mulrC.
apply: le_trans (KL_ge_label c (q0 i) p0 p1) _; rewrite -ler_pdivr_mull ?ltr0n //.
apply: le_trans Vl; rewrite ler_wpmul2l ?invr_ge0 ?ler0n //.
by rewrite (bigD1 i) //= ler_addl sumr_ge0 // => j _; exact: KL_ge0.
Qed.

Section Flow.
Variables (R : realType) (d n C : nat) (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C)).
Hypotheses (n_gt0 : (0 < n)%N) (C_gt0 : (0 < C)%N).
Let P := proj X.
Let J := J R C.
Let L := class_loss X W_star.
Let G := class_gradient X W_star.
Let W_hat := class_student X W_star.

(** A flow line from 0: dW/dt = - grad L(W), entry by entry. *)
Variable W : R -> 'M[R]_(d, C).
Hypothesis flow : forall t j c, is_derive t 1 (fun s => W s j c) ((- G (W t)) j c).
Hypothesis W0 : W 0 = 0.

(* The gradient lies in the span, and its rows sum to 0. *)
Lemma gradient_centred V U : mdot (G V) (P *m U *m J) = mdot (G V) U.
Proof.
rewrite !mdot_gradient; congr (_ * _); apply: eq_bigr => i _; rewrite logitsJ logitsP.
have [t E] := J_split (logits X U i); set p := label X V i; set q := label X W_star i.
have zero : \sum_c (p - q) c 0 * t = 0.
  rewrite -mulr_suml (eq_bigr (fun c => p c 0 - q c 0)) => [|c _].
    by rewrite sumrB !softmax_sum // subrr mul0r.
  by rewrite mxE [(- q) c 0]mxE.
rewrite -[LHS]addr0 -[X in _ + X = _]zero -big_split; apply: eq_bigr => c _ /=.
by rewrite -mulrDr (E c).
Qed.

(** The flow stays in the span of the examples, and its rows sum to 0. *)
Theorem class_flow_in_the_span t : P *m W t *m J = W t.
Proof.
have [PT PP] := proj_orth X; have [JT JJ] := J_orth R C.
pose v := W t - P *m W t *m J.
have Pv : P *m v *m J = 0.
  rewrite /v [P *m (_ - _)]mulmxBr mulmxBl (mulmxA P (P *m _) J) (mulmxA P P) PP.
  by rewrite -(mulmxA _ J J) JJ subrr.
have still : mdot (W t) v = mdot (W 0) v.
  apply: (@is_derive_0_is_cst _ (fun s => mdot (W s) v)) => s.
  have {1}-> : 0 = mdot (- G (W s)) v by rewrite mdotNl -gradient_centred Pv mdot0r oppr0.
  by apply: derive_mdot => j c; exact: flow.
suff /eqP : v = 0 by rewrite subr_eq0 => /eqP <-.
apply: mnormsq_eq0; rewrite /mnormsq {1}/v mdotDl mdotNl mdot_mulr JT mdot_mull PT mulmxA Pv mdot0r.
by rewrite oppr0 addr0 still W0 mdot0l.
Qed.

Lemma flow_span t : P *m W t = W t.
Proof.
have [_ PP] := proj_orth X.
by rewrite -class_flow_in_the_span -(mulmxA P) (mulmxA P P) PP.
Qed.

Lemma flow_centred t : W t *m J = W t.
Proof. by have [_ JJ] := J_orth R C; rewrite -class_flow_in_the_span -(mulmxA _ J J) JJ. Qed.

(** The loss falls at the rate |grad L|^2. *)
Theorem class_descent t : is_derive t 1 (fun s => L (W s)) (- mnormsq (G (W t))).
Proof. by rewrite -mdotNr; apply: derive_class_loss => // j c; exact: flow. Qed.

Lemma class_below_start t : 0 <= t -> L (W t) <= L 0.
Proof.
move=> t0; rewrite -W0; apply: (falls class_descent) t0 => s _.
by rewrite oppr_le0 mnormsq_ge0.
Qed.

Section Rate.
Variables (m lambda : R).
Hypothesis labels_above : forall V i c, L V <= L 0 -> m <= label X V i c 0.
Hypotheses (m_gt0 : 0 < m) (lambda_gt0 : 0 < lambda).
Hypothesis on_span : forall u, P *m u = u -> lambda * normsq u <= normsq (X^T *m u).
Let mu := mu n m lambda.
Let mu_gt0 : 0 < mu. Proof. by rewrite !mulr_gt0 // invr_gt0 ltr0n. Qed.

Lemma rate_loss t : 0 <= t -> L (W t) <= L 0 * expR (- (2 * mu * t)).
Proof.
rewrite -W0; apply: (exponential class_descent) => s s0; rewrite ler_opp2 mulrC.
rewrite -ler_pdivl_mulr; last by apply: mulr_gt0; rewrite ?ltr0n.
exact: (dominated n_gt0 C_gt0 labels_above (ltW m_gt0) on_span mu_gt0 (class_below_start s0)).
Qed.

Lemma rate_distance t : 0 <= t ->
  mnormsq (W t - W_hat) <= 2 * L 0 / mu * expR (- (2 * mu * t)).
Proof.
move=> t0; have := class_distance_from_loss n_gt0 C_gt0 labels_above (ltW m_gt0) on_span
  (class_below_start t0) (flow_span t) (flow_centred t).
move=> /le_trans/(_ (rate_loss t0)); rewrite -ler_pdivl_mull; last first.
  by apply: divr_gt0; rewrite ?ltr0n.
move=> /le_trans; apply; move: (L 0) (expR _) => L0 e.
by rewrite invf_div mulrA (mulrAC 2 L0).
Qed.
End Rate.

(** There is a c > 0 such that the loss and the squared distance to W_hat fall like
    exp(-2 c t). *)
Theorem class_limit_rate : exists2 c : R, 0 < c & forall t, 0 <= t ->
  L (W t) <= L 0 * expR (- (2 * c * t)) /\
  mnormsq (W t - W_hat) <= 2 * L 0 / c * expR (- (2 * c * t)).
Proof.
have [lambda l0 on_span] := positive_on_span X.
have [m m0 above] := labels_bounded X W_star (L 0) n_gt0 C_gt0.
exists (loss.mu n m lambda); first by rewrite !mulr_gt0 // invr_gt0 ltr0n.
by move=> t t0; split; [exact: rate_loss|exact: rate_distance].
Qed.

(** The limit: the flow from 0 tends to W_hat = P W_star J. *)
Theorem class_limit eps : 0 < eps ->
  exists2 t0, 0 <= t0 & forall t, t0 <= t -> mnormsq (W t - W_hat) <= eps.
Proof.
move=> e0; have [c c0 rate] := class_limit_rate.
have K0 : 0 <= 2 * L 0 / c.
  by rewrite divr_ge0 ?(ltW c0) // mulr_ge0 ?ler0n // class_loss_ge0.
have [t0 t00 small] := vanishes K0 c0 e0; exists t0 => // t tt0.
by have [_ /le_trans] := rate t (le_trans t00 tt0); apply; exact: small.
Qed.
End Flow.

(* The log-sum inequality: to merge classes does not raise a divergence. *)
Lemma log_sum (R : realType) (I : finType) (A : pred I) (f g : I -> R) :
  let F := \sum_(i | A i) f i in let S := \sum_(i | A i) g i in
  (forall i, 0 < f i) -> (forall i, 0 < g i) -> 0 < F -> 0 < S ->
  F * ln (F / S) <= \sum_(i | A i) f i * ln (f i / g i).
Proof.
move=> F S f0 g0 F0 S0; rewrite mulr_suml.
have zero : \sum_(i | A i) (F / S * g i - f i) = 0.
  by rewrite sumrB -mulr_sumr -/F -/S divfK ?subrr // gt_eqF.
rewrite -[leRHS]addr0 -[X in _ + X]zero -big_split; apply: ler_sum => i _ /=.
have fg : 0 < f i / g i by rewrite divr_gt0.
have FS : 0 < F / S by rewrite divr_gt0.
rewrite -ler_subl_addl -mulrBr -ln_div ?posrE //.
have -> : F / S * g i - f i = f i * (F / S / (f i / g i) - 1).
  by field; rewrite !gt_eqF.
by rewrite ler_wpmul2l ?(ltW (f0 i)) // ln_le // divr_gt0.
Qed.

Section OneAgainstOthers.
Variables (R : realType) (C : nat).
Hypothesis C_gt1 : (1 < C)%N.
Let C_gt0 : (0 < C)%N := ltnW C_gt1.
Implicit Types (a b : 'cV[R]_C).

(** The logit of a class against all others together. *)
Definition one_against a c : R := a c 0 - ln (\sum_(j | j != c) expR (a j 0)).

Lemma others_gt0 (f : 'I_C -> R) c : (forall j, 0 < f j) -> 0 < \sum_(j | j != c) f j.
Proof.
move=> f0; have [j jc] : exists j : 'I_C, j != c.
  have [->|c0] := eqVneq c (Ordinal C_gt0); first by exists (Ordinal C_gt1).
  by exists (Ordinal C_gt0); rewrite eq_sym.
by rewrite (bigD1 j) //= ltr_paddr // sumr_ge0 // => i _; exact: ltW.
Qed.

Lemma sigma_one_against a c : sigma (one_against a c) = softmax a c 0.
Proof.
have S0 : 0 < \sum_(j | j != c) expR (a j 0) by apply: others_gt0 => j; exact: expR_gt0.
rewrite /sigma opprB expRB lnK ?posrE // mxE [in RHS](bigD1 c) //= -[RHS]invf_div; congr (_^-1).
by rewrite mulrDl divff // gt_eqF ?expR_gt0.
Qed.

(* The divergence is at least that of one class and the others together. *)
Lemma k_one_against a b c :
  k (one_against b c) (one_against a c) <= class_KL (softmax b) (softmax a).
Proof.
have rest e : 1 - softmax e c 0 = \sum_(j | j != c) softmax e j 0.
  by rewrite -(softmax_sum C_gt0 e) (bigD1 c) //= addrAC subrr add0r.
rewrite /k /KL !sigma_one_against !rest /class_KL [leRHS](bigD1 c) //= ler_add2l.
have p0 (e : 'cV[R]_C) j : 0 < softmax e j 0 by exact: softmax_gt0.
by apply: log_sum => //; exact: others_gt0.
Qed.
End OneAgainstOthers.

Section CertifiedRate.
Variables (R : realType) (d n C : nat) (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C)).
Hypotheses (n_gt0 : (0 < n)%N) (C_gt1 : (1 < C)%N).
Let C_gt0 : (0 < C)%N := ltnW C_gt1.
Let P := proj X.
Let L := class_loss X W_star.
Let G := class_gradient X W_star.

(** [b i c] is the teacher's logit of class c against all others together on the example
    i; [lo i c] is below all logits at which the binary term is at most n l. *)
Let b i c := one_against (logits X W_star i) c.
Variables (l m lambda : R) (lo : 'I_n -> 'I_C -> R).
Hypothesis logits_above : forall i c a, k (b i c) a <= n%:R * l -> lo i c <= a.
Hypotheses (m_gt0 : 0 < m) (m_lo : forall i c, m <= sigma (lo i c)).
Hypothesis lambda_gt0 : 0 < lambda.
Hypothesis on_span : forall u, P *m u = u -> lambda * normsq u <= normsq (X^T *m u).
Let mu := mu n m lambda.

Lemma labels_above V i c : L V <= l -> m <= label X V i c 0.
Proof.
move=> Vl; rewrite -sigma_one_against //; apply: (le_trans (m_lo i c)).
rewrite lef_pinv ?posrE ?addr_gt0 ?expR_gt0 // ler_add2l ler_expR ler_opp2.
apply: logits_above; apply: (le_trans (k_one_against C_gt1 _ _ _)).
rewrite -ler_pdivr_mull ?ltr0n //; apply: le_trans Vl.
rewrite ler_wpmul2l ?invr_ge0 ?ler0n // (bigD1 i) //= ler_addl sumr_ge0 // => j _.
exact: KL_ge0.
Qed.

(** Gradient dominance: where L <= l, the loss is at most |grad L|^2/(2 mu), with
    mu = (lambda/n) min sigma(lo i c), ... *)
Theorem class_dominance V : L V <= l -> L V <= mnormsq (G V) / (2 * mu).
Proof.
apply: (dominated n_gt0 C_gt0 labels_above (ltW m_gt0) on_span).
by apply: mulr_gt0 => //; apply: mulr_gt0 => //; rewrite invr_gt0 ltr0n.
Qed.

(** ... and mu-strongly convex on centred matrices in the span. *)
Theorem class_convex V V' : L V <= l -> L V' <= l ->
  P *m (V' - V) = V' - V -> (V' - V) *m J R C = V' - V ->
  L V + mdot (G V) (V' - V) + mu / 2 * mnormsq (V' - V) <= L V'.
Proof. exact: (class_strong_convexity n_gt0 C_gt0 labels_above (ltW m_gt0) on_span). Qed.
End CertifiedRate.

(** Along the flow from 0 the loss falls at least like exp(-2 mu t), with the mu of l = L(0). *)
Theorem class_certified_rate (R : realType) d n C (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C))
    (W : R -> 'M[R]_(d, C)) (m lambda : R) (lo : 'I_n -> 'I_C -> R) :
  (0 < n)%N -> (1 < C)%N ->
  (forall t j c, is_derive t 1 (fun s => W s j c) ((- class_gradient X W_star (W t)) j c)) ->
  W 0 = 0 ->
  (forall i c a, k (one_against (logits X W_star i) c) a <= n%:R * class_loss X W_star 0 ->
    lo i c <= a) ->
  0 < m -> (forall i c, m <= sigma (lo i c)) ->
  0 < lambda -> (forall u, proj X *m u = u -> lambda * normsq u <= normsq (X^T *m u)) ->
  forall t, 0 <= t ->
  class_loss X W_star (W t) <= class_loss X W_star 0 * expR (- (2 * mu n m lambda * t)).
Proof.
move=> n0 C1 flow W0 above m0 m_lo l0 span t t0.
exact: (rate_loss n0 (ltnW C1) flow W0 (labels_above n0 C1 above m_lo) m0 l0 span t0).
Qed.
