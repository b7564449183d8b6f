(** What the proofs need of calculus. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.

Section Calculus.
Variable R : realType.
Implicit Types (f df : R -> R) (a b x : R).

(* The mean value theorem, on an interval and for functions with a derivative everywhere. *)
Lemma mean_value_on f df a b : (forall t, a <= t <= b -> is_derive t 1 f (df t)) -> a <= b ->
  exists2 c, a <= c <= b & f b - f a = df c * (b - a).
Proof.
move=> Df ab; have [x||c] := @MVT_segment _ f df _ _ ab.
- by rewrite in_itv /= => /andP[ax xb]; apply: Df; rewrite !ltW.
- apply: continuous_in_subspaceT => x; rewrite inE /= in_itv /= => x_in.
  apply: differentiable_continuous; apply/derivable1_diffP.
  exact: (@ex_derive _ _ _ _ _ _ _ (Df x x_in)).
- by rewrite in_itv /=; exists c.
Qed.

Lemma mean_value f df a b : (forall t, is_derive t 1 f (df t)) -> a <= b ->
  exists2 c, a <= c <= b & f b - f a = df c * (b - a).
Proof. by move=> Df; apply: mean_value_on. Qed.

Lemma grows f df a b : (forall t, is_derive t 1 f (df t)) ->
  (forall t, a <= t <= b -> 0 <= df t) -> a <= b -> f a <= f b.
Proof.
move=> Df up ab; have [c c_ab E] := mean_value Df ab.
by rewrite -subr_ge0 E mulr_ge0 ?up ?subr_ge0.
Qed.

Lemma falls_on f df a b : (forall t, a <= t <= b -> is_derive t 1 f (df t)) ->
  (forall t, a <= t <= b -> df t <= 0) -> a <= b -> f b <= f a.
Proof.
move=> Df down ab; have [c c_ab E] := mean_value_on Df ab.
by rewrite -subr_le0 E mulr_le0_ge0 ?down ?subr_ge0.
Qed.

Lemma falls f df a b : (forall t, is_derive t 1 f (df t)) ->
  (forall t, a <= t <= b -> df t <= 0) -> a <= b -> f b <= f a.
Proof. by move=> Df; apply: falls_on. Qed.

Lemma rests_on f a b : (forall t, a <= t <= b -> is_derive t 1 f 0) -> a <= b -> f b = f a.
Proof.
move=> Df ab; have [c c_ab E] := @mean_value_on f (fun=> 0) a b Df ab.
by apply/eqP; rewrite -subr_eq0 E mul0r.
Qed.

Lemma derive_scale (k : R) t : is_derive t 1 (fun s => k * s) k.
Proof.
have -> : (fun s => k * s) = k *: (id : R -> R) by [].
by apply: is_derive_eq; rewrite /GRing.scale /= mulr1.
Qed.

Lemma derive_parabola (c a t : R) :
  is_derive t 1 (fun s => c * (s - a) ^+ 2) (2 * c * (t - a)).
Proof.
have -> : (fun s => c * (s - a) ^+ 2) = c *: ((id - cst a) * (id - cst a) : R -> R).
  by apply/funext => s; rewrite expr2.
apply: is_derive_eq; rewrite (_ : (id - cst a : R -> R) t = t - a) //.
by rewrite /GRing.scale /= subr0 mulr1; ring.
Qed.

Lemma derive_expR_scale (k : R) t :
  is_derive t 1 (fun s => expR (k * s)) (expR (k * t) * k).
Proof. exact: (@is_derive1_comp _ (@expR R) _ _ _ _ _ (derive_scale k t)). Qed.

(* What falls at least at the rate c times itself falls exponentially. *)
Lemma exponential_on f df c : (forall t, 0 <= t -> is_derive t 1 f (df t)) ->
  (forall t, 0 <= t -> df t <= - (c * f t)) ->
  forall t, 0 <= t -> f t <= f 0 * expR (- (c * t)).
Proof.
move=> Df rate t t0; pose F s := f s * expR (c * s).
have DF s : 0 <= s <= t -> is_derive s 1 F (expR (c * s) * (df s + c * f s)).
  case/andP=> s0 _; have E := derive_expR_scale c s; have G := is_deriveM (Df s s0) E.
  by apply: (@is_derive_eq _ _ _ F _ _ _ _ G); rewrite /GRing.scale /=; ring.
have : F t <= F 0.
  apply: (falls_on DF) t0 => s /andP[s0 _]; rewrite mulr_ge0_le0 ?(ltW (expR_gt0 _)) //.
  by rewrite -ler_subr_addr sub0r rate.
by rewrite /F mulr0 expR0 mulr1 expRN -ler_pdivl_mulr ?invr_gt0 ?expR_gt0 // invrK.
Qed.

Lemma exponential f df c : (forall t, is_derive t 1 f (df t)) ->
  (forall t, 0 <= t -> df t <= - (c * f t)) ->
  forall t, 0 <= t -> f t <= f 0 * expR (- (c * t)).
Proof. by move=> Df; apply: exponential_on. Qed.

Lemma expR_ge1D x : 1 + x <= expR x.
Proof.
have [x0|x0] := leP 0 x; first exact: expR_ge1Dx.
have [c /andP[_ c0]] := mean_value (@is_derive_expR R) (ltW x0).
rewrite expR0 sub0r => E; have -> : expR x = 1 + expR c * x.
  by rewrite -[LHS]opprK -[in LHS](subKr 1 (expR x)) E; ring.
rewrite ler_add2l -[leLHS]mul1r ler_wnmul2r ?(ltW x0) //.
by rewrite -(@expR0 R) ler_expR.
Qed.

Lemma ln_le x : 0 < x -> ln x <= x - 1.
Proof.
move=> x0; rewrite -[leLHS](addrK 1) ler_add2r addrC.
by rewrite -[leRHS]lnK ?posrE // expR_ge1D.
Qed.
End Calculus.
