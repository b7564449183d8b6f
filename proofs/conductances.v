(** The algebra of [parallel]: examples that are drawn independently from finitely many
    are combined with weights that depend on their angles. An angle is only used
    through its cotangent [cot], so that this holds in every ordered field: no axiom
    is used. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From Distillation Require Import projections finite_laws.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Draws.
Variables (R : realFieldType) (T : finType) (q : T -> R) (n : nat).
Hypotheses (q_ge0 : forall t, 0 <= q t) (q_sum : \sum_t q t = 1).
Variable theta : T -> R.

(** The [n] draws [s], the [i]-th of them exchanged for [t]; the angles of [s]. *)
Definition exchange A (s : n.-tuple A) i t := [tuple if j == i then t else tnth s j | j < n].
Definition angles (s : n.-tuple T) : n.-tuple R := [tuple theta (tnth s j) | j < n].

Lemma tnth_exchange A (s : n.-tuple A) i t j :
  tnth (exchange s i t) j = if j == i then t else tnth s j.
Proof. exact: tnth_mktuple. Qed.

Lemma angles_exchange s i t : angles (exchange s i t) = exchange (angles s) i (theta t).
Proof.
by apply: eq_from_tnth => j; rewrite !tnth_mktuple; case: eqP.
Qed.

Lemma exchange_again A (s : n.-tuple A) i t t' : exchange (exchange s i t) i t' = exchange s i t'.
Proof. by apply: eq_from_tnth => j; rewrite !tnth_mktuple; case: eqP. Qed.

Lemma exchange_same A (s : n.-tuple A) i : exchange s i (tnth s i) = s.
Proof. by apply: eq_from_tnth => j; rewrite !tnth_mktuple; case: eqP => // ->. Qed.

(** Independence: to draw one example anew changes no expectation. *)
Lemma draw_again i f : En q f = En q (fun s => E1 q (fun t => f (exchange s i t))).
Proof.
have swap (s : n.-tuple T) t : weight q (exchange s i t) * q (tnth s i) = weight q s * q t.
  rewrite /weight (bigD1 i) // [in RHS](bigD1 i) //= tnth_exchange eqxx.
  rewrite (eq_bigr (fun j => q (tnth s j))) => [|j /negPf ji]; last by rewrite tnth_exchange ji.
  by ring.
pose flip (z : n.-tuple T * T) := (exchange z.1 i z.2, tnth z.1 i).
have flipK : involutive flip.
  by case=> s t; rewrite /flip /= exchange_again exchange_same tnth_exchange eqxx.
transitivity (\sum_z weight q z.1 * q z.2 * f z.1).
  rewrite -(pair_bigA _ (fun s t => weight q s * q t * f s)); apply: eq_bigr => s _ /=.
  by rewrite -mulr_suml -mulr_sumr q_sum mulr1.
rewrite (reindex_inj (inv_inj flipK)) /En.
under [RHS]eq_bigr do rewrite mulr_sumr.
rewrite pair_bigA; apply: eq_bigr => -[s t] _ /=.
by rewrite swap mulrA.
Qed.

(** The expectation is an average over the angle of the averages at each angle. *)
Lemma by_angle f :
  E1 q f = \sum_(a <- undup (map theta (enum T))) \sum_(t | theta t == a) q t * f t.
Proof.
rewrite (exchange_big_dep predT) //=; apply: eq_bigr => t _.
rewrite -big_filter (_ : filter _ _ = [:: theta t]) ?big_seq1 //.
rewrite (eq_filter (a2 := pred1 (theta t))); last by move=> a; rewrite /= eq_sym.
by rewrite filter_pred1_uniq ?undup_uniq // mem_undup map_f // mem_enum.
Qed.

Lemma by_angle_le f g :
  (forall a, \sum_(t | theta t == a) q t * f t <= \sum_(t | theta t == a) q t * g t) ->
  E1 q f <= E1 q g.
Proof. by move=> fg; rewrite !by_angle; apply: ler_sum => a _; exact: fg. Qed.
End Draws.

Section Explicit.
Variables (R : realFieldType) (d : nat).
Implicit Types (x u w : 'cV[R]_d).

Lemma dot_sumr (I : finType) (P : pred I) w (f : I -> 'cV[R]_d) :
  dot w (\sum_(i | P i) f i) = \sum_(i | P i) dot w (f i).
Proof. by rewrite -dot_mx mulmx_sumr summxE; apply: eq_bigr => i _; rewrite dot_mx. Qed.

Lemma dot_suml (I : finType) (P : pred I) w (f : I -> 'cV[R]_d) :
  dot (\sum_(i | P i) f i) w = \sum_(i | P i) dot (f i) w.
Proof. by rewrite dotC dot_sumr; apply: eq_bigr => i _; rewrite dotC. Qed.

(** The square of the tangent of the angle between two vectors (0 for w = 0). *)
Definition tan_sq u w : R := (normsq u * normsq w - dot u w ^+ 2) / dot u w ^+ 2.

(** Seen from the direction [e], the example x is c e + u, up to its length and sign. *)
Definition splits e x c u :=
  [/\ 0 <= c, dot e u = 0, normsq u = 1 & exists2 a, a != 0 & x = a *: (c *: e + u)].

(** No vector of the span makes a smaller angle with the teacher than the student. *)
Lemma student_nearest n (X : 'M[R]_(d, n)) w y : dot w (X *m y) != 0 ->
  tan_sq w (w_hat X w) <= tan_sq w (X *m y).
Proof.
move=> wy; have [PT PP] := proj_orth X; set h := w_hat X w.
have hy : dot w (X *m y) = dot h (X *m y).
  by rewrite /h /w_hat dot_mull PT mulmxA proj_id.
have wh : dot w h = normsq h by exact: dot_proj (proj_orth X).
have cs := cauchy_schwarz h (X *m y).
have h0 : 0 < normsq h.
  rewrite normsq_gt0; apply: contraNneq wy => h0.
  by rewrite hy h0 dot0l.
have ny : 0 < dot w (X *m y) ^+ 2 by rewrite lt_def sqr_ge0 sqrf_eq0 wy.
rewrite /tan_sq !mulrBl !divff ?ler_add2r ?sqrf_eq0 //; last by rewrite wh gt_eqF.
rewrite -!mulrA ler_wpmul2l ?normsq_ge0 // wh ler_pdivl_mulr // mulrAC.
rewrite ler_pdivr_mulr ?exprn_gt0 //.
by rewrite expr2 [leRHS]mulrCA ler_pmul2l // hy [leRHS]mulrC.
Qed.
End Explicit.

Section Law.
(** [e] is the direction of the teacher. [T] lists the training examples [x], [q] is the
    probability of each, [theta] its angle, and [u] its part across the teacher. *)
Variables (R : realFieldType) (d n : nat) (e w_star : 'cV[R]_d) (len : R).
Hypotheses (e_unit : normsq e = 1) (len_gt0 : 0 < len) (w_starE : w_star = len *: e).
Variables (T : finType) (q : T -> R) (x u : T -> 'cV[R]_d) (theta : T -> R) (cot : R -> R).
Hypotheses (q_ge0 : forall t, 0 <= q t) (q_sum : \sum_t q t = 1).
Hypothesis x_splits : forall t, splits e (x t) (cot (theta t)) (u t).

(** The transfer set [s] as a matrix, one example a column, and its student. *)
Definition X (s : n.-tuple T) : 'M[R]_(d, n) := \matrix_(i, j) x (tnth s j) i 0.
Definition w_hat_of s := w_hat (X s) w_star.

(* The vector sum_i a_i x_i, where the x_i are freed of their lengths and signs. *)
Lemma combination s (a : 'I_n -> R) : exists y, X s *m y =
  (\sum_i a i * cot (theta (tnth s i))) *: e + \sum_i a i *: u (tnth s i).
Proof.
pose xi i := cot (theta (tnth s i)) *: e + u (tnth s i).
have E i : exists b, x (tnth s i) = b *: xi i /\ b != 0.
  by case: (x_splits (tnth s i)) => _ _ _ [b b0 bE]; exists b.
have [b bE] := fin_all_exists E.
exists (\col_i (a i / b i)); rewrite scaler_suml -big_split /=.
apply/matrixP => k j; rewrite ord1 mxE summxE; apply: eq_bigr => i _.
have [xE b0] := bE i.
rewrite -scalerA -scalerDr -/(xi i) [RHS]mxE mxE [X in _ * X]mxE xE.
by rewrite [X in X * _]mxE mulrC mulrA divfK.
Qed.

Lemma tan_sq_le s (a : 'I_n -> R) : \sum_i a i * cot (theta (tnth s i)) = 1 ->
  tan_sq w_star (w_hat_of s) <= normsq (\sum_i a i *: u (tnth s i)).
Proof.
move=> a1; have [y yE] := combination s a; rewrite a1 scale1r in yE.
set v := \sum_i _ in yE *.
have ev : dot e v = 0.
  rewrite dot_sumr big1 // => i _; case: (x_splits (tnth s i)) => _ eu _ _.
  by rewrite dotZr eu mulr0.
have ee : dot e e = 1 by [].
have wv : dot w_star (X s *m y) = len by rewrite w_starE yE !dotE ee ev; ring.
have l0 : len != 0 by rewrite gt_eqF.
apply: le_trans (@student_nearest _ _ _ (X s) w_star y _) _; first by rewrite wv.
rewrite /tan_sq wv w_starE yE pythagoras // /normsq !dotE ee le_eqVlt; apply/orP; left.
by apply/eqP; field.
Qed.

Lemma tr_X s v i : ((X s)^T *m v) i 0 = dot (x (tnth s i)) v.
Proof. by rewrite mxE; apply: eq_bigr => k _; rewrite !mxE. Qed.

(* The student is 0 only where no example is off the teacher's boundary. *)
Lemma student_neq0 s i : 0 < cot (theta (tnth s i)) -> w_hat_of s != 0.
Proof.
move=> c0; have [_ eu _ [a a0 xE]] := x_splits (tnth s i).
have := congr1 (fun M : 'cV[R]_n => M i 0) (tr_mul_w_hat (X s) w_star).
rewrite !tr_X -/(w_hat_of s) xE w_starE !dotE -[dot e e]/(normsq e) e_unit (dotC _ e) eu.
apply: contra_eq_neq => ->; rewrite !dot0r addr0 !mulr0 addr0 mulr1 eq_sym.
by rewrite !mulf_neq0 // gt_eqF.
Qed.

Lemma student_eq0 s : (forall i, cot (theta (tnth s i)) = 0) -> w_hat_of s = 0.
Proof.
move=> c0; have [PT _] := proj_orth (X s); have [Y XY] := proj_span (X s).
rewrite /w_hat_of /w_hat -PT XY trmx_mul -mulmxA (_ : _^T *m w_star = 0) ?mulmx0 //.
apply/matrixP => i j; have [_ eu _ [a a0 xE]] := x_splits (tnth s i).
by rewrite ord1 tr_X [RHS]mxE xE c0 w_starE !dotE (dotC _ e) eu; ring.
Qed.

(** The expectation given the angles of the training examples, where these have a
    positive probability, [chance]. *)
Definition chance (a : n.-tuple R) := En q (fun s => (angles theta s == a)%:R).
Definition given (a : n.-tuple R) f :=
  En q (fun s => (angles theta s == a)%:R * f s) / chance a.

Section Lean.
(** The mean of the part across the teacher, given the angle: it is [m]. *)
Variable m : R -> 'cV[R]_d.
Hypothesis u_mean : forall a,
  \sum_(t | theta t == a) q t *: u t = Pr q [pred t | theta t == a] *: m a.

Lemma mean_at i h (v : n.-tuple T -> 'cV[R]_d) : (forall s t, v (exchange s i t) = v s) ->
  En q (fun s => h (angles theta s) * dot (u (tnth s i)) (v s)) =
  En q (fun s => h (angles theta s) * dot (m (theta (tnth s i))) (v s)).
Proof.
move=> v_i; rewrite (draw_again q_sum i) [RHS](draw_again q_sum i).
apply: eq_bigr => s _; congr (_ * _); rewrite !(by_angle q theta); apply: eq_bigr => a _.
pose c := h (exchange (angles theta s) i a).
transitivity (c * dot (\sum_(t | theta t == a) q t *: u t) (v s)).
  rewrite dot_suml mulr_sumr; apply: eq_bigr => t /eqP ta.
  by rewrite angles_exchange v_i tnth_exchange eqxx ta dotZl mulrCA.
rewrite u_mean dotZl mulr_suml mulr_sumr; apply: eq_bigr => t /eqP ta.
by rewrite angles_exchange v_i tnth_exchange eqxx ta mulrCA.
Qed.

Definition Ubar (a : n.-tuple R) i j :=
  if i == j then 1 else dot (m (tnth a i)) (m (tnth a j)).

Lemma mean_products h i j :
  En q (fun s => h (angles theta s) * dot (u (tnth s i)) (u (tnth s j))) =
  En q (fun s => h (angles theta s) * Ubar (angles theta s) i j).
Proof.
rewrite /Ubar; have [<-|ij] := eqVneq i j.
  apply: eq_bigr => s _; case: (x_splits (tnth s i)) => _ _ u1 _.
  by rewrite -/(normsq _) u1.
rewrite mean_at; last by move=> s t; rewrite tnth_exchange eq_sym (negPf ij).
transitivity (En q (fun s => h (angles theta s) * dot (u (tnth s j)) (m (theta (tnth s i))))).
  by apply: eq_bigr => s _; rewrite dotC.
rewrite mean_at; last by move=> s t; rewrite tnth_exchange (negPf ij).
by apply: eq_bigr => s _; rewrite !tnth_mktuple dotC.
Qed.

(* The mean of |sum_i b_i u_i|^2 for weights that depend on the angles. *)
Lemma mean_square h (b : n.-tuple R -> 'I_n -> R) :
  En q (fun s => h (angles theta s) * normsq (\sum_i b (angles theta s) i *: u (tnth s i))) =
  En q (fun s => h (angles theta s) * \sum_i \sum_j
    b (angles theta s) i * b (angles theta s) j * Ubar (angles theta s) i j).
Proof.
have swap F : En q (fun s => h (angles theta s) * \sum_i \sum_j
      b (angles theta s) i * b (angles theta s) j * F s i j) =
    \sum_i \sum_j En q (fun s =>
      h (angles theta s) * b (angles theta s) i * b (angles theta s) j * F s i j).
  rewrite exchange_big /En; under [RHS]eq_bigr do rewrite exchange_big /=.
  rewrite [RHS]exchange_big; apply: eq_bigr => s _; rewrite exchange_big !mulr_sumr.
  by apply: eq_bigr => i _; rewrite !mulr_sumr; apply: eq_bigr => j _; rewrite !mulrA.
rewrite swap; under [RHS]eq_bigr do under eq_bigr do
  rewrite -(mean_products (fun a => h a * b a _ * b a _)).
rewrite -swap; apply: eq_bigr => s _; congr (_ * (_ * _)).
rewrite /normsq dot_suml; apply: eq_bigr => i _; rewrite dot_sumr.
by apply: eq_bigr => j _; rewrite dotZl dotZr mulrA.
Qed.

(* The law, averaged over the angles with any weights [h]. *)
Definition resistance (b : n.-tuple R -> 'I_n -> R) (a : n.-tuple R) :=
  \sum_i \sum_j b a i * b a j * Ubar a i j.

Lemma law_weighted h b : (forall a, 0 <= h a) ->
  (forall s, h (angles theta s) != 0 ->
     \sum_i b (angles theta s) i * cot (theta (tnth s i)) = 1 \/
     forall i, cot (theta (tnth s i)) = 0) ->
  En q (fun s => h (angles theta s) * tan_sq w_star (w_hat_of s)) <=
  En q (fun s => h (angles theta s) * resistance b (angles theta s)).
Proof.
move=> h0 b1; rewrite -mean_square; apply: En_le => // s.
have [->|hs] := eqVneq (h (angles theta s)) 0; first by rewrite !mul0r.
rewrite ler_wpmul2l //; have [one|c0] := b1 s hs; first exact: tan_sq_le.
by rewrite /tan_sq student_eq0 // normsq0 dot0r expr0n /= mulr0 subrr mul0r normsq_ge0.
Qed.

(** The parallel law without centring: E[tan^2 phi | angles] <= b' Ubar b for all
    weights [b] with sum_i b_i cot theta_i = 1, hence for the best ones. *)
Theorem leaning_weights_algebra a (b : 'I_n -> R) : 0 < chance a ->
  \sum_i b i * cot (tnth a i) = 1 ->
  given a (fun s => tan_sq w_star (w_hat_of s)) <= \sum_i \sum_j b i * b j * Ubar a i j.
Proof.
move=> P0 b1; rewrite ler_pdivr_mulr // mulrC -[X in X * _]/(En _ _) mulr_suml.
apply: le_trans (@law_weighted (fun a' => (a' == a)%:R) (fun _ => b) _ _) _.
- by move=> a'; exact: ler0n.
- move=> s; rewrite pnatr_eq0 eqb0 negbK => /eqP sa; left; rewrite -b1.
  by apply: eq_bigr => i _; rewrite -sa tnth_mktuple.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => s _; rewrite -mulrA.
by case: eqP => [->|_]; rewrite ?mul0r.
Qed.

Definition Ubarm a : 'M[R]_n := \matrix_(i, j) Ubar a i j.
Definition cots (a : n.-tuple R) : 'cV[R]_n := \col_i cot (tnth a i).

Lemma dot_Ubarm a (y z : 'cV[R]_n) :
  dot y (Ubarm a *m z) = \sum_i \sum_j y i 0 * z j 0 * Ubar a i j.
Proof.
apply: eq_bigr => i _; rewrite mxE mulr_sumr; apply: eq_bigr => j _.
by rewrite !mxE mulrCA mulrC.
Qed.

Lemma Ubarm_sym a : (Ubarm a)^T = Ubarm a.
Proof. by apply/matrixP => i j; rewrite !mxE /Ubar eq_sym dotC. Qed.

Lemma Ubarm_ge0 a z : 0 < chance a -> 0 <= dot z (Ubarm a *m z).
Proof.
move=> P0; rewrite dot_Ubarm -(pmulr_rge0 _ P0) -[chance a]/(En _ _) mulr_suml.
suff: 0 <= En q (fun s => (angles theta s == a)%:R * normsq (\sum_i z i 0 *: u (tnth s i))).
  rewrite (mean_square (fun a' => (a' == a)%:R) (fun _ i => z i 0)); congr (0 <= _).
  by apply: eq_bigr => s _; rewrite -mulrA; case: eqP => [->|_]; rewrite ?mul0r.
by apply: sumr_ge0 => s _; rewrite mulr_ge0 ?weight_ge0 // mulr_ge0 ?normsq_ge0 ?ler0n.
Qed.

(* The best weights. *)
Definition best a i := (invmx (Ubarm a) *m cots a) i 0 / dot (cots a) (invmx (Ubarm a) *m cots a).

Lemma best_weights a : 0 < chance a -> (exists i, cot (tnth a i) != 0) ->
  Ubarm a \in unitmx ->
  \sum_i best a i * cot (tnth a i) = 1 /\
  \sum_i \sum_j best a i * best a j * Ubar a i j = (dot (cots a) (invmx (Ubarm a) *m cots a))^-1.
Proof.
move=> P0 [k ck] unit_U; rewrite /best; set z := _ *m cots a; set K := dot _ z.
have Uz : Ubarm a *m z = cots a by rewrite mulmxA mulmxV // mul1mx.
have Kz : dot z (Ubarm a *m z) = K by rewrite Uz dotC.
have K0 : K != 0.
  apply/eqP => K0; have c0 : 0 < normsq (cots a).
    by rewrite normsq_gt0; apply: contraNneq ck => /matrixP /(_ k 0); rewrite !mxE => ->.
  set N := normsq (cots a) in c0; set Q := dot (cots a) (Ubarm a *m cots a).
  have Q0 : 0 <= Q by exact: Ubarm_ge0.
  have zUc : dot z (Ubarm a *m cots a) = N by rewrite dotC dot_mull Ubarm_sym Uz.
  have := Ubarm_ge0 (z - (N / (Q + 1)) *: cots a) P0.
  rewrite mulmxDr mulmxN -scalemxAr Uz !dotE zUc -/Q -/(normsq _) -/N (dotC z) -/K K0.
  have Q1 : 0 < Q + 1 by rewrite ltr_spaddr ?ltr01.
  rewrite (_ : _ + _ = - (N ^+ 2 * (Q + 2%:R) / (Q + 1) ^+ 2)); last first.
    by field; rewrite gt_eqF.
  by rewrite oppr_ge0 leNgt divr_gt0 ?mulr_gt0 ?exprn_gt0 // ltr_spaddr ?ltr0n.
split.
  transitivity (\sum_i cots a i 0 * z i 0 / K); last first.
    by rewrite -mulr_suml -[\sum_i _]/K divff.
  by apply: eq_bigr => i _; rewrite [cots a i 0]mxE mulrAC (mulrC (cot _)).
transitivity (dot z (Ubarm a *m z) / K ^+ 2); last by rewrite Kz; field.
rewrite dot_Ubarm mulr_suml; apply: eq_bigr => i _.
rewrite mulr_suml; apply: eq_bigr => j _.
by rewrite expr2 invfM [X in X * _ = _]mulrACA [LHS]mulrAC.
Qed.

(** With the best weights it is E[tan^2 phi | angles] <= 1 / (c' Ubar^-1 c). *)
Theorem leaning_law_algebra a : 0 < chance a -> (exists i, cot (tnth a i) != 0) ->
  Ubarm a \in unitmx ->
  given a (fun s => tan_sq w_star (w_hat_of s)) <=
    (dot (cots a) (invmx (Ubarm a) *m cots a))^-1.
Proof.
move=> P0 ck unit_U; have [one <-] := best_weights P0 ck unit_U.
exact: leaning_weights_algebra.
Qed.

(* The law for weights [b] that are right wherever the angles have a positive chance. *)
Lemma chance_gt0 s : weight q s != 0 -> 0 < chance (angles theta s).
Proof.
move=> qs; apply: (@lt_le_trans _ _ (weight q s)); first by rewrite lt_def qs weight_ge0.
rewrite /chance /En (bigD1 s) //= eqxx mulr1 ler_addl sumr_ge0 // => s' _.
by rewrite mulr_ge0 ?weight_ge0 ?ler0n.
Qed.

Lemma leaning_weighted b : (forall a, 0 < chance a -> \sum_i b a i * cot (tnth a i) = 1) ->
  forall h, (forall a, 0 <= h a) ->
  En q (fun s => h (angles theta s) * tan_sq w_star (w_hat_of s)) <=
  En q (fun s => h (angles theta s) * resistance b (angles theta s)).
Proof.
move=> b1 h h0.
have E f : En q f = En q (fun s => (0 < chance (angles theta s))%R%:R * f s).
  apply: eq_bigr => s _; have [->|/chance_gt0 ->] := eqVneq (weight q s) 0.
    by rewrite !mul0r.
  by rewrite mul1r.
pose h' a := (0 < chance a)%R%:R * h a.
have E' f : En q (fun s => h (angles theta s) * f s) = En q (fun s => h' (angles theta s) * f s).
  by rewrite E; apply: eq_bigr => s _; congr (_ * _); exact: mulrA.
rewrite !E' {E E'}.
apply: (@law_weighted h') => [a|s]; first by rewrite mulr_ge0.
rewrite /h'; case: ltP => [/b1 one _|_]; last by rewrite mul0r eqxx.
by left; rewrite -one; apply: eq_bigr => i _; rewrite tnth_mktuple.
Qed.

Lemma resistance_ge0 b a : 0 < chance a -> 0 <= resistance b a.
Proof.
move=> P0; have := @Ubarm_ge0 a (\col_i b a i) P0; rewrite dot_Ubarm; congr (0 <= _).
by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite !mxE.
Qed.
End Lean.

(** A law is centred if, at each angle, the mean of [u] is 0. *)
Definition centred (S : finType) (q : S -> R) (theta : S -> R) (u : S -> 'cV[R]_d) :=
  forall a, \sum_(t | theta t == a) q t *: u t = 0.

Definition conductance (a : n.-tuple R) : R := \sum_i cot (tnth a i) ^+ 2.

Lemma conductance_eq0 a : conductance a = 0 -> forall i, cot (tnth a i) = 0.
Proof.
move=> S0 i; apply/eqP; rewrite -sqrf_eq0; apply/eqP.
by apply: (psumr_eq0P _ S0) => // j _; exact: sqr_ge0.
Qed.

Section Centred.
Hypothesis u_centred : centred q theta u.

Lemma u_mean0 a :
  \sum_(t | theta t == a) q t *: u t = Pr q [pred t | theta t == a] *: (0 : 'cV[R]_d).
Proof. by rewrite u_centred scaler0. Qed.

Lemma parallel_weighted h : (forall a, 0 <= h a) ->
  En q (fun s => h (angles theta s) * tan_sq w_star (w_hat_of s)) <=
  En q (fun s => h (angles theta s) * (conductance (angles theta s))^-1).
Proof.
move=> h0; pose b (a : n.-tuple R) i := cot (tnth a i) / conductance a.
apply: le_trans (law_weighted u_mean0 (b := b) h0 _) _ => [s _|].
  have [/conductance_eq0 c0|S0] := eqVneq (conductance (angles theta s)) 0.
    by right=> i; rewrite -(c0 i) tnth_mktuple.
  left; rewrite -[RHS](divff S0) [in RHS]mulr_suml; apply: eq_bigr => i _.
  by rewrite /b mulrAC !tnth_mktuple.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => s _; congr (_ * (_ * _)).
set a := angles theta s; rewrite /resistance.
transitivity (\sum_i b a i ^+ 2).
  apply: eq_bigr => i _; rewrite (bigD1 i) //= /Ubar eqxx mulr1 big1 ?addr0 // => j ji.
  by rewrite eq_sym (negPf ji) dot0l mulr0.
have [S0|S0] := eqVneq (conductance a) 0.
  by rewrite S0 invr0 big1 // => i _; rewrite /b (conductance_eq0 S0) mul0r expr0n.
rewrite (eq_bigr (fun i => cot (tnth a i) ^+ 2 * (conductance a)^-2)) => [|i _].
  by rewrite -mulr_suml -/(conductance a); field.
by rewrite exprMn exprVn.
Qed.

(** The parallel law: E[tan^2 phi | angles] <= 1 / sum_i cot^2 theta_i. *)
Theorem parallel_law_algebra a :
  given a (fun s => tan_sq w_star (w_hat_of s)) <= (\sum_i cot (tnth a i) ^+ 2)^-1.
Proof.
have C0 : 0 <= (conductance a)^-1 by rewrite invr_ge0 sumr_ge0 // => i _; rewrite sqr_ge0.
have [P0|P0] := eqVneq (chance a) 0; first by rewrite /given P0 invr0 mulr0.
have {}P0 : 0 < chance a.
  by rewrite lt_def P0 sumr_ge0 // => s _; rewrite mulr_ge0 ?weight_ge0 ?ler0n.
rewrite ler_pdivr_mulr // mulrC -[X in X * _]/(En _ _) mulr_suml.
apply: le_trans (parallel_weighted (h := fun a' => (a' == a)%:R) _) _ => [a'|]; first exact: ler0n.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => s _; rewrite -mulrA.
by case: eqP => [->|_]; rewrite ?mul0r.
Qed.
End Centred.
End Law.
