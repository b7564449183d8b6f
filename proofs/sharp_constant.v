(** The sharper constants of Appendix B, for every [X]. Where the constant of Theorem
    A.3 has the smallest slope of sigma on an interval of logits, mu_1 has the smallest
    quotient (sigma(a) - sigma(b))^2/(2k) at its ends, and mu_2 that of 2k/(a - b)^2. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
From Distillation Require Import projections calculus loss.
From Distillation Require Import quotients.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.

Section SharpConstant.
Variables (R : realType) (d n : nat) (X : 'M[R]_(d, n)) (w_star : 'cV[R]_d).
Hypothesis n_gt0 : (0 < n)%N.
Variables (l lambda : R) (lo hi : 'I_n -> R).
Let b i := logit X w_star i.

(** The level is l, and [lo i] and [hi i] are the ends of the interval of logits at
    which the i-th term is n l. [lambda] is any number with |X'u|^2 >= lambda |u|^2 on
    the span of X, as in Theorem A.3. *)
Hypothesis l_gt0 : 0 < l.
Hypotheses (lo_left : forall i, lo i < b i) (hi_right : forall i, b i < hi i).
Hypothesis k_lo : forall i, k (b i) (lo i) = n%:R * l.
Hypothesis k_hi : forall i, k (b i) (hi i) = n%:R * l.
Hypothesis lambda_ge0 : 0 <= lambda.
Hypothesis on_span : forall u, proj X *m u = u -> lambda * normsq u <= normsq (X^T *m u).

Let N_gt0 : 0 < n%:R :> R. Proof. by rewrite ltr0n. Qed.

Section Dominance.
(** The quotient; [c] is any number that is at most all of them: the smallest of them
    is the largest such number. *)
Definition dominance (y a : R) : R := (sigma a - sigma y) ^+ 2 / (2 * k y a).
Variable c : R.
Hypothesis c_lo : forall i, c <= dominance (b i) (lo i).
Hypothesis c_hi : forall i, c <= dominance (b i) (hi i).

Definition mu_1 : R := n%:R^-1 * c * lambda.

Let top_gt0 : 0 < n%:R * l. Proof. by rewrite mulr_gt0. Qed.

(* The hardest term. *)
Lemma hardest_term : exists B M, [/\ 0 <= B, forall i, `|b i| <= B, 0 < M,
  term B M = n%:R * l & 2 * (n%:R * l) * c <= gap B M ^+ 2].
Proof.
have [i _ largest] :=
  @Order.TotalTheory.arg_maxP _ _ _ (Ordinal n_gt0) xpredT (fun i => `|b i|) isT.
have big j : `|b j| <= `|b i| by exact: largest.
have T0 : 0 < 2 * (n%:R * l) by rewrite mulr_gt0 ?ltr0n.
have [b0|b0] := leP 0 (b i).
  have E : b i + (hi i - b i) = hi i by rewrite addrC subrK.
  exists (b i), (hi i - b i); split=> // [j|||].
  - by rewrite -[leRHS](ger0_norm b0).
  - by rewrite subr_gt0.
  - by rewrite /term E k_hi.
  - by have := c_hi i; rewrite /dominance k_hi ler_pdivl_mulr // mulrC /gap E.
exists (- b i), (b i - lo i).
have E : - b i + (b i - lo i) = - lo i by rewrite addrA addNr add0r.
split=> [|j|||].
- by rewrite oppr_ge0 ltW.
- by rewrite -(ltr0_norm b0).
- by rewrite subr_gt0.
- by rewrite /term E kN k_lo.
- have := c_lo i; rewrite /dominance k_lo ler_pdivl_mulr // mulrC /gap E !sigmaN.
  have -> : 1 - sigma (lo i) - (1 - sigma (b i)) = - (sigma (lo i) - sigma (b i)) by ring.
  by rewrite sqrrN.
Qed.

(* The level of the sum of all terms, reached by the hardest term alone. *)
Lemma level_reached (B M K : R) : 0 <= M -> 0 <= K <= term B M ->
  exists2 s, 0 <= s <= M & term B s = K.
Proof.
move=> M0 /andP[K0 KM]; have [||s] := @IVT _ (term B) 0 M K M0.
- apply: continuous_subspaceT => x; apply: differentiable_continuous.
  by apply/derivable1_diffP; apply: ex_derive; exact: derive_term.
- by rewrite term0 min_l ?max_r ?(le_trans K0) // K0.
by rewrite in_itv /=; exists s.
Qed.

Section Student.
Variable w : 'cV[R]_d.
Let a i := logit X w i.
Let D i := a i - b i.
Let K := \sum_i k (b i) (a i).

Let loss_K : loss X w_star w = n%:R^-1 * K. Proof. by []. Qed.

Let K_ge0 : 0 <= K. Proof. by apply: sumr_ge0 => i _; exact: k_ge0. Qed.

Let k_le i : k (b i) (a i) <= K.
Proof. by rewrite /K (bigD1 i) //= ler_addl sumr_ge0 // => j _; exact: k_ge0. Qed.

(* Every term, on either side, compared with the hardest one. *)
Lemma each_term B s i : 0 <= B -> `|b i| <= B -> 0 < s -> term B s = K ->
  K * D i ^+ 2 <= s ^+ 2 * k (b i) (a i) /\
  s * gap B s * k (b i) (a i) <= K * (D i * (sigma (a i) - sigma (b i))).
Proof.
move=> B0 bB s0 sK; have aE : a i = b i + D i by rewrite addrC subrK.
have [D0|/ltW D0] := leP 0 (D i).
  have := @hardest _ B (b i) (D i) s B0 bB D0 s0.
  by rewrite sK /term /gap -aE; apply; exact: k_le.
have nD0 : 0 <= - D i by rewrite oppr_ge0.
have nbB : `|- b i| <= B by rewrite normrN.
have := @hardest _ B (- b i) (- D i) s B0 nbB nD0 s0.
rewrite sK /term /gap -opprD -aE kN sqrrN !sigmaN => /(_ (k_le i)) [-> up].
split=> //; apply: le_trans up _; rewrite le_eqVlt; apply/orP; left; apply/eqP.
by move: (sigma (a i)) (sigma (b i)) => x y; ring.
Qed.

(* The gradient against the distance. *)
Lemma gradient_along u : X^T *m u = X^T *m (w - w_star) ->
  dot (gradient X w_star w) u = n%:R^-1 * \sum_i D i * (sigma (a i) - sigma (b i)).
Proof.
move=> same; rewrite dot_gradient; congr (_ * _); apply: eq_bigr => i _.
by rewrite mulrC /D /a /b -logitB /logit same.
Qed.

Lemma sharp_gradient : loss X w_star w <= l -> 2 * mu_1 * loss X w_star w <=
  normsq (gradient X w_star w).
Proof.
move=> wl; have [B [M [B0 bB M0 topM cM]]] := hardest_term.
have KT : 0 <= K <= term B M by rewrite K_ge0 topM -ler_pdivr_mull.
have [K0|K0] := eqVneq K 0; first by rewrite loss_K K0 !mulr0 normsq_ge0.
have Kp : 0 < K by rewrite lt_def K0.
have [s /andP[s0 sM] sK] := level_reached (ltW M0) KT.
have sp : 0 < s.
  by rewrite lt_def s0 andbT; apply: contraNneq K0 => s00; rewrite -sK s00 term0.
pose u := proj X *m (w - w_star); have [_ PP] := proj_orth X.
have Pu : proj X *m u = u by rewrite mulmxA PP.
have Xu : X^T *m u = X^T *m (w - w_star) by exact: tr_mul_w_hat.
have gu := gradient_along Xu.
set G := gradient X w_star w in gu *.
set S := \sum_i _ in gu.
have XuD : normsq (X^T *m u) = \sum_i D i ^+ 2.
  by rewrite Xu; apply: eq_bigr => i _; rewrite -expr2 -/(logit X (w - w_star) i) logitB.
have Ds : normsq (X^T *m u) <= s ^+ 2.
  rewrite XuD -(ler_pmul2l Kp) [leRHS]mulrC {2}/K !mulr_sumr; apply: ler_sum => i _.
  by have [] := each_term B0 (bB i) sp sK.
have Sg : s * gap B s <= S.
  rewrite -(ler_pmul2l Kp) [leLHS]mulrC {1}/K mulr_sumr [leRHS]mulr_sumr; apply: ler_sum => i _.
  by have [] := each_term B0 (bB i) sp sK.
have g0 : 0 <= gap B s by rewrite gap_ge0.
have far := dominance_falls B0 s0 sM M0; rewrite sK topM in far.
have cK : 2 * c * K <= gap B s ^+ 2.
  rewrite -(ler_pmul2r top_gt0); apply: le_trans far.
  rewrite [leLHS](_ : _ = 2 * (n%:R * l) * c * K); last by ring.
  by rewrite ler_wpmul2r.
have square : (n%:R^-1 * (s * gap B s)) ^+ 2 <= normsq G * normsq u.
  apply: le_trans (cauchy_schwarz _ _); rewrite gu.
  apply: ler_expn2r; rewrite ?nnegrE ?mulr_ge0 ?invr_ge0 ?ler0n ?(le_trans _ Sg) ?mulr_ge0 //.
  by apply: ler_wpmul2l Sg; rewrite invr_ge0 ler0n.
have s2 : 0 < s ^+ 2 by rewrite exprn_gt0.
rewrite -(ler_pmul2r s2); apply: le_trans (ler_wpmul2l (normsq_ge0 G) Ds).
apply: le_trans (ler_wpmul2l (normsq_ge0 G) (on_span Pu)).
rewrite [leRHS]mulrCA; apply: le_trans (ler_wpmul2l lambda_ge0 square).
have coef : 0 <= lambda * n%:R^-1 ^+ 2 * s ^+ 2.
  by rewrite !mulr_ge0 ?sqr_ge0.
rewrite loss_K /mu_1.
rewrite [leLHS](_ : _ = lambda * n%:R^-1 ^+ 2 * s ^+ 2 * (2 * c * K)); last first.
  by move: (n%:R^-1) => N; ring.
rewrite [leRHS](_ : _ = lambda * n%:R^-1 ^+ 2 * s ^+ 2 * gap B s ^+ 2); last first.
  by move: (n%:R^-1) => N; ring.
exact: ler_wpmul2l cK.
Qed.

(** Corollary A.1 with mu_1, for every X: on the sublevel set {L <= l} the loss is
    at most |grad L|^2/(2 mu_1). *)
Theorem sharp_pl : 0 < mu_1 -> loss X w_star w <= l ->
  loss X w_star w <= normsq (gradient X w_star w) / (2 * mu_1).
Proof.
move=> m0 wl; have m2 : 0 < 2 * mu_1 by rewrite mulr_gt0 ?ltr0n.
by rewrite (ler_pdivl_mulr _ _ m2) mulrC; exact: sharp_gradient.
Qed.
End Student.

(** mu_1 is at least the constant of Theorem A.3, if [c] is the smallest quotient. *)
Theorem mu_le_mu_1 m : (forall i, m <= sigma' (lo i)) -> (forall i, m <= sigma' (hi i)) ->
  (exists i, c = dominance (b i) (lo i) \/ c = dominance (b i) (hi i)) ->
  mu n m lambda <= mu_1.
Proof.
move=> m_lo m_hi [i c_is]; have T0 : 0 < 2 * (n%:R * l) by rewrite mulr_gt0 ?ltr0n.
have b_in : lo i <= b i <= hi i by rewrite !ltW.
have lh : lo i <= hi i by case/andP: b_in => /le_trans; apply.
have below a : lo i <= a <= hi i -> k (b i) a = n%:R * l -> m <= dominance (b i) a.
  move=> a_in ka; rewrite /dominance ka ler_pdivl_mulr // -ka mulrCA mulrA.
  exact: slope_below (m_lo i) (m_hi i) a_in b_in.
have mc : m <= c by case: c_is => ->; apply: below; rewrite ?lexx ?lh.
by rewrite ler_wpmul2r // ler_wpmul2l ?invr_ge0 ?ler0n.
Qed.
End Dominance.

Section Growth.
(** The other quotient, and [c] as before. *)
Definition growth_at (y a : R) : R := 2 * k y a / (a - y) ^+ 2.
Variable c : R.
Hypothesis c_lo : forall i, c <= growth_at (b i) (lo i).
Hypothesis c_hi : forall i, c <= growth_at (b i) (hi i).

Definition mu_2 : R := n%:R^-1 * c * lambda.

Let below_hi i : c * ((hi i - b i) * (hi i - b i)) <= 2 * term (b i) (hi i - b i).
Proof.
have D0 : 0 < (hi i - b i) ^+ 2 by rewrite exprn_gt0 // subr_gt0.
have E : b i + (hi i - b i) = hi i by rewrite addrC subrK.
by have := c_hi i; rewrite /growth_at ler_pdivl_mulr // -expr2 /term E.
Qed.

Let below_lo i : c * ((b i - lo i) * (b i - lo i)) <= 2 * term (- b i) (b i - lo i).
Proof.
have D0 : 0 < (lo i - b i) ^+ 2 by rewrite exprn_even_gt0 //= subr_eq0 lt_eqF.
have E : - b i + (b i - lo i) = - lo i by rewrite addrA addNr add0r.
by have := c_lo i; rewrite /growth_at ler_pdivl_mulr // -expr2 /term E kN -sqrrN opprB.
Qed.

Let below_slope i : c <= sigma' (b i).
Proof.
have [b0|/ltW b0] := leP 0 (b i).
  have D0 : 0 < hi i - b i by rewrite subr_gt0.
  rewrite -(ler_pmul2r (mulr_gt0 D0 D0)); apply: le_trans (below_hi i) _.
  exact: flat_below b0 (ltW D0).
have D0 : 0 < b i - lo i by rewrite subr_gt0.
rewrite -(ler_pmul2r (mulr_gt0 D0 D0)) -sigma'N; apply: le_trans (below_lo i) _.
by apply: flat_below (ltW D0); rewrite oppr_ge0.
Qed.

(* Every term of the sublevel set is at least c/2 times the squared distance. *)
Lemma term_grows i a : k (b i) a <= n%:R * l -> c * (a - b i) ^+ 2 <= 2 * k (b i) a.
Proof.
have inside y s D : 0 < s -> 0 <= D -> term y s = n%:R * l -> term y D <= n%:R * l -> D <= s.
  move=> s0 D0 <- small; rewrite leNgt; apply/negP => sD.
  by have := term_lt y s0 sD; rewrite ltNge small.
have [D0|/ltW D0] := leP 0 (a - b i); move=> small.
  have s0 : 0 < hi i - b i by rewrite subr_gt0.
  have E y : b i + (y - b i) = y by rewrite addrC subrK.
  have := growth_between (below_slope i) (below_hi i) (u := a - b i).
  rewrite -expr2 /term E; apply; rewrite D0.
  by apply: (inside (b i) _ _ s0 D0); rewrite /term E ?k_hi.
have s0 : 0 < b i - lo i by rewrite subr_gt0.
have nD0 : 0 <= b i - a by rewrite -opprB oppr_ge0.
have E y : - b i + (b i - y) = - y by rewrite addrA addNr add0r.
have cN : c <= sigma' (- b i) by rewrite sigma'N.
have := growth_between cN (below_lo i) (u := b i - a).
rewrite -expr2 /term E kN -[(a - _) ^+ 2]sqrrN opprB; apply; rewrite nD0.
by apply: (inside (- b i) _ _ s0 nD0); rewrite /term E kN ?k_lo.
Qed.

Lemma growth_loss w : 0 <= c -> loss X w_star w <= l ->
  proj X *m (w - w_hat X w_star) = w - w_hat X w_star ->
  mu_2 * normsq (w - w_hat X w_star) <= 2 * loss X w_star w.
Proof.
move=> c0 wl span; set u := w - _ in span *.
have Xu : X^T *m u = X^T *m (w - w_star) by rewrite !mulmxBr tr_mul_w_hat.
apply: (@le_trans _ _ (n%:R^-1 * (c * normsq (X^T *m u)))).
  rewrite /mu_2 -!mulrA ler_wpmul2l ?invr_ge0 ?ler0n // ler_wpmul2l //.
  exact: on_span.
rewrite /loss [leRHS]mulrCA ler_wpmul2l ?invr_ge0 ?ler0n // Xu !mulr_sumr; apply: ler_sum => i _.
rewrite -expr2 -/(logit X (w - w_star) i) logitB; apply: term_grows.
rewrite -/(b i) -ler_pdivr_mull //; apply: le_trans wl; rewrite ler_wpmul2l ?invr_ge0 ?ler0n //.
by rewrite (bigD1 i) //= ler_addl sumr_ge0 // => j _; exact: k_ge0.
Qed.

(** On the sublevel set {L <= l}, a student in w_hat + span(X) has
    |w - w_hat|^2 <= 2 L(w)/mu_2. *)
Theorem growth w : 0 < mu_2 -> loss X w_star w <= l ->
  proj X *m (w - w_hat X w_star) = w - w_hat X w_star ->
  normsq (w - w_hat X w_star) <= 2 * loss X w_star w / mu_2.
Proof.
move=> m0 wl span; rewrite (ler_pdivl_mulr _ _ m0) mulrC; apply: growth_loss => //.
rewrite leNgt; apply/negP => c0; move: m0; rewrite ltNge => /negP; apply.
by rewrite mulr_le0_ge0 // pmulr_rle0 ?invr_gt0 // ltW.
Qed.

(** mu_2 is at least the constant of Theorem A.3, too. *)
Theorem mu_le_mu_2 m : (forall i, m <= sigma' (lo i)) -> (forall i, m <= sigma' (hi i)) ->
  (exists i, c = growth_at (b i) (lo i) \/ c = growth_at (b i) (hi i)) ->
  mu n m lambda <= mu_2.
Proof.
move=> m_lo m_hi [i c_is].
have b_in : lo i <= b i <= hi i by rewrite !ltW.
have lh : lo i <= hi i by case/andP: b_in => /le_trans; apply.
have below a : lo i <= a <= hi i -> a != b i -> m <= growth_at (b i) a.
  move=> a_in ab; rewrite /growth_at ler_pdivl_mulr ?exprn_even_gt0 //= ?subr_eq0 //.
  have := k_above_tangent (b i) (m_lo i) (m_hi i) b_in a_in.
  rewrite k_diag subrr mul0r !add0r -(ler_pmul2l (_ : 0 < 2)) ?ltr0n //.
  by rewrite mulrA (mulrC 2) divfK ?pnatr_eq0.
have mc : m <= c.
  by case: c_is => ->; apply: below; rewrite ?lexx ?lh ?(lt_eqF (lo_left i)) ?(gt_eqF (hi_right i)).
by rewrite ler_wpmul2r // ler_wpmul2l ?invr_ge0 ?ler0n.
Qed.
End Growth.
End SharpConstant.
