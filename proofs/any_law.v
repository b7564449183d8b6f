(** Theorem 3, and Theorem D.1, for any task: a probability measure [mu] on a
    measurable space [T] whose points are examples, with measurable coordinates.
    The training examples are random elements [Xs 0, ..., Xs (n-1)] of [T] on any
    probability space, independent and with the law [mu]. Nothing is assumed of
    the error event: that it is measurable is proved. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals ereal signed.
From mathcomp Require Import topology normedtype realfun sequences exp trigo numfun.
From mathcomp Require Import measure lebesgue_measure lebesgue_integral.
From Distillation Require Import projections angles lemma_1 bounds measurable.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section AnyLaw.
Variables (R : realType) (d n : nat).
Variables (dT dO : measure_display) (T : measurableType dT) (Om : measurableType dO).
Variables (mu : {measure set T -> \bar R}) (Prob : {measure set Om -> \bar R}).
Hypotheses (mu1 : mu setT = 1%E) (Prob1 : Prob setT = 1%E).
Variables (x : T -> 'cV[R]_d) (w_star : 'cV[R]_d).
Hypotheses (x_measurable : measurable_matrix x) (w_star_neq0 : w_star != 0).
Variable Xs : 'I_n -> Om -> T.
Hypothesis Xs_measurable : forall i, measurable_fun setT (Xs i).
(** Independence: the probability that each example falls into a set of its own
    is the product of the probabilities of these sets. *)
Hypothesis independent : forall A : 'I_n -> set T, (forall i, measurable (A i)) ->
  fine (Prob [set o | forall i, A i (Xs i o)]) = \prod_i fine (mu (A i)).

(** The transfer set as a matrix; the angle of a test example, its tail [p], the
    transfer risk of a student [w], and its expectation. *)
Definition X o : 'M[R]_(d, n) := \matrix_(i, j) x (Xs j o) i 0.
Definition theta t : R := alpha w_star (x t).
Definition p (b : R) : R := fine (mu [set t | b <= theta t]).
Definition lost (w : 'cV[R]_d) : set T :=
  [set t | Num.sg (dot w (x t)) != Num.sg (dot w_star (x t))].
Definition risk w : R := fine (mu (lost w)).
Definition expected_risk (student : Om -> 'cV[R]_d) : \bar R :=
  (\int[Prob]_o (risk (student o))%:E)%E.

(* Probabilities are numbers between 0 and 1. *)
Lemma fine_measure dS (S : measurableType dS) (nu : {measure set S -> \bar R}) A :
  nu setT = 1%E -> measurable A ->
  [/\ (fine (nu A))%:E = nu A, 0 <= fine (nu A) & fine (nu A) <= 1].
Proof.
move=> nu1 mA; have le1 : (nu A <= 1)%E by rewrite -nu1; apply: le_measure; rewrite ?inE.
have ge0 : (0 <= nu A)%E by exact: measure_ge0.
have fin : (fine (nu A))%:E = nu A.
  by rewrite fineK // ge0_fin_numE // (le_lt_trans le1) ?ltry.
by split=> //; rewrite -lee_fin fin.
Qed.

Lemma sigma_finite1 dS (S : measurableType dS) (nu : {measure set S -> \bar R}) :
  nu setT = 1%E -> sigma_finite setT nu.
Proof.
move=> nu1; exists (fun=> setT); first by rewrite bigcup_const //; exists 0%N.
by move=> i; split; rewrite ?nu1 ?ltry.
Qed.

(* theta is measurable. *)
Lemma measurable_theta : measurable_fun setT theta.
Proof.
have mdot : measurable_fun setT (fun t => dot w_star (x t)).
  by apply: measurable_dot => // i j; exact: measurable_const.
have mnorm : measurable_fun setT (fun t => norm (x t)).
  apply: (measurable_fun_comp (continuous_measurable_fun (@sqrt_continuous R))).
  exact: measurable_dot.
have mcos : measurable_fun setT (fun t => `|cosine w_star (x t)|).
  apply: (measurable_fun_comp (@measurable_fun_normr R setT)).
  apply: measurable_funM => //; apply: measurable_inverse.
  exact: measurable_funrM.
have /andP[half0 half1] := pihalf_itv R.
apply: measurable_from_ge => b; have [b0|b0] := leP b 0.
  rewrite (_ : [set _ | _] = setT); first exact: measurableT.
  by apply/seteqP; split=> // t _ /=; rewrite (le_trans b0) ?alpha_ge0.
have [b1|b1] := leP b pi; last first.
  rewrite (_ : [set _ | _] = set0); first exact: measurable0.
  apply/seteqP; split=> // t /=; rewrite leNgt => /negP[]; apply: le_lt_trans b1.
  exact: le_trans (alpha_le_pihalf _ _) half1.
have bi : 0 <= b <= pi by rewrite ltW.
have E t : (`|cosine w_star (x t)| <= cos b) = (b <= theta t).
  rewrite -cos_alpha leNgt ltr_cos ?in_itv /= -?leNgt ?alpha_ge0 //.
  by rewrite (le_trans (alpha_le_pihalf _ _)).
have := measurable_ge (measurable_const (cos b)) mcos.
by congr measurable; apply/seteqP; split=> t /=; rewrite E.
Qed.

Lemma measurable_far b : measurable [set t | b <= theta t].
Proof. exact: measurable_ge measurable_theta (measurable_const b). Qed.

Lemma p_ge0 b : 0 <= p b.
Proof. by have [] := fine_measure mu1 (measurable_far b). Qed.

Lemma p_le1 b : p b <= 1.
Proof. by have [] := fine_measure mu1 (measurable_far b). Qed.

Lemma p_le b c : b <= c -> p c <= p b.
Proof.
move=> bc; have [Eb _ _] := fine_measure mu1 (measurable_far b).
have [Ec _ _] := fine_measure mu1 (measurable_far c).
rewrite -lee_fin [(p c)%:E]Ec [(p b)%:E]Eb; apply: le_measure.
- by rewrite inE; exact: measurable_far.
- by rewrite inE; exact: measurable_far.
- by move=> t /=; exact: le_trans.
Qed.

(** The probability that all training examples have an angle of [b] or more. *)
Lemma all_far b : fine (Prob [set o | forall i, b <= theta (Xs i o)]) = p b ^+ n.
Proof.
by rewrite (independent (fun _ => measurable_far b)) prodr_const card_ord.
Qed.

Lemma measurable_all_far b : measurable [set o | forall i, b <= theta (Xs i o)].
Proof.
rewrite (_ : [set _ | _] = \bigcap_(i in [set: 'I_n]) (Xs i @^-1` [set t | b <= theta t])).
  apply: fin_bigcap_measurable => // i _.
  by rewrite -[X in measurable X]setTI; apply: Xs_measurable => //; exact: measurable_far.
by apply/seteqP; split=> o h i => [_|]; [exact: h|exact: (h i Logic.I)].
Qed.

Lemma measurable_X : measurable_matrix X.
Proof.
move=> i j; under eq_fun do rewrite mxE.
exact: (measurable_fun_comp (x_measurable i 0) (Xs_measurable j)).
Qed.

Lemma col_X o j : col j (X o) = x (Xs j o).
Proof. by apply/matrixP => i k; rewrite !mxE ord1. Qed.

Lemma measurable_lost w : measurable (lost w).
Proof.
apply: measurable_signs; apply: measurable_dot => // i j; exact: measurable_const.
Qed.

Section Approximate.
(** A student, measurable, at an angle of at most [delta] to w_hat; where
    w_hat = 0 it may be any. *)
Variables (student : Om -> 'cV[R]_d) (delta : R).
Hypotheses (student_measurable : measurable_matrix student) (delta_ge0 : 0 <= delta).
Hypothesis near : forall o, w_hat (X o) w_star != 0 ->
  angle (w_hat (X o) w_star) (student o) <= delta.

Let Err : set (Om * T) :=
  [set z | Num.sg (dot (student z.1) (x z.2)) != Num.sg (dot w_star (x z.2))].

Let Err_measurable : measurable Err.
Proof. exact: measurable_errors. Qed.

Lemma ysection_lost t : ysection Err t = [set o | lost (student o) t].
Proof. by apply/seteqP; split=> o /=; rewrite /ysection /= inE. Qed.

Lemma measurable_lost_by t : measurable [set o | lost (student o) t].
Proof. by rewrite -ysection_lost; exact: measurable_ysection. Qed.

(* The bound is a measurable function of the test example. *)
Lemma measurable_far_power :
  measurable_fun setT (fun t => (p (pi / 2 - delta - theta t) ^+ n)%:E).
Proof.
pose F : set (T * T) := [set z | pi / 2 - delta - theta z.1 <= theta z.2].
have [mfst msnd] := (prod_measurable_funP id).1 (@measurable_fun_id _ (T * T)%type setT).
have mF : measurable F.
  apply: measurable_ge; first exact: (measurable_fun_comp measurable_theta msnd).
  apply: measurable_funB; first exact: measurable_const.
  exact: (measurable_fun_comp measurable_theta mfst).
apply/EFin_measurable_fun/measurable_fun_exprn.
have := measurable_fun_comp (measurable_fun_fine measurableT)
  (measurable_fun_xsection (sigma_finite1 mu1) (mem_set mF)).
congr measurable_fun; apply/funext => t /=; congr (fine (mu _)).
by apply/seteqP; split=> u /=; rewrite /xsection /= inE.
Qed.

(* A lost test example has no easy training example. *)
Lemma lost_needs o t : lost (student o) t ->
  forall i, pi / 2 - delta - theta t <= theta (Xs i o).
Proof.
move=> is_lost i; rewrite leNgt; apply: contra is_lost => easy.
have same : 0 < dot (student o) (x t) * dot w_star (x t).
  by apply: (@easy_example _ _ _ (X o) _ _ _ i delta) => //; [exact: near|rewrite col_X].
apply/eqP; move: same; have [a0|a0|->] := ltrgt0P (dot (student o) (x t)).
- by rewrite pmulr_rgt0 // => b0; rewrite !gtr0_sg.
- by rewrite nmulr_rgt0 // => b0; rewrite !ltr0_sg.
- by rewrite mul0r ltxx.
Qed.

(** Fubini: the expected risk is the mean, over a test example, of the probability
    that it is lost. *)
Lemma expected_risk_exchange :
  expected_risk student = (\int[mu]_t Prob [set o | lost (student o) t])%E.
Proof.
have := indic_fubini_tonelli (sigma_finite1 Prob1) (sigma_finite1 mu1) Err_measurable.
rewrite indic_fubini_tonelli_FE // indic_fubini_tonelli_GE // => fubini.
transitivity (\int[Prob]_o (mu \o xsection Err) o)%E.
  apply: eq_integral => o _ /=; rewrite /risk.
  have -> : xsection Err o = lost (student o).
    by apply/seteqP; split=> t /=; rewrite /xsection /= inE.
  by have [-> _ _] := fine_measure mu1 (measurable_lost (student o)).
rewrite fubini; apply: eq_integral => t _ /=; congr (Prob _).
by apply/seteqP; split=> o /=; rewrite /ysection /= inE.
Qed.

(** The integral bound for any task: E R <= E[p(pi/2 - delta - theta)^n]. *)
Theorem integral_bound_approximate : (expected_risk student <=
  \int[mu]_t (p (pi / 2 - delta - theta t) ^+ n)%:E)%E.
Proof.
rewrite expected_risk_exchange.
have le_far t : (Prob [set o | lost (student o) t] <= (p (pi / 2 - delta - theta t) ^+ n)%:E)%E.
  rewrite -all_far; set b := _ - theta t.
  have [-> _ _] := fine_measure Prob1 (measurable_all_far b).
  apply: le_measure; rewrite ?inE; [exact: measurable_lost_by|exact: measurable_all_far|].
  by move=> o /=; exact: lost_needs.
apply: ge0_le_integral => //.
- rewrite (_ : (fun t => Prob [set o | lost (student o) t]) = Prob \o ysection Err).
    apply: measurable_fun_ysection; first exact: sigma_finite1.
    by rewrite inE.
  by apply/funext => t /=; rewrite ysection_lost.
- by move=> t _; rewrite lee_fin exprn_ge0 ?p_ge0.
- exact: measurable_far_power.
Qed.

(** It is at most what Theorem D.1, or (19) for delta = 0, takes the infimum of,
    at every beta. *)
Lemma integral_bound_split beta :
  (\int[mu]_t (p (pi / 2 - delta - theta t) ^+ n)%:E <= (split_at p n delta beta)%:E)%E.
Proof.
set far := p (pi / 2 - delta - beta) ^+ n; have mfar := measurable_far beta.
have far_ge0 : 0 <= far by rewrite exprn_ge0 ?p_ge0.
have mind : measurable_fun setT (fun t => (\1_[set t | beta <= theta t] t : R)%:E).
  exact/EFin_measurable_fun/measurable_fun_indic.
have sum : (\int[mu]_t ((\1_[set t | beta <= theta t] t : R)%:E + far%:E) =
            (split_at p n delta beta)%:E)%E.
  rewrite ge0_integralD //; last exact: measurable_fun_cst; last first.
    by move=> t _; rewrite lee_fin indicE ler0n.
  rewrite integral_indic // setIT integral_cst // [mu setT]mu1 mule1 EFinD.
  by have [-> _ _] := fine_measure mu1 mfar.
rewrite -sum; apply: ge0_le_integral => //.
- by move=> t _; rewrite lee_fin exprn_ge0 ?p_ge0.
- exact: measurable_far_power.
- by move=> t _; rewrite -EFinD lee_fin addr_ge0.
- by apply: emeasurable_funD => //; exact: measurable_fun_cst.
move=> t _; rewrite -EFinD lee_fin indicE; have [hard|easy] := leP beta (theta t).
  rewrite mem_set // (@le_trans _ _ 1) ?ler_addl //.
  by rewrite exprn_ile1 ?p_ge0 ?p_le1.
rewrite memNset ?add0r; last by rewrite /= leNgt easy.
rewrite ler_expn2r ?nnegrE ?p_ge0 // p_le // ler_add2l ler_opp2.
exact: ltW.
Qed.

(** Theorem D.1 for any task: a student at an angle of at most delta to w_hat, for
    every transfer set, has E R <= inf over beta in [0, pi/2] of
    p(beta) + p(pi/2 - delta - beta)^n. *)
Theorem theorem_D1 : (expected_risk student <= (infimum p n delta)%:E)%E.
Proof.
have le_split beta : (expected_risk student <= (split_at p n delta beta)%:E)%E.
  exact: le_trans integral_bound_approximate (integral_bound_split beta).
have ge0 : (0 <= expected_risk student)%E.
  apply: integral_ge0 => o _; rewrite lee_fin.
  by have [] := fine_measure mu1 (measurable_lost (student o)).
have <- : (fine (expected_risk student))%:E = expected_risk student.
  by rewrite fineK // ge0_fin_numE // (le_lt_trans (le_split 0)) ?ltry.
rewrite lee_fin; apply: le_infimum => beta _.
by rewrite -lee_fin fineK // ge0_fin_numE // (le_lt_trans (le_split 0)) ?ltry.
Qed.
End Approximate.

Let student o := w_hat (X o) w_star.

Let student_measurable : measurable_matrix student.
Proof.
apply: measurable_mul; first exact: measurable_proj measurable_X.
by move=> i j; exact: measurable_const.
Qed.

Let student_near o : w_hat (X o) w_star != 0 -> angle (w_hat (X o) w_star) (student o) <= 0.
Proof. by move=> h0; rewrite angle_refl. Qed.

(** Theorem 3, (18), for any task: where the examples span R^d the student is the
    teacher, and its transfer risk is 0. *)
Theorem theorem_3_18 o : \rank (X o) = d -> risk (student o) = 0.
Proof.
move=> rX; rewrite /student /w_hat proj_full // mul1mx /risk.
rewrite (_ : lost w_star = set0) ?measure0 //.
by apply/seteqP; split=> t //; rewrite /lost /= eqxx.
Qed.

(** Theorem 3, (19), for any task: E R(w_hat) <= inf over beta in [0, pi/2] of
    p(beta) + p(pi/2 - beta)^n, for every n and d and for examples of any rank. *)
Theorem theorem_3_19 : (expected_risk student <= (infimum p n 0)%:E)%E.
Proof. by apply: theorem_D1 => //; exact: student_near. Qed.

(** The integral bound for any task: E R <= E[p(pi/2 - theta)^n]. *)
Theorem integral_bound :
  (expected_risk student <= \int[mu]_t (p (pi / 2 - theta t) ^+ n)%:E)%E.
Proof.
have := integral_bound_approximate student_measurable (lexx 0) student_near.
by under [X in (_ <= X)%E]eq_integral do rewrite subr0.
Qed.
End AnyLaw.
