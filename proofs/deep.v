(** Students of N layers (Appendix C), of any widths. What every gradient flow of the
    layers keeps, how the product of balanced layers moves, how its loss falls, and how
    its part outside the span of the examples grows. A flow line is taken as given, and
    only from the time 0 on: before that it may not exist. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
From Distillation Require Import projections angles calculus loss theorem_1 layers intervals.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

(** The velocity of the student, by Theorem C.1. *)
Definition induced (R : realType) (N d : nat) (w g : 'cV[R]_d) : 'cV[R]_d :=
  - (norm w `^ (2 - 2 / N%:R) *: (g + ((N%:R - 1) * dot w g / norm w ^+ 2) *: w)).

Section Roots.
Variables (R : realType) (N : nat).
Hypothesis N_gt0 : (0 < N)%N.

(* Of a vector w with |w|^2 = r^N the powers of the length are those of r. *)
Lemma power_root d (w : 'cV[R]_d) r m : 0 < r -> normsq w = r ^+ N ->
  norm w `^ (2 * m%:R / N%:R) = r ^+ m.
Proof.
move=> r0 wr; have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have w0 : 0 < norm w by rewrite norm_gt0 -normsq_gt0 wr exprn_gt0.
have E : 2 * ln (norm w) = N%:R * ln r.
  by rewrite !mulr_natl -!lnX // norm_sqr wr.
rewrite /exp_fun (_ : _ * ln _ = m%:R * ln r).
  by rewrite mulr_natl -lnX // lnK // posrE exprn_gt0.
rewrite (_ : _ * ln (norm w) = m%:R / N%:R * (2 * ln (norm w))); last by ring.
by rewrite E; field.
Qed.

Lemma power_root_N1 d (w : 'cV[R]_d) r : 0 < r -> normsq w = r ^+ N ->
  norm w `^ (2 - 2 / N%:R) = r ^+ N.-1.
Proof.
move=> r0 wr; rewrite -(power_root _ r0 wr); congr (_ `^ _).
have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
rewrite (_ : N.-1%:R = N%:R - 1 :> R); first by field.
by rewrite -{2}(prednK N_gt0) mulrSr addrK.
Qed.

Lemma induced_root d (w g : 'cV[R]_d) r : 0 < r -> normsq w = r ^+ N ->
  - (r ^+ N.-1 *: g + (N.-1%:R * (dot w g / r)) *: w) = induced N w g.
Proof.
move=> r0 wr; rewrite /induced (power_root_N1 r0 wr) norm_sqr wr scalerDr scalerA.
suff -> : r ^+ N.-1 * ((N%:R - 1) * dot w g / r ^+ N) = N.-1%:R * (dot w g / r) by [].
rewrite (_ : N%:R - 1 = N.-1%:R); last by rewrite -{1}(prednK N_gt0) mulrSr addrK.
have -> : r ^+ N = r * r ^+ N.-1 by rewrite -exprS prednK.
have := expf_neq0 N.-1 (lt0r_neq0 r0); move: (r ^+ _) (lt0r_neq0 r0) => x r1 x1.
by field; apply/andP.
Qed.

Section Balanced.
Variables (width : nat -> nat) (W : forall j, 'M[R]_(width j.+1, width j)).
Hypotheses (one_output : width N = 1%N) (bal : balanced N W).
Let w := student N W.

Lemma rho_neq0 : w != 0 -> rho N W != 0.
Proof.
apply: contraNN => /eqP r0; rewrite -normsq_eq0 student_sq // r0.
by rewrite expr0n gtn_eqF.
Qed.

Lemma rho_gt0 : w != 0 -> 0 < rho N W.
Proof. by move=> /rho_neq0 r0; rewrite lt_def r0 rho_ge0. Qed.

Lemma induced_rho g : w != 0 -> - (rho N W ^+ N.-1 *: g +
  (N.-1%:R * (dot w g / rho N W)) *: w) = induced N w g.
Proof. by move=> w0; apply: induced_root; [exact: rho_gt0|exact: student_sq]. Qed.
End Balanced.
End Roots.

Section Flow.
Variables (R : realType) (N : nat) (width : nat -> nat).
Hypotheses (one_output : width N = 1%N) (N_gt0 : (0 < N)%N).

(** A flow line of the layers: each moves against its gradient, from time 0 on.
    [g t] is the gradient of any loss at the student at the time t. *)
Variables (W : R -> forall j, 'M[R]_(width j.+1, width j)) (g : R -> 'cV[R]_(width 0)).
Let dW t j := - layer_gradient N (W t) (g t) j.
Hypothesis flow : forall t j, 0 <= t -> (j < N)%N -> moves t (fun s => W s j) (dW t j).
Let w t := student N (W t).

(** Every flow keeps every imbalance, zero or not. *)
Theorem imbalance_kept t j : 0 <= t -> (j.+1 < N)%N -> imbalance (W t) j = imbalance (W 0) j.
Proof.
move=> t0 jN; have jN' := ltnW jN.
apply: (@still _ _ _ (fun s => imbalance (W s) j)) t0 => s /andP[s0 _].
have U := flow s0 jN; have L := flow s0 jN'.
have := moves_sub (moves_mul (moves_tr U) U) (moves_mul L (moves_tr L)).
set D := (_ - _) => D_moves; have -> : 0 = D; last exact: D_moves.
have := gradients_meet (W s) (g s) jN.
rewrite /D /dW; move: (layer_gradient _ _ _ j.+1) (layer_gradient _ _ _ j) => G' G meet.
have meet' : G'^T *m W s j.+1 = W s j *m G^T.
  by apply: (can_inj (@trmxK _ _ _)); rewrite !trmx_mul !trmxK.
rewrite ![(- _)^T]linearN /= !mulNmx !mulmxN meet meet'.
by rewrite [X in X - _]addrC subrr.
Qed.

Corollary balanced_kept t : 0 <= t -> balanced N (W 0) -> balanced N (W t).
Proof. by move=> t0 bal j jN; rewrite imbalance_kept // bal. Qed.

Lemma stack_moves t p j : 0 <= t -> (j + p = N)%N ->
  moves t (fun s => stack (W s) p j) (dstack (W t) (dW t) p j).
Proof.
move=> t0; elim: p j => [|p IH] j E; first exact: moves_const.
by apply: moves_mul; [apply: IH; rewrite addSnnS|apply: flow => //; rewrite -E addnS ltnS leq_addr].
Qed.

Lemma student_moves t : 0 <= t -> moves t w (dstudent N (W t) (dW t)).
Proof.
move=> t0; have -> : w = fun s => (stack (W s) N 0)^T.
  by apply/funext => s; rewrite /w /student /above subn0.
by apply: moves_tr; exact: stack_moves.
Qed.

(** Theorem C.1, from Arora, Cohen and Hazan: the student of layers that start
    balanced has, wherever it is not 0, a velocity that depends on itself and on
    [g] alone. *)
Theorem theorem_C1 t : 0 <= t -> balanced N (W 0) -> w t != 0 ->
  moves t w (induced N (w t) (g t)).
Proof.
move=> t0 bal wt; have balt := balanced_kept t0 bal.
have <- : dstudent N (W t) (dW t) = induced N (w t) (g t); last exact: student_moves.
rewrite -(induced_rho N_gt0 one_output balt (g t) wt).
apply: (dstudent_balanced one_output N_gt0 balt) => //.
exact: (rho_neq0 N_gt0 one_output balt wt).
Qed.
End Flow.

Section Saddle.
Variables (R : realType) (d n : nat) (X : 'M[R]_(d, n)) (w_star : 'cV[R]_d).
Hypothesis n_gt0 : (0 < n)%N.
Implicit Types (u v w : 'cV[R]_d).

Lemma k_convex (b a a' : R) : k b a + (sigma a - sigma b) * (a' - a) <= k b a'.
Proof.
pose lo := Num.min a a'; pose hi := Num.max a a'.
pose m := Num.min (sigma' lo) (sigma' hi).
have m0 : 0 <= m / 2 * (a' - a) ^+ 2.
  by rewrite mulr_ge0 ?sqr_ge0 // divr_ge0 // le_minr !ltW ?sigma'_gt0.
have m_lo : m <= sigma' lo by rewrite le_minl lexx.
have m_hi : m <= sigma' hi by rewrite le_minl lexx orbT.
have a_in : lo <= a <= hi by rewrite le_minl le_maxr lexx.
have a'_in : lo <= a' <= hi by rewrite le_minl le_maxr lexx !orbT.
by apply: le_trans (k_above_tangent b m_lo m_hi a_in a'_in); rewrite ler_addl.
Qed.

(** The loss is convex: it lies above each of its tangents. *)
Lemma loss_convex v u :
  loss X w_star v + dot (gradient X w_star v) (u - v) <= loss X w_star u.
Proof.
rewrite dot_gradient /loss -mulrDr -big_split ler_wpmul2l ?invr_ge0 ?ler0n //.
by apply: ler_sum => i _; rewrite logitB; exact: k_convex.
Qed.

(** How far from 0 a start keeps the student that starts below the saddle. *)
Definition varrho w0 : R :=
  (loss X w_star 0 - loss X w_star w0) / norm (gradient X w_star 0).

Lemma dot_le_norm u v : dot u v <= norm u * norm v.
Proof.
apply: ler_of_sqr; first by rewrite mulr_ge0 ?norm_ge0.
by rewrite exprMn !norm_sqr cauchy_schwarz.
Qed.

(** A student whose loss is no higher than that of a start below the saddle is at least
    [varrho] long, which is positive. *)
Theorem saddle_distance w w0 : loss X w_star w0 < loss X w_star 0 ->
  loss X w_star w <= loss X w_star w0 -> 0 < varrho w0 <= norm w.
Proof.
move=> below_saddle lower; set G := gradient X w_star 0.
have drop : 0 < loss X w_star 0 - loss X w_star w0 by rewrite subr_gt0.
have tangent : loss X w_star 0 - loss X w_star w0 <= norm w * norm G.
  rewrite mulrC -normN; apply: le_trans (dot_le_norm _ _); rewrite -subr_ge0.
  have := loss_convex 0 w; rewrite subr0 -/G => /le_trans/(_ lower).
  by rewrite -subr_ge0 dotNl; congr (0 <= _); ring.
have G0 : 0 < norm G.
  rewrite norm_gt0; apply: contraTneq (lt_le_trans drop tangent) => ->.
  by rewrite norm0 mulr0 ltxx.
by rewrite divr_gt0 //= ler_pdivr_mulr.
Qed.
End Saddle.

Lemma dot_induced (R : realType) (N d : nat) (w g : 'cV[R]_d) : w != 0 ->
  dot w (induced N w g) = - (norm w `^ (2 - 2 / N%:R) * (N%:R * dot w g)).
Proof.
rewrite -normsq_eq0 => w0; rewrite /induced norm_sqr !dotE -/(normsq w); congr (- (_ * _)).
by field.
Qed.

Section Deep.
Variables (R : realType) (N n : nat) (width : nat -> nat).
Variables (X : 'M[R]_(width 0, n)) (w_star : 'cV[R]_(width 0)).
Hypotheses (n_gt0 : (0 < n)%N) (one_output : width N = 1%N) (N_gt0 : (0 < N)%N).

Variable W : R -> forall j, 'M[R]_(width j.+1, width j).
Let w t := student N (W t).
Let g t := gradient X w_star (w t).
Hypothesis flow : forall t j, 0 <= t -> (j < N)%N ->
  moves t (fun s => W s j) (- layer_gradient N (W t) (g t) j).

Let L := loss X w_star.
Let P := proj X.
Let Q : 'M[R]_(width 0) := 1%:M - P.
Let PT : P^T = P. Proof. by case: (proj_orth X). Qed.
Let Pg t : P *m g t = g t. Proof. by rewrite -scalemxAr mulmxA proj_id. Qed.
Let Qg t : Q *m g t = 0. Proof. by rewrite mulmxBl mul1mx Pg subrr. Qed.
Let QT : Q^T = Q. Proof. by rewrite linearB /= trmx1 PT. Qed.

Lemma first_layer_kept t : 0 <= t -> W t 0%N *m Q = W 0 0%N *m Q.
Proof.
move=> t0; apply: (@still _ _ _ (fun s => W s 0%N *m Q)) t0 => s /andP[s0 _].
have := moves_mul (flow s0 N_gt0) (moves_const s Q).
rewrite mulmx0 addr0 mulNmx /layer_gradient trmx1 mulmx1 -mulmxA.
by rewrite -[(g s)^T *m Q]trmxK trmx_mul trmxK QT Qg trmx0 mulmx0 oppr0.
Qed.

(** Balanced or not, the part of the student outside the span of the examples
    is made by the part of the first layer that never changes. *)
Theorem first_layer t : 0 <= t ->
  Q *m w t = Q *m (W 0 0%N)^T *m (above N (W t) 1)^T.
Proof.
move=> t0; have -> : Q *m (W 0 0%N)^T = Q *m (W t 0%N)^T.
  by have := congr1 trmx (first_layer_kept t0); rewrite !trmx_mul QT.
by rewrite -mulmxA -trmx_mul /w /student aboveS.
Qed.

(** Every flow descends, ... *)
Theorem descent_layers t : 0 <= t -> is_derive t 1 (fun s => L (w s))
  (- \sum_(0 <= j < N) normsq (above N (W t) j.+1)^T * normsq (below (W t) j *m g t)).
Proof.
move=> t0; rewrite -(dot_dstudent (dW := fun j => - layer_gradient N (W t) (g t) j)) //.
by apply: derive_loss => // j; exact: student_moves.
Qed.

(** ... at this rate if it starts balanced. *)
Theorem descent_deep t : 0 <= t -> balanced N (W 0) -> w t != 0 ->
  is_derive t 1 (fun s => L (w s)) (- (norm (w t) `^ (2 - 2 / N%:R) *
    (normsq (g t) + (N%:R - 1) * dot (w t) (g t) ^+ 2 / norm (w t) ^+ 2))).
Proof.
move=> t0 bal wt.
have -> : - (norm (w t) `^ (2 - 2 / N%:R) *
    (normsq (g t) + (N%:R - 1) * dot (w t) (g t) ^+ 2 / norm (w t) ^+ 2)) =
    dot (g t) (induced N (w t) (g t)).
  by move: (w t) (g t) => v G; rewrite /induced !dotE (dotC G v) /normsq; ring.
by apply: derive_loss => // j; exact: theorem_C1.
Qed.

Lemma descends t : 0 <= t -> L (w t) <= L (w 0).
Proof.
move=> t0; apply: (falls_on (f := fun s => L (w s))) (t0) => s /andP[s0 _].
  exact: descent_layers.
by rewrite oppr_le0 sumr_ge0 // => j _; rewrite mulr_ge0 ?normsq_ge0.
Qed.

(** A start below the saddle keeps the student away from 0 at all times. *)
Theorem sublevel_invariance t : L (w 0) < L 0 -> 0 <= t ->
  L (w t) <= L (w 0) /\ 0 < varrho X w_star (w 0) <= norm (w t).
Proof. by move=> start t0; split; [exact: descends|apply: saddle_distance; rewrite ?descends]. Qed.

Lemma orthogonal_velocity t : 0 <= t -> balanced N (W 0) -> w t != 0 ->
  moves t (fun s => Q *m w s)
    (- (norm (w t) `^ (2 - 2 / N%:R) * ((N%:R - 1) * dot (w t) (g t) / norm (w t) ^+ 2))
      *: (Q *m w t)).
Proof.
move=> t0 bal wt; have := moves_mul (moves_const t Q) (theorem_C1 one_output N_gt0 flow t0 bal wt).
rewrite mul0mx add0r /induced mulmxN -scalemxAr mulmxDr Qg add0r.
by rewrite -scalemxAr scalerA scaleNr.
Qed.

(** The part of the student outside the span keeps its direction, and grows like
    the power 1 - 1/N of the student's length. *)
Theorem orthogonal_part t : 0 <= t -> balanced N (W 0) ->
  (forall s, 0 <= s <= t -> w s != 0) ->
  Q *m w t = (norm (w t) / norm (w 0)) `^ (1 - N%:R^-1) *: (Q *m w 0).
Proof.
move=> t0 bal nonzero; have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
pose c : R := - (1 - N%:R^-1) / 2.
pose phi s := expR (c * ln (normsq (w s))).
have w_gt0 s : 0 <= s <= t -> 0 < normsq (w s) by move=> /nonzero; rewrite normsq_gt0.
have rest : phi t *: (Q *m w t) = phi 0 *: (Q *m w 0).
  apply: (@still _ _ _ (fun s => phi s *: (Q *m w s))) t0 => s s_in.
  have /andP[s0 _] := s_in; have ws := nonzero s s_in; have nw := w_gt0 s s_in.
  have Dw := theorem_C1 one_output N_gt0 flow s0 bal ws.
  have Dq := orthogonal_velocity s0 bal ws.
  have Dn := derive_normsq (fun j => Dw j 0).
  have Dl := is_derive1_comp (is_derive1_ln nw) Dn.
  have Dc := is_deriveZ c Dl.
  have Dphi := is_derive1_comp (is_derive_expR _) Dc.
  move=> i j; have Dm := is_deriveM Dphi (Dq i j).
  have -> : (fun r => (phi r *: (Q *m w r)) i j) = phi * (fun r => (Q *m w r) i j).
    by apply/funext => r; rewrite mxE.
  apply: is_derive_eq Dm _; rewrite dot_induced // norm_sqr /= -/(phi s) [RHS]mxE.
  rewrite /GRing.scale /= mxE; move: ((Q *m w s) i j) (phi s) (dot _ _) (_ `^ _) => q ph wg p.
  move: (normsq _) (gt_eqF nw) => sq sq0; rewrite /c; field.
  by rewrite n0 sq0.
have -> : (norm (w t) / norm (w 0)) `^ (1 - N%:R^-1) = (phi t)^-1 * phi 0.
  have ln_sq s : 0 <= s <= t -> ln (normsq (w s)) = 2 * ln (norm (w s)).
    by move=> s_in; rewrite -norm_sqr lnX ?mulr_natl // norm_gt0 nonzero.
  have in0 : 0 <= (0 : R) <= t by rewrite lexx t0.
  have int : 0 <= t <= t by rewrite t0 lexx.
  rewrite -expRN -expRD /exp_fun ln_div ?posrE ?norm_gt0 ?nonzero //; congr expR.
  by rewrite !ln_sq // /c; field.
by rewrite -scalerA -rest scalerA mulVf ?scale1r // gt_eqF ?expR_gt0.
Qed.
End Deep.
