(** Lemma D.1 (Appendix D): a student near w_hat makes a small angle with it; with
    the paper's angle, and with the sharp one. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import classical_sets topology normedtype reals trigo.
From Distillation Require Import projections angles.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section LemmaD1.
Variables (R : realType) (d : nat) (h w : 'cV[R]_d) (eps : R).
Hypotheses (eps_ge0 : 0 <= eps) (eps_small : eps < norm h) (near : norm (w - h) <= eps).

Let H := norm h.
Let W := norm w.
Let H_gt0 : 0 < H. Proof. exact: le_lt_trans eps_small. Qed.

(* Twice the product is at least |w|^2 + |h|^2 - eps^2. *)
Let product : W ^+ 2 + H ^+ 2 - eps ^+ 2 <= 2 * dot h w.
Proof.
have : normsq (w - h) <= eps ^+ 2 by rewrite -norm_sqr ler_expn2r ?nnegrE ?norm_ge0.
have -> : normsq (w - h) = W ^+ 2 + H ^+ 2 - 2 * dot h w.
  by rewrite !norm_sqr /normsq !dotE (dotC w h); ring.
by rewrite !ler_subl_addr [eps ^+ 2 + _]addrC.
Qed.

Let W_gt0 : 0 < W.
Proof.
rewrite norm_gt0; apply/eqP => w0; move: eps_small; rewrite ltNge => /negP; apply.
by move: near; rewrite w0 sub0r normN.
Qed.

Let W_le : W <= H + eps.
Proof.
apply: ler_of_sqr; first by rewrite addr_ge0 ?norm_ge0.
have prod : dot h (w - h) <= H * eps.
  apply: ler_of_sqr; first by rewrite mulr_ge0 ?norm_ge0.
  apply: le_trans (cauchy_schwarz _ _) _; rewrite -!norm_sqr exprMn.
  by rewrite ler_wpmul2l ?sqr_ge0 // ler_expn2r ?nnegrE ?norm_ge0.
have sq : normsq (w - h) <= eps ^+ 2 by rewrite -norm_sqr ler_expn2r ?nnegrE ?norm_ge0.
rewrite /W norm_sqr -[w](subrK h) addrC normsqD -norm_sqr -/H.
have -> : (H + eps) ^+ 2 = H ^+ 2 + eps ^+ 2 + 2 * (H * eps) by ring.
by apply: ler_add; [rewrite ler_add2l|rewrite ler_wpmul2l ?ler0n].
Qed.

(** Lemma D.1: if |w - h| <= eps < |h|, the angle from h to w is at most delta with
    cos(delta) = (|h| - eps)/(|h| + eps). *)
Theorem lemma_D1 : angle h w <= acos ((norm h - eps) / (norm h + eps)).
Proof.
have plus : 0 < H + eps by rewrite ltr_spaddl.
have minus : 0 <= H - eps by rewrite subr_ge0 ltW.
have cos01 : -1 <= (H - eps) / (H + eps) <= 1.
  rewrite (le_trans _ (divr_ge0 minus (ltW plus))) ?lerN10 //=.
  by rewrite ler_pdivr_mulr // mul1r ler_add2l ge0_cp.
rewrite acos_le ?cosine_itv ?acos_ge0 ?acos_lepi // acosK ?in_itv //.
rewrite ler_pdivr_mulr // /cosine mulrAC ler_pdivl_mulr ?mulr_gt0 // -/H -/W.
apply: (@le_trans _ _ ((H - eps) * H * (H + eps))).
  by rewrite -mulrA ler_wpmul2l // ler_wpmul2l ?(ltW H_gt0).
rewrite ler_wpmul2r ?(ltW plus) //.
have : - dot h (w - h) <= H * eps.
  apply: ler_of_sqr; first by rewrite mulr_ge0 ?norm_ge0.
  rewrite sqrrN; apply: le_trans (cauchy_schwarz _ _) _; rewrite -!norm_sqr exprMn.
  by rewrite ler_wpmul2l ?sqr_ge0 // ler_expn2r ?nnegrE ?norm_ge0.
rewrite dotDr dotNr -/(normsq h) -norm_sqr -/H opprB ler_subl_addr -ler_subl_addl.
by rewrite mulrBl -expr2 [eps * H]mulrC.
Qed.

(** The sharp angle: it is at most arcsin(eps/|h|). *)
Theorem lemma_D1_sharp : angle h w <= asin (eps / norm h).
Proof.
pose y := eps / H; have y0 : 0 <= y by rewrite divr_ge0 ?norm_ge0.
have y1 : y <= 1 by rewrite ler_pdivr_mulr // mul1r ltW.
have yi : -1 <= y <= 1 by rewrite y1 (le_trans _ y0) ?lerN10.
have a0 : 0 <= asin y.
  rewrite leNgt; apply/negP => a_lt0; suff : 0 < - y by rewrite oppr_gt0 ltNge y0.
  rewrite -[y]asinK ?in_itv //= -sinN sin_gt0_pi // oppr_gt0 a_lt0 /=.
  apply: (@le_lt_trans _ _ (pi / 2)); first by rewrite ler_oppl asin_geNpi2.
  by rewrite ltr_pdivr_mulr ?ltr0n // ltr_pmulr ?pi_gt0 // ltr1n.
have a1 : asin y <= pi.
  by apply: le_trans (asin_lepi2 yi) _; case/andP: (pihalf_itv R).
rewrite acos_le ?cosine_itv ?a0 ?a1 // cos_asin // /cosine ler_pdivl_mulr ?mulr_gt0 //.
rewrite -/H -/W; set c := Num.sqrt _.
have cc : c ^+ 2 = 1 - y ^+ 2 by rewrite sqr_sqrtr // subr_ge0 expr_le1.
have yH : y * H = eps by rewrite divfK ?gt_eqF.
rewrite -(ler_pmul2l (_ : 0 < 2)) ?ltr0n //; apply: le_trans product.
rewrite -subr_ge0 [leRHS](_ : _ = (W - H * c) ^+ 2) ?sqr_ge0 // -yH.
have -> : (W - H * c) ^+ 2 = W ^+ 2 - 2 * (H * c * W) + H ^+ 2 * c ^+ 2 by ring.
by rewrite cc; ring.
Qed.
End LemmaD1.
