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
Variables (R : realType) (d : nat).

(** The Borel sets of R^d: the least sigma-algebra in which are all conditions on a single
    coordinate. *)
Definition coordinate_sets : set (set 'cV[R]_d) :=
  [set A | exists i (B : set R), measurable B /\ A = [set v : 'cV[R]_d | B (v i 0)]].
Definition borel : set (set 'cV[R]_d) := <<s coordinate_sets >>.

Let V := PointedType 'cV[R]_d (0 : 'cV[R]_d).
Let S := [the measurableType _ of salgebraType (coordinate_sets : set (set V))].

(* The errors of a student are a Borel set. *)
Lemma borel_err w v : borel (errv w v).
Proof.
have coordinates : measurable_matrix (fun s : S => s : 'cV[R]_d).
  move=> i j B0 B mB; rewrite setTI; apply: sub_sigma_algebra.
  by exists i, B; split=> //; apply/seteqP; split=> s /=; rewrite ord1.
have mdot u : measurable_fun setT (fun s : S => dot u (s : 'cV[R]_d)).
  by apply: measurable_dot => // i j; exact: measurable_const.
exact: (measurable_signs (mdot v) (mdot w)).
Qed.
End Borel.

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
have mlost v : measurable [set t | errv w_star v (x t)] by exact: (measurable_lost w_star x_measurable v).
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
