(** Students that see rows and logits alone: the interpolant is the projection, and
    the student of all rows but one is known without training it. The rows of [A]
    are the examples, [z] their logits, [rho] a ridge or 0. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From Distillation Require Import projections.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section OwnTeacher.
Variable R : realFieldType.

(** The Gram matrix of the rows with a ridge, K + rho, and the student that rows and
    logits have: A' (K + rho)^-1 z. *)
Definition gram n d (A : 'M[R]_(n, d)) rho : 'M[R]_n := A *m A^T + rho%:M.
Definition student n d (A : 'M[R]_(n, d)) rho (z : 'cV[R]_n) : 'cV[R]_d :=
  A^T *m (invmx (gram A rho) *m z).

(** If the rows are independent and the logits are a teacher's, the student without
    a ridge is the projection w_hat. *)
Theorem interpolated_logits n d (A : 'M[R]_(n, d)) w_star : \rank A = n ->
  student A 0 (A *m w_star) = w_hat A^T w_star.
Proof.
move=> rA; rewrite /w_hat proj_gram ?mxrank_tr // /gram_projection /student /gram trmxK.
by rewrite raddf0 addr0 !mulmxA.
Qed.

Section Alike.
Variables (n d : nat) (A : 'M[R]_(n, d)) (z : 'cV[R]_n) (x : 'cV[R]_d).
Hypothesis independent : \rank A = n.

(* Rows that are combined, and logits that are combined likewise, say the same. *)
Lemma student_combined C : C \in unitmx -> student (C *m A) 0 (C *m z) = student A 0 z.
Proof.
move=> C_ok; have K_ok : A *m A^T \in unitmx.
  by rewrite -{1}[A]trmxK gram_unit // mxrank_tr.
have CT_ok : C^T \in unitmx by rewrite unitmx_tr.
rewrite /student /gram raddf0 !addr0 trmx_mul -!mulmxA; congr (_ *m _).
rewrite -[RHS](mulKVmx CT_ok); congr (_ *m _).
set v := invmx _ *m z; have -> : C *m z = C *m (A *m (A^T *m C^T)) *m (invmx C^T *m v).
  by rewrite !mulmxA mulmxK // -!mulmxA (mulmxA A) (mulKVmx K_ok).
by rewrite mulKmx // !mulmxA -(mulmxA C A) !unitmx_mul C_ok K_ok.
Qed.

(** The student's logit on [x] does not change if all rows and [x] are multiplied by a
    number, if rows are multiplied together with their logits, or if rows change places. *)
Theorem students_alike :
  (forall c, c != 0 -> dot (c *: x) (student (c *: A) 0 z) = dot x (student A 0 z)) /\
  (forall c : 'rV_n, (forall i, c 0 i != 0) ->
    dot x (student (diag_mx c *m A) 0 (diag_mx c *m z)) = dot x (student A 0 z)) /\
  (forall s, dot x (student (row_perm s A) 0 (row_perm s z)) = dot x (student A 0 z)).
Proof.
split=> [c c0|]; last split=> [c c0|s].
- have C_ok : c%:M \in @unitmx R n by rewrite unitmxE det_scalar unitfE expf_neq0.
  rewrite -(student_combined C_ok) !mul_scalar_mx dotZl -dotZr; congr (dot _ _).
  by rewrite /student -!scalemxAr.
- rewrite student_combined // unitmxE det_diag unitfE; apply/prodf_neq0 => i _; exact: c0.
- by rewrite !row_permE student_combined // unitmx_perm.
Qed.
End Alike.

Section LeaveOneOut.
Variables (n d : nat) (A : 'M[R]_(n, d)) (rho : R).
Hypotheses (rho_ge0 : 0 <= rho) (gram_ok : gram A rho \in unitmx).

Lemma form_gram (x : 'cV[R]_n) : dot x (gram A rho *m x) = normsq (A^T *m x) + rho * normsq x.
Proof. by rewrite mulmxDl mul_scalar_mx dotDr dotZr -mulmxA -{1}(trmxK A) -dot_mull. Qed.

(* The form of K + rho is positive. *)
Lemma form_gram_eq0 (x : 'cV[R]_n) : dot x (gram A rho *m x) = 0 -> x = 0.
Proof.
rewrite form_gram => /eqP; rewrite paddr_eq0 ?mulr_ge0 ?normsq_ge0 //.
rewrite normsq_eq0 mulf_eq0 normsq_eq0 => /andP[/eqP Ax rx]; suff E : gram A rho *m x = 0.
  by rewrite -[x]mul1mx -(mulVmx gram_ok) -mulmxA E mulmx0.
rewrite mulmxDl -mulmxA Ax mulmx0 add0r mul_scalar_mx.
by case/orP: rx => /eqP ->; rewrite ?scale0r ?scaler0.
Qed.

(* A vector without the i-th entry, and with 0 there. *)
Let fill i (y : 'cV[R]_n.-1) : 'cV[R]_n := \sum_j y j 0 *: delta_mx (lift i j) 0.

Lemma fill_i i y : fill i y i 0 = 0.
Proof.
rewrite summxE big1 // => j _; rewrite !mxE eqxx andbT.
by rewrite (negPf (neq_lift _ _)) mulr0.
Qed.

Lemma row_fill m i y (B : 'M[R]_(n, m)) : B^T *m fill i y = (row' i B)^T *m y.
Proof.
apply/matrixP => l k; rewrite ord1 mulmx_sumr summxE [RHS]mxE; apply: eq_bigr => j _.
by rewrite -scalemxAr -colE !mxE mulrC.
Qed.

Lemma fill_lift i y j : fill i y (lift i j) 0 = y j 0.
Proof.
rewrite summxE (bigD1 j) //= big1 => [|l lj]; rewrite !mxE ?eqxx ?mulr1 ?addr0 //.
by rewrite (inj_eq lift_inj) eq_sym (negPf lj) mulr0.
Qed.

Lemma gram_fill i y : row' i (gram A rho *m fill i y) = gram (row' i A) rho *m y.
Proof.
rewrite !mulmxDl -!mulmxA row_fill !mul_scalar_mx; move: (_^T *m y) => v.
apply/matrixP => j k; rewrite !mxE ord1 fill_lift; congr (_ + _).
by apply: eq_bigr => l _; rewrite !mxE.
Qed.

Lemma gram_others i : gram (row' i A) rho \in unitmx.
Proof.
set B := row' i A; rewrite -row_free_unit -kermx_eq0; set K := kermx _.
apply/eqP/row_matrixP => r; set y := (row r K)^T.
have By : gram B rho *m y = 0.
  have -> : gram B rho = (gram B rho)^T by rewrite linearD /= trmx_mul trmxK tr_scalar_mx.
  by rewrite -trmx_mul -row_mul mulmx_ker row0 trmx0.
suff y0 : y = 0 by apply/trmx_inj; rewrite -/y y0 row0 trmx0.
have f0 : fill i y = 0.
  apply: form_gram_eq0; rewrite /dot big1 // => j _.
  have [l ->|->] := unliftP i j; last by rewrite fill_i mul0r.
  have := congr1 (fun M : 'cV_ _ => M l 0) (gram_fill i y).
  by rewrite By !mxE => ->; rewrite mulr0.
by apply/matrixP => j k; rewrite ord1 -(fill_lift i) f0 !mxE.
Qed.

(** Leave one out: with G = (K + rho)^-1, the student of all rows but the i-th gives
    that row the logit z_i - (G z)_i / G_ii, whatever the logits. *)
Theorem leave_one_out i z : let G := invmx (gram A rho) in
  (row i A *m student (row' i A) rho (row' i z)) 0 0 = z i 0 - (G *m z) i 0 / G i i.
Proof.
move=> G; pose y := invmx (gram (row' i A) rho) *m row' i z; pose a := fill i y.
have -> : student (row' i A) rho (row' i z) = A^T *m a by rewrite row_fill.
set s := (_ *m _) 0 0.
have Ka : gram A rho *m a = z - (z i 0 - s) *: delta_mx i 0.
  apply/matrixP => j k; rewrite ord1; have [l ->|->] := unliftP i j.
    have := congr1 (fun M : 'cV_ _ => M l 0) (gram_fill i y).
    rewrite mulmxA mulmxV ?gram_others // mul1mx !mxE => ->.
    by rewrite eq_sym (negPf (neq_lift _ _)) mulr0 subr0.
  have -> : (z - (z i 0 - s) *: delta_mx i 0) i 0 = s.
    by rewrite !mxE !eqxx mulr1 opprB addrC subrK.
  rewrite mulmxDl mul_scalar_mx -mulmxA !mxE fill_i mulr0 addr0.
  by rewrite /s !mxE; apply: eq_bigr => l _; rewrite !mxE.
have aE : a = G *m z - (z i 0 - s) *: (G *m delta_mx i 0).
  by rewrite scalemxAr -mulmxBr -Ka mulmxA mulVmx ?mul1mx.
have Gi : (G *m delta_mx i (0 : 'I_1)) i 0 = G i i by rewrite -colE mxE.
have G0 : G i i != 0.
  apply/eqP => Gii; have : dot (G *m delta_mx i 0) (gram A rho *m (G *m delta_mx i 0)) = 0.
    rewrite [gram _ _ *m _]mulmxA mulmxV // mul1mx /dot (bigD1 i) //= Gi Gii mul0r add0r.
    by rewrite big1 // => j ji; rewrite !mxE (negPf ji) mulr0.
  move/form_gram_eq0 => /(congr1 (mulmx (gram A rho))).
  rewrite mulmxA mulmxV // mul1mx mulmx0 => /matrixP/(_ i 0)/eqP.
  by rewrite !mxE !eqxx oner_eq0.
have := congr1 (fun M : 'cV_ _ => M i 0) aE; rewrite fill_i.
move: (G *m _) (G *m z) Gi {aE} => g Gz Gi; rewrite !mxE Gi => /esym/eqP.
by rewrite subr_eq0 => /eqP ->; rewrite mulfK // opprB addrC subrK.
Qed.
End LeaveOneOut.
End OwnTeacher.
