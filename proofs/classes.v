(** Several classes: the only stationary point in the span; pairs of classes, and two
    classes as the binary case. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp trigo.
From Distillation Require Import projections calculus angles lemma_1 loss theorem_1.
From Distillation Require Import softmax.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.

(** The student of a teacher of several classes: P W_star J. *)
Definition class_student (R : realFieldType) d n C (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C)) :=
  proj X *m W_star *m J R C.

Section Pairs.
Variables (R : realFieldType) (d n C : nat) (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C)).

Lemma tr_mul_proj : X^T *m proj X = X^T.
Proof. by have [PT _] := proj_orth X; rewrite -{1}PT -trmx_mul proj_id. Qed.

(** For each pair of classes the student's difference is the binary student of the
    teacher's difference. *)
Theorem class_pairs a b : col a (class_student X W_star) - col b (class_student X W_star) =
  w_hat X (col a W_star - col b W_star).
Proof.
have JE : J R C *m (delta_mx a 0 - delta_mx b 0) = delta_mx a 0 - delta_mx b 0 :> 'cV_C.
  rewrite mulmxBr -!colE; apply/matrixP => i j.
  by rewrite !mxE ord1 !eqxx !andbT opprB addrA subrK.
by rewrite /class_student /w_hat !colE -!mulmxBr -!mulmxA JE.
Qed.

(* In the span, logits decide. *)
Lemma class_unique (V W : 'M[R]_(d, C)) :
  proj X *m V = V -> X^T *m V = X^T *m W -> V = proj X *m W.
Proof.
have [Y XY] := proj_span X; have [PT _] := proj_orth X.
have PE : proj X = Y^T *m X^T by rewrite -{1}PT XY trmx_mul.
by move=> PV same; rewrite -PV PE -!mulmxA same.
Qed.
End Pairs.

Section Classes.
Variables (R : realType) (d n C : nat) (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C)).
Hypotheses (n_gt0 : (0 < n)%N) (C_gt0 : (0 < C)%N).
Implicit Types (U V : 'M[R]_(d, C)).

(** The logits of a student on the example [i], and its labels; the loss, its gradient,
    and its Hessian, applied to a direction [U]. *)
Definition logits V i : 'cV[R]_C := V^T *m col i X.
Definition label V i : 'cV[R]_C := softmax (logits V i).
Definition labels V : 'M[R]_(C, n) := \matrix_(c, i) label V i c 0.
Definition class_loss V : R := n%:R^-1 * \sum_i class_KL (label W_star i) (label V i).
Definition class_gradient V : 'M[R]_(d, C) :=
  n%:R^-1 *: (X *m (labels V - labels W_star)^T).
Definition class_hessian V U : 'M[R]_(d, C) :=
  n%:R^-1 *: \sum_i col i X *m (curvature (label V i) *m (U^T *m col i X))^T.

Let P := proj X.
Let J := J R C.
Let W_hat := class_student X W_star.
Let PT : P^T = P. Proof. by case: (proj_orth X). Qed.
Let PP : P *m P = P. Proof. by case: (proj_orth X). Qed.
Let JT : J^T = J. Proof. by case: (J_orth R C). Qed.
Let JJ : J *m J = J. Proof. by case: (J_orth R C). Qed.
Let XP : X^T *m P = X^T. Proof. exact: tr_mul_proj. Qed.
Let N_gt0 : 0 < n%:R^-1 :> R. Proof. by rewrite invr_gt0 ltr0n. Qed.
Let N_ge0 : 0 <= n%:R^-1 :> R := ltW N_gt0.

Lemma logitsE V i c : logits V i c 0 = (X^T *m V) i c.
Proof. by rewrite !mxE; apply: eq_bigr => j _; rewrite !mxE mulrC. Qed.

Lemma logitsB U V i : logits (U - V) i = logits U i - logits V i.
Proof. by rewrite /logits linearB mulmxBl. Qed.

Lemma logitsJ V i : logits (V *m J) i = J *m logits V i.
Proof. by rewrite /logits trmx_mul JT mulmxA. Qed.

Lemma logitsP V i : logits (P *m V) i = logits V i.
Proof. by rewrite /logits trmx_mul PT -mulmxA proj_col. Qed.

Lemma logits_eq U V : X^T *m U = X^T *m V <-> forall i, logits U i = logits V i.
Proof.
split=> [E i|E]; first by apply/matrixP => c j; rewrite !ord1 !logitsE E.
by apply/matrixP => i c; rewrite -!logitsE E.
Qed.

Lemma mdot_gradient V U : mdot (class_gradient V) U =
  n%:R^-1 * \sum_i dot (label V i - label W_star i) (logits U i).
Proof.
rewrite mdotZl; congr (_ * _).
transitivity (\sum_c \sum_i (label V i - label W_star i) c 0 * logits U i c 0).
  apply: eq_bigr => c _; rewrite colE -mulmxA -colE dot_mull; apply: eq_bigr => i _.
  rewrite logitsE [in X^T *m col c U]colE mulmxA -colE [col c (_ *m U) i 0]mxE; congr (_ * _).
  do 3 rewrite [LHS]mxE; rewrite [labels V c i]mxE [(- labels _) c i]mxE [labels _ c i]mxE.
  by rewrite [RHS]mxE [(- label _ _) c 0]mxE.
by rewrite exchange_big.
Qed.

Lemma mdot_hessian V U U' : mdot (class_hessian V U) U' =
  n%:R^-1 * \sum_i dot (curvature (label V i) *m logits U i) (logits U' i).
Proof.
rewrite mdotZl (big_morph (fun A => mdot A U') (fun A B => mdotDl A B U') (mdot0l U')).
congr (_ * _); apply: eq_bigr => i _; rewrite -/(logits U i); move: (curvature _ *m _) => v.
rewrite mdot_tr trmx_mul trmxK -mulmxA mxtrace_mulC trace_mx11.
by rewrite -[_^T *m U']trmxK dot_mx trmx_mul trmxK dotC.
Qed.

Section Curve.
(* A curve U of students, with velocity dU at time t. *)
Variables (U : R -> 'M[R]_(d, C)) (dU : 'M[R]_(d, C)) (t : R).
Hypothesis DU : forall j c, is_derive t 1 (fun s => U s j c) (dU j c).

Lemma derive_logits i c : is_derive t 1 (fun s => logits (U s) i c 0) (logits dU i c 0).
Proof.
have -> : (fun s => logits (U s) i c 0) = \sum_j (X j i *: (fun s => U s j c)).
  by apply/funext => s; rewrite fct_sumE logitsE mxE; apply: eq_bigr => j _; rewrite mxE.
have -> : logits dU i c 0 = \sum_j (X j i *: dU j c).
  by rewrite logitsE mxE; apply: eq_bigr => j _; rewrite mxE.
by apply: is_derive_sum => j; apply: is_deriveZ.
Qed.

Lemma derive_mdot V : is_derive t 1 (fun s => mdot (U s) V) (mdot dU V).
Proof.
have -> : (fun s => mdot (U s) V) = \sum_c (fun s => dot (col c (U s)) (col c V)).
  by apply/funext => s; rewrite fct_sumE.
apply: is_derive_sum => c; apply: derive_dot => j; rewrite mxE.
by under eq_fun do rewrite mxE.
Qed.

(** The gradient: along any differentiable curve the loss changes at the rate
    (gradient . velocity). *)
Theorem derive_class_loss :
  is_derive t 1 (fun s => class_loss (U s)) (mdot (class_gradient (U t)) dU).
Proof.
have -> : (fun s => class_loss (U s)) =
          n%:R^-1 *: \sum_i (fun s => class_KL (label W_star i) (label (U s) i)).
  by apply/funext => s; rewrite /class_loss [RHS]/GRing.scale /= fct_sumE.
rewrite mdot_gradient; apply: is_deriveZ; apply: is_derive_sum => i.
exact: (derive_KL C_gt0 (derive_logits i)).
Qed.

(** The Hessian: the gradient in a direction [V] changes at the rate
    (H velocity) . V. *)
Theorem derive_class_gradient V : is_derive t 1 (fun s => mdot (class_gradient (U s)) V)
  (mdot (class_hessian (U t) dU) V).
Proof.
have -> : (fun s => mdot (class_gradient (U s)) V) = n%:R^-1 *:
    \sum_i ((fun s => dot (label (U s) i) (logits V i)) - cst (dot (label W_star i) (logits V i))).
  apply/funext => s; rewrite mdot_gradient [RHS]/GRing.scale /= fct_sumE; congr (_ * _).
  by apply: eq_bigr => i _; rewrite dotDl dotNl.
rewrite mdot_hessian; apply: is_deriveZ; apply: is_derive_sum => i.
have D : is_derive t 1 (fun s => dot (label (U s) i) (logits V i))
    (dot (curvature (label (U t) i) *m logits dU i) (logits V i)).
  by apply: derive_dot => c; exact: (derive_softmax C_gt0 (derive_logits i)).
by apply: is_derive_eq; rewrite subr0.
Qed.
End Curve.

Theorem class_loss_ge0 V : 0 <= class_loss V.
Proof. by rewrite mulr_ge0 // sumr_ge0 // => i _; exact: KL_ge0. Qed.

(** The loss is 0 exactly where the logits on the examples are the teacher's, up to a
    number for each example. *)
Theorem class_minimisers V : class_loss V = 0 <-> X^T *m (V *m J) = X^T *m (W_star *m J).
Proof.
split=> [/eqP|/logits_eq same]; last first.
  rewrite /class_loss big1 ?mulr0 // => i _; have := same i; rewrite !logitsJ => /softmax_J E.
  by rewrite /label E // KL_lse // subrr dot0r add0r subrr.
rewrite mulf_eq0 gt_eqF //= => /eqP/psumr_eq0P zero; apply/logits_eq => i.
by rewrite !logitsJ; symmetry; apply: KL_eq0 => //; apply: zero => // j _; exact: KL_ge0.
Qed.

Lemma PW_hat : P *m W_hat = W_hat.
Proof. by rewrite /W_hat /class_student -/P -/J -(mulmxA P) (mulmxA P P) PP. Qed.

Lemma W_hatJ : W_hat *m J = W_hat.
Proof. by rewrite /W_hat /class_student -/J -mulmxA JJ. Qed.

Lemma loss_W_hat : class_loss W_hat = 0.
Proof.
apply/class_minimisers; rewrite W_hatJ /W_hat /class_student -/P -/J -(mulmxA P).
by rewrite (mulmxA X^T P) XP.
Qed.

(* The loss of V' by way of V. *)
Lemma loss_three V V' : class_loss V' = class_loss V + mdot (class_gradient V) (V' - V) +
  n%:R^-1 * \sum_i class_KL (label V i) (label V' i).
Proof.
rewrite mdot_gradient -!mulrDr -!big_split; congr (_ * _); apply: eq_bigr => i _ /=.
by rewrite logitsB; exact: KL_three.
Qed.

(** W_hat is the only stationary point among the students in the span whose rows sum
    to 0. *)
Theorem class_stationary V : P *m V = V -> V *m J = V ->
  class_gradient V = 0 <-> V = W_hat.
Proof.
move=> PV VJ; split=> [G0|->]; last first.
  have /class_minimisers/logits_eq same := loss_W_hat.
  have E : labels W_hat = labels W_star.
    apply/matrixP => c i; rewrite [LHS]mxE [RHS]mxE /label; congr (fun_of_matrix _ c 0).
    by apply: softmax_J => //; rewrite -!logitsJ same.
  by rewrite /class_gradient E subrr trmx0 mulmx0 scaler0.
have := loss_three V W_hat; rewrite G0 mdot0l addr0 loss_W_hat => zero.
have /class_minimisers E : class_loss V = 0.
  apply/eqP; rewrite eq_le class_loss_ge0 andbT [leRHS]zero ler_addl mulr_ge0 //.
  by apply: sumr_ge0 => i _; exact: KL_ge0.
by rewrite VJ in E; rewrite [LHS](class_unique PV E) (mulmxA (proj X)).
Qed.
End Classes.

(** The angle of a pair to the teacher's is at most the smallest of an example, ... *)
Theorem class_pairs_angle (R : realType) d n C (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, C)) a b i :
  let v := col a W_star - col b W_star in
  alpha v (col a (class_student X W_star) - col b (class_student X W_star)) <= alpha v (col i X).
Proof. by rewrite /= class_pairs; exact: alpha_student_le. Qed.

(** ... and it never rises when examples are added. *)
Theorem class_pairs_monotone (R : realType) d n m C (X : 'M[R]_(d, n)) (f : 'I_m -> 'I_n)
    (W_star : 'M[R]_(d, C)) a b : let v := col a W_star - col b W_star in
  alpha v (col a (class_student X W_star) - col b (class_student X W_star)) <=
  alpha v (col a (class_student (colsub f X) W_star) - col b (class_student (colsub f X) W_star)).
Proof. by rewrite /= !class_pairs; exact: lemma_1. Qed.

Section TwoClasses.
Variables (R : realType) (d n : nat) (X : 'M[R]_(d, n)) (W_star : 'M[R]_(d, 2)).

(** With two classes, the binary student is the difference of the columns. *)
Definition difference p (V : 'M[R]_(p, 2)) : 'cV[R]_p := col 0 V - col 1 V.

Lemma difference_mul p q (A : 'M_(q, p)) (V : 'M_(p, 2)) : difference (A *m V) = A *m difference V.
Proof. by rewrite /difference mulmxBr !colE !mulmxA. Qed.

Lemma differenceE p (V : 'M_(p, 2)) i : difference V i 0 = V i 0 - V i 1.
Proof. by rewrite !mxE. Qed.

Lemma softmax_two (a : 'cV[R]_2) : softmax a 0 0 = sigma (a 0 0 - a 1 0).
Proof.
rewrite mxE big_ord_recl big_ord1 /sigma opprB expRB -invf_div; congr (_^-1).
rewrite (_ : lift _ _ = 1); last exact/val_inj.
by rewrite mulrDl divff // gt_eqF ?expR_gt0.
Qed.

Lemma softmax_other (a : 'cV[R]_2) : softmax a 1 0 = 1 - softmax a 0 0.
Proof.
have := softmax_sum (ltn0Sn 1) a; rewrite big_ord_recl big_ord1.
by rewrite (_ : lift _ _ = 1) => [<-|]; [rewrite addrAC subrr add0r|exact/val_inj].
Qed.

Lemma label_two V i : label X V i 0 0 = sigma (logit X (difference V) i).
Proof.
by rewrite /label softmax_two !logitsE /logit -difference_mul differenceE.
Qed.

Lemma label_other V i : label X V i 1 0 = 1 - sigma (logit X (difference V) i).
Proof. by rewrite -label_two; exact: softmax_other. Qed.

(** Then the loss is (1) of the difference, ... *)
Theorem two_classes V : class_loss X W_star V = loss X (difference W_star) (difference V).
Proof.
congr (_ * _); apply: eq_bigr => i _; rewrite /class_KL big_ord_recl big_ord1.
by rewrite (_ : lift _ _ = 1); [rewrite !label_two !label_other|exact/val_inj].
Qed.

(** ... which moves at twice the speed of a student that is one vector. *)
Theorem two_classes_speed V : difference (class_gradient X W_star V) =
  2 *: gradient X (difference W_star) (difference V).
Proof.
have -> (p : nat) (a : R) (A : 'M_(p, 2)) : difference (a *: A) = a *: difference A.
  by apply/matrixP => i j; rewrite !ord1 [RHS]mxE !differenceE !mxE mulrBr.
have D (i : 'I_n) c :
    (labels X V - labels X W_star)^T i c = label X V i c 0 - label X W_star i c 0.
  by rewrite [LHS]mxE [LHS]mxE [(- labels _ _) c i]mxE [labels _ V c i]mxE [labels _ _ c i]mxE.
rewrite difference_mul [RHS]scalerA [2 * _]mulrC -scalerA [2 *: _]scalemxAr; congr (_ *: (_ *m _)).
apply/matrixP => i j; rewrite !ord1 differenceE !D !label_two !label_other.
rewrite /logit !mxE; move: (sigma _) (sigma _) => x y; ring.
Qed.
End TwoClasses.
