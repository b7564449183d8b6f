(** Students of a kernel: Theorem 1, Lemma 1 and Theorem 3 in its space. Where gradient
    flow ends is proved for any kernel, without features; the rest for features of finite
    dimension, as corollaries of the linear case. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed ereal.
From mathcomp Require Import topology normedtype derive realfun sequences exp trigo.
From mathcomp Require Import measure lebesgue_integral.
From Distillation Require Import projections calculus angles lemma_1 loss theorem_1.
From Distillation Require Import bounds measurable any_law.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section PositiveDefinite.
Variables (R : realFieldType) (n : nat) (K : 'M[R]_n).
Implicit Types (u v : 'cV[R]_n).

(** Symmetric, and u'Ku > 0 for all u other than 0. *)
Definition positive_definite := K^T = K /\ forall u, u != 0 -> 0 < dot u (K *m u).
Hypothesis pd : positive_definite.

Lemma pd_unit : K \in unitmx.
Proof.
have [KT pos] := pd; rewrite -row_free_unit -kermx_eq0; apply/eqP/row_matrixP => i; rewrite row0.
set v := row i _; have vK : v *m K = 0 by rewrite /v -row_mul mulmx_ker row0.
apply/eqP; rewrite -trmx_eq0; apply: contraT => /pos.
by rewrite -{1}KT -trmx_mul vK trmx0 dot0r ltxx.
Qed.

Lemma pd_ge0 u : 0 <= dot u (K *m u).
Proof.
have [->|u0] := eqVneq u 0; first by rewrite dot0l.
by have [_ pos] := pd; exact/ltW/pos.
Qed.

(* Cauchy and Schwarz for the form of K. *)
Lemma pd_cauchy_schwarz u v : dot u (K *m v) ^+ 2 <= dot u (K *m u) * dot v (K *m v).
Proof.
have [KT pos] := pd; have [->|v0] := eqVneq v 0; first by rewrite mulmx0 !dot0r expr0n mulr0.
have sym : dot v (K *m u) = dot u (K *m v) by rewrite dotC dot_mull KT.
have := pd_ge0 (dot v (K *m v) *: u - dot u (K *m v) *: v).
have -> : dot (dot v (K *m v) *: u - dot u (K *m v) *: v)
    (K *m (dot v (K *m v) *: u - dot u (K *m v) *: v)) =
  dot v (K *m v) * (dot u (K *m u) * dot v (K *m v) - dot u (K *m v) ^+ 2).
  rewrite mulmxBr -!scalemxAr !dotE sym.
  by move: (dot u (K *m u)) (dot v (K *m v)) (dot u (K *m v)) => a b c; ring.
by rewrite pmulr_rge0 ?pos // subr_ge0.
Qed.

(* There is a lambda with lambda |u|^2 <= u'Ku. *)
Lemma pd_lambda : exists2 lambda : R, 0 < lambda &
  forall u, lambda * normsq u <= dot u (K *m u).
Proof.
set B := \sum_i normsq (row i (invmx K))^T.
have B0 : 0 <= B by apply: sumr_ge0 => i _; exact: normsq_ge0.
have B1 : 0 < B + 1 by rewrite ltr_paddl.
exists (B + 1)^-1 => [|u]; first by rewrite invr_gt0.
have [->|u0] := eqVneq u 0; first by rewrite normsq0 mulr0 dot0l.
rewrite mulrC ler_pdivr_mulr // -(@ler_pmul2r _ (normsq u)) ?normsq_gt0 //.
set v := invmx K *m u; have Kv : K *m v = u by rewrite mulmxA mulmxV ?pd_unit // mul1mx.
have := pd_cauchy_schwarz u v; rewrite Kv -/(normsq u) expr2 => /le_trans; apply.
rewrite -mulrA ler_wpmul2l ?pd_ge0 //.
have := cauchy_schwarz v u; have := normsq_mul_le (invmx K) u; rewrite -/v -/B => small cs.
have {cs small} sq : dot v u ^+ 2 <= ((B + 1) * normsq u) ^+ 2.
  apply: (le_trans cs); apply: (@le_trans _ _ (B * normsq u * normsq u)).
    by rewrite ler_wpmul2r ?normsq_ge0.
  rewrite exprMn expr2 -mulrA ler_wpmul2r ?mulr_ge0 ?normsq_ge0 //.
  rewrite -subr_ge0 (_ : _ - _ = B ^+ 2 + B + 1); last by ring.
  by rewrite !addr_ge0 ?sqr_ge0.
apply: ler_of_sqr sq; by rewrite mulr_ge0 ?normsq_ge0 ?ltW.
Qed.
End PositiveDefinite.

Section KernelLimit.
Variables (R : realType) (T : Type) (kernel : T -> T -> R) (n : nat).
(** The examples, and the logits [z] of their soft labels. *)
Variables (x : 'I_n -> T) (z : 'cV[R]_n).
Hypothesis n_gt0 : (0 < n)%N.

(** The Gram matrix K = k(X, X), the vector k(t, X), and the values of a function on the
    examples. *)
Definition gram : 'M[R]_n := \matrix_(i, j) kernel (x i) (x j).
Definition across t : 'cV[R]_n := \col_i kernel t (x i).
Definition values (f : T -> R) : 'cV[R]_n := \col_i f (x i).
Hypothesis pd : positive_definite gram.

(** A flow line: the student [f s] at time s changes at the rate
    - (1/n) sum_i k(., x_i) (sigma(f(x_i)) - sigma(z_i)). *)
Variable f : R -> T -> R.
Definition kernel_rate (g : T -> R) t : R :=
  - (n%:R^-1 * \sum_i kernel t (x i) * (sigma (g (x i)) - sigma (z i 0))).
Hypothesis flow : forall s t, is_derive s 1 (fun r => f r t) (kernel_rate (f s) t).

Let a s := values (f s).
Let N_gt0 : 0 < n%:R^-1 :> R. Proof. by rewrite invr_gt0 ltr0n. Qed.

(* The loss as a function of the values on the examples. *)
Let loss := loss (1%:M : 'M[R]_n) z.
Let gradient := gradient (1%:M : 'M[R]_n) z.

Lemma gradient1 v i : gradient v i 0 = n%:R^-1 * (sigma (v i 0) - sigma (z i 0)).
Proof. by rewrite /gradient /loss.gradient trmx1 !mul1mx !mxE. Qed.

Lemma rate_gradient s t : kernel_rate (f s) t = - dot (across t) (gradient (a s)).
Proof.
rewrite /kernel_rate mulr_sumr; congr (- _); apply: eq_bigr => i _.
by rewrite gradient1 mulrCA [across t i 0]mxE [a s i 0]mxE.
Qed.

Lemma across_row i : across (x i) = (row i gram)^T.
Proof. by apply/matrixP => j k; rewrite !mxE. Qed.

Lemma derive_values s i : is_derive s 1 (fun r => a r i 0) ((- (gram *m gradient (a s))) i 0).
Proof.
under eq_fun do rewrite mxE.
have -> : (- (gram *m gradient (a s))) i 0 = kernel_rate (f s) (x i); last exact: flow.
rewrite rate_gradient across_row mxE [(gram *m _) i 0]mxE; congr (- _).
by apply: eq_bigr => j _; rewrite !mxE.
Qed.

(* What the examples do not see does not change. *)
Lemma unseen s t : f s t = f 0 t + dot (across t) (invmx gram *m (a s - a 0)).
Proof.
have [KT _] := pd; have KI : (invmx gram)^T = invmx gram by rewrite trmx_inv KT.
pose u := invmx gram *m across t.
have Ku : gram *m u = across t by rewrite mulmxA mulmxV ?pd_unit // mul1mx.
have E v : dot (across t) (invmx gram *m v) = dot v u by rewrite dotC dot_mull KI.
have still : f s t - dot (a s) u = f 0 t - dot (a 0) u.
  apply: (@is_derive_0_is_cst _ (fun s => f s t - dot (a s) u)) => r.
  have D1 := flow r t; have D2 := derive_dot u (derive_values r).
  have -> : (fun s => f s t - dot (a s) u) = (fun s => f s t) - (fun s => dot (a s) u) by [].
  by apply: is_derive_eq; rewrite rate_gradient dotNl dot_mull KT Ku dotC opprK addNr.
by rewrite E dotDl dotNl addrCA -still addrC subrK.
Qed.

(* The values on the examples tend to the logits. *)
Lemma values_limit eps : 0 < eps ->
  exists2 s0, 0 <= s0 & forall s, s0 <= s -> normsq (a s - z) <= eps.
Proof.
have [lambda l0 low] := pd_lambda pd; pose l := loss (a 0).
have [B _ between] := logits_bounded (1%:M : 'M[R]_n) z l.
pose m := Num.min (sigma' (- B)) (sigma' B).
have m0 : 0 < m by rewrite lt_minr !sigma'_gt0.
have m_lo (i : 'I_n) : m <= sigma' (- B) by rewrite le_minl lexx.
have m_hi (i : 'I_n) : m <= sigma' B by rewrite le_minl lexx orbT.
have span (u : 'cV[R]_n) : proj 1%:M *m u = u -> 1 * normsq u <= normsq (1%:M^T *m u).
  by rewrite mul1r trmx1 mul1mx.
pose mu := loss.mu n m 1; have mu0 : 0 < mu by rewrite !mulr_gt0 ?ltr01.
have down s : is_derive s 1 (fun r => loss (a r)) (- dot (gradient (a s)) (gram *m gradient (a s))).
  by rewrite -dotNr; apply: derive_loss => //; exact: derive_values.
have below s : 0 <= s -> loss (a s) <= l.
  by move=> s0; apply: (falls down) s0 => r _; rewrite oppr_le0 pd_ge0.
have fast s : 0 <= s -> loss (a s) <= l * expR (- (2 * (mu * lambda) * s)).
  apply: (exponential down) => r r0; rewrite ler_opp2.
  apply: le_trans (low _).
  have := corollary_A1 n_gt0 between (ltW m0) m_lo m_hi span mu0 (below r r0).
  rewrite ler_pdivl_mulr ?mulr_gt0 ?ltr0n // => dominated.
  rewrite (_ : 2 * (mu * lambda) * loss (a r) = lambda * (loss (a r) * (2 * mu))); last by ring.
  by rewrite ler_wpmul2l // ltW.
have l_ge0 : 0 <= l by exact: loss_ge0.
have close s : 0 <= s -> normsq (a s - z) <= 2 / mu * loss (a s).
  move=> s0; have z0 : loss z = 0 by exact: loss_teacher.
  have g0 : gradient z = 0 by rewrite /gradient /loss.gradient subrr mulmx0 scaler0.
  have zl : loss z <= l by rewrite z0.
  have := theorem_A3 n_gt0 between (ltW m0) m_lo m_hi span (below s s0) zl.
  rewrite proj_full ?mxrank1 // mul1mx -/loss -/gradient z0 g0 dot0l !add0r => /(_ erefl).
  by rewrite -/mu -ler_pdivl_mull ?divr_gt0 ?ltr0n // invf_div.
move=> e0; have K0 : 0 <= 2 / mu * l by rewrite mulr_ge0 ?divr_ge0 ?ler0n ?(ltW mu0).
have [s0 s00 small] := vanishes K0 (mulr_gt0 mu0 l0) e0; exists s0 => // s ss0.
have s_ge0 := le_trans s00 ss0; apply: (le_trans (close s s_ge0)); apply: le_trans (small s ss0).
rewrite -[leRHS]mulrA; apply: ler_wpmul2l; last exact: fast.
by rewrite divr_ge0 ?ler0n ?(ltW mu0).
Qed.

(** Theorem 1 with a kernel: the flow from any start f_0 tends to
    f_0 + k(., X) K^-1 (z - f_0(X)), at every point t. *)
Theorem kernel_limit t eps : 0 < eps ->
  exists2 s0, 0 <= s0 & forall s, s0 <= s ->
  `|f s t - (f 0 t + dot (across t) (invmx gram *m (z - values (f 0))))| <= eps.
Proof.
move=> e0; pose S := \sum_i normsq (row i (invmx gram))^T; pose B := normsq (across t) * S + 1.
have S0 : 0 <= S.
  by apply: sumr_ge0 => i _; exact: normsq_ge0.
have B0 : 0 < B by apply: ltr_paddl; rewrite ?mulr_ge0 ?normsq_ge0.
have e2 : 0 < eps ^+ 2 / B by rewrite divr_gt0 // exprn_gt0.
have [s0 s00 small] := values_limit e2; exists s0 => // s /small near.
have -> : f s t - (f 0 t + dot (across t) (invmx gram *m (z - values (f 0)))) =
          dot (across t) (invmx gram *m (a s - z)).
  rewrite (unseen s t) opprD addrACA subrr add0r -dotNr -dotDr -mulmxBr; congr (dot _ (_ *m _)).
  by rewrite opprB addrA subrK.
apply: ler_of_sqr; first exact: ltW.
rewrite real_normK ?num_real //; apply: le_trans (cauchy_schwarz _ _) _.
apply: (@le_trans _ _ (B * normsq (a s - z))).
  apply: (le_trans (ler_wpmul2l (normsq_ge0 _) (normsq_mul_le (invmx gram) (a s - z)))).
  by rewrite mulrA ler_wpmul2r ?normsq_ge0 // ler_addl.
by rewrite mulrC -ler_pdivl_mulr.
Qed.
End KernelLimit.

Section Features.
Variables (R : realType) (T : Type) (d n : nat).
(** Features of finite dimension, and their kernel. *)
Variable phi : T -> 'cV[R]_d.
Definition feature_kernel s t : R := dot (phi s) (phi t).
Let kernel := feature_kernel.

Variables (x : 'I_n -> T) (z : 'cV[R]_n).
(** The data matrix of the paper: the features of the examples. *)
Definition data : 'M[R]_(d, n) := \matrix_(j, i) phi (x i) j 0.
Let K := gram kernel x.
Let k_t := across kernel x.

Lemma gram_data : K = data^T *m data.
Proof. by apply/matrixP => i j; rewrite !mxE; apply: eq_bigr => l _; rewrite !mxE. Qed.

Lemma across_data t : k_t t = data^T *m phi t.
Proof. by apply/matrixP => i j; rewrite !mxE !ord1; apply: eq_bigr => l _; rewrite !mxE mulrC. Qed.

(** A flow line of the weights, for soft labels of logits [z]: its function moves as
    [kernel_limit] asks. *)
Theorem feature_flow (w : R -> 'cV[R]_d) :
  (forall s j, is_derive s 1 (fun r => w r j 0)
    ((- (n%:R^-1 *: (data *m (map_mx (@sigma R) (data^T *m w s) - map_mx (@sigma R) z)))) j 0)) ->
  forall s t, is_derive s 1 (fun r => dot (w r) (phi t))
    (kernel_rate kernel x z (fun t => dot (w s) (phi t)) t).
Proof.
move=> flow s t; have := derive_dot (phi t) (flow s); congr is_derive.
rewrite dotNl dotZl dot_mull -across_data /kernel_rate; congr (- (_ * _)); apply: eq_bigr => i _.
have -> : dot (w s) (phi (x i)) = (data^T *m w s) i 0.
  by rewrite mxE; apply: eq_bigr => j _; rewrite !mxE mulrC.
by rewrite [k_t t i 0]mxE mulrC; congr (_ * _); move: (data^T *m w s) => v; rewrite !mxE.
Qed.

Hypothesis pd : positive_definite K.

Lemma data_rank : \rank data = n.
Proof.
apply/eqP; rewrite eqn_leq rank_leq_col /= -{1}(mxrank_unit (pd_unit pd)) gram_data.
exact: mxrankM_maxr.
Qed.

(** The function k(., X) K^-1 z, which is the limit from 0, has these weights. *)
Definition shortest : 'cV[R]_d := data *m (invmx K *m z).

Theorem shortest_values t : dot shortest (phi t) = dot (k_t t) (invmx K *m z).
Proof. by rewrite dot_mull -across_data dotC. Qed.

(** They are the shortest with the logits [z] on the examples. *)
Theorem shortest_norm : data^T *m shortest = z /\
  forall v, data^T *m v = z -> normsq v = normsq shortest + normsq (v - shortest).
Proof.
have fit : data^T *m shortest = z.
  by rewrite mulmxA -gram_data mulmxA mulmxV ?pd_unit // mul1mx.
split=> // v vz; rewrite -pythagoras ?[_ + (v - _)]addrC ?subrK //.
by rewrite dot_mull mulmxBr vz fit subrr dot0r.
Qed.

(** For the logits of a teacher in the space it is the projection of the teacher. *)
Theorem shortest_projection w_star : data^T *m w_star = z -> shortest = w_hat data w_star.
Proof.
by move=> fit; rewrite /w_hat proj_gram ?data_rank // /gram_projection -gram_data -!mulmxA fit.
Qed.

(** Lemma 1: one more example [t] makes the student longer, the more so the more it was
    wrong there. *)
Theorem kernel_lemma_1 w_star t :
  let h := w_hat data w_star in let h' := w_hat (row_mx (phi t) data) w_star in
  normsq h' = normsq h + (dot w_star (phi t) - dot h (phi t)) ^+ 2 /
                         (kernel t t - dot (k_t t) (invmx K *m k_t t)).
Proof.
move=> h h'; have [PT PP] := proj_orth data; set P := proj data in PT PP.
set q := phi t - P *m phi t; have Pq : P *m q = 0 by rewrite mulmxBr mulmxA PP subrr.
have Nq : normsq q = kernel t t - dot (k_t t) (invmx K *m k_t t).
  have Pt : P *m phi t = data *m (invmx K *m k_t t).
    by rewrite /P proj_gram ?data_rank // /gram_projection -gram_data -!mulmxA -across_data.
  rewrite {1}/normsq {1}/q dotDl dotNl dot_mull PT Pq dot0r oppr0 addr0 /q dotDr dotNr Pt.
  by congr (_ - _); rewrite dotC dot_mull -across_data dotC.
have bq : dot q w_star = dot w_star (phi t) - dot h (phi t).
  by rewrite dotDl dotNl dot_mull PT dotC [dot (phi t) (P *m _)]dotC.
have -> : h' = h + ((normsq q)^-1 * dot q w_star) *: q.
  rewrite /h' /w_hat proj_row_mx -/P -/q mulmxDl -scalemxAl -mulmxA; congr (_ + _).
  rewrite (_ : q^T *m w_star = (dot q w_star)%:M) ?mul_mx_scalar ?scalerA //.
  by rewrite [LHS]mx11_scalar dot_mx.
rewrite pythagoras; last by rewrite dotZr dot_mull PT Pq dot0r mulr0.
rewrite -Nq -bq; congr (_ + _); rewrite /normsq dotZl dotZr -/(normsq q).
have [->|N0] := eqVneq (normsq q) 0; first by rewrite invr0 !(mulr0, mul0r).
by field.
Qed.

(** The cosine of the angle to the teacher is |h|/|w_star|, ... *)
Theorem kernel_cosine w_star : let h := w_hat data w_star in
  cosine w_star h = norm h / norm w_star.
Proof. exact: cosine_student. Qed.

(** ... and the angle never rises with an example more. *)
Theorem kernel_monotone w_star t : alpha w_star (w_hat (row_mx (phi t) data) w_star) <=
  alpha w_star (w_hat data w_star).
Proof.
have {2}-> : data = colsub (@rshift 1 n) (row_mx (phi t) data).
  by apply/matrixP => i j; rewrite [RHS]mxE row_mxEr.
exact: lemma_1.
Qed.
End Features.

(** The angle of an example to the teacher f_star = w_star . phi, by the kernel. *)
Definition kernel_angle (R : realType) d T (phi : T -> 'cV[R]_d) w_star t : R :=
  acos (`|dot w_star (phi t)| / (norm w_star * Num.sqrt (feature_kernel phi t t))).

Lemma kernel_angleE (R : realType) d T (phi : T -> 'cV[R]_d) w_star t :
  kernel_angle phi w_star t = alpha w_star (phi t).
Proof.
rewrite /alpha /cosine normrM [ `|_^-1|]ger0_norm //.
by rewrite invr_ge0 mulr_ge0 ?norm_ge0.
Qed.

Section Theorem3.
(** The setting of [any_law], with the features for the examples. *)
Variables (R : realType) (d n : nat).
Variables (dT dO : measure_display) (T : measurableType dT) (Om : measurableType dO).
Variables (mu : {measure set T -> \bar R}) (Prob : {measure set Om -> \bar R}).
Hypotheses (mu1 : mu setT = 1%E) (Prob1 : Prob setT = 1%E).
Variables (phi : T -> 'cV[R]_d) (w_star : 'cV[R]_d).
Hypotheses (phi_measurable : measurable_matrix phi) (w_star_neq0 : w_star != 0).
Variable Xs : 'I_n -> Om -> T.
Hypothesis Xs_measurable : forall i, measurable_fun setT (Xs i).
Hypothesis independent : forall A : 'I_n -> set T, (forall i, measurable (A i)) ->
  fine (Prob [set o | forall i, A i (Xs i o)]) = \prod_i fine (mu (A i)).

Let student o := w_hat (data phi (fun i => Xs i o)) w_star.
Let theta := kernel_angle phi w_star.
Let p b : R := fine (mu [set t | b <= theta t]).

Let p_tail : p = any_law.p mu phi w_star.
Proof.
apply/funext => b; congr (fine (mu _)); apply/seteqP.
by split=> t /=; rewrite /theta kernel_angleE.
Qed.

(** Theorem 3, (19): E R <= inf over beta in [0, pi/2] of p(beta) + p(pi/2 - beta)^n. *)
Theorem kernel_theorem_3 : (expected_risk mu Prob phi w_star student <= (infimum p n 0)%:E)%E.
Proof. by rewrite p_tail; exact: theorem_3_19. Qed.

(** The integral bound: E R <= E[p(pi/2 - theta)^n]. *)
Theorem kernel_integral_bound : (expected_risk mu Prob phi w_star student <=
  \int[mu]_t (p (pi / 2 - theta t) ^+ n)%:E)%E.
Proof.
under eq_integral do rewrite p_tail /theta kernel_angleE.
exact: integral_bound.
Qed.
End Theorem3.
