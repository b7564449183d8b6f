(** Matrices that move, from a time on: a flow need not have a past. Their derivatives, and
    how what moves ever slower settles. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
From Distillation Require Import projections angles calculus.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.
Section Moving.
Variable R : realType.

(** [moves t A dA]: the moving matrix A has at the time t the derivative dA, entry
    by entry. *)
Definition moves m n t (A : R -> 'M[R]_(m, n)) (dA : 'M[R]_(m, n)) :=
  forall i j, is_derive t 1 (fun s => A s i j) (dA i j).

Lemma moves_const m n t (A : 'M[R]_(m, n)) : moves t (fun=> A) 0.
Proof. by move=> i j; rewrite mxE; exact: is_derive_cst. Qed.

Lemma moves_tr m n t A (dA : 'M[R]_(m, n)) : moves t A dA -> moves t (fun s => (A s)^T) dA^T.
Proof.
move=> DA i j; rewrite mxE.
by have -> : (fun s => (A s)^T i j) = (fun s => A s j i) by apply/funext => s; rewrite mxE.
Qed.

Lemma moves_sub m n t A B (dA dB : 'M[R]_(m, n)) : moves t A dA -> moves t B dB ->
  moves t (fun s => A s - B s) (dA - dB).
Proof.
move=> DA DB i j; rewrite 2!mxE.
have -> : (fun s => (A s - B s) i j) = (fun s => A s i j) - (fun s => B s i j).
  by apply/funext => s; rewrite 2!mxE.
exact: is_deriveB.
Qed.

Lemma moves_mul m n p t A B (dA : 'M[R]_(m, n)) (dB : 'M[R]_(n, p)) :
  moves t A dA -> moves t B dB -> moves t (fun s => A s *m B s) (dA *m B t + A t *m dB).
Proof.
move=> DA DB i j.
have -> : (fun s => (A s *m B s) i j) = \sum_l ((fun s => A s i l) * (fun s => B s l j)).
  by apply/funext => s; rewrite fct_sumE mxE.
have -> : (dA *m B t + A t *m dB) i j = \sum_l (A t i l *: dB l j + B t l j *: dA i l).
  rewrite 3!mxE -big_split; apply: eq_bigr => l _ /=.
  by rewrite addrC /GRing.scale /= [dA _ _ * _]mulrC.
by apply: is_derive_sum => l; apply: is_deriveM.
Qed.

Lemma still m n (A : R -> 'M[R]_(m, n)) T : (forall t, 0 <= t <= T -> moves t A 0) ->
  0 <= T -> A T = A 0.
Proof.
move=> DA T0; apply/matrixP => i j; apply: (@rests_on _ (fun s => A s i j)) T0 => t t_in.
by have := DA t t_in i j; rewrite mxE.
Qed.
End Moving.

Section Settling.
Variable R : realType.
Implicit Types (f df : R -> R).

(* What moves exponentially ever slower has a limit. *)
Lemma settles f df C c : 0 < c -> (forall t, 0 <= t -> is_derive t 1 f (df t)) ->
  (forall t, 0 <= t -> `|df t| <= C * expR (- (c * t))) ->
  exists l, forall t, 0 <= t -> `|f t - l| <= C / c * expR (- (c * t)).
Proof.
move=> c0 Df slow; pose e t := C / c * expR (- (c * t)).
have De t : is_derive t 1 e (- (C * expR (- (c * t)))).
  have -> : e = (C / c) *: (fun s => expR (- c * s)).
    by apply/funext => s; rewrite /e -mulNr.
  have E := derive_expR_scale (- c) t.
  by apply: is_derive_eq; rewrite /GRing.scale /= (mulNr c t); field; rewrite gt_eqF.
have bounds t : 0 <= t -> - (C * expR (- (c * t))) <= df t <= C * expR (- (c * t)).
  by move=> t0; rewrite -ler_norml slow.
have up s t : 0 <= s -> s <= t -> f s - e s <= f t - e t.
  move=> s0 st; rewrite -ler_opp2.
  apply: (@falls_on _ (- (f - e)) (fun r => - (df r - - (C * expR (- (c * r)))))) st.
    by move=> r /andP[sr _]; exact: is_deriveN (is_deriveB (Df r (le_trans s0 sr)) (De r)).
  move=> r /andP[sr _]; rewrite oppr_le0 opprK -ler_subl_addr sub0r.
  by case/andP: (bounds r (le_trans s0 sr)).
have down s t : 0 <= s -> s <= t -> f t + e t <= f s + e s.
  move=> s0 st; apply: (@falls_on _ (f + e) (fun r => df r - (C * expR (- (c * r))))) st.
    by move=> r /andP[sr _]; exact: is_deriveD (Df r (le_trans s0 sr)) (De r).
  move=> r /andP[sr _]; rewrite subr_le0.
  by case/andP: (bounds r (le_trans s0 sr)).
have e0 t : 0 <= t -> 0 <= e t.
  move=> t0; rewrite /e mulrAC divr_ge0 ?(ltW c0) //.
  by apply: le_trans (slow t t0); exact: normr_ge0.
have below s t : 0 <= s -> 0 <= t -> f s - e s <= f t + e t.
  move=> s0 t0; have [st|/ltW ts] := leP s t.
    by apply: le_trans (up _ _ s0 st) _; rewrite ler_add2l ge0_cp // e0.
  by apply: le_trans (down _ _ t0 ts); rewrite ler_add2l ge0_cp // e0.
pose E := [set f s - e s | s in [set s | 0 <= s]]; exists (sup E) => t t0.
rewrite -/(e t) ler_distlC; apply/andP; split.
  apply: sup_ub; last by exists t.
  by exists (f 0 + e 0) => _ [s s0 <-]; exact: below.
apply: sup_le_ub => [|_ [s s0 <-]]; last exact: below.
by exists (f t - e t), t.
Qed.

Lemma cvg_of f l :
  (forall eps, 0 < eps -> exists2 t0, 0 <= t0 & forall t, t0 <= t -> `|f t - l| <= eps) ->
  f @ +oo --> l.
Proof.
move=> close; apply/cvgrPdist_le => eps /close[t0 _ near_l].
by exists t0; split; [exact: num_real|move=> t /ltW/near_l; rewrite distrC].
Qed.

(** A student tends to v: it gets as close as one likes, and stays so. *)
Definition tends_to d (w : R -> 'cV[R]_d) v := forall eps, 0 < eps ->
  exists2 t0, 0 <= t0 & forall t, t0 <= t -> normsq (w t - v) <= eps.

Lemma tends_coord d (w : R -> 'cV[R]_d) v j : tends_to w v -> (fun t => w t j 0) @ +oo --> v j 0.
Proof.
move=> lim; apply: cvg_of => eps e0; have [|t0 t00 H] := lim (eps ^+ 2).
  by rewrite exprn_gt0.
exists t0 => // t /H close; apply: (ler_of_sqr (ltW e0)).
rewrite real_normK ?num_real //; apply: le_trans close.
by have := sqr_coord_le (w t - v) j; rewrite !mxE.
Qed.

Lemma cvg_sum_ord d (f : 'I_d -> R -> R) (l : 'I_d -> R) :
  (forall j, f j @ +oo --> l j) -> (fun t => \sum_j f j t) @ +oo --> \sum_j l j.
Proof.
elim: d f l => [|d IH] f l lim.
  rewrite big_ord0 (_ : (fun t => _) = cst 0); first exact: cvg_cst.
  by apply/funext => t; rewrite big_ord0.
rewrite big_ord_recl (_ : (fun t => _) = f ord0 + (fun t => \sum_(i < d) f (lift ord0 i) t)).
  by apply: cvgD; [exact: lim|apply: IH => j; exact: lim].
by apply/funext => t; rewrite big_ord_recl.
Qed.

Lemma tends_mul d m (A : 'M[R]_(m, d)) (w : R -> 'cV[R]_d) (v : 'cV[R]_d) i :
  tends_to w v -> (fun t => (A *m w t) i 0) @ +oo --> (A *m v) i 0.
Proof.
move=> lim; rewrite mxE (_ : (fun t => _) = (fun t => \sum_j A i j * w t j 0)).
  by apply: cvg_sum_ord => j; apply: cvgMr; exact: tends_coord.
by apply/funext => t; rewrite mxE.
Qed.

Lemma tends_normsq d (w : R -> 'cV[R]_d) (v : 'cV[R]_d) :
  tends_to w v -> (fun t => normsq (w t)) @ +oo --> normsq v.
Proof.
by move=> lim; apply: cvg_sum_ord => j; apply: cvgM; exact: tends_coord.
Qed.

Lemma lim_unique f (a b : R) : f @ +oo --> a -> f @ +oo --> b -> a = b.
Proof. by move=> fa fb; apply: (norm_cvg_unique fa fb). Qed.

Lemma lim_const f (a l : R) : (forall t, 0 <= t -> f t = a) -> f @ +oo --> l -> l = a.
Proof.
move=> fa fl; apply: (lim_unique fl); apply: cvg_of => eps e0.
by exists 0 => // t t0; rewrite fa // subrr normr0 ltW.
Qed.

Lemma lim_ge f (a l : R) : (forall t, 0 <= t -> a <= f t) -> f @ +oo --> l -> a <= l.
Proof.
move=> over /cvgrPdist_lt lim; rewrite leNgt; apply/negP => la.
have e0 : 0 < a - l by rewrite subr_gt0.
have [t0 [_ near]] := lim _ e0.
have t_ge0 : 0 <= Num.max 0 (t0 + 1) by rewrite le_maxr lexx.
have /near : t0 < Num.max 0 (t0 + 1) by rewrite lt_maxr ltr_addl ltr01 orbT.
have := over _ t_ge0; move: (f _) => y ay.
by rewrite distrC => /(le_lt_trans (ler_norm _)); rewrite ltr_add2r ltNge ay.
Qed.
End Settling.
