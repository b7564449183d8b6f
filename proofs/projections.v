(** The setting of section 3 that needs no limit: dot products, orthogonal
    projections, and the student [w_hat X w_star], the projection of the teacher
    onto the span of the examples. Examples are the columns of [X], as in the
    paper, and nothing is asked of the rank of [X]. All of this holds in every
    ordered field: it uses no axiom. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Dot.
Variables (R : realFieldType) (d : nat).
Implicit Types (u v w : 'cV[R]_d) (a : R).

Definition dot u v : R := \sum_i u i 0 * v i 0.
Definition normsq u : R := dot u u.

Lemma dot_mx u v : (u^T *m v) 0 0 = dot u v.
Proof. by rewrite mxE; apply: eq_bigr => i _; rewrite mxE. Qed.

Lemma dotC u v : dot u v = dot v u.
Proof. by apply: eq_bigr => i _; rewrite mulrC. Qed.

Lemma dotDr u v w : dot u (v + w) = dot u v + dot u w.
Proof. by rewrite -big_split; apply: eq_bigr => i _; rewrite mxE mulrDr. Qed.

Lemma dotDl u v w : dot (u + v) w = dot u w + dot v w.
Proof. by rewrite dotC dotDr !(dotC w). Qed.

Lemma dotZr a u v : dot u (a *: v) = a * dot u v.
Proof. by rewrite mulr_sumr; apply: eq_bigr => i _; rewrite mxE mulrCA. Qed.

Lemma dotZl a u v : dot (a *: u) v = a * dot u v.
Proof. by rewrite dotC dotZr dotC. Qed.

Lemma dotNr u v : dot u (- v) = - dot u v.
Proof. by rewrite -scaleN1r dotZr mulN1r. Qed.

Lemma dotNl u v : dot (- u) v = - dot u v.
Proof. by rewrite dotC dotNr dotC. Qed.

Lemma dot0r u : dot u 0 = 0.
Proof. by rewrite -(scale0r 0) dotZr mul0r. Qed.

Lemma dot0l u : dot 0 u = 0.
Proof. by rewrite dotC dot0r. Qed.

Definition dotE := (dotDl, dotDr, dotNl, dotNr, dotZl, dotZr).

Lemma normsq0 : normsq 0 = 0. Proof. exact: dot0r. Qed.

Lemma normsqN u : normsq (- u) = normsq u.
Proof. by rewrite /normsq dotNl dotNr opprK. Qed.

Lemma normsq_ge0 u : 0 <= normsq u.
Proof. by apply: sumr_ge0 => i _; rewrite -expr2 sqr_ge0. Qed.

Lemma sqr_coord_le u i : u i 0 ^+ 2 <= normsq u.
Proof.
rewrite /normsq /dot (bigD1 i) //= -expr2 ler_addl sumr_ge0 // => j _.
by rewrite -expr2 sqr_ge0.
Qed.

Lemma normsq_eq0 u : (normsq u == 0) = (u == 0).
Proof.
apply/eqP/eqP => [u0|->]; last exact: normsq0.
apply/matrixP => i j; rewrite mxE ord1; apply/eqP.
by rewrite -sqrf_eq0 eq_le sqr_ge0 andbT -u0 sqr_coord_le.
Qed.

Lemma normsq_gt0 u : (0 < normsq u) = (u != 0).
Proof. by rewrite lt_def normsq_eq0 normsq_ge0 andbT. Qed.

Lemma normsqD u v : normsq (u + v) = normsq u + normsq v + 2%:R * dot u v.
Proof. by rewrite /normsq !dotE (dotC v u); ring. Qed.

Lemma pythagoras u v : dot u v = 0 -> normsq (u + v) = normsq u + normsq v.
Proof. by move=> uv; rewrite normsqD uv mulr0 addr0. Qed.

Lemma cauchy_schwarz u v : dot u v ^+ 2 <= normsq u * normsq v.
Proof.
have [->|v0] := eqVneq v 0; first by rewrite normsq0 dot0r expr0n /= mulr0.
have := normsq_ge0 (normsq v *: u - dot u v *: v).
have -> : normsq (normsq v *: u - dot u v *: v)
          = normsq v * (normsq u * normsq v - dot u v ^+ 2).
  by rewrite /normsq !dotE (dotC v u); ring.
by rewrite pmulr_rge0 ?normsq_gt0 // subr_ge0.
Qed.
End Dot.

Lemma dot_mull (R : realFieldType) m n (A : 'M[R]_(m, n)) u v :
  dot (A *m u) v = dot u (A^T *m v).
Proof. by rewrite -!dot_mx trmx_mul mulmxA. Qed.

Lemma normsq_mul_le (R : realFieldType) m n (A : 'M[R]_(m, n)) v :
  normsq (A *m v) <= (\sum_i normsq (row i A)^T) * normsq v.
Proof.
rewrite mulr_suml; apply: ler_sum => i _; rewrite -expr2.
have -> : (A *m v) i 0 = dot (row i A)^T v.
  by rewrite mxE; apply: eq_bigr => j _; rewrite !mxE.
exact: cauchy_schwarz.
Qed.

Section Projection.
Variables (R : realFieldType) (d : nat).
Implicit Types (P Q : 'M[R]_d) (w : 'cV[R]_d).

(** An orthogonal projection is a symmetric matrix that is its own square. *)
Definition orthogonal_projection P := P^T = P /\ P *m P = P.

Lemma dot_proj P w : orthogonal_projection P -> dot w (P *m w) = normsq (P *m w).
Proof. by case=> PT PP; rewrite /normsq dot_mull PT mulmxA PP. Qed.

(** The larger the range of a projection, the longer is what it projects. *)
Lemma longer_projection P Q w : orthogonal_projection P -> orthogonal_projection Q ->
  P *m Q = Q -> normsq (Q *m w) <= normsq (P *m w).
Proof.
move=> [PT PP] [QT QQ] PQ.
have QP : Q *m P = Q by rewrite -{1}QT -{1}PT -trmx_mul PQ QT.
have -> : P *m w = Q *m w + (P - Q) *m w by rewrite -mulmxDl addrC subrK.
rewrite pythagoras; first by rewrite ler_addl normsq_ge0.
by rewrite dot_mull QT mulmxA mulmxBr QP QQ subrr mul0mx dot0r.
Qed.
End Projection.

Section Gram.
Variable R : realFieldType.

Lemma mul_tr_eq0 m n (A : 'M[R]_(m, n)) : A *m A^T = 0 -> A = 0.
Proof.
move=> AA; apply/row_matrixP => i; rewrite row0.
apply/(can_inj (@trmxK _ _ _))/eqP; rewrite trmx0 -normsq_eq0.
have /(congr1 (fun M : 'M_m => M i i)) := AA; rewrite !mxE => <-.
by apply/eqP/eq_bigr => j _; rewrite !mxE.
Qed.

(** The Gram matrix of independent columns has an inverse. *)
Lemma gram_unit d n (X : 'M[R]_(d, n)) : \rank X = n -> X^T *m X \in unitmx.
Proof.
move=> rX; rewrite -row_free_unit -kermx_eq0; apply/eqP.
set K := kermx _; have KG : K *m (X^T *m X) = 0 by rewrite mulmx_ker.
have KX : K *m X^T = 0.
  by apply: mul_tr_eq0; rewrite trmx_mul trmxK mulmxA -(mulmxA K) KG mul0mx.
by apply/eqP; rewrite -(mulmx_free_eq0 K (B := X^T)) ?KX // /row_free mxrank_tr rX.
Qed.

(* The projection onto the span of independent columns, ... *)
Definition gram_projection d n (X : 'M[R]_(d, n)) := X *m invmx (X^T *m X) *m X^T.

Lemma gram_projection_id d n (X : 'M[R]_(d, n)) :
  \rank X = n -> gram_projection X *m X = X.
Proof. by move=> /gram_unit u; rewrite /gram_projection -!mulmxA mulVmx ?mulmx1. Qed.

Lemma gram_projection_orth d n (X : 'M[R]_(d, n)) :
  \rank X = n -> orthogonal_projection (gram_projection X).
Proof.
move=> rX; split.
  by rewrite /gram_projection !trmx_mul trmxK trmx_inv trmx_mul trmxK mulmxA.
by rewrite {2}/gram_projection !mulmxA gram_projection_id.
Qed.

(** The projection onto the span of the columns of any matrix: that of a basis
    of the span. *)
Definition proj d n (X : 'M[R]_(d, n)) := gram_projection (col_base X).

Lemma rank_col_base d n (X : 'M[R]_(d, n)) : \rank (col_base X) = \rank X.
Proof. exact/eqP/col_base_full. Qed.

Lemma proj_orth d n (X : 'M[R]_(d, n)) : orthogonal_projection (proj X).
Proof. exact/gram_projection_orth/rank_col_base. Qed.

Lemma proj_id d n (X : 'M[R]_(d, n)) : proj X *m X = X.
Proof.
by rewrite -{2 3}(mulmx_base X) mulmxA gram_projection_id // rank_col_base.
Qed.

Lemma proj_col d n (X : 'M[R]_(d, n)) j : proj X *m col j X = col j X.
Proof. by rewrite colE mulmxA proj_id. Qed.

(** What is projected lies in the span. *)
Lemma proj_span d n (X : 'M[R]_(d, n)) : exists Y, proj X = X *m Y.
Proof.
have /row_fullP [Z ZX] : row_full (row_base X)^T.
  by rewrite /row_full mxrank_tr; exact: row_base_free.
have E : col_base X = X *m Z^T.
  have <- : col_base X *m (row_base X *m Z^T) = X *m Z^T by rewrite mulmxA mulmx_base.
  by rewrite -(trmxK (row_base X)) -trmx_mul ZX trmx1 mulmx1.
exists (Z^T *m (invmx ((col_base X)^T *m col_base X) *m (col_base X)^T)).
by rewrite mulmxA -E mulmxA.
Qed.

(* A projection onto the span is the only one. *)
Lemma proj_unique d n (X : 'M[R]_(d, n)) Q Y :
  orthogonal_projection Q -> Q *m X = X -> Q = X *m Y -> proj X = Q.
Proof.
move=> [QT _] QX QY; have [Z XZ] := proj_span X; have [PT _] := proj_orth X.
have QP : Q *m proj X = proj X by rewrite XZ mulmxA QX.
have PQ : proj X *m Q = Q by rewrite QY mulmxA proj_id.
by rewrite -QP -[LHS]trmxK trmx_mul PT QT PQ QT.
Qed.

(** One more example x adds its part q outside the span: the projection grows by
    q q'/|q|^2, which is 0 where q = 0. *)
Lemma proj_row_mx d n (x : 'cV[R]_d) (X : 'M[R]_(d, n)) : let q := x - proj X *m x in
  proj (row_mx x X) = proj X + (normsq q)^-1 *: (q *m q^T).
Proof.
rewrite /=; have [PT PP] := proj_orth X; have [Z XZ] := proj_span X; have PX := proj_id X.
move: (proj X) PT PP XZ PX => P PT PP XZ PX; set q := x - P *m x; set c := (normsq q)^-1.
have Pq : P *m q = 0 by rewrite mulmxBr mulmxA PP subrr.
have qP : q^T *m P = 0 by rewrite -{1}PT -trmx_mul Pq trmx0.
have qq : q^T *m q = (normsq q)%:M by rewrite [LHS]mx11_scalar dot_mx.
have cq : (c * normsq q) *: q = q.
  have [->|q0] := eqVneq q 0; first by rewrite scaler0.
  by rewrite mulVf ?scale1r ?normsq_eq0.
have qx : q *m (q^T *m x) = normsq q *: q.
  rewrite -mul_mx_scalar -qq /q mulmxBr; congr (q *m _).
  by rewrite mulmxA -/q qP mul0mx subr0.
apply: (@proj_unique _ _ _ _ (col_mx (c *: q^T) (Z - Z *m x *m (c *: q^T)))).
- split; first by rewrite linearD linearZ /= trmx_mul trmxK PT.
  rewrite mulmxDl !mulmxDr PP -!scalemxAr -!scalemxAl mulmxA Pq mul0mx !scaler0 addr0.
  rewrite -(mulmxA q) qP mulmx0 scaler0 add0r; congr (_ + _).
  rewrite mulmxA -(mulmxA q) qq mul_mx_scalar -scalemxAl !scalerA -mulrA -scalerA.
  by rewrite [(c * _) *: _]scalemxAl cq.
- have qX : q^T *m X = 0 by rewrite -PX mulmxA qP mul0mx.
  rewrite mul_mx_row; congr row_mx; rewrite mulmxDl -scalemxAl -mulmxA.
    by rewrite qx scalerA cq addrC subrK.
  by rewrite qX mulmx0 scaler0 addr0.
- rewrite mul_row_col mulmxBr -XZ -!mulmxA [X *m (Z *m _)]mulmxA -XZ addrCA; congr (_ + _).
  by rewrite mulmxA -mulmxBl -scalemxAr.
Qed.

(** For independent examples it is X (X'X)^-1 X', as in the paper. *)
Lemma proj_gram d n (X : 'M[R]_(d, n)) : \rank X = n -> proj X = gram_projection X.
Proof.
move=> rX; apply: (@proj_unique _ _ _ _ (invmx (X^T *m X) *m X^T)).
- exact: gram_projection_orth.
- exact: gram_projection_id.
- by rewrite mulmxA.
Qed.

(** It is the identity where the examples span the whole space. *)
Lemma proj_full d n (X : 'M[R]_(d, n)) : \rank X = d -> proj X = 1%:M.
Proof.
move=> rX; have /row_freeP [Z XZ] : row_free X by rewrite /row_free rX.
by rewrite -[LHS]mulmx1 -XZ mulmxA proj_id.
Qed.

(** The student that gradient flow ends at (see [theorem_1]). *)
Definition w_hat d n (X : 'M[R]_(d, n)) (w_star : 'cV[R]_d) := proj X *m w_star.

Lemma tr_mul_w_hat d n (X : 'M[R]_(d, n)) w_star : X^T *m w_hat X w_star = X^T *m w_star.
Proof.
have [PT _] := proj_orth X.
by rewrite mulmxA -{1}PT -trmx_mul proj_id.
Qed.
End Gram.

(** In the span of the examples, w_hat is the only student with the teacher's
    logits. *)
Theorem w_hat_unique (R : realFieldType) d n (X : 'M[R]_(d, n)) w_star v :
  proj X *m v = v -> X^T *m v = X^T *m w_star -> v = w_hat X w_star.
Proof.
move=> <- same; have [Y XY] := proj_span X; have [PT _] := proj_orth X.
have P_eq : proj X = Y^T *m X^T by rewrite -{1}PT XY trmx_mul.
have -> : proj X *m v = Y^T *m (X^T *m (proj X *m v)).
  by rewrite tr_mul_w_hat mulmxA -P_eq.
by rewrite tr_mul_w_hat -(tr_mul_w_hat X v) same mulmxA -P_eq.
Qed.

(** It is the shortest of the students with the teacher's logits: the square of
    every other's length is larger by that of its distance to w_hat. *)
Theorem minimum_norm (R : realFieldType) d n (X : 'M[R]_(d, n)) w_star v :
  X^T *m v = X^T *m w_star ->
  normsq v = normsq (w_hat X w_star) + normsq (v - w_hat X w_star).
Proof.
move=> same; rewrite -pythagoras ?[_ + (v - _)]addrC ?subrK //.
have [Y XY] := proj_span X; have [PT _] := proj_orth X.
have P_eq : proj X = Y^T *m X^T by rewrite -{1}PT XY trmx_mul.
by rewrite dot_mull PT P_eq -mulmxA mulmxBr same tr_mul_w_hat subrr mulmx0 dot0r.
Qed.

(** Lemma 1 without angles: if X_- is X_+ with columns removed, its student is no
    longer. (The cosine of its angle with the teacher is its length over the
    teacher's.) *)
Theorem shorter_student (R : realFieldType) d n m (X : 'M[R]_(d, n)) (f : 'I_m -> 'I_n) w :
  normsq (w_hat (colsub f X) w) <= normsq (w_hat X w).
Proof.
apply: longer_projection; [exact: proj_orth | exact: proj_orth |].
have [Y ->] := proj_span (colsub f X).
have -> : colsub f X = X *m colsub f 1%:M by rewrite mulmx_colsub mulmx1.
by rewrite !mulmxA proj_id.
Qed.
