(** Without knowing the teacher: ask where the data are. No choice of n questions leaves
    less of the test examples than their n leading directions. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import reals normedtype sequences exp trigo.
From Distillation Require Import projections angles lemma_1 calculus.
From Distillation Require Import choosing.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Leading.
(** Whoever does not know the teacher asks where the data are. [moment] is the second
    moment S of the test examples, V has its eigenvectors as columns, and lambda are
    its eigenvalues, from the largest to the smallest. *)
Variables (R : realFieldType) (d : nat) (V : 'M[R]_d) (lambda : 'I_d -> R).
Hypothesis orthonormal : V^T *m V = 1%:M.
Hypothesis lambda_ge0 : forall j, 0 <= lambda j.
Hypothesis lambda_falls : forall i j : 'I_d, (i <= j)%N -> lambda j <= lambda i.

Definition moment : 'M[R]_d := V *m diag_mx (\row_j lambda j) *m V^T.

(** What the span of the questions [X] misses of the data, tr S (I - P). *)
Definition missed n (X : 'M[R]_(d, n)) : R := \tr (moment *m (1%:M - proj X)).

Lemma trace_proj n (X : 'M[R]_(d, n)) : \tr (proj X) = (\rank X)%:R.
Proof.
have u := gram_unit (rank_col_base X).
by rewrite /proj /gram_projection -mulmxA mxtrace_mulC -mulmxA mulVmx // mxtrace1.
Qed.

Let part n (X : 'M[R]_(d, n)) j := normsq (rest X (col j V)).

Lemma part_itv n (X : 'M[R]_(d, n)) j : 0 <= part X j <= 1.
Proof.
rewrite normsq_ge0 /part normsq_rest.
have -> : normsq (col j V) = 1.
  have := congr1 (fun M : 'M_d => M j j) orthonormal; rewrite !mxE eqxx => one.
  by apply: etrans one; apply: eq_bigr => i _; rewrite !mxE.
by rewrite ler_subl_addr ler_addl normsq_ge0.
Qed.

Lemma part_mx n (X : 'M[R]_(d, n)) j : (V^T *m (1%:M - proj X) *m V) j j = part X j.
Proof.
have -> : part X j = dot (col j V) ((1%:M - proj X) *m col j V).
  by rewrite mulmxBl mul1mx -/(rest X _) dotC -dot_rest.
by rewrite -dot_mx tr_col colE !mulmxA -row_mul -row_mul -colE !mxE.
Qed.

Lemma missed_parts n (X : 'M[R]_(d, n)) : missed X = \sum_j lambda j * part X j.
Proof.
rewrite /missed /moment -!mulmxA mxtrace_mulC -!mulmxA.
apply: eq_bigr => j _; rewrite mul_diag_mx mxE.
by congr (_ * _); [rewrite mxE | rewrite -part_mx mulmxA].
Qed.

Lemma sum_parts n (X : 'M[R]_(d, n)) : \sum_j part X j = d%:R - (\rank X)%:R.
Proof.
transitivity (\tr (V^T *m (1%:M - proj X) *m V)).
  by apply: eq_bigr => j _; rewrite part_mx.
rewrite -mulmxA mxtrace_mulC -mulmxA (mulmx1C orthonormal) mulmx1.
by rewrite linearB /= mxtrace1 trace_proj.
Qed.

(** n questions miss at least the eigenvalues that come after the n largest. *)
Theorem least_missed n (X : 'M[R]_(d, n)) : \sum_(j < d | (n <= j)%N) lambda j <= missed X.
Proof.
have [dn|nd] := leqP d n.
  rewrite big_pred0 => [|j]; last by rewrite leqNgt (leq_trans (ltn_ord j)).
  rewrite missed_parts; apply: sumr_ge0 => j _; rewrite mulr_ge0 //.
  by case/andP: (part_itv X j).
pose t := lambda (Ordinal nd).
rewrite missed_parts -subr_ge0.
have : 0 <= t * (\sum_j part X j - \sum_(j < d | (n <= j)%N) 1).
  apply: mulr_ge0; first exact: lambda_ge0.
  rewrite sum_parts.
  have -> : \sum_(j < d | (n <= j)%N) 1 = (d - n)%:R :> R.
    have E m : \sum_(j < m) 1 = m%:R :> R by rewrite sumr_const card_ord.
    have := E d; rewrite (bigID (fun j : 'I_d => n <= j)%N) /=.
    rewrite [X in _ + X](eq_bigl (fun j : 'I_d => j < n)%N) => [|j]; last by rewrite ltnNge.
    rewrite (big_ord_narrow (ltnW nd)) E.
    by move=> /(canRL (addrK _)) ->; rewrite natrB ?(ltnW nd).
  by rewrite natrB ?(ltnW nd) // subr_ge0 ler_add2l ler_opp2 ler_nat rank_leq_col.
move=> /le_trans; apply.
rewrite mulrBr !mulr_sumr [X in _ - X <= _]big_mkcond [X in _ <= _ - X]big_mkcond -!sumrB.
apply: ler_sum => j _; have /andP[p0 p1] := part_itv X j.
case: leqP => jn; last first.
  by rewrite !subr0 ler_wpmul2r // lambda_falls // ltnW.
rewrite mulr1 -subr_ge0 (_ : _ - _ = (t - lambda j) * (1 - part X j)); last by ring.
by rewrite mulr_ge0 // subr_ge0 // lambda_falls.
Qed.

(** The n leading eigenvectors miss no more. *)
Theorem leading_missed n : (n <= d)%N ->
  missed (V *m (pid_mx n : 'M_(d, n))) = \sum_(j < d | (n <= j)%N) lambda j.
Proof.
move=> nd; set E : 'M_(d, n) := pid_mx n; set X := V *m E.
have XX : X^T *m X = 1%:M.
  rewrite trmx_mul -mulmxA (mulmxA V^T) orthonormal mul1mx tr_pid_mx mul_pid_mx.
  by rewrite !minnn (minn_idPr nd) pid_mx_1.
have P : proj X = X *m X^T.
  apply: (@proj_unique _ _ _ X _ X^T) => //; last by rewrite -mulmxA XX mulmx1.
  split; first by rewrite trmx_mul trmxK.
  by rewrite mulmxA -(mulmxA X) XX mulmx1.
rewrite missed_parts [RHS]big_mkcond; apply: eq_bigr => j _; rewrite -part_mx P.
have -> : V^T *m (1%:M - X *m X^T) *m V = 1%:M - (pid_mx n : 'M_d).
  rewrite mulmxBr mulmxBl mulmx1 orthonormal trmx_mul !mulmxA orthonormal mul1mx.
  by rewrite -(mulmxA _ V^T) orthonormal mulmx1 tr_pid_mx mul_pid_mx !minnn.
by rewrite !mxE !eqxx /=; case: leqP => _; rewrite ?subr0 ?subrr ?mulr1 ?mulr0.
Qed.

Section Teachers.
(** A law of the teacher, of which only the second moment I/d is used, which a uniform
    direction has: teachers [w_star i] with the chances [p i]. *)
Variables (m : nat) (p : 'I_m -> R) (w_star : 'I_m -> 'cV[R]_d).
Hypothesis second_moment : \sum_i p i *: (w_star i *m (w_star i)^T) = (d%:R^-1)%:M.

(** The mean of |S^(1/2) (w_star - w_hat)|^2, for questions fixed in advance. *)
Definition mean_error n (X : 'M[R]_(d, n)) : R :=
  \sum_i p i * dot (rest X (w_star i)) (moment *m rest X (w_star i)).

Lemma mean_missed n (X : 'M[R]_(d, n)) : mean_error X = missed X / d%:R.
Proof.
have [PT PP] := proj_orth X; rewrite /missed; set M := 1%:M - proj X.
have MT : M^T = M by rewrite linearB /= trmx1 PT.
have MM : M *m M = M by rewrite {1}/M mulmxBl mul1mx mulmxBr PP mulmx1 subrr subr0.
transitivity (\tr (moment *m (M *m (\sum_i p i *: (w_star i *m (w_star i)^T)) *m M^T))); last first.
  by rewrite second_moment mul_mx_scalar -scalemxAl MT MM -scalemxAr linearZ mulrC.
rewrite mulmx_sumr mulmx_suml mulmx_sumr linear_sum; apply: eq_bigr => i _.
rewrite -scalemxAr -scalemxAl -scalemxAr linearZ /=; congr (_ * _).
have -> : rest X (w_star i) = M *m w_star i by rewrite mulmxBl mul1mx.
rewrite -dot_mx -trace_mx11 mxtrace_mulC trmx_mul; congr (\tr _).
by rewrite !mulmxA.
Qed.

(** Ask where the data are: the mean is tr S (I - P)/d, it is at least the sum of the
    eigenvalues after the n-th, over d, and the n leading eigenvectors reach that. *)
Theorem leading_directions n (X : 'M[R]_(d, n)) :
  let least := (\sum_(j < d | (n <= j)%N) lambda j) / d%:R in
  [/\ mean_error X = \tr (moment *m (1%:M - proj X)) / d%:R, least <= mean_error X &
      (n <= d)%N -> mean_error (V *m (pid_mx n : 'M_(d, n))) = least].
Proof.
split=> [||nd]; rewrite mean_missed //; last by rewrite leading_missed.
by rewrite ler_wpmul2r ?invr_ge0 ?ler0n // least_missed.
Qed.
End Teachers.
End Leading.
