(** Theorem 2 (section 4.1 and Appendix C): layers that start balanced and below the
    saddle. The student has a limit, which is the one of the chapter on deep students;
    the bound of its length, and how short a start ends within eps of w_hat. The
    examples may have any rank, and a flow line is taken as given, as in [deep]. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
From Distillation Require Import projections angles calculus loss theorem_1.
From Distillation Require Import layers intervals deep.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Bounds.
Variable R : realType.

Lemma normsqZ d a (u : 'cV[R]_d) : normsq (a *: u) = a ^+ 2 * normsq u.
Proof. by rewrite /normsq dotZl dotZr; ring. Qed.

Lemma sigma_lipschitz (a b : R) : (sigma a - sigma b) ^+ 2 <= (a - b) ^+ 2.
Proof.
have one (x y : R) : x <= y -> (sigma y - sigma x) ^+ 2 <= (y - x) ^+ 2.
  move=> xy; have [c _ ->] := mean_value (@derive_sigma R) xy.
  rewrite exprMn ler_pimull ?sqr_ge0 // expr_le1 ?(ltW (sigma'_gt0 _)) //.
  by apply: le_trans (sigma'_le _) _; rewrite invf_le1 ?ler1n ?ltr0n.
have [ab|/ltW ba] := leP a b; last exact: one.
by rewrite -sqrrN opprB -[X in _ <= X]sqrrN opprB one.
Qed.

(* The gradient is at most a multiple of the distance to w_hat within the span. *)
Lemma gradient_le d n (X : 'M[R]_(d, n)) w_star : exists2 C : R, 0 <= C & forall v,
  normsq (gradient X w_star v) <= C * normsq (proj X *m v - w_hat X w_star).
Proof.
pose A := \sum_i normsq (row i X)^T; pose B := \sum_i normsq (row i X^T)^T.
have A0 : 0 <= A by apply: sumr_ge0 => i _; exact: normsq_ge0.
have B0 : 0 <= B by apply: sumr_ge0 => i _; exact: normsq_ge0.
exists (n%:R^-1 ^+ 2 * (A * B)); first by rewrite !mulr_ge0 ?sqr_ge0.
move=> v; rewrite /gradient normsqZ -[leRHS]mulrA.
rewrite ler_wpmul2l ?sqr_ge0 //; apply: le_trans (normsq_mul_le _ _) _.
rewrite -/A -[leRHS]mulrA ler_wpmul2l //.
have <- : X^T *m (proj X *m v) = X^T *m v by exact: tr_mul_w_hat.
rewrite -(tr_mul_w_hat X w_star); set u := proj X *m v; set h := w_hat X w_star.
apply: le_trans (normsq_mul_le X^T (u - h)); rewrite mulmxBr.
move: (X^T *m u) (X^T *m h) => a b; apply: ler_sum => i _.
by rewrite !mxE -!expr2 sigma_lipschitz.
Qed.

(* The velocity is at most N |w|^(2-2/N) |g|. *)
Lemma induced_le N d (w g : 'cV[R]_d) : (0 < N)%N -> w != 0 ->
  normsq (induced N w g) <= (N%:R * norm w `^ (2 - 2 / N%:R)) ^+ 2 * normsq g.
Proof.
move=> N_gt0 w0; have sq0 : 0 < normsq w by rewrite normsq_gt0.
have N1 : 0 <= N%:R - 1 :> R by rewrite subr_ge0 ler1n.
rewrite /induced normsqN norm_sqr normsqZ exprMn [leRHS]mulrAC [leRHS]mulrC.
rewrite ler_wpmul2l ?sqr_ge0 //.
set a := (N%:R - 1) * _ / _.
have -> : normsq (g + a *: w) = normsq g + (N%:R ^+ 2 - 1) * (dot w g ^+ 2 / normsq w).
  rewrite normsqD normsqZ dotZr (dotC g) /a.
  by field; rewrite gt_eqF.
rewrite -subr_ge0.
have -> : N%:R ^+ 2 * normsq g - (normsq g + (N%:R ^+ 2 - 1) * (dot w g ^+ 2 / normsq w)) =
  (N%:R - 1) * (N%:R + 1) / normsq w * (normsq w * normsq g - dot w g ^+ 2).
  by field; rewrite gt_eqF.
rewrite mulr_ge0 ?subr_ge0 ?cauchy_schwarz // divr_ge0 ?(ltW sq0) //.
by rewrite mulr_ge0 // addr_ge0.
Qed.

(* If r^N is at most b + c r^(N-1), then r is at most 1 + b + c. *)
Lemma root_le (N : nat) (r b c : R) : (0 < N)%N -> 0 <= r -> 0 <= b -> 0 <= c ->
  r ^+ N <= b + c * r ^+ N.-1 -> r <= 1 + b + c.
Proof.
case: N => // N _ r0 b0 c0 /= small; rewrite leNgt; apply/negP => large.
have r1 : 1 <= r by apply: le_trans (ltW large); rewrite -addrA ler_addl addr_ge0.
have p1 : 1 <= r ^+ N by exact: exprn_ege1.
have : (b + c) * r ^+ N < r ^+ N.+1.
  rewrite exprS ltr_pmul2r ?(lt_le_trans ltr01) //; apply: le_lt_trans large.
  by rewrite -addrA ler_addr.
rewrite ltNge => /negP; apply; apply: le_trans small _.
by rewrite mulrDl ler_add2r ler_pemulr.
Qed.
End Bounds.

Section Lengths.
(* H is |w_hat|^2, x is |q|^2, r is |w|^(2/N) in the limit, c <= r0 = |w(0)|^(2/N). *)
Variables (R : realFieldType) (M : nat) (H x r r0 c : R).
Hypotheses (H0 : 0 <= H) (c0 : 0 <= c) (r_gt0 : 0 < r) (c_le : c <= r0).
Hypotheses (rE : r ^+ M.+1 = H + x) (xE : x = c * r ^+ M).

Lemma sharp_root E : 0 < E -> r0 ^+ M.+1 * (H + E) ^+ M <= E ^+ M.+1 -> x <= E.
Proof.
move=> E0 small; rewrite leNgt; apply/negP => large.
have x0 : 0 < x by exact: lt_trans large.
have HE : 0 < H + E by rewrite ltr_paddl.
have Hx : 0 <= H + x by rewrite addr_ge0 // ltW.
have powers : x ^+ M.+1 = c ^+ M.+1 * (H + x) ^+ M.
  by rewrite {1}xE exprMn -!exprM mulnC exprM rE.
have step : x * (x * (H + E)) ^+ M <= E * (E * (H + x)) ^+ M.
  rewrite !exprMn !mulrA -!exprS powers mulrAC.
  rewrite ler_wpmul2r ?exprn_ge0 //; apply: le_trans small.
  by rewrite ler_wpmul2r ?exprn_ge0 ?(ltW HE) // ler_pexpn2r ?nnegrE // (le_trans c0).
have p0 : 0 < (x * (H + E)) ^+ M by rewrite exprn_gt0 // mulr_gt0.
suff : x <= E by rewrite leNgt large.
rewrite -(ler_pmul2r p0); apply: (le_trans step); rewrite (ler_pmul2l E0).
apply: ler_expn2r; rewrite ?nnegrE ?mulr_ge0 ?(ltW E0) ?(ltW x0) ?(ltW HE) //.
by rewrite !mulrDr (mulrC E x) ler_add2r ler_wpmul2r // ltW.
Qed.

(* y is |w_hat|^(2/N). *)
Lemma length_root y : 0 < y -> H = y ^+ M.+1 -> r0 < y -> r ^+ M.+1 * (1 - r0 / y) <= H.
Proof.
move=> y0 HE r0y; have rM : 0 < r ^+ M by rewrite exprn_gt0.
rewrite -(ler_pmul2r y0) -mulrA mulrBl mul1r divfK ?gt_eqF //.
have yr0 : 0 <= y - r0 by rewrite subr_ge0 ltW.
have [ry|/ltW yr] := leP r y.
  rewrite HE; apply: ler_pmul => //; first by rewrite exprn_ge0 // ltW.
    by apply: ler_expn2r; rewrite ?nnegrE ?(ltW r_gt0) ?(ltW y0).
  by rewrite ler_subl_addl ler_addr (le_trans c0).
have le1 : r ^+ M * (r - r0) <= H.
  rewrite mulrBr -exprSr rE xE ler_subl_addr ler_add2l mulrC.
  by rewrite ler_wpmul2l ?(ltW rM).
apply: (@le_trans _ _ (r ^+ M * (r - r0) * y)); last by rewrite ler_pmul2r.
have -> : r ^+ M.+1 * (y - r0) = r ^+ M * (r * (y - r0)) by rewrite exprSr mulrA.
rewrite -[leRHS]mulrA (ler_pmul2l rM) -subr_ge0.
have -> : (r - r0) * y - r * (y - r0) = r0 * (r - y) by ring.
by apply: mulr_ge0; [exact: le_trans c_le|rewrite subr_ge0].
Qed.
End Lengths.

Lemma expR_sq (R : realType) (x : R) : expR x ^+ 2 = expR (2 * x).
Proof. by rewrite expRMm. Qed.

Section Limit.
Variables (R : realType) (N n : nat) (width : nat -> nat).
Variables (X : 'M[R]_(width 0, n)) (w_star : 'cV[R]_(width 0)).
Hypotheses (n_gt0 : (0 < n)%N) (one_output : width N = 1%N) (N_gt0 : (0 < N)%N).

(** The situation of Theorem 2: a flow line of layers that start balanced, (13),
    and below the saddle, (12). *)
Variable W : R -> forall j, 'M[R]_(width j.+1, width j).
Let w t := student N (W t).
Let g t := gradient X w_star (w t).
Let L := loss X w_star.
Hypothesis flow : forall t j, 0 <= t -> (j < N)%N ->
  moves t (fun s => W s j) (- layer_gradient N (W t) (g t) j).
Hypothesis start_balanced : balanced N (W 0).
Hypothesis below_saddle : L (w 0) < L 0.

Let h := w_hat X w_star.
Let P := proj X.
Let Q : 'M[R]_(width 0) := 1%:M - P.
Let PT : P^T = P. Proof. by case: (proj_orth X). Qed.
Let PP : P *m P = P. Proof. by case: (proj_orth X). Qed.

Let PQ (v : 'cV[R]_(width 0)) : v = P *m v + Q *m v.
Proof. by rewrite -mulmxDl addrC subrK mul1mx. Qed.
Let pyth (v : 'cV[R]_(width 0)) : normsq v = normsq (P *m v) + normsq (Q *m v).
Proof.
by rewrite {1}(PQ v) pythagoras // dot_mull PT mulmxA mulmxBr mulmx1 PP subrr mul0mx dot0r.
Qed.

Lemma lower t : 0 <= t -> L (w t) <= L (w 0).
Proof. by move=> t0; case: (sublevel_invariance flow below_saddle t0). Qed.

Lemma away t : 0 <= t -> 0 < varrho X w_star (w 0) <= norm (w t).
Proof. by move=> t0; case: (sublevel_invariance flow below_saddle t0). Qed.

Lemma w_neq0 t : 0 <= t -> w t != 0.
Proof. by move=> /away/andP[r0 rw]; rewrite -norm_gt0 (lt_le_trans r0). Qed.

Lemma w_moves t : 0 <= t -> moves t w (induced N (w t) (g t)).
Proof.
by move=> t0; apply: (theorem_C1 one_output N_gt0 flow t0 start_balanced); exact: w_neq0.
Qed.

Section CertifiedRate.
(** The constant [mu] of Corollary A.1 at the level L(w(0)), as in [loss]. *)
Variables (m lambda : R) (lo hi : 'I_n -> R).
Hypothesis logits_between : forall i a,
  k (logit X w_star i) a <= n%:R * L (w 0) -> lo i <= a <= hi i.
Hypotheses (m_gt0 : 0 < m) (m_lo : forall i, m <= sigma' (lo i)).
Hypothesis m_hi : forall i, m <= sigma' (hi i).
Hypothesis lambda_gt0 : 0 < lambda.
Hypothesis on_span : forall u, P *m u = u -> lambda * normsq u <= normsq (X^T *m u).
Let mu := mu n m lambda.
Let mu_gt0 : 0 < mu. Proof. by rewrite !mulr_gt0 ?invr_gt0 ?ltr0n. Qed.

Let mu2_gt0 : 0 < 2 * mu. Proof. by apply: mulr_gt0 mu_gt0; rewrite ltr0n. Qed.

(** The certified rate: L(w(t)) <= L(w(0)) exp(-2 mu varrho^(2-2/N) t). *)
Theorem certified_rate_deep t : 0 <= t ->
  L (w t) <= L (w 0) * expR (- (2 * mu * varrho X w_star (w 0) `^ (2 - 2 / N%:R) * t)).
Proof.
have D s (s0 : 0 <= s) := descent_deep one_output N_gt0 flow s0 start_balanced (w_neq0 s0).
apply: (exponential_on D) => s s0; rewrite ler_opp2; have /andP[r0 rw] := away s0.
have pN : 0 <= 2 - 2 / N%:R :> R.
  by rewrite subr_ge0 ler_pdivr_mulr ?ltr0n // ler_pmulr // ler1n.
have power : varrho X w_star (w 0) `^ (2 - 2 / N%:R) <= norm (w s) `^ (2 - 2 / N%:R).
  by rewrite ler_expR ler_wpmul2l // ler_ln // posrE (lt_le_trans r0).
have A1 : 2 * mu * L (w s) <= normsq (g s).
  rewrite mulrC -ler_pdivl_mulr ?mu2_gt0 //.
  exact: (corollary_A1 n_gt0 logits_between (ltW m_gt0) m_lo m_hi on_span mu_gt0 (lower s0)).
have L0 : 0 <= L (w s) by exact: loss_ge0.
rewrite mulrAC mulrC; apply: ler_pmul => //; first exact/ltW/exp_fun_gt0.
  by apply: mulr_ge0 L0; exact: ltW mu2_gt0.
apply: le_trans A1 _; rewrite ler_addl divr_ge0 ?sqr_ge0 // mulr_ge0 ?sqr_ge0 //.
by rewrite subr_ge0 ler1n.
Qed.
End CertifiedRate.

(* Some rate of the loss, and of the distance to w_hat within the span. *)
Lemma rate : exists2 c, 0 < c & exists2 K, 0 <= K & forall t, 0 <= t ->
  normsq (P *m w t - h) <= K * expR (- (2 * c * t)).
Proof.
have [lambda l0 on_span] := positive_on_span X.
have [B _ between] := logits_bounded X w_star (loss X w_star 0).
pose m := Num.min (sigma' (- B)) (sigma' B).
have m0 : 0 < m by rewrite lt_minr !sigma'_gt0.
have m_lo (i : 'I_n) : m <= sigma' (- B) by rewrite le_minl lexx.
have m_hi (i : 'I_n) : m <= sigma' B by rewrite le_minl lexx orbT.
have between' i a : k (logit X w_star i) a <= n%:R * L (w 0) -> - B <= a <= B.
  by move=> small; apply: between; apply: (le_trans small); apply: ler_wpmul2l (ltW below_saddle).
have mu0 : 0 < mu n m lambda by rewrite !mulr_gt0 ?invr_gt0 ?ltr0n.
have /andP[r0 _] := away (lexx 0).
exists (mu n m lambda * varrho X w_star (w 0) `^ (2 - 2 / N%:R)).
  by rewrite mulr_gt0 ?exp_fun_gt0.
exists (2 * L (w 0) / mu n m lambda).
  have L0 : 0 <= L (w 0) by exact: loss_ge0.
  by apply: divr_ge0 (ltW mu0); exact: mulr_ge0 (ler0n _ _) L0.
move=> t t0; have LP : L (P *m w t) = L (w t).
  rewrite /L /loss; congr (_ * _).
  by apply: eq_bigr => i _; rewrite /logit [X^T *m (P *m _)]tr_mul_w_hat.
have := distance_from_loss n_gt0 between m0 m_lo m_hi on_span (v := P *m w t).
rewrite -/L LP mulmxA PP => /(_ (le_trans (lower t0) (ltW below_saddle)) erefl).
move=> /le_trans/(_ (certified_rate_deep between' m0 m_lo m_hi l0 on_span t0)).
rewrite -ler_pdivl_mull ?divr_gt0 // => /le_trans; apply.
rewrite [2 * (mu _ _ _ * _)]mulrA; move: (expR _) => E.
by rewrite invf_div mulrA (mulrAC 2 (L (w 0))).
Qed.

(* The length of the part outside the span. *)
Let kappa := normsq (Q *m w 0) / norm (w 0) `^ (2 - 2 / N%:R).
Let kappa_ge0 : 0 <= kappa.
Proof. by rewrite divr_ge0 ?normsq_ge0 // ltW ?exp_fun_gt0. Qed.

Lemma orthogonal_sq t : 0 <= t ->
  normsq (Q *m w t) = kappa * norm (w t) `^ (2 - 2 / N%:R).
Proof.
move=> t0; have w0 := w_neq0 (lexx 0); have wt := w_neq0 t0.
rewrite (orthogonal_part one_output N_gt0 flow t0 start_balanced); last first.
  by move=> s /andP[s0 _]; exact: w_neq0.
rewrite normsqZ -/w -/P -/Q /kappa mulrC -mulrA; congr (_ * _).
rewrite /exp_fun expR_sq -expRN -expRD ln_div ?posrE ?norm_gt0 //; congr expR.
have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
by rewrite -/(w t) -/(w 0); move: (ln _) (ln _) => a b; field.
Qed.

(* The length stays bounded. *)
Lemma power_bounded : exists2 M, 0 <= M & forall t, 0 <= t -> norm (w t) `^ (2 - 2 / N%:R) <= M.
Proof.
have [c c0 [K K0 near]] := rate; pose b := 2 * (normsq h + K).
have b0 : 0 <= b by rewrite mulr_ge0 // addr_ge0 ?normsq_ge0.
exists ((1 + b + kappa) ^+ N.-1); first by rewrite exprn_ge0 // !addr_ge0.
move=> t t0; have balt := balanced_kept flow t0 start_balanced.
have r0 := rho_gt0 N_gt0 one_output balt (w_neq0 t0).
have wr := student_sq one_output balt; rewrite -/(w t) in wr.
have E := power_root_N1 N_gt0 r0 wr; rewrite E.
have root0 : 0 <= 1 + b + kappa by rewrite !addr_ge0.
case: (posnP N.-1) => [->|N1]; first by rewrite !expr0.
rewrite ler_pexpn2r ?nnegrE ?(ltW r0) //; apply: (root_le N_gt0 (ltW r0) b0 kappa_ge0).
rewrite -wr pyth -E -orthogonal_sq // ler_add2r.
have close : normsq (P *m w t - h) <= K.
  apply: le_trans (near t t0) _; rewrite ler_pimulr // -[X in _ <= X]expR0 ler_expR oppr_le0.
  by rewrite mulr_ge0 // mulr_ge0 // (ltW c0).
move: (P *m w t) close => v close; have -> : v = h + (v - h) by rewrite addrC subrK.
apply: (@le_trans _ _ (2 * (normsq h + normsq (v - h)))).
  rewrite -subr_ge0 [h + _]addrC; move: (v - h) => u.
  have -> : 2 * (normsq h + normsq u) - normsq (u + h) = normsq (u - h).
    by rewrite !normsqD normsqN dotNr; ring.
  exact: normsq_ge0.
by rewrite ler_wpmul2l // ler_add2l.
Qed.

(** The student has a limit. *)
Theorem limit_exists : exists w_inf, tends_to w w_inf.
Proof.
have [c c0 [K K0 near]] := rate; have [M M0 bounded] := power_bounded.
have [C C0 small] := gradient_le X w_star.
pose D := (N%:R * M) ^+ 2 * (C * K).
have D0 : 0 <= D by rewrite mulr_ge0 ?sqr_ge0 // mulr_ge0.
have slow j t : 0 <= t -> `|induced N (w t) (g t) j 0| <= Num.sqrt D * expR (- (c * t)).
  move=> t0; apply: ler_of_sqr; first by rewrite mulr_ge0 ?sqrtr_ge0 // ltW ?expR_gt0.
  rewrite real_normK ?num_real // exprMn sqr_sqrtr // expR_sq.
  apply: le_trans (sqr_coord_le _ _) _; apply: le_trans (induced_le _ N_gt0 (w_neq0 t0)) _.
  have -> : 2 * - (c * t) = - (2 * c * t) by ring.
  rewrite /D -[leRHS]mulrA; apply: ler_pmul; rewrite ?sqr_ge0 ?normsq_ge0 //.
    have p0 := ltW (exp_fun_gt0 (norm (w t)) (2 - 2 / N%:R)).
    rewrite ler_pexpn2r ?nnegrE; [|by []|exact: mulr_ge0|exact: mulr_ge0].
    by rewrite ler_wpmul2l // bounded.
  by apply: le_trans (small _) _; rewrite -[leRHS]mulrA ler_wpmul2l ?near.
have coord j := settles c0 (fun t t0 => w_moves t0 j 0) (slow j).
pose v : 'cV[R]_(width 0) := \col_j projT1 (cid (coord j)).
exists v => eps e0.
pose K' := (width 0)%:R * (Num.sqrt D / c) ^+ 2.
have K'0 : 0 <= K' by rewrite mulr_ge0 ?sqr_ge0.
have [t0 t00 fine] := vanishes K'0 c0 e0; exists t0 => // t tt0.
apply: le_trans (fine t tt0); rewrite /normsq /dot.
have -> : K' * expR (- (2 * c * t)) = \sum_(j < width 0) (Num.sqrt D / c * expR (- (c * t))) ^+ 2.
  rewrite sumr_const card_ord exprMn expR_sq /K' -mulrA mulr_natl; congr (_ * expR _ *+ _).
  by ring.
apply: ler_sum => j _; rewrite -expr2 -[leLHS]real_normK ?num_real //.
have e_ge0 : 0 <= Num.sqrt D / c * expR (- (c * t)).
  by rewrite mulr_ge0 ?divr_ge0 ?sqrtr_ge0 ?(ltW c0) ?(ltW (expR_gt0 _)).
rewrite ler_pexpn2r ?nnegrE //.
have -> : (w t - v) j 0 = w t j 0 - projT1 (cid (coord j)) by rewrite mxE [(- v) j 0]mxE [v j 0]mxE.
by case: (cid (coord j)) => l /= close; exact: close (le_trans t00 tt0).
Qed.

Section TheLimit.
Variable w_inf : 'cV[R]_(width 0).
Hypothesis w_inf_limit : tends_to w w_inf.

(** Within the span the limit is w_hat, ... *)
Theorem limit_on_span : P *m w_inf = h.
Proof.
apply/matrixP => i j; rewrite ord1; have [c c0 [K K0 near]] := rate.
have C : (fun t => (P *m w t) i 0) @ +oo --> h i 0.
  apply: cvg_of => eps e0; have e2 : 0 < eps ^+ 2 by rewrite exprn_gt0.
  have [t0 t00 small] := vanishes K0 c0 e2; exists t0 => // t tt0.
  apply: (ler_of_sqr (ltW e0)); rewrite real_normK ?num_real //.
  apply: le_trans (small t tt0); apply: le_trans (near t (le_trans t00 tt0)).
  by move: (P *m w t) => u; have := sqr_coord_le (u - h) i; rewrite 2!mxE.
exact: (lim_unique (tends_mul (A := P) (i := i) w_inf_limit) C).
Qed.

Lemma limit_neq0 : w_inf != 0.
Proof.
have /andP[r0 _] := away (lexx 0); rewrite -normsq_gt0.
apply: (@lt_le_trans _ _ (varrho X w_star (w 0) ^+ 2)); first by rewrite exprn_gt0.
apply: lim_ge (tends_normsq w_inf_limit) => t t0; have /andP[_ rw] := away t0.
by rewrite -norm_sqr ler_pexpn2r ?nnegrE ?(ltW r0) ?norm_ge0.
Qed.

(** ... and its part outside has the direction of that of the start, and grew with
    the power 1 - 1/N of the length. *)
Theorem deep_limit : w_inf = h + (norm w_inf / norm (w 0)) `^ (1 - N%:R^-1) *: (Q *m w 0).
Proof.
pose F (v : 'cV[R]_(width 0)) := expR ((1 - N%:R^-1) * (2^-1 * ln (normsq v) - ln (norm (w 0)))).
have w0 := w_neq0 (lexx 0).
have FE v : v != 0 -> F v = (norm v / norm (w 0)) `^ (1 - N%:R^-1).
  move=> v0; rewrite /F /exp_fun ln_div ?posrE ?norm_gt0 // -norm_sqr lnX ?norm_gt0 //.
  by rewrite -[ln _ *+ 2]mulr_natl mulKf ?pnatr_eq0.
rewrite {1}(PQ w_inf) limit_on_span -FE ?limit_neq0 //; congr (_ + _).
apply/matrixP => i j; rewrite ord1; apply/eqP; rewrite -subr_eq0 [X in _ - X == _]mxE; apply/eqP.
apply: (@lim_const _ (fun t => (Q *m w t) i 0 - F (w t) * (Q *m w 0) i 0)).
  move=> t t0; have := orthogonal_part one_output N_gt0 flow t0 start_balanced.
  rewrite -/(w t) -/(w 0) -/P -/Q => ->; last by move=> s /andP[s0 _]; exact: w_neq0.
  by rewrite FE ?w_neq0 // mxE subrr.
apply: cvgB; first exact: tends_mul.
apply: cvgMl; rewrite /F.
apply: (@continuous_cvg _ _ _ _ _ _ (@expR R)); first exact: continuous_expR.
apply: cvgMr; apply: cvgB; last exact: cvg_cst.
apply: cvgMr; apply: (@continuous_cvg _ _ _ _ _ _ (@ln R)); last exact: tends_normsq.
by apply: continuous_ln; rewrite normsq_gt0 limit_neq0.
Qed.

(* In powers of r = |w|^(2/N). *)
Let root (v : 'cV[R]_(width 0)) := norm v `^ (2 / N%:R).

Let root_gt0 v : 0 < root v. Proof. exact: exp_fun_gt0. Qed.

Let rootE v : v != 0 -> root v ^+ N.-1.+1 = normsq v.
Proof.
move=> v0; have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
rewrite prednK // /root /exp_fun -expRMm mulrA (_ : N%:R * (2 / N%:R) = 2); last by field.
by rewrite expRMm lnK ?norm_sqr // posrE norm_gt0.
Qed.

Let root_power v : v != 0 -> norm v `^ (2 - 2 / N%:R) = root v ^+ N.-1.
Proof.
by move=> v0; apply: power_root_N1 => //; rewrite -rootE // prednK.
Qed.

Let kappa_le : kappa <= root (w 0).
Proof.
have w0 := w_neq0 (lexx 0); rewrite /kappa ler_pdivr_mulr ?exp_fun_gt0 // root_power //.
by rewrite -exprS rootE // (pyth (w 0)) ler_addr normsq_ge0.
Qed.

Let rest := normsq (w_inf - h).

Let lengths : root w_inf ^+ N.-1.+1 = normsq h + rest.
Proof.
rewrite rootE ?limit_neq0 // pyth limit_on_span /rest; congr (_ + normsq _).
by rewrite mulmxBl mul1mx limit_on_span.
Qed.

Let restE : rest = kappa * root w_inf ^+ N.-1.
Proof.
have w0 := w_neq0 (lexx 0).
rewrite /rest {1}deep_limit addrC addKr normsqZ -root_power ?limit_neq0 // /kappa.
rewrite mulrC -mulrA; congr (_ * _).
rewrite /exp_fun expR_sq -expRN -expRD ln_div ?posrE ?norm_gt0 ?limit_neq0 //; congr expR.
have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
by move: (ln (norm w_inf)) (ln _) => a b; field.
Qed.

(** The final length: if |w(0)| < |w_hat|, it is at most |w_hat| (1 - s)^(-1/2)
    with s = (|w(0)|/|w_hat|)^(2/N). *)
Theorem norm_bound : norm (w 0) < norm h ->
  norm w_inf <= norm h / Num.sqrt (1 - (norm (w 0) / norm h) `^ (2 / N%:R)).
Proof.
move=> shorter; apply: ler_of_sqr; first by rewrite divr_ge0 ?norm_ge0 ?sqrtr_ge0.
have w0 := w_neq0 (lexx 0).
have h0 : h != 0 by rewrite -norm_gt0 (le_lt_trans (norm_ge0 _) shorter).
have n2 : 0 < 2 / N%:R :> R by rewrite divr_gt0 ?ltr0n.
have less : root (w 0) < root h by rewrite ltr_expR ltr_pmul2l // ltr_ln ?posrE ?norm_gt0.
have -> : (norm (w 0) / norm h) `^ (2 / N%:R) = root (w 0) / root h.
  by rewrite /root /exp_fun ln_div ?posrE ?norm_gt0 // mulrBr expRD expRN.
have s1 : 0 < 1 - root (w 0) / root h by rewrite subr_gt0 ltr_pdivr_mulr // mul1r.
rewrite expr_div_n !norm_sqr sqr_sqrtr ?(ltW s1) // ler_pdivl_mulr // -rootE ?limit_neq0 //.
exact: (length_root kappa_ge0 (root_gt0 w_inf) kappa_le lengths restE (root_gt0 h)
  (esym (rootE h0)) less).
Qed.

(** A start that is no longer than this ends within eps of w_hat. *)
Theorem sharp_start eps : 0 < eps ->
  norm (w 0) <= eps ^+ N / (normsq h + eps ^+ 2) `^ ((N%:R - 1) / 2) ->
  norm (w_inf - h) <= eps.
Proof.
move=> e0 short; have e2 : 0 < eps ^+ 2 by rewrite exprn_gt0.
have he : 0 < normsq h + eps ^+ 2 by rewrite ltr_paddl ?normsq_ge0.
apply: (ler_of_sqr (ltW e0)); rewrite norm_sqr -/rest.
apply: (sharp_root (normsq_ge0 h) kappa_ge0 kappa_le lengths restE e2).
rewrite rootE ?w_neq0 // -norm_sqr.
have -> : (normsq h + eps ^+ 2) ^+ N.-1 = ((normsq h + eps ^+ 2) `^ ((N%:R - 1) / 2)) ^+ 2.
  rewrite (_ : N%:R - 1 = N.-1%:R); last by rewrite -{1}(prednK N_gt0) mulrSr addrK.
  rewrite /exp_fun expR_sq mulrA (_ : 2 * (N.-1%:R / 2) = N.-1%:R); last by field.
  by rewrite expRMm lnK.
rewrite prednK // -exprM mulnC exprM -exprMn.
apply: ler_expn2r; rewrite ?nnegrE ?exprn_ge0 ?(ltW e0) //.
  by rewrite mulr_ge0 ?norm_ge0 // ltW ?exp_fun_gt0.
by rewrite -ler_pdivl_mulr ?exp_fun_gt0.
Qed.
End TheLimit.

(** Theorem 2: a start with (12), (13) and (11) ends within eps of w_hat. (Whether
    the examples span the space does not matter.) *)
Theorem theorem_2 eps : 0 < eps -> h != 0 ->
  norm (w 0) < eps ^+ N *
    (eps ^+ 2 * norm h `^ (- (2 / N%:R)) + norm h `^ (2 - 2 / N%:R)) `^ (- (N%:R / 2)) ->
  exists2 w_inf, tends_to w w_inf & norm (w_inf - h) <= eps.
Proof.
move=> e0 h0 short; have [w_inf lim] := limit_exists; exists w_inf => //.
apply: (sharp_start lim e0); apply: (le_trans (ltW short)).
have h1 : 0 < norm h by rewrite norm_gt0.
have he : 0 < normsq h + eps ^+ 2 by rewrite ltr_paddl ?normsq_ge0 // exprn_gt0.
have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
rewrite ler_pmul2l ?exprn_gt0 // /exp_fun -expRN ler_expR.
have -> : eps ^+ 2 * expR (- (2 / N%:R) * ln (norm h)) + expR ((2 - 2 / N%:R) * ln (norm h)) =
    (normsq h + eps ^+ 2) * expR (- (2 / N%:R) * ln (norm h)).
  have -> : normsq h = expR (2 * ln (norm h)) by rewrite expRMm lnK ?norm_sqr.
  by rewrite [RHS]mulrDl [RHS]addrC -expRD -mulrDl.
rewrite lnM ?posrE ?expR_gt0 // expK.
have : 2 * ln (norm h) <= ln (normsq h + eps ^+ 2).
  have -> : 2 * ln (norm h) = ln (normsq h).
    by rewrite -norm_sqr lnX // mulr_natl.
  by rewrite ler_ln ?posrE ?normsq_gt0 // ler_addl sqr_ge0.
move: (ln (norm h)) (ln (_ + _)) => a b ab; rewrite -subr_ge0.
have -> : - ((N%:R - 1) / 2 * b) - - (N%:R / 2) * (b + - (2 / N%:R) * a) = (b - 2 * a) / 2.
  by field.
by rewrite divr_ge0 ?subr_ge0.
Qed.

(** If the examples span R^d, the student tends to the teacher. *)
Theorem theorem_2_teacher : \rank X = width 0 -> tends_to w w_star.
Proof.
move=> rX; have [w_inf lim] := limit_exists.
have := limit_on_span lim; rewrite /h /w_hat /P proj_full // !mul1mx => E.
by rewrite -E.
Qed.
End Limit.
