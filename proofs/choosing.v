(** Choosing the examples: what one more example is worth, why greedy is the best
    next step, and how much it keeps of what the best examples keep (Das and Kempe).
    A pool is the columns of [X]; nothing is asked of its rank. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import reals normedtype sequences exp trigo.
From Distillation Require Import projections angles lemma_1 calculus.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section OneMore.
Variables (R : realFieldType) (d n : nat) (X : 'M[R]_(d, n)).
Implicit Types (w x v : 'cV[R]_d).

(** The part of [v] that is orthogonal to the examples, (I - P) v. *)
Definition rest v := v - proj X *m v.

Lemma proj_rest v : proj X *m rest v = 0.
Proof. by have [_ PP] := proj_orth X; rewrite mulmxBr mulmxA PP subrr. Qed.

Lemma dot_rest w x : dot (rest w) (rest x) = dot (rest w) x.
Proof.
have [PT _] := proj_orth X.
by rewrite {2}/rest dotDr dotNr [X in _ - X]dotC dot_mull PT proj_rest dot0r subr0.
Qed.

(** The logit that the student still gets wrong: r.z = r.x = w_star.x - w_hat.x. *)
Lemma dot_rest_logit w x : dot (rest w) (rest x) = dot w x - dot (w_hat X w) x.
Proof. by rewrite dot_rest dotDl dotNl. Qed.

Lemma normsq_rest w : normsq (rest w) = normsq w - normsq (w_hat X w).
Proof. by rewrite /normsq dot_rest_logit [Y in _ - Y]dotC (dot_proj _ (proj_orth X)). Qed.

Lemma w_hat_row_mx w x : w_hat (row_mx x X) w =
  w_hat X w + (dot (rest w) (rest x) / normsq (rest x)) *: rest x.
Proof.
rewrite /w_hat proj_row_mx mulmxDl -/(rest x) -scalemxAl -mulmxA [_^T *m _]mx11_scalar dot_mx.
by rewrite mul_mx_scalar scalerA -dot_rest dotC [_^-1 * _]mulrC.
Qed.

(** With one more example [x], what is missing of the teacher loses its part along
    z = (I - P) x, and nothing else. Nothing is lost where z = 0. *)
Theorem rest_one_more w x : w - w_hat (row_mx x X) w =
  rest w - (dot (rest w) (rest x) / normsq (rest x)) *: rest x.
Proof. by rewrite w_hat_row_mx opprD addrA. Qed.

(** The projection grows by (r.z)^2/|z|^2, with r = (I - P) w_star. *)
Theorem one_more_gain w x : normsq (w_hat (row_mx x X) w) =
  normsq (w_hat X w) + dot (rest w) (rest x) ^+ 2 / normsq (rest x).
Proof.
have [PT _] := proj_orth X.
rewrite w_hat_row_mx pythagoras; last first.
  by rewrite dotZr /w_hat dot_mull PT proj_rest dot0r mulr0.
have [->|z0] := eqVneq (rest x) 0; first by rewrite scaler0 !normsq0 dot0r expr0n mul0r.
congr (_ + _); rewrite {1}/normsq dotZl dotZr -/(normsq _); field.
by rewrite normsq_eq0.
Qed.
End OneMore.

Section Angles.
Variables (R : realType) (d : nat).
Implicit Types (w x y : 'cV[R]_d).

(* The sine of the angle between teacher and student is |w_star - w_hat| / |w_star|. *)
Lemma sin_student n (X : 'M[R]_(d, n)) w : w != 0 ->
  sin (alpha w (w_hat X w)) ^+ 2 = normsq (rest X w) / normsq w.
Proof.
move=> w0; have n0 : normsq w != 0 by rewrite normsq_eq0.
rewrite sin2cos2 cos_alpha cosine_student real_normK ?num_real // expr_div_n !norm_sqr.
by rewrite normsq_rest; field.
Qed.

(** One more example: with r = (I - P) w_star and z = (I - P) x, the new angle has
    sin^2(phi') = sin^2(phi) (1 - cos^2 alpha(r, z)). (Where z = 0 the angle with
    it counts as pi/2, and nothing changes.) *)
Theorem one_more_example n (X : 'M[R]_(d, n)) w_star x :
  let r := rest X w_star in let z := rest X x in
  sin (alpha w_star (w_hat (row_mx x X) w_star)) ^+ 2 =
  sin (alpha w_star (w_hat X w_star)) ^+ 2 * (1 - cos (alpha r z) ^+ 2).
Proof.
move=> r z; have [w0|w0] := eqVneq w_star 0.
  by rewrite /r w0 /rest /w_hat !mulmx0 subr0 cos_alpha cosineC cosine0r normr0 expr0n subr0 mulr1.
apply: etrans (sin_student _ w0) _.
apply: etrans _ (congr1 (fun s => s * _) (esym (sin_student X w0))).
rewrite (normsq_rest (row_mx x X)) one_more_gain -/r -/z opprD addrA.
rewrite -(normsq_rest X w_star) -/r.
rewrite cos_alpha real_normK ?num_real // /cosine expr_div_n exprMn !norm_sqr.
have n0 : normsq w_star != 0 by rewrite normsq_eq0.
have [->|r0] := eqVneq r 0; first by rewrite normsq0 dot0l; ring.
have [->|z0] := eqVneq z 0; first by rewrite normsq0 dot0r invr0 !mulr0; ring.
by field; rewrite n0 !normsq_eq0 r0 z0.
Qed.

(** The score of an example: |r.z|/|z|. *)
Definition score n (X : 'M[R]_(d, n)) w x : R :=
  `|dot (rest X w) (rest X x)| / norm (rest X x).

Lemma score_ge0 n (X : 'M[R]_(d, n)) w x : 0 <= score X w x.
Proof. by rewrite divr_ge0 ?norm_ge0. Qed.

Lemma one_more_score n (X : 'M[R]_(d, n)) w x :
  normsq (w_hat (row_mx x X) w) = normsq (w_hat X w) + score X w x ^+ 2.
Proof. by rewrite one_more_gain /score expr_div_n norm_sqr real_normK ?num_real. Qed.

(** Greedy is the best next step: of two examples, that with the larger score
    leaves the smaller angle to the teacher. *)
Theorem greedy_step n (X : 'M[R]_(d, n)) w_star x y : w_star != 0 ->
  (alpha w_star (w_hat (row_mx x X) w_star) <= alpha w_star (w_hat (row_mx y X) w_star)) =
  (score X w_star y <= score X w_star x).
Proof.
move=> w0; have cos_ge0 v : 0 <= cosine w_star (w_hat (row_mx v X) w_star).
  by rewrite cosine_student divr_ge0 ?norm_ge0.
rewrite [X in X <= _]/alpha acos_le ?abs_cosine_itv ?alpha_ge0 //; last first.
  by rewrite (le_trans (alpha_le_pihalf _ _)) //; case/andP: (pihalf_itv R).
rewrite cos_alpha !ger0_norm // !cosine_student ler_pmul2r ?invr_gt0 ?norm_gt0 //.
rewrite -[in LHS](@ler_pexpn2r _ 2) ?nnegrE ?norm_ge0 // !norm_sqr !one_more_score ler_add2l.
by rewrite ler_pexpn2r ?nnegrE ?score_ge0.
Qed.
End Angles.

Section Span.
Variables (R : realFieldType) (d : nat).

Lemma proj_cols n m (X : 'M[R]_(d, n)) (M : 'M[R]_(d, m)) :
  (forall j, proj X *m col j M = col j M) -> proj X *m M = M.
Proof.
move=> same; apply/matrixP => i j; have := congr1 (fun v : 'cV_d => v i 0) (same j).
by rewrite colE mulmxA -!colE !mxE.
Qed.

(* Two matrices with one span have one projection. *)
Lemma same_span n m (X : 'M[R]_(d, n)) (Y : 'M[R]_(d, m)) :
  proj X *m Y = Y -> proj Y *m X = X -> proj X = proj Y.
Proof.
move=> XY YX; have [Z YZ] := proj_span Y; have [Z' XZ] := proj_span X.
have PQ : proj X *m proj Y = proj Y by rewrite YZ mulmxA XY.
have [PT _] := proj_orth X; have [QT _] := proj_orth Y.
have : proj Y *m proj X = proj X by rewrite XZ mulmxA YX.
by move=> <-; rewrite -{1}QT -{1}PT -trmx_mul PQ QT.
Qed.

(* What a larger span adds to the student. *)
Lemma added n m (X : 'M[R]_(d, n)) (Y : 'M[R]_(d, m)) w : proj Y *m X = X ->
  let q := w_hat Y w - w_hat X w in
  normsq (w_hat Y w) = normsq (w_hat X w) + normsq q /\ dot (rest X w) q = normsq q.
Proof.
rewrite /rest /w_hat => YX; have [Z XZ] := proj_span X.
have [PT PP] := proj_orth X; have [QT QQ] := proj_orth Y.
have : proj Y *m proj X = proj X by rewrite XZ mulmxA YX.
move: (proj X) (proj Y) PT PP QT QQ {YX XZ} => P Q PT PP QT QQ QP.
set q := Q *m w - P *m w.
have PQ : P *m Q = P by rewrite -{1}PT -QT -trmx_mul QP PT.
have Pq : P *m q = 0 by rewrite mulmxBr !mulmxA PP PQ subrr.
have Qq : Q *m q = q by rewrite mulmxBr !mulmxA QQ QP.
split; first by rewrite -pythagoras ?[P *m w + _]addrC ?subrK // dot_mull PT Pq dot0r.
have -> : w - P *m w = (w - Q *m w) + q by rewrite /q addrA subrK.
rewrite dotDl -{1}Qq dotC dot_mull QT mulmxBr mulmxA QQ subrr dot0r.
by rewrite add0r.
Qed.
End Span.

Section Greedy.
Variables (R : realType) (d N : nat) (X : 'M[R]_(d, N)) (w_star : 'cV[R]_d).
Implicit Types (S T : {set 'I_N}) (a : 'cV[R]_N).

(** The examples of a set: the others are replaced by 0, which changes no span. *)
Definition only S : 'M[R]_(d, N) := \matrix_(i, j) (X i j *+ (j \in S)).

(** What the student of a set keeps of the teacher: |P w_star|^2. *)
Definition kept S : R := normsq (w_hat (only S) w_star).

(** Greedy sets: from nothing on, each has one example more, one with the largest
    score. (Where several have it, any of them.) *)
Inductive greedy : nat -> {set 'I_N} -> Prop :=
| nothing : greedy 0 set0
| one_more n S j : greedy n S ->
    (forall i, score (only S) w_star (col i X) <= score (only S) w_star (col j X)) ->
    greedy n.+1 (j |: S).

Lemma only_in S j : j \in S -> col j (only S) = col j X.
Proof. by move=> jS; apply/matrixP => i k; rewrite !mxE jS mulr1n. Qed.

Lemma only_out S j : j \notin S -> col j (only S) = 0.
Proof. by move=> jS; apply/matrixP => i k; rewrite !mxE (negPf jS). Qed.

Lemma proj_only S j : j \in S -> proj (only S) *m col j X = col j X.
Proof. by move=> jS; rewrite -(only_in jS) proj_col. Qed.

Lemma proj_sub S T : S \subset T -> proj (only T) *m only S = only S.
Proof.
move=> /subsetP ST; apply: proj_cols => j; have [jS|jS] := boolP (j \in S).
  by rewrite only_in // proj_only // ST.
by rewrite only_out // mulmx0.
Qed.

Lemma proj_add S j : proj (only (j |: S)) = proj (row_mx (col j X) (only S)).
Proof.
have := proj_id (row_mx (col j X) (only S)); rewrite mul_mx_row => /eq_row_mx [new old].
apply: same_span; last first.
  apply: proj_cols => i; have [/setU1P[->|iS]|out] := boolP (i \in j |: S).
  - by rewrite only_in ?setU11.
  - by rewrite only_in ?setU1r // -(only_in iS) (colE i) mulmxA old.
  - by rewrite only_out // mulmx0.
by rewrite mul_mx_row proj_only ?setU11 // proj_sub ?subsetUr.
Qed.

(* The score is what the example adds to the kept part. *)
Lemma kept_add S j : kept (j |: S) = kept S + score (only S) w_star (col j X) ^+ 2.
Proof. by rewrite /kept /w_hat proj_add -one_more_score. Qed.

Lemma kept_ge0 S : 0 <= kept S. Proof. exact: normsq_ge0. Qed.

Lemma kept0 : kept set0 = 0.
Proof.
rewrite /kept /w_hat; have [Y ->] := proj_span (only set0).
have -> : only set0 = 0 by apply/matrixP => i j; rewrite !mxE inE.
by rewrite !mul0mx normsq0.
Qed.

Lemma kept_sub S T : S \subset T -> kept S <= kept T.
Proof.
move=> /proj_sub ST; apply: longer_projection; [exact: proj_orth | exact: proj_orth |].
by have [Y ->] := proj_span (only S); rewrite mulmxA ST.
Qed.

(** The pool, each example divided by its length. *)
Definition units : 'M[R]_(d, N) := \matrix_(i, j) unit (col j X) i 0.

Lemma unit_col j : unit (col j X) = col j units.
Proof. by apply/matrixP => i k; rewrite !mxE. Qed.

Lemma norm_unit j : col j X = norm (col j X) *: unit (col j X).
Proof.
have [->|x0] := eqVneq (col j X) 0; first by rewrite /unit !scaler0.
by rewrite /unit scalerA divff ?scale1r // gt_eqF ?norm_gt0.
Qed.

(* What lies in the span of a set is a combination of its unit examples. *)
Lemma span_units S v : exists2 a : 'cV_N, proj (only S) *m v = units *m a &
  forall j, j \notin S -> a j 0 = 0.
Proof.
have [Y ->] := proj_span (only S).
exists (\col_j (norm (col j X) * (Y *m v) j 0 *+ (j \in S))) => [|j jS].
  apply/matrixP => i k; rewrite -mulmxA !mxE ord1; apply: eq_bigr => j _.
  rewrite !mxE mulrnAr mulrnAl mulrA; congr (_ * _ *+ _).
  by have := congr1 (fun u : 'cV_d => u i 0) (norm_unit j); rewrite !mxE [RHS]mulrC.
by rewrite mxE (negPf jS).
Qed.

Definition support a : {set 'I_N} := [set j | a j 0 != 0].

Section Guarantee.
(** lambda is any number with |U a|^2 >= lambda |a|^2 for all [a] with at most 2n
    entries that are not 0: the smallest eigenvalue of the Gram matrices of 2n
    unit examples is the largest such number. *)
Variables (n : nat) (lambda : R).
Hypothesis independent : forall a, (#|support a| <= 2 * n)%N ->
  lambda * normsq a <= normsq (units *m a).

(* An example of unit length has no more of r than its score. *)
Lemma unit_score S j :
  dot (rest (only S) w_star) (unit (col j X)) ^+ 2 <= score (only S) w_star (col j X) ^+ 2.
Proof.
set r := rest _ _; set x := col j X.
have -> : dot r (unit x) ^+ 2 = dot r (rest (only S) x) ^+ 2 / normsq x.
  by rewrite /unit dotZr dot_rest exprMn exprVn norm_sqr mulrC.
rewrite /score expr_div_n norm_sqr real_normK ?num_real // -/r -/x.
have [->|z0] := eqVneq (rest (only S) x) 0; first by rewrite dot0r expr0n !mul0r.
have x_long : normsq (rest (only S) x) <= normsq x.
  by rewrite normsq_rest ler_subl_addr ler_addl normsq_ge0.
have z_long : 0 < normsq (rest (only S) x) by rewrite normsq_gt0.
by rewrite ler_wpmul2l ?sqr_ge0 // lef_pinv // posrE (lt_le_trans z_long).
Qed.

(* One step of greedy closes the n-th part of the gap, times lambda. *)
Lemma greedy_gain S T j : 0 <= lambda -> (#|S| <= n)%N -> (#|T| <= n)%N ->
  (forall i, score (only S) w_star (col i X) <= score (only S) w_star (col j X)) ->
  lambda * (kept T - kept S) <= n%:R * (kept (j |: S) - kept S).
Proof.
move=> l0 Sn Tn best; rewrite kept_add addrAC subrr add0r; set G := _ ^+ 2.
have G0 : 0 <= G by rewrite sqr_ge0.
pose V := S :|: T; pose r := rest (only S) w_star.
have [gap rq] := added w_star (proj_sub (subsetUl S T)); rewrite -/V -/r in gap rq.
set q := w_hat (only V) _ - _ in gap rq.
have [a Qa aV] := span_units V w_star; have [b Pb bS] := span_units S w_star.
pose c := a - b; have qc : q = units *m c by rewrite mulmxBr -Qa -Pb.
have cV i : i \notin V -> c i 0 = 0.
  by move=> iV; rewrite !mxE aV // bS ?subr0 //; apply: contra iV; rewrite inE => ->.
pose g i := dot r (unit (col i X)).
have gS i : i \in S -> g i = 0.
  move=> iS; have [PT _] := proj_orth (only S).
  by rewrite /g /unit dotZr -(proj_only iS) dotC dot_mull PT proj_rest dot0r mulr0.
pose h : 'cV_N := \col_i (g i *+ (i \in T)).
have hc : dot h c = normsq q.
  rewrite -rq [in RHS]qc [RHS]dotC dot_mull; apply: eq_bigr => i _.
  have -> : (units^T *m r) i 0 = g i.
    by rewrite mxE /g dotC; apply: eq_bigr => l _; rewrite !mxE.
  rewrite mxE mulrC; have [//|iT] := boolP (i \in T).
  rewrite mulr0; have [iS|iS] := boolP (i \in S); first by rewrite gS // mulr0.
  by rewrite cV ?mul0r // inE negb_or iS.
have hG : normsq h <= n%:R * G.
  apply: (@le_trans _ _ (\sum_(i in T) G)).
    rewrite [leRHS]big_mkcond /=; apply: ler_sum => i _; rewrite !mxE.
    case: (i \in T); last by rewrite mulr0.
    by rewrite -expr2 (le_trans (unit_score S i)) // ler_expn2r ?nnegrE ?score_ge0.
  by rewrite sumr_const -[leLHS]mulr_natl ler_wpmul2r // ler_nat.
have small : (#|support c| <= 2 * n)%N.
  apply: (@leq_trans #|V|).
    by apply/subset_leq_card/subsetP => i; rewrite inE; apply: contraR => /cV ->.
  by rewrite (leq_trans (leq_card_setU S T)) // mul2n -addnn leq_add.
apply: (@le_trans _ _ (lambda * normsq q)).
  rewrite ler_wpmul2l // ler_subl_addl -[leRHS]gap; exact: kept_sub (subsetUr S T).
have [q0|] := eqVneq (normsq q) 0; first by rewrite q0 mulr0 mulr_ge0 ?ler0n.
rewrite normsq_eq0 -normsq_gt0 => q0; rewrite -(ler_pmul2r q0).
apply: (@le_trans _ _ (normsq h * (lambda * normsq c))).
  by rewrite -mulrA -expr2 -hc [leRHS]mulrCA ler_wpmul2l // cauchy_schwarz.
by rewrite ler_pmul ?normsq_ge0 ?mulr_ge0 ?normsq_ge0 // qc independent.
Qed.

Lemma greedy_card m S : greedy m S -> (#|S| <= m)%N.
Proof.
elim=> [|{}m {}S j _ IH _]; first by rewrite cards0.
by rewrite cardsU1; case: (j \notin S); rewrite ?ltnS // ltnW.
Qed.

Lemma lambda_le1 (j : 'I_N) : (0 < n)%N -> lambda <= 1.
Proof.
move=> n0; have := independent (a := delta_mx j ord0).
rewrite -colE -unit_col => /(_ _)/le_trans -/(_ _ _ (unit_le1 _)); set e := delta_mx _ _.
have -> : normsq e = 1.
  by rewrite /normsq -dot_mx trmx_delta mul_delta_mx mxE !eqxx.
rewrite mulr1; apply; apply: (@leq_trans #|[set j]|).
  apply/subset_leq_card/subsetP => i; rewrite /support !inE /e mxE.
  by case: (i == j); rewrite //= eqxx.
by rewrite cards1 muln_gt0 n0.
Qed.

(** Greedy's guarantee, step by step: after m steps the part of the gap that is
    left is at most (1 - lambda/n)^m. *)
Theorem greedy_steps m S T : (0 < n)%N -> 0 <= lambda -> (m <= n)%N ->
  greedy m S -> (#|T| <= n)%N -> kept T - kept S <= (1 - lambda / n%:R) ^+ m * kept T.
Proof.
move=> n0 l0 + gS Tn; have N0 : 0 < n%:R :> R by rewrite ltr0n.
elim: gS => [|{}m {}S j gS IH best] mn; first by rewrite kept0 subr0 mul1r.
have Sn : (#|S| <= n)%N by rewrite (leq_trans (greedy_card gS)) // ltnW.
have := greedy_gain l0 Sn Tn best; rewrite mulrC -ler_pdivr_mull // => gain.
apply: (@le_trans _ _ ((1 - lambda / n%:R) * (kept T - kept S))).
  rewrite -subr_ge0; move: gain; rewrite -subr_ge0; congr (0 <= _).
  by move: (_^-1) => c; ring.
rewrite exprS -mulrA ler_wpmul2l ?IH 1?ltnW // subr_ge0 ler_pdivr_mulr // mul1r.
by rewrite (le_trans (lambda_le1 j n0)) // ler1n.
Qed.

(** Greedy's guarantee (Das and Kempe): n steps of greedy keep at least the part
    1 - exp(-lambda) of what any n examples keep. *)
Theorem greedy_guarantee S T : greedy n S -> (#|T| <= n)%N ->
  (1 - expR (- lambda)) * kept T <= kept S.
Proof.
move=> gS Tn; have [l0|l0] := leP 0 lambda; last first.
  apply: le_trans (kept_ge0 S); rewrite mulr_le0_ge0 ?kept_ge0 // subr_le0.
  by rewrite -(@expR0 R) ler_expR oppr_ge0 ltW.
have [n0|n0] := posnP n.
  have -> : T = set0 by apply/eqP; rewrite -cards_eq0 -leqn0 -n0.
  by rewrite kept0 mulr0 kept_ge0.
have N0 : 0 < n%:R :> R by rewrite ltr0n.
rewrite mulrBl mul1r ler_subl_addl -ler_subl_addr.
apply: le_trans (greedy_steps n0 l0 (leqnn n) gS Tn) _; rewrite ler_wpmul2r ?kept_ge0 //.
have -> : expR (- lambda) = expR (- lambda / n%:R) ^+ n.
  by rewrite -expRMm mulrC divfK ?gt_eqF.
have [j _] : exists j : 'I_N, true.
  by case: gS n0 => [//|? ? j _ _ _]; exists j.
rewrite ler_expn2r ?nnegrE ?(ltW (expR_gt0 _)) ?mulNr ?expR_ge1D //.
by rewrite subr_ge0 ler_pdivr_mulr // mul1r (le_trans (lambda_le1 j n0)) // ler1n.
Qed.
End Guarantee.
End Greedy.
