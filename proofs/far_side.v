(** Test examples on the far side: an example is lost if the student puts it on the
    other side of its boundary than the teacher does. Chebyshev's inequality turns the
    bounds of tan^2 phi from [conductances] into bounds of the risk. No axiom is used. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From Distillation Require Import projections finite_laws conductances.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(* The value of Cantelli's bound. *)
Lemma cantelli_value (R : realFieldType) (c k : R) : 0 <= c -> 0 < k ->
  (c * k + k ^+ 2) / (c + k) ^+ 2 = (1 + c / k)^-1.
Proof.
by move=> c0 k0; field; rewrite (addrC k) !gt_eqF // ltr_paddl.
Qed.

Section Law.
(** [e] is the direction of the teacher. [T] lists the training examples [x], [q] is the
    probability of each, [theta] its angle, and [u] its part across the teacher. *)
Variables (R : realFieldType) (d n : nat) (e w_star : 'cV[R]_d) (len : R).
Hypotheses (e_unit : normsq e = 1) (len_gt0 : 0 < len) (w_starE : w_star = len *: e).
Variables (T : finType) (q : T -> R) (x u : T -> 'cV[R]_d) (theta : T -> R) (cot : R -> R).
Hypotheses (q_ge0 : forall t, 0 <= q t) (q_sum : \sum_t q t = 1).
Hypothesis x_splits : forall t, splits e (x t) (cot (theta t)) (u t).

(* The laws of [conductances] for these examples. *)
Local Notation w_hat_of := (conductances.w_hat_of (n := n) w_star x).
Local Notation chance := (conductances.chance (n := n) q theta).
Local Notation conductance := (conductances.conductance (n := n) cot).

Let student_neq0 s i : 0 < cot (theta (tnth s i)) -> w_hat_of s != 0.
Proof. exact: (student_neq0 e_unit len_gt0 w_starE x_splits). Qed.

Let chance_gt0 (s : n.-tuple T) : weight q s != 0 -> 0 < chance (angles theta s).
Proof. exact: chance_gt0. Qed.

Section Test.
(** A law for the test examples, which may be that of the training examples. *)
Variables (T_test : finType) (q_test : T_test -> R) (x_test u_test : T_test -> 'cV[R]_d).
Variable theta_test : T_test -> R.
Hypotheses (q_test_ge0 : forall t, 0 <= q_test t) (q_test_sum : \sum_t q_test t = 1).
Hypothesis test_splits : forall t, splits e (x_test t) (cot (theta_test t)) (u_test t).

Definition lost w := [pred t | Num.sg (dot w (x_test t)) != Num.sg (dot w_star (x_test t))].
Definition risk w : R := Pr q_test (lost w).
Definition expected_risk : R := En q (fun s => risk (w_hat_of s)).

(* The part of a student across the teacher, over its part along the teacher. *)
Let across w := (dot e w)^-1 *: w - e.

Lemma e_student s : w_hat_of s != 0 -> 0 < dot e (w_hat_of s).
Proof.
rewrite -normsq_gt0 -(dot_proj _ (proj_orth (X x s))) [X in dot X _]w_starE dotZl.
by rewrite pmulr_rgt0.
Qed.

Lemma normsq_across s : w_hat_of s != 0 ->
  normsq (across (w_hat_of s)) = tan_sq w_star (w_hat_of s).
Proof.
move=> h0; have := e_student h0; set h := w_hat_of s => eh.
rewrite /tan_sq w_starE /normsq /across !dotE -[dot e e]/(normsq e) e_unit (dotC h e).
by field; rewrite !gt_eqF.
Qed.

Lemma lost_across s t : w_hat_of s != 0 -> lost (w_hat_of s) t ->
  cot (theta_test t) * dot (across (w_hat_of s)) (u_test t) <= - cot (theta_test t) ^+ 2.
Proof.
move=> h0; have := e_student h0; set h := w_hat_of s => eh.
have [c0 eu _ [a a0 xE]] := test_splits t; set c := cot _ in c0 xE *.
have [->|cn] := eqVneq c 0; first by rewrite mul0r expr0n oppr0.
have {c0 cn} c0 : 0 < c by rewrite lt_def cn.
rewrite expr2 -mulrN ler_pmul2l // leNgt; apply: contraL => side.
rewrite negbK xE w_starE; set y := c *: e + _.
have hy : 0 < dot h y.
  have -> : dot h y = dot e h * (c + dot (across h) (u_test t)).
    by rewrite /across /y !dotE eu (dotC h e); field; rewrite gt_eqF.
  by rewrite pmulr_rgt0 // addrC -ltr_subl_addr sub0r.
have ey : 0 < dot (len *: e) y.
  by rewrite /y !dotE -[dot e e]/(normsq e) e_unit eu mulr1 addr0 mulr_gt0.
by rewrite !dotZr !sgrM (gtr0_sg hy) (gtr0_sg ey).
Qed.

(** At test, E[u u' | angle] <= lambda, as quadratic forms. *)
Variable lambda : R.
Hypothesis lambda_gt0 : 0 < lambda.
Hypothesis spread : forall a v, \sum_(t | theta_test t == a) q_test t * dot v (u_test t) ^+ 2 <=
  Pr q_test [pred t | theta_test t == a] * (lambda * normsq v).

(* Chebyshev's inequality about [k], where [ok]; elsewhere the risk is at most 1.
   The bound is linear in tan^2 phi, so that the law applies to its mean. *)
Section Chebyshev.
Variables (k : n.-tuple R -> R) (ok : n.-tuple R -> R -> bool) (rho : n.-tuple R -> R).
Hypothesis k_centred : centred q_test theta_test u_test \/ forall a, k a = 0.
Hypothesis ok_pos : forall s t, ok (angles theta s) (theta_test t) ->
  [/\ w_hat_of s != 0, 0 <= k (angles theta s)
    & 0 < cot (theta_test t) ^+ 2 + k (angles theta s)].
Hypothesis law : forall h, (forall a, 0 <= h a) ->
  En q (fun s => h (angles theta s) * tan_sq w_star (w_hat_of s)) <=
  En q (fun s => h (angles theta s) * rho (angles theta s)).

Let value (a : n.-tuple R) b r : R :=
  if ok a b then (cot b ^+ 2 * lambda * r + k a ^+ 2) / (cot b ^+ 2 + k a) ^+ 2 else 1.

Lemma one_student s : risk (w_hat_of s) <=
  E1 q_test (fun t => value (angles theta s) (theta_test t) (tan_sq w_star (w_hat_of s))).
Proof.
rewrite /risk Pr_E1; set a := angles theta s; set v := across (w_hat_of s).
apply: (@le_trans _ _ (E1 q_test (fun t => if ok a (theta_test t) then
    (cot (theta_test t) * dot v (u_test t) - k a) ^+ 2 / (cot (theta_test t) ^+ 2 + k a) ^+ 2
    else 1))).
  apply: E1_le => // t; case: ifP => [/ok_pos[h0 k0 ck]|_]; last by rewrite lern1; case: (lost _ _).
  case: (boolP (lost _ t)) => [/(lost_across h0) far|_] /=; last by rewrite divr_ge0 ?sqr_ge0.
  rewrite ler_pdivl_mulr ?exprn_gt0 // mul1r -[leRHS]sqrrN opprB.
  have le : cot (theta_test t) ^+ 2 + k a <= k a - cot (theta_test t) * dot v (u_test t).
    by rewrite addrC ler_add2l ler_oppr.
  by apply: ler_expn2r; rewrite ?nnegrE ?(le_trans _ le) ?(ltW ck).
apply: (by_angle_le (theta := theta_test)) => b; rewrite /value; set c := cot b.
set P := Pr q_test [pred t | theta_test t == b].
have [okb|nok] := boolP (ok a b); last first.
  rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => t /eqP ->.
  by rewrite (negPf nok).
set D := ((c ^+ 2 + k a) ^+ 2)^-1; have D0 : 0 <= D by rewrite invr_ge0 sqr_ge0.
have cross : k a * (\sum_(t | theta_test t == b) q_test t * dot v (u_test t)) = 0.
  rewrite (eq_bigr (fun t => dot v (q_test t *: u_test t))) => [|t _]; last by rewrite dotZr.
  by rewrite -dot_sumr; case: k_centred => [->|->]; rewrite ?dot0r ?mulr0 ?mul0r.
apply: (@le_trans _ _ (D * (c ^+ 2 * (P * (lambda * normsq v)) + k a ^+ 2 * P))).
  apply: (@le_trans _ _ (D * (c ^+ 2 *
      (\sum_(t | theta_test t == b) q_test t * dot v (u_test t) ^+ 2) + k a ^+ 2 * P))).
    rewrite le_eqVlt; apply/orP; left; apply/eqP.
    transitivity (\sum_(t | theta_test t == b) (D * c ^+ 2 * (q_test t * dot v (u_test t) ^+ 2)
        + (D * 2%:R * - c * k a) * (q_test t * dot v (u_test t)) + D * k a ^+ 2 * q_test t)).
      apply: eq_bigr => t /eqP tb; rewrite tb okb -/c -/D.
      move: (q_test t) (dot v _) => q' y; ring.
    rewrite !big_split /= -!mulr_sumr -(mulrA (D * 2%:R * - c)) cross mulr0 addr0 -/P.
    by rewrite mulrDr !mulrA.
  by rewrite ler_wpmul2l // ler_add2r ler_wpmul2l ?sqr_ge0 ?spread.
rewrite le_eqVlt; apply/orP; left; apply/eqP.
transitivity (\sum_(t | theta_test t == b) q_test t *
    (D * (c ^+ 2 * lambda * normsq v + k a ^+ 2))).
  rewrite -mulr_suml -[\sum_(t | _) _]/P; move: (normsq v) (k a) => nv ka; ring.
apply: eq_bigr => t /eqP tb; have okt : ok a (theta_test t) by rewrite tb.
by have [h0 _ _] := ok_pos okt; rewrite tb okb -/c -/D -normsq_across // -/v [_ / _]mulrC.
Qed.

Lemma chebyshev_law : expected_risk <=
  En q (fun s => E1 q_test (fun t => value (angles theta s) (theta_test t) (rho (angles theta s)))).
Proof.
pose h1 a := E1 q_test (fun t => if ok a (theta_test t) then
  cot (theta_test t) ^+ 2 * lambda / (cot (theta_test t) ^+ 2 + k a) ^+ 2 else 0).
pose h2 a := E1 q_test (fun t => if ok a (theta_test t) then
  k a ^+ 2 / (cot (theta_test t) ^+ 2 + k a) ^+ 2 else 1).
have E a r : E1 q_test (fun t => value a (theta_test t) r) = h1 a * r + h2 a.
  rewrite /h1 /h2 mulr_suml -big_split; apply: eq_bigr => t _ /=; rewrite -mulrA -mulrDr /value.
  by congr (_ * _); case: ifP => _; rewrite ?mul0r ?add0r // mulrDl mulrAC.
apply: (@le_trans _ _ (En q (fun s => h1 (angles theta s) * tan_sq w_star (w_hat_of s)
                                     + h2 (angles theta s)))).
  by apply: En_le => // s; rewrite -E; exact: one_student.
have split f g : En q (fun s => f s + g s) = En q f + En q g.
  by rewrite -big_split; apply: eq_bigr => s _; rewrite mulrDr.
rewrite [leRHS](_ : _ = En q (fun s => h1 (angles theta s) * rho (angles theta s)
  + h2 (angles theta s))); last by apply: eq_bigr => s _; rewrite E.
rewrite !split ler_add2r; apply: law => a; apply: sumr_ge0 => t _; rewrite mulr_ge0 //.
by case: ifP => // _; rewrite divr_ge0 ?sqr_ge0 // mulr_ge0 ?sqr_ge0 ?ltW.
Qed.
End Chebyshev.

(** The parallel bound: E R <= E[1 / (1 + cot^2 theta sum_i cot^2 theta_i / lambda)],
    the mean over the training examples [s] and the test example [t]. *)
Theorem parallel_bound_algebra : centred q theta u -> centred q_test theta_test u_test ->
  expected_risk <= En q (fun s : n.-tuple T => E1 q_test (fun t =>
  (1 + cot (theta_test t) ^+ 2 * (\sum_i cot (theta (tnth s i)) ^+ 2) / lambda)^-1)).
Proof.
move=> train_centred test_centred; have l0 : lambda != 0 by rewrite gt_eqF.
have S0 a : 0 <= conductance a by apply: sumr_ge0 => i _; exact: sqr_ge0.
pose k (a : n.-tuple R) := lambda / conductance a.
pose ok (a : n.-tuple R) (_ : R) := conductance a != 0.
apply: le_trans (@chebyshev_law k ok (fun a => (conductance a)^-1) _ _ _) _; rewrite /k /ok.
- by left.
- move=> s t S; have {}S : 0 < conductance (angles theta s) by rewrite lt_def S S0.
  have k0 : 0 < lambda / conductance (angles theta s) by rewrite divr_gt0.
  split; [|exact: ltW|by rewrite ltr_paddl ?sqr_ge0].
  have [i /= ci|c0] := pickP [pred i | cot (theta (tnth s i)) != 0].
    by apply: (student_neq0 (i := i)); rewrite lt_def ci; case: (x_splits (tnth s i)).
  suff S1 : conductance (angles theta s) = 0 by rewrite S1 ltxx in S.
  apply: big1 => i _; apply/eqP; rewrite sqrf_eq0 tnth_mktuple.
  by have /negbFE := c0 i.
- exact: (parallel_weighted e_unit len_gt0 w_starE q_ge0 q_sum x_splits train_centred).
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => s _; congr (_ * _).
apply: eq_bigr => t _; congr (_ * _).
have -> : \sum_i cot (theta (tnth s i)) ^+ 2 = conductance (angles theta s).
  by apply: eq_bigr => i _; rewrite tnth_mktuple.
have [->|S] := eqVneq (conductance (angles theta s)) 0; first by rewrite mulr0 mul0r addr0 invr1.
have {}S : 0 < conductance (angles theta s) by rewrite lt_def S S0.
rewrite -(mulrA _ lambda) -(mulrA _ _ lambda^-1) -[_ * lambda^-1]invf_div.
by rewrite cantelli_value ?sqr_ge0 ?divr_gt0.
Qed.

Section Leaning.
Variable m : R -> 'cV[R]_d.
Hypothesis u_mean : forall a,
  \sum_(t | theta t == a) q t *: u t = Pr q [pred t | theta t == a] *: m a.
Variable b : n.-tuple R -> 'I_n -> R.
Hypothesis b_one : forall a, 0 < chance a -> \sum_i b a i * cot (tnth a i) = 1.
Hypothesis off_boundary : forall t, 0 < cot (theta_test t).
Let rho := resistance m b.

Let law_here := leaning_weighted e_unit len_gt0 w_starE q_ge0 q_sum x_splits u_mean b_one.

Let rho_ge0 a : 0 < chance a -> 0 <= rho a.
Proof. exact: (resistance_ge0 q_ge0 q_sum x_splits u_mean). Qed.

Let some_student s : 0 < chance (angles theta s) -> w_hat_of s != 0.
Proof.
move=> /b_one one; have [i /= ci|c0] := pickP [pred i | cot (theta (tnth s i)) != 0].
  by apply: (student_neq0 (i := i)); rewrite lt_def ci; case: (x_splits (tnth s i)).
move: one; rewrite big1 => [/eqP|i _]; first by rewrite eq_sym oner_eq0.
by rewrite tnth_mktuple; have /negbFE/eqP -> := c0 i; rewrite mulr0.
Qed.

(** Without centring: E R <= E min(1, lambda rho tan^2 theta). *)
Theorem leaning_min_algebra : expected_risk <= En q (fun s => E1 q_test (fun t =>
  Num.min 1 (lambda * rho (angles theta s) / cot (theta_test t) ^+ 2))).
Proof.
pose ok (a : n.-tuple R) c :=
  [&& 0 < chance a, 0 < cot c & lambda * rho a / cot c ^+ 2 <= 1].
apply: le_trans (@chebyshev_law (fun _ => 0) ok rho _ _ _) _.
- by right.
- move=> s t /and3P[P0 c0 _]; split; [exact: some_student|by []|].
  by rewrite addr0 exprn_gt0.
- exact: law_here.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => s _.
have [->|/chance_gt0 P0] := eqVneq (weight q s) 0; first by rewrite !mul0r.
congr (_ * _); apply: eq_bigr => t _; rewrite /ok P0 off_boundary /=; congr (_ * _).
have := off_boundary t; move: (cot _) (rho _) => c r c0.
case: leP => // _; rewrite expr0n !addr0.
by field; rewrite gt_eqF.
Qed.

(** With a centred test law: E R <= E[lambda rho / (lambda rho + cot^2 theta)]. *)
Theorem leaning_cantelli_algebra : centred q_test theta_test u_test ->
  expected_risk <= En q (fun s => E1 q_test (fun t =>
    lambda * rho (angles theta s) / (lambda * rho (angles theta s) + cot (theta_test t) ^+ 2))).
Proof.
move=> test_centred; pose ok a c := (0 < chance a) && (0 < cot c).
apply: le_trans (@chebyshev_law (fun a => lambda * rho a) ok rho _ _ _) _.
- by left.
- move=> s t /andP[P0 c0]; have k0 : 0 <= lambda * rho (angles theta s).
    by rewrite mulr_ge0 ?(ltW lambda_gt0) // rho_ge0.
  by split; [exact: some_student|by []|rewrite ltr_spaddl ?exprn_gt0].
- exact: law_here.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => s _.
have [->|/chance_gt0 P0] := eqVneq (weight q s) 0; first by rewrite !mul0r.
congr (_ * _); apply: eq_bigr => t _; rewrite /ok P0 off_boundary /=; congr (_ * _).
have k0 : 0 <= lambda * rho (angles theta s).
  by rewrite mulr_ge0 ?(ltW lambda_gt0) // rho_ge0.
rewrite -mulrA; have c2 : 0 < cot (theta_test t) ^+ 2 by rewrite exprn_gt0.
move: (lambda * _) (_ ^+ 2) k0 c2 => k c k0 c0.
by field; rewrite (addrC k) !gt_eqF // ltr_spaddl.
Qed.
End Leaning.
End Test.
End Law.

