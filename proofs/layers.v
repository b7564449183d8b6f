(** Layers (Appendix C), of any widths: products, gradients and balance, as algebra.
    The layer [W j] is the paper's W_(j+1), so the first is [W 0] and the last
    [W N.-1]; it has [width j] inputs and [width j.+1] outputs. *)
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

Lemma one_row (R : realFieldType) m n (A : 'M[R]_(m, n)) : m = 1%N ->
  A *m A^T = (normsq (const_mx 1 *m A)^T)%:M.
Proof.
move=> m1; subst m; rewrite (_ : const_mx 1 = 1%:M) ?mul1mx; last first.
  by apply/matrixP => i j; rewrite !ord1 !mxE.
by rewrite /normsq -dot_mx trmxK -mx11_scalar.
Qed.

Lemma one_index m (a b : 'I_m) : m = 1%N -> a = b.
Proof. by move=> m1; subst m; rewrite !ord1. Qed.

Section Layers.
Variables (R : realFieldType) (N : nat) (width : nat -> nat).
Variable W : forall j, 'M[R]_(width j.+1, width j).

(** The product W_j ... W_1 of the lowest j layers; the product of p layers from
    W_(j+1) up, and that of all layers above W_j, a row ([const_mx 1] is the
    number 1: the network has one output). *)
Fixpoint below j : 'M[R]_(width j, width 0) := if j is i.+1 then W i *m below i else 1%:M.
Fixpoint stack p j : 'rV[R]_(width j) := if p is q.+1 then stack q j.+1 *m W j else const_mx 1.
Definition above j : 'rV[R]_(width j) := stack (N - j) j.
Definition student : 'cV[R]_(width 0) := (above 0)^T.
Definition layer_gradient (g : 'cV[R]_(width 0)) j : 'M[R]_(width j.+1, width j) :=
  (above j.+1)^T *m g^T *m (below j)^T.
Definition imbalance j : 'M[R]_(width j.+1) := (W j.+1)^T *m W j.+1 - W j *m (W j)^T.
Definition balanced := forall j, (j.+1 < N)%N -> imbalance j = 0.

Lemma aboveS j : (j < N)%N -> above j = above j.+1 *m W j.
Proof. by move=> jN; rewrite /above subnS; case: (N - j)%N (subn_gt0 j N) => [|p]; rewrite jN. Qed.

Lemma belowS j : below j.+1 = W j *m below j. Proof. by []. Qed.

Lemma above_top : above N = const_mx 1. Proof. by rewrite /above subnn. Qed.

Lemma gradients_meet g j : (j.+1 < N)%N ->
  (W j.+1)^T *m layer_gradient g j.+1 = layer_gradient g j *m (W j)^T.
Proof.
by move=> jN; rewrite /layer_gradient (aboveS jN) belowS !trmx_mul !mulmxA.
Qed.

(* The product rule: what velocities [dW] of the layers make of the products. *)
Variable dW : forall j, 'M[R]_(width j.+1, width j).
Fixpoint dstack p j : 'rV[R]_(width j) :=
  if p is q.+1 then dstack q j.+1 *m W j + stack q j.+1 *m dW j else 0.
Definition dstudent : 'cV[R]_(width 0) := (dstack N 0)^T.

Lemma dstack_sum p j : (j + p = N)%N ->
  dstack p j *m below j = \sum_(j <= i < N) above i.+1 *m dW i *m below i.
Proof.
elim: p j => [|p IH] j E; first by rewrite big_geq ?mul0mx // -E addn0.
have jN : (j < N)%N by rewrite -E addnS ltnS leq_addr.
have pE : above j.+1 = stack p j.+1 by rewrite /above -E addnS subSS addnC addnK.
rewrite big_ltn // -[dstack p.+1 j]/(dstack p j.+1 *m W j + stack p j.+1 *m dW j).
by rewrite mulmxDl addrC -[_ *m W j *m _]mulmxA -belowS IH ?addSnnS // pE.
Qed.

Lemma student_below j : (j <= N)%N -> student^T = above j *m below j.
Proof.
elim: j => [|j IH] jN; first by rewrite /student trmxK mulmx1.
by rewrite (IH (ltnW jN)) belowS mulmxA -aboveS.
Qed.

Section Descent.
Variable g : 'cV[R]_(width 0).
Hypothesis flow : forall j, (j < N)%N -> dW j = - layer_gradient g j.

(* The part of layer j+1 in the velocity of the student. *)
Lemma part j : (j < N)%N -> above j.+1 *m dW j *m below j =
  - (normsq (above j.+1)^T *: (g^T *m ((below j)^T *m below j))).
Proof.
move=> jN; rewrite flow // mulmxN mulNmx /layer_gradient !mulmxA; congr (- _).
have -> : above j.+1 *m (above j.+1)^T = (normsq (above j.+1)^T)%:M.
  by rewrite [LHS]mx11_scalar /normsq -dot_mx trmxK.
by rewrite -!mulmxA mul_scalar_mx.
Qed.

Lemma dstudentE : dstudent^T =
  - \sum_(0 <= j < N) normsq (above j.+1)^T *: (g^T *m ((below j)^T *m below j)).
Proof.
rewrite /dstudent trmxK -[LHS]mulmx1 (dstack_sum (j := 0)) // -sumrN.
by apply: eq_big_nat => j jN; exact: part.
Qed.

(** Every flow descends, balanced or not: (gradient . velocity) is minus the sum
    of the squares of all entries of the layers' gradients, each of which is the
    square of |W_N ... W_(j+1)| |W_(j-1) ... W_1 g|. *)
Lemma dot_dstudent : dot g dstudent =
  - \sum_(0 <= j < N) normsq (above j.+1)^T * normsq (below j *m g).
Proof.
rewrite dotC -dot_mx dstudentE mulNmx mulmx_suml !mxE summxE; congr (- _).
apply: eq_bigr => j _; rewrite -scalemxAl mxE; congr (_ * _).
by rewrite /normsq -dot_mx trmx_mul !mulmxA.
Qed.
End Descent.

Section Balance.
Hypotheses (one_output : width N = 1%N) (N_gt0 : (0 < N)%N) (bal : balanced).

Let C j := W j *m (W j)^T.
(* The square of the length of the last layer, W_N: its only entry of W_N W_N'. *)
Definition rho : R := normsq (above N.-1)^T.

Lemma rho_ge0 : 0 <= rho.
Proof. exact: normsq_ge0. Qed.

Let balE j : (j.+1 < N)%N -> (W j.+1)^T *m W j.+1 = C j.
Proof. by move=> /bal/eqP; rewrite subr_eq0 => /eqP. Qed.

Let last j : N = j.+1 -> W j *m (W j)^T = rho%:M.
Proof.
move=> E; have top : above j.+1 = const_mx 1 by rewrite -E above_top.
have -> : rho = normsq (const_mx 1 *m W j)^T.
  rewrite /rho (_ : N.-1 = j); last by rewrite E.
  by rewrite aboveS ?top // E.
exact: one_row (etrans (congr1 width (esym E)) one_output).
Qed.

Lemma SW j : (j < N)%N -> C j *m W j = rho *: W j.
Proof.
move=> jN; have [p E] : exists p, N = (p + j).+1.
  by exists (N - j.+1)%N; rewrite -addnS subnK.
elim: p j jN E => [|p IH] j jN E; first by rewrite /C last // mul_scalar_mx.
have jN' : (j.+1 < N)%N by rewrite E addSn !ltnS leq_addl.
have CC : C j *m C j = rho *: C j.
  rewrite -{1 2}(balE jN') -mulmxA [W j.+1 *m _]mulmxA (IH _ jN') ?E ?addnS //.
  by rewrite -scalemxAr (balE jN').
have ST : (C j)^T = C j by rewrite trmx_mul trmxK.
apply: subr0_eq; apply: mul_tr_eq0.
have -> : (C j *m W j - rho *: W j)^T = (W j)^T *m C j - rho *: (W j)^T.
  by rewrite linearB linearZ /= trmx_mul ST.
have E1 : W j *m ((W j)^T *m C j - rho *: (W j)^T) = 0.
  by rewrite mulmxBr mulmxA -scalemxAr -/(C j) CC subrr.
by rewrite mulmxBl -mulmxA -scalemxAl E1 mulmx0 scaler0 subrr.
Qed.

Lemma WC j : (j < N)%N -> (W j)^T *m C j = rho *: (W j)^T.
Proof.
move=> jN; rewrite (_ : rho *: (W j)^T = (rho *: W j)^T); last by rewrite linearZ.
by rewrite -SW // trmx_mul (_ : (C j)^T = C j) // trmx_mul trmxK.
Qed.

Lemma W_above j : (j < N)%N -> W j *m (above j)^T = rho *: (above j.+1)^T.
Proof.
move=> jN; rewrite aboveS // trmx_mul mulmxA.
have [jN'|] := ltnP j.+1 N; last first.
  move=> Nj; have E : N = j.+1 by apply/eqP; rewrite eqn_leq Nj.
  by rewrite last // mul_scalar_mx.
rewrite -/(C j) -(balE jN') [in LHS]aboveS // trmx_mul -mulmxA [W _ *m _]mulmxA -/(C j.+1).
by rewrite mulmxA WC // -scalemxAl [above j.+1]aboveS // trmx_mul.
Qed.

(** |W_N ... W_(j+1)|^2 = rho^(N-j): all layers have the length sqrt(rho). *)
Lemma above_sq j : (j <= N)%N -> normsq (above j)^T = rho ^+ (N - j).
Proof.
move=> /subnKC => E; move: (N - j)%N E => p; elim: p j => [|p IH] j E.
  rewrite addn0 in E; rewrite E above_top /normsq /dot.
  rewrite (eq_bigr (fun=> 1)) ?sumr_const ?card_ord ?one_output ?expr0 //.
  by move=> i _; rewrite !mxE mulr1.
have jN : (j < N)%N by rewrite -E addnS ltnS leq_addr.
rewrite /normsq {1}aboveS // trmx_mul dot_mull trmxK W_above // dotZr exprS.
by rewrite -(IH j.+1) ?addSnnS.
Qed.

Lemma student_sq : normsq student = rho ^+ N.
Proof. by rewrite above_sq // subn0. Qed.

Lemma above_gram j : (j < N)%N ->
  (above j)^T *m above j = rho ^+ (N - j).-1 *: ((W j)^T *m W j).
Proof.
move=> jN; have [p E] : exists p, N = (p + j).+1.
  by exists (N - j.+1)%N; rewrite -addnS subnK.
elim: p j jN E => [|p IH] j jN E.
  have top : (above j.+1)^T *m above j.+1 = 1%:M.
    rewrite -E above_top; apply/matrixP => a b; rewrite !mxE big_ord1 !mxE mulr1.
    by rewrite (one_index a b one_output) eqxx.
  rewrite E add0n subSnn expr0 scale1r aboveS // trmx_mul -mulmxA.
  by rewrite (mulmxA (above _)^T) top mul1mx.
have jN' : (j.+1 < N)%N by rewrite E addSn !ltnS leq_addl.
rewrite aboveS // trmx_mul -mulmxA (mulmxA (above _)^T) IH // ?E ?addnS //.
rewrite -!scalemxAl -!scalemxAr balE // mulmxA WC // -scalemxAl scalerA -exprSr.
congr (_ ^+ _ *: _).
by rewrite subSS -[(p.+1 + j).+1]/(p.+2 + j)%N !addnK.
Qed.

(** |W_j ... W_1|^2, as a matrix: all layers have rank one. *)
Lemma below_gram j : (0 < j < N)%N ->
  rho ^+ (N - j) *: ((below j)^T *m below j) = student *m student^T.
Proof.
case/andP; case: j => // j _ jN; have j0 : (j < N)%N by exact: ltnW.
have -> : student *m student^T = (below j.+1)^T *m ((above j.+1)^T *m above j.+1) *m below j.+1.
  rewrite -[X in X *m _ = _]trmxK (student_below (ltnW jN)) -!mulmxA.
  by rewrite [(above j.+1 *m _)^T]trmx_mul -!mulmxA.
rewrite above_gram // -scalemxAr -scalemxAl balE // belowS -(mulmxA _ (C j)) (mulmxA (C j)) SW //.
by rewrite -scalemxAl -scalemxAr scalerA -exprSr prednK ?subn_gt0.
Qed.


(** The velocity of the student of balanced layers, when each layer goes against
    its gradient: Theorem C.1 without roots. *)
Lemma dstudent_balanced g : (forall j, (j < N)%N -> dW j = - layer_gradient g j) ->
  rho != 0 -> dstudent = - (rho ^+ N.-1 *: g + (N.-1%:R * (dot student g / rho)) *: student).
Proof.
move=> flow r0; apply: (can_inj (@trmxK _ _ _)).
have trZ (a : R) (v : 'cV[R]_(width 0)) : (a *: v)^T = a *: v^T.
  by apply/matrixP => i j; rewrite !mxE.
rewrite (dstudentE flow) linearN linearD /= !trZ; congr (- _).
rewrite big_ltn // above_sq // subn1 trmx1 !mulmx1; congr (_ + _).
rewrite (eq_big_nat _ _ (F2 := fun=> (dot student g / rho) *: student^T)).
  by rewrite sumr_const_nat subn1 -scaler_nat scalerA.
move=> j /andP[j0 jN]; rewrite above_sq // subnS.
have E : (N - j)%N = (N - j).-1.+1 by rewrite prednK ?subn_gt0.
have := below_gram (j := j); rewrite j0 jN => /(_ isT) G.
have -> : (below j)^T *m below j = (rho ^+ (N - j))^-1 *: (student *m student^T).
  by rewrite -G scalerA mulVf ?scale1r // expf_neq0.
rewrite -scalemxAr mulmxA (mx11_scalar (g^T *m student)) dot_mx mul_scalar_mx !scalerA.
congr (_ *: _); rewrite E -pred_Sn exprS (dotC g); have := expf_neq0 (N - j).-1 r0.
by move: (rho ^+ _) (dot _ _) => r x r1; field; rewrite r0.
Qed.
End Balance.
End Layers.
