(** Under rotational symmetry of the test law about the teacher the risk follows
    the angle. The law is only used through the probability [mu] of events of a
    class [M], and of it only that a larger event has no smaller probability, and
    that [mu] does not see orthogonal maps that fix the teacher [w]. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import classical_sets.
From Distillation Require Import projections.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Householder.
Variables (R : realFieldType) (d : nat).
Implicit Types u v w x h : 'cV[R]_d.

(** The reflection that turns the vector [h] round, as a function and as a matrix. *)
Definition house h x : 'cV[R]_d := x - (2%:R * dot h x / normsq h) *: h.
Definition housem h : 'M[R]_d := 1%:M - (2%:R / normsq h) *: (h *m h^T).

Lemma housemE h x : housem h *m x = house h x.
Proof.
rewrite /housem mulmxBl mul1mx -scalemxAl -mulmxA; congr (_ - _).
have -> : h^T *m x = (dot h x)%:M by rewrite -dot_mx -mx11_scalar.
by rewrite mul_mx_scalar scalerA mulrAC.
Qed.

Lemma housem_sym h : (housem h)^T = housem h.
Proof. by rewrite /housem linearB linearZ /= trmx1 trmx_mul trmxK. Qed.

Lemma house_invol h x : h != 0 -> house h (house h x) = x.
Proof.
move=> h0; rewrite /house dotDr dotNr dotZr -/(normsq h) -addrA -opprD -scalerDl.
have -> : 2%:R * dot h x / normsq h +
   2%:R * (dot h x - 2%:R * dot h x / normsq h * normsq h) / normsq h = 0.
  by field; rewrite normsq_eq0.
by rewrite scale0r subr0.
Qed.

Lemma housem_orth h : h != 0 -> (housem h)^T *m housem h = 1%:M.
Proof.
move=> h0; rewrite housem_sym; apply/matrixP => i j.
have -> : (housem h *m housem h) i j
          = (housem h *m (housem h *m delta_mx j (0 : 'I_1))) i 0.
  by rewrite mulmxA -colE [RHS]mxE.
by rewrite !housemE house_invol // !mxE eqxx andbT.
Qed.

Lemma house_perp h x : dot h x = 0 -> house h x = x.
Proof. by move=> h0; rewrite /house h0 mulr0 mul0r scale0r subr0. Qed.

(** Of two vectors of the same length each is the mirror image of the other. *)
Lemma house_swap u v : normsq u = normsq v -> u != v -> house (u - v) u = v.
Proof.
move=> uv ne; rewrite /house.
have E : 2%:R * dot (u - v) u = normsq (u - v).
  by move: uv; rewrite /normsq !dotE (dotC v u) => ->; ring.
have n0 : normsq (u - v) != 0 by rewrite normsq_eq0 subr_eq0.
by rewrite E (divff n0) scale1r opprB addrCA subrr addr0.
Qed.
End Householder.

Section Symmetric.
Variables (R : realFieldType) (d : nat) (w : 'cV[R]_d).
Variables (M : set (set 'cV[R]_d)) (mu : set 'cV[R]_d -> R).
Hypothesis mu_mono : forall A B, M A -> M B -> A `<=` B -> mu A <= mu B.
Hypothesis mu_rot : forall (Q : 'M[R]_d) A, Q^T *m Q = 1%:M -> Q *m w = w ->
  M A -> mu [set x | A (Q *m x)] = mu A.

(** The event that the student [v] errs. *)
Definition errv (v : 'cV[R]_d) :=
  [set x | Num.sg (dot v x) != Num.sg (dot w x)].
Hypothesis M_err : forall v, M (errv v).

Lemma errv_mono u t t' : 0 <= t -> t <= t' ->
  errv (w + t *: u) `<=` errv (w + t' *: u).
Proof.
move=> t0 tt x; rewrite /errv /= !dotDl !dotZl.
set s := dot w x; set g := dot u x; have t'0 := le_trans t0 tt.
have [s0|s0|->] := ltrgt0P s.
- rewrite !(gtr0_sg s0) !sgr_cp0 -!leNgt => h; apply: le_trans (h).
  have g0 : g <= 0.
    by rewrite leNgt; apply/negP => g0; move: h; rewrite leNgt ltr_paddr // mulr_ge0 // ltW.
  by rewrite ler_add2l ler_wnmul2r.
- rewrite !(ltr0_sg s0) !sgr_cp0 -!leNgt => h; apply: le_trans (h) _.
  have g0 : 0 <= g.
    by rewrite leNgt; apply/negP => g0; move: h; rewrite leNgt ltr_naddr // mulr_ge0_le0 // ltW.
  by rewrite ler_add2l ler_wpmul2r.
rewrite !add0r sgr0 !sgr_eq0 !mulf_eq0 !negb_or => /andP[tn0 ->]; rewrite andbT.
by rewrite gt_eqF // (lt_le_trans _ tt) // lt_def tn0.
Qed.

Lemma errv_rot u u' t : dot w u = 0 -> dot w u' = 0 -> normsq u = normsq u' ->
  mu (errv (w + t *: u)) = mu (errv (w + t *: u')).
Proof.
move=> wu wu' uu; have [->//|ne] := eqVneq u u'.
have h0 : u - u' != 0 by rewrite subr_eq0.
have hw : dot (u - u') w = 0 by rewrite !dotE dotC wu dotC wu' subr0.
pose Q := housem (u - u'); have Qw : Q *m w = w by rewrite housemE house_perp.
have Qu : Q *m u = u' by rewrite housemE house_swap.
have QT : Q^T = Q := housem_sym _.
have QQ : Q^T *m Q = 1%:M := housem_orth h0.
rewrite -(mu_rot QQ Qw (M_err (w + t *: u'))); congr mu; apply/seteqP.
have Qu' : Q *m u' = u by rewrite -Qu mulmxA -{1}QT QQ mul1mx.
have E x : dot (w + t *: u') (Q *m x) = dot (w + t *: u) x.
  by rewrite -{1}QT -dot_mull mulmxDr -scalemxAr Qw Qu'.
have Ew x : dot w (Q *m x) = dot w x by rewrite -{1}QT -dot_mull Qw.
by split=> x; rewrite /errv /= E Ew.
Qed.

(** Students w + t u, with u orthogonal to the teacher w and of a fixed length,
    are at an angle whose tangent is t |u| / |w|: of two of them, on whatever
    sides, the one at the smaller angle has no larger risk. *)
Theorem risk_mono u u' t t' :
  dot w u = 0 -> dot w u' = 0 -> normsq u = normsq u' -> 0 <= t -> t <= t' ->
  mu (errv (w + t *: u)) <= mu (errv (w + t' *: u')).
Proof.
move=> wu wu' uu t0 tt; rewrite -(errv_rot t' wu wu' uu).
by apply: mu_mono => //; exact: errv_mono.
Qed.
End Symmetric.
