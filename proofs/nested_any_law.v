(** [nested] for any task, as in [any_law]: a probability measure [mu] on a measurable
    space [T] whose points are examples, with measurable coordinates. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals ereal signed.
From mathcomp Require Import topology normedtype realfun sequences exp trigo numfun.
From mathcomp Require Import measure lebesgue_measure lebesgue_integral.
From Distillation Require Import projections angles measurable any_law symmetry nested.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Borel.
Variables (R : realType) (m n : nat).

(** The Borel sets of vectors, or matrices: the least sigma-algebra in which are all
    conditions on a single coordinate. *)
Definition coordinate_sets : set (set 'M[R]_(m, n)) :=
  [set A | exists i j (B : set R), measurable B /\ A = [set M : 'M[R]_(m, n) | B (M i j)]].
Definition borel : set (set 'M[R]_(m, n)) := <<s coordinate_sets >>.

Definition matrix_pointed := PointedType 'M[R]_(m, n) (0 : 'M[R]_(m, n)).
Definition matrix_space :=
  [the measurableType _ of salgebraType (coordinate_sets : set (set matrix_pointed))].

Lemma coordinates_measurable : measurable_matrix (fun s : matrix_space => s : 'M[R]_(m, n)).
Proof.
move=> i j B0 B mB; rewrite setTI; apply: sub_sigma_algebra.
by exists i, j, B.
Qed.
End Borel.

(* The errors of a student are a Borel set. *)
Lemma borel_err (R : realType) d (w v : 'cV[R]_d) : borel (errv w v).
Proof.
have mdot u : measurable_fun setT (fun s : matrix_space R d 1 => dot u (s : 'cV[R]_d)).
  apply: measurable_dot; last exact: coordinates_measurable.
  by move=> i j; exact: measurable_const.
exact: (measurable_signs (mdot v) (mdot w)).
Qed.

Section AnyLaw.
Variables (R : realType) (d : nat) (dT : measure_display) (T : measurableType dT).
Variables (mu : {measure set T -> \bar R}) (x : T -> 'cV[R]_d) (w_star : 'cV[R]_d).
Hypotheses (mu1 : mu setT = 1%E) (x_measurable : measurable_matrix x).
Hypothesis w_star_neq0 : w_star != 0.
(** The test law is symmetric: x and Qx have the same law for all orthogonal [Q] that fix
    the teacher. No test example lies on the teacher's boundary. *)
Hypothesis symmetric : forall (Q : 'M[R]_d) A, Q^T *m Q = 1%:M -> Q *m w_star = w_star ->
  borel A -> mu [set t | A (Q *m x t)] = mu [set t | A (x t)].
Hypothesis no_boundary : mu [set t | dot w_star (x t) = 0] = 0%E.

(** The risk never rises, for any symmetric test law. *)
Theorem risk_never_rises n m (X : 'M[R]_(d, n)) (f : 'I_m -> 'I_n) :
  risk mu x w_star (w_hat X w_star) <= risk mu x w_star (w_hat (colsub f X) w_star).
Proof.
pose P A := fine (mu [set t | A (x t)]).
have mlost v : measurable [set t | errv w_star v (x t)].
  exact: (measurable_lost w_star x_measurable v).
pose event := [set A | exists v, A = errv w_star v].
apply: (@nested.risk_never_rises _ _ _ w_star_neq0 event P).
- move=> _ _ [u ->] [v ->] uv.
  have [Eu _ _] := fine_measure mu1 (mlost u); have [Ev _ _] := fine_measure mu1 (mlost v).
  by rewrite -lee_fin Eu Ev; apply: le_measure; rewrite ?inE // => t; exact: uv.
- by move=> _ [v ->]; have [] := fine_measure mu1 (mlost v).
- by move=> v; exists v.
- by move=> Q _ QQ Qw [v ->]; rewrite /P symmetric //; exact: borel_err.
rewrite /P (_ : [set t | _] = ~` [set t | dot w_star (x t) = 0]); last first.
  by apply/seteqP; split=> t /= /eqP.
have mB : measurable [set t | dot w_star (x t) = 0].
  rewrite (_ : [set t | _] = ~` [set t | errv w_star 0 (x t)]); first exact: measurableC.
  apply/seteqP; split=> t; rewrite /errv /= dot0l sgr0 (eq_sym 0) sgr_eq0.
    by move=> ->; rewrite eqxx.
  by move/negP; rewrite negbK => /eqP.
have := measureDI mu measurableT mB; rewrite mu1 setTI no_boundary adde0 setTD.
by move=> <-.
Qed.
End AnyLaw.
