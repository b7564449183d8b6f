(** Lengths and angles, over the real numbers. [angle] is that of two vectors,
    in [0, pi]; [alpha] that of the two lines through them, in [0, pi/2], as in
    section 3. The angle with the vector 0 is pi/2. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import classical_sets topology normedtype reals trigo.
From Distillation Require Import projections.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Lemma ler_of_sqr (R : realDomainType) (a b : R) : 0 <= b -> a ^+ 2 <= b ^+ 2 -> a <= b.
Proof.
move=> b0 ab; apply: le_trans (ler_norm a) _.
by rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?real_normK ?num_real.
Qed.

Section Angles.
Variables (R : realType) (d : nat).
Implicit Types (u v w x : 'cV[R]_d) (a : R).

Definition norm u : R := Num.sqrt (normsq u).
Definition unit u := (norm u)^-1 *: u.
Definition cosine u v : R := dot u v / (norm u * norm v).
Definition angle u v : R := acos (cosine u v).
Definition alpha u v : R := acos `|cosine u v|.

Lemma norm_ge0 u : 0 <= norm u. Proof. exact: sqrtr_ge0. Qed.

Lemma norm_sqr u : norm u ^+ 2 = normsq u.
Proof. by rewrite sqr_sqrtr ?normsq_ge0. Qed.

Lemma norm_gt0 u : (0 < norm u) = (u != 0).
Proof. by rewrite sqrtr_gt0 normsq_gt0. Qed.

Lemma norm0 : norm 0 = 0. Proof. by rewrite /norm normsq0 sqrtr0. Qed.

Lemma normN u : norm (- u) = norm u. Proof. by rewrite /norm normsqN. Qed.

Lemma cosine_unit u v : cosine u v = dot (unit u) (unit v).
Proof. by rewrite /unit dotZl dotZr /cosine invfM [RHS]mulrA [RHS]mulrC. Qed.

Lemma cosineC u v : cosine u v = cosine v u.
Proof. by rewrite /cosine dotC [norm u * _]mulrC. Qed.

Lemma cosine0r u : cosine u 0 = 0. Proof. by rewrite /cosine dot0r mul0r. Qed.

Lemma cosineNr u v : cosine u (- v) = - cosine u v.
Proof. by rewrite /cosine dotNr normN mulNr. Qed.

Lemma cosine_refl u : u != 0 -> cosine u u = 1.
Proof.
rewrite -norm_gt0 /cosine -/(normsq u) -norm_sqr expr2 => u0.
by rewrite divff ?gt_eqF ?mulr_gt0.
Qed.

Lemma unit_le1 u : normsq (unit u) <= 1.
Proof.
have [->|u0] := eqVneq u 0; first by rewrite /unit scaler0 normsq0 ler01.
by rewrite /normsq -cosine_unit cosine_refl.
Qed.

Lemma cosine_sqr_le1 u v : cosine u v ^+ 2 <= 1.
Proof.
rewrite cosine_unit; apply: le_trans (cauchy_schwarz _ _) _.
by rewrite mulr_ile1 ?normsq_ge0 ?unit_le1.
Qed.

Lemma cosine_itv u v : -1 <= cosine u v <= 1.
Proof.
rewrite -ler_norml; apply: ler_of_sqr; rewrite ?ler01 //.
by rewrite real_normK ?num_real // expr1n cosine_sqr_le1.
Qed.

Lemma abs_cosine_itv u v : -1 <= `|cosine u v| <= 1.
Proof. by rewrite (le_trans _ (normr_ge0 _)) ?lerN10 //= ler_norml cosine_itv. Qed.

Lemma cos_angle u v : cos (angle u v) = cosine u v.
Proof. by rewrite acosK // in_itv cosine_itv. Qed.

Lemma cos_alpha u v : cos (alpha u v) = `|cosine u v|.
Proof. by rewrite acosK // in_itv abs_cosine_itv. Qed.

Lemma angle_itv u v : 0 <= angle u v <= pi.
Proof. by rewrite acos_ge0 ?acos_lepi ?cosine_itv. Qed.

Lemma alpha_ge0 u v : 0 <= alpha u v.
Proof. by rewrite acos_ge0 ?abs_cosine_itv. Qed.

Lemma pihalf_itv : 0 <= (pi : R) / 2 <= pi.
Proof.
by rewrite divr_ge0 ?pi_ge0 ?ler0n //= ler_pdivr_mulr ?ltr0n // ler_pemulr ?pi_ge0 // ler1n.
Qed.

(* Angles are compared by their cosines. *)
Lemma acos_le (a b : R) : -1 <= a <= 1 -> 0 <= b <= pi -> (acos a <= b) = (cos b <= a).
Proof.
move=> a1 bp; rewrite leNgt -ltr_cos ?in_itv //= ?acos_ge0 ?acos_lepi //.
by rewrite acosK ?in_itv // -leNgt.
Qed.

Lemma alpha_le_pihalf u v : alpha u v <= pi / 2.
Proof. by rewrite acos_le ?abs_cosine_itv ?pihalf_itv // cos_pihalf. Qed.

Lemma alpha0 u : alpha u 0 = pi / 2.
Proof. by rewrite /alpha cosine0r normr0 acos0. Qed.

Lemma alphaN u v : alpha u (- v) = alpha u v.
Proof. by rewrite /alpha cosineNr normrN. Qed.

Lemma angleC u v : angle u v = angle v u.
Proof. by rewrite /angle cosineC. Qed.

Lemma angle_refl u : u != 0 -> angle u u = 0.
Proof. by move=> u0; rewrite /angle cosine_refl // acos1. Qed.

Lemma angle_alpha u v : 0 <= dot u v -> angle u v = alpha u v.
Proof. by move=> uv; rewrite /alpha ger0_norm // divr_ge0 ?mulr_ge0 ?norm_ge0. Qed.


(** Two vectors make an acute angle if and only if their product is positive. *)
Lemma acute u v : (angle u v < pi / 2) = (0 < dot u v).
Proof.
rewrite -ltr_cos ?in_itv /= ?angle_itv ?pihalf_itv // cos_pihalf cos_angle /cosine.
have [->|u0] := eqVneq u 0; first by rewrite dot0l mul0r.
have [->|v0] := eqVneq v 0; first by rewrite dot0r mul0r.
by rewrite pmulr_lgt0 // invr_gt0 mulr_gt0 ?norm_gt0.
Qed.

(* Cauchy and Schwarz for the parts of u and w that are orthogonal to v. *)
Lemma cosine_gram u v w : v != 0 ->
  (cosine u v * cosine v w - cosine u w) ^+ 2 <= (1 - cosine u v ^+ 2) * (1 - cosine v w ^+ 2).
Proof.
move=> v0; have V1 : dot (unit v) (unit v) = 1 by rewrite -cosine_unit cosine_refl.
rewrite !cosine_unit; move: (unit_le1 u) (unit_le1 w) V1.
move: (unit u) (unit v) (unit w) => U V W U1 W1 V1; set a := dot U V; set b := dot V W.
have := cauchy_schwarz (U - a *: V) (W - b *: V).
have -> : dot (U - a *: V) (W - b *: V) = - (a * b - dot U W).
  by rewrite !dotE -/a -/b V1; ring.
have -> : normsq (U - a *: V) = normsq U - a ^+ 2.
  by rewrite /normsq !dotE (dotC V U) -/a V1; ring.
have -> : normsq (W - b *: V) = normsq W - b ^+ 2.
  by rewrite /normsq !dotE (dotC W V) -/b V1; ring.
have sq (Y : 'cV[R]_d) : normsq Y <= 1 -> dot Y V ^+ 2 <= normsq Y.
  by move=> Y1; apply: le_trans (cauchy_schwarz _ _) _; rewrite /normsq V1 mulr1.
rewrite sqrrN => /le_trans; apply; apply: ler_pmul; rewrite ?subr_ge0 ?sq //.
- by rewrite /b dotC sq.
- by rewrite ler_add2r.
- by rewrite ler_add2r.
Qed.

(** The triangle inequality for angles. *)
Lemma angle_triangle u v w : v != 0 -> angle u w <= angle u v + angle v w.
Proof.
move=> v0; have /andP[A0 A1] := angle_itv u v; have /andP[B0 B1] := angle_itv v w.
have [large|small] := leP pi (angle u v + angle v w).
  by apply: le_trans large; case/andP: (angle_itv u w).
rewrite [leLHS]/angle acos_le ?cosine_itv ?addr_ge0 ?(ltW small) // cosD !cos_angle.
rewrite ler_subl_addr -ler_subl_addl; apply: ler_of_sqr.
  by rewrite mulr_ge0 ?sin_ge0_pi ?angle_itv.
rewrite [leRHS]exprMn (sin2cos2 (angle u v)) (sin2cos2 (angle v w)) !cos_angle.
exact: cosine_gram.
Qed.
End Angles.
