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

(* The mean value theorem for functions with a derivative everywhere. *)
Lemma mean_value f df a b : (forall t, is_derive t 1 f (df t)) -> a <= b ->
  exists2 c, a <= c <= b & f b - f a = df c * (b - a).
Proof.
move=> Df ab; have [|c] := @MVT_segment _ f df _ _ ab (fun x _ => Df x).
  apply: continuous_subspaceT => x; apply: differentiable_continuous.
  by apply/derivable1_diffP; exact: ex_derive.
by rewrite in_itv /=; exists c.
Qed.

Lemma grows f df a b : (forall t, is_derive t 1 f (df t)) ->
  (forall t, a <= t <= b -> 0 <= df t) -> a <= b -> f a <= f b.
Proof.
move=> Df up ab; have [c c_ab E] := mean_value Df ab.
by rewrite -subr_ge0 E mulr_ge0 ?up ?subr_ge0.
Qed.

Lemma falls f df a b : (forall t, is_derive t 1 f (df t)) ->
  (forall t, a <= t <= b -> df t <= 0) -> a <= b -> f b <= f a.
Proof.
move=> Df down ab; have [c c_ab E] := mean_value Df ab.
by rewrite -subr_le0 E mulr_le0_ge0 ?down ?subr_ge0.
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
