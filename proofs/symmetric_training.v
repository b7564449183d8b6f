(** More data and the risk: under a training law that is rotationally symmetric about the
    teacher, additional examples never raise the expected risk, whatever the test law off the
    boundary. The training set is a random matrix; orthogonal maps that fix the teacher do
    not change its law. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals ereal signed.
From mathcomp Require Import topology normedtype realfun sequences exp trigo numfun.
From mathcomp Require Import measure lebesgue_measure lebesgue_integral.
From Distillation Require Import projections angles measurable any_law symmetry.
From Distillation Require Import nested nested_any_law.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Rotations.
Variables (R : realFieldType) (d : nat) (w : 'cV[R]_d) (Q : 'M[R]_d).
Hypotheses (QQ : Q^T *m Q = 1%:M) (Qw : Q *m w = w).

(* The student of rotated examples is the rotated student. *)
Lemma w_hat_rot n (X : 'M[R]_(d, n)) : w_hat (Q *m X) w = Q *m w_hat X w.
Proof.
have [PT PP] := proj_orth X; have [Y XY] := proj_span X.
have square (P : 'M[R]_d) : P *m P = P ->
    Q *m P *m Q^T *m (Q *m P *m Q^T) = Q *m P *m Q^T.
  by move=> E; rewrite -!mulmxA (mulmxA Q^T) QQ mul1mx (mulmxA P) E.
have -> : w_hat (Q *m X) w = Q *m proj X *m Q^T *m w.
  congr (_ *m _); apply: (@proj_unique _ _ _ _ _ (Y *m Q^T)).
  - split; first by rewrite trmx_mul (trmx_mul Q) trmxK PT mulmxA.
    exact: square.
  - by rewrite -(mulmxA _ Q^T) (mulmxA Q^T) QQ mul1mx -(mulmxA Q) proj_id.
  - by rewrite XY !mulmxA.
by rewrite -{1}Qw -(mulmxA _ Q^T) (mulmxA Q^T) QQ mul1mx -mulmxA.
Qed.

Lemma dot_rot u v : dot (Q *m u) (Q *m v) = dot u v.
Proof. by rewrite dot_mull mulmxA QQ mul1mx. Qed.

Lemma errv_rotated v y : errv w (Q *m v) (Q *m y) = errv w v y.
Proof. by rewrite /errv /= dot_rot -{1}Qw dot_rot. Qed.
End Rotations.

Section Sections.
Variables (R : realType) (d : nat) (dT dO : measure_display).
Variables (T : measurableType dT) (Om : measurableType dO).
Variables (mu : {measure set T -> \bar R}) (Prob : {measure set Om -> \bar R}).
Hypotheses (mu1 : mu setT = 1%E) (Prob1 : Prob setT = 1%E).
Variables (x : T -> 'cV[R]_d) (w_star : 'cV[R]_d) (student : Om -> 'cV[R]_d).
Hypotheses (x_measurable : measurable_matrix x) (student_measurable : measurable_matrix student).

Let Err : set (Om * T) :=
  [set z | Num.sg (dot (student z.1) (x z.2)) != Num.sg (dot w_star (x z.2))].

Let Err_measurable : measurable Err.
Proof. exact: measurable_errors. Qed.

(* The risk is a measurable function of the training examples, and the probability to
   be lost one of the test example. *)
Lemma measurable_risk : measurable_fun setT (fun o => (risk mu x w_star (student o))%:E).
Proof.
have := measurable_fun_xsection (sigma_finite1 mu1) (mem_set Err_measurable).
congr measurable_fun; apply/funext => o /=; rewrite /risk.
have [-> _ _] := fine_measure mu1 (measurable_lost w_star x_measurable (student o)).
by congr (mu _); apply/seteqP; split=> t /=; rewrite /xsection /= inE.
Qed.

Lemma measurable_lost_chance :
  measurable_fun setT (fun t => Prob [set o | lost x w_star (student o) t]).
Proof.
have := measurable_fun_ysection (sigma_finite1 Prob1) (mem_set Err_measurable).
congr measurable_fun; apply/funext => t /=.
by congr (Prob _); apply/seteqP; split=> o /=; rewrite /ysection /= inE.
Qed.
End Sections.

Section Training.
Variables (R : realType) (d n : nat) (w_star : 'cV[R]_d).
Hypothesis w_star_neq0 : w_star != 0.
(** The training set is a random matrix [X]; the test law is [mu], of the examples [x]. *)
Variables (dT dO dU : measure_display) (T : measurableType dT) (Om : measurableType dO).
Variables (mu : {measure set T -> \bar R}) (Prob : {measure set Om -> \bar R}).
Hypotheses (mu1 : mu setT = 1%E) (Prob1 : Prob setT = 1%E).
Variables (x : T -> 'cV[R]_d) (X : Om -> 'M[R]_(d, n)).
Hypotheses (x_measurable : measurable_matrix x) (X_measurable : measurable_matrix X).
(** The training law is symmetric: X and QX have the same law for all orthogonal [Q] that
    fix the teacher. No test example lies on the teacher's boundary. *)
Hypothesis symmetric : forall (Q : 'M[R]_d) A, Q^T *m Q = 1%:M -> Q *m w_star = w_star ->
  borel A -> Prob [set o | A (Q *m X o)] = Prob [set o | A (X o)].
Hypothesis no_boundary : mu [set t | dot w_star (x t) = 0] = 0%E.
(** There is a uniform direction: a random unit vector [D] orthogonal to the teacher whose
    law is symmetric. *)
Variables (U : measurableType dU) (nu : {measure set U -> \bar R}) (D : U -> 'cV[R]_d).
Hypotheses (nu1 : nu setT = 1%E) (D_measurable : measurable_matrix D).
Hypotheses (D_across : forall u, dot w_star (D u) = 0) (D_unit : forall u, normsq (D u) = 1).
Hypothesis D_symmetric : forall (Q : 'M[R]_d) A, Q^T *m Q = 1%:M -> Q *m w_star = w_star ->
  borel A -> nu [set u | A (Q *m D u)] = nu [set u | A (D u)].

(** The student of the examples that [f] names. *)
Definition student m (f : 'I_m -> 'I_n) o := w_hat (colsub f (X o)) w_star.

Lemma measurable_w_hat dS (S : measurableType dS) k (Y : S -> 'M[R]_(d, k)) :
  measurable_matrix Y -> measurable_matrix (fun s => w_hat (Y s) w_star).
Proof.
move=> mY; apply: measurable_mul; first exact: measurable_proj.
by move=> i j; exact: measurable_const.
Qed.

Lemma measurable_student m (f : 'I_m -> 'I_n) : measurable_matrix (student f).
Proof.
apply: measurable_w_hat => i j; under eq_fun do rewrite mxE.
exact: X_measurable.
Qed.

(* Test examples at the same angle are lost equally often. *)
Lemma same_chance m (f : 'I_m -> 'I_n) y y' :
  dot w_star y = dot w_star y' -> normsq y = normsq y' ->
  Prob [set o | errv w_star (student f o) y] = Prob [set o | errv w_star (student f o) y'].
Proof.
move=> wy yy; have [->//|ne] := eqVneq y y'.
have h0 : y - y' != 0 by rewrite subr_eq0.
have hw : dot (y - y') w_star = 0 by rewrite !dotE dotC wy dotC subrr.
pose Q := housem (y - y'); have Qw : Q *m w_star = w_star by rewrite housemE house_perp.
have Qy : Q *m y = y' by rewrite housemE house_swap.
have QQ : Q^T *m Q = 1%:M := housem_orth h0.
pose A := [set M : 'M[R]_(d, n) | errv w_star (w_hat (colsub f M) w_star) y'].
have bA : borel A.
  have mw := @coordinates_measurable R d n.
  apply: (@measurable_signs _ _ (matrix_space R d n)); last exact: measurable_const.
  apply: measurable_dot; last by move=> i j; exact: measurable_const.
  by apply: measurable_w_hat => i j; under eq_fun do rewrite mxE; exact: mw.
rewrite -[RHS](symmetric QQ Qw bA); congr (Prob _); apply/seteqP.
have E o : A (Q *m X o) = errv w_star (student f o) y.
  by rewrite /A /= -mulmx_colsub w_hat_rot // -Qy errv_rotated.
by split=> o /=; rewrite E.
Qed.

(* Turn the test example at random about the teacher. For a given transfer set this is a
   symmetric test law, under which the risk never rises. *)
Lemma fewer_lost m (f : 'I_m -> 'I_n) y : dot w_star y != 0 ->
  (Prob [set o | errv w_star (student id o) y] <= Prob [set o | errv w_star (student f o) y])%E.
Proof.
move=> wy; pose a := dot w_star y / normsq w_star; pose b := norm (y - a *: w_star).
pose z u := a *: w_star + b *: D u.
have N0 : normsq w_star != 0 by rewrite normsq_eq0.
have wz u : dot w_star y = dot w_star (z u).
  by rewrite /z dotDr !dotZr D_across mulr0 addr0 -/(normsq w_star) divfK.
have yz u : normsq y = normsq (z u).
  have perp : dot w_star (y - a *: w_star) = 0.
    by rewrite dotDr dotNr dotZr -/(normsq _) divfK // subrr.
  rewrite -{1}(subrK (a *: w_star) y) addrC pythagoras ?dotZl ?perp ?mulr0 // /z.
  rewrite [RHS]pythagoras; last by rewrite dotZl dotZr D_across !mulr0.
  congr (_ + _); rewrite [RHS]/normsq dotZl dotZr -/(normsq (D u)) D_unit mulr1 -expr2.
  by rewrite /b norm_sqr.
have mz_of dS (S : measurableType dS) (Y : S -> 'cV[R]_d) : measurable_matrix Y ->
    measurable_matrix (fun s => a *: w_star + b *: Y s).
  move=> mY i j; under eq_fun do rewrite !mxE.
  by apply: measurable_funD; [exact: measurable_const|exact: measurable_funrM].
have mz : measurable_matrix z by exact: mz_of.
have E k (g : 'I_k -> 'I_n) : (\int[Prob]_o (risk nu z w_star (student g o))%:E)%E =
    Prob [set o | errv w_star (student g o) y].
  have := expected_risk_exchange nu1 Prob1 w_star mz (measurable_student g).
  rewrite /expected_risk => ->.
  rewrite (eq_integral (cst (Prob [set o | errv w_star (student g o) y]))) => [|u _].
    by rewrite integral_cst // nu1 mule1.
  by rewrite (same_chance g (wz u) (yz u)).
rewrite -!E; apply: ge0_le_integral => //.
- move=> o _; rewrite lee_fin.
  by have [] := fine_measure nu1 (measurable_lost w_star mz (student id o)).
- exact: (measurable_risk nu1 _ mz (measurable_student id)).
- move=> o _; rewrite lee_fin.
  by have [] := fine_measure nu1 (measurable_lost w_star mz (student f o)).
- exact: (measurable_risk nu1 _ mz (measurable_student f)).
move=> o _; rewrite lee_fin {1}/student (_ : colsub id (X o) = X o); last first.
  by apply/matrixP => i j; rewrite mxE.
pose P A := fine (nu [set u | A (z u)]).
pose event := [set A | exists v, A = errv w_star v].
have mlost v : measurable [set u | errv w_star v (z u)] by exact: (measurable_lost w_star mz v).
apply: (@nested.risk_never_rises _ _ _ w_star_neq0 event P).
- move=> _ _ [v ->] [v' ->] vv'.
  have [Ev _ _] := fine_measure nu1 (mlost v); have [Ev' _ _] := fine_measure nu1 (mlost v').
  by rewrite -lee_fin Ev Ev'; apply: le_measure; rewrite ?inE // => u; exact: vv'.
- by move=> _ [v ->]; have [] := fine_measure nu1 (mlost v).
- by move=> v; exists v.
- move=> Q _ QQ Qw [v ->]; rewrite /P; congr fine.
  pose A := [set D' | errv w_star v (a *: w_star + b *: D')].
  have bA : borel A.
    have mD := mz_of _ _ _ (@coordinates_measurable R d 1).
    apply: (@measurable_signs _ _ (matrix_space R d 1)); apply: measurable_dot => //.
      by move=> i j; exact: measurable_const.
    by move=> i j; exact: measurable_const.
  rewrite -[RHS](D_symmetric QQ Qw bA); congr (nu _); apply/seteqP.
  have E' u : Q *m z u = a *: w_star + b *: (Q *m D u).
    by rewrite /z mulmxDr -!scalemxAr Qw.
  by split=> u; rewrite /A /= E'.
rewrite /P (_ : [set u | _] = setT) ?nu1 //.
by apply/seteqP; split=> u //= _; rewrite -wz.
Qed.

(** The expected risk never rises: if X_- is X with columns removed ([f] names the columns
    that X_- has), the student of X has no larger expected risk, whatever the test law. *)
Theorem when_it_cannot_hurt m (f : 'I_m -> 'I_n) :
  (expected_risk mu Prob x w_star (fun o => w_hat (X o) w_star) <=
   expected_risk mu Prob x w_star (fun o => w_hat (colsub f (X o)) w_star))%E.
Proof.
have whole : (fun o => w_hat (X o) w_star) = student id.
  by apply/funext => o; congr (w_hat _ _); apply/matrixP => i j; rewrite mxE.
have E k (g : 'I_k -> 'I_n) :=
  expected_risk_exchange mu1 Prob1 w_star x_measurable (measurable_student g).
rewrite whole E [leRHS]E.
pose B := [set t | dot w_star (x t) = 0].
have mB : measurable B.
  rewrite (_ : B = ~` [set t | lost x w_star 0 t]).
    by apply: measurableC; exact: (measurable_lost w_star x_measurable 0).
  apply/seteqP; split=> t; rewrite /B /lost /= dot0l sgr0 (eq_sym 0) sgr_eq0.
    by move=> ->; rewrite eqxx.
  by move/negP; rewrite negbK => /eqP.
have mlost k (g : 'I_k -> 'I_n) := measurable_lost_chance Prob1 w_star x_measurable
  (measurable_student g).
have mind : measurable_fun setT (fun t => (\1_B t : R)%:E).
  exact/EFin_measurable_fun/measurable_fun_indic.
apply: (@le_trans _ _ (\int[mu]_t (Prob [set o | lost x w_star (student f o) t] +
                                   (\1_B t : R)%:E))%E); last first.
  rewrite ge0_integralD //; last by move=> t _; rewrite lee_fin indicE ler0n.
  by rewrite integral_indic // setIT no_boundary adde0.
apply: ge0_le_integral => //.
- by move=> t _; rewrite adde_ge0 // lee_fin indicE ler0n.
- by apply: emeasurable_funD.
move=> t _; have [wt|wt] := eqVneq (dot w_star (x t)) 0.
  have le1 : (Prob [set o | lost x w_star (student id o) t] <= 1)%E.
    rewrite -Prob1; apply: le_measure; rewrite ?inE //.
    exact: (measurable_lost_by w_star x_measurable (measurable_student id)).
  by apply: le_trans le1 _; rewrite indicE mem_set // lee_addr.
by apply: (le_trans (fewer_lost f wt)); rewrite lee_addl // lee_fin indicE ler0n.
Qed.
End Training.
