(** Probability where the task has finitely many examples: [T] lists them, [q]
    is the probability of each. The [n] training examples are a tuple of
    independent draws, so that its probability is a product. No axiom is used. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section FiniteLaw.
Variables (R : realFieldType) (T : finType) (q : T -> R) (n : nat).

(** The probability of an event for one draw, the expectation of a function of
    it, and the expectation of a function of [n] draws. *)
Definition Pr (A : pred T) : R := \sum_(t | A t) q t.
Definition E1 (f : T -> R) : R := \sum_t q t * f t.
Definition weight (s : n.-tuple T) : R := \prod_(i < n) q (tnth s i).
Definition En (f : n.-tuple T -> R) : R := \sum_s weight s * f s.

Hypotheses (q_ge0 : forall t, 0 <= q t) (q_sum : \sum_t q t = 1).

Lemma weight_ge0 s : 0 <= weight s. Proof. exact: prodr_ge0. Qed.

Lemma Pr_ge0 A : 0 <= Pr A. Proof. exact: sumr_ge0. Qed.

Lemma Pr_E1 A : Pr A = E1 (fun t => (A t)%:R).
Proof.
rewrite /Pr big_mkcond; apply: eq_bigr => t _.
by case: (A t); rewrite ?mulr1 ?mulr0.
Qed.

Lemma E1_le f g : (forall t, f t <= g t) -> E1 f <= E1 g.
Proof. by move=> fg; apply: ler_sum => t _; rewrite ler_wpmul2l. Qed.

Lemma Pr_le (A B : pred T) : (forall t, A t -> B t) -> Pr A <= Pr B.
Proof.
move=> AB; rewrite !Pr_E1; apply: E1_le => t; rewrite ler_nat.
by case: (A t) (AB t) => // ->.
Qed.

Lemma Pr_le1 A : Pr A <= 1.
Proof. by rewrite -q_sum; apply: (@Pr_le A predT). Qed.

(** Independence: the probability that all [n] draws are in B is P(B)^n. *)
Lemma all_draws (B : pred T) : En (fun s => [forall i, B (tnth s i)]%:R) = Pr B ^+ n.
Proof.
rewrite -[n in RHS]card_ord -prodr_const bigA_distr_big /En /=.
rewrite (eq_bigr (fun s => if [forall i, B (tnth s i)] then weight s else 0)); last first.
  by move=> s _; case: ifP; rewrite ?mulr1 ?mulr0.
rewrite -big_mkcond /=; pose h (f : {ffun 'I_n -> T}) := [tuple f i | i < n].
rewrite (reindex h) /=; last first.
  exists (fun s => [ffun i => tnth s i]) => [f _|s _].
    by apply/ffunP => i; rewrite ffunE tnth_mktuple.
  by apply: eq_from_tnth => i; rewrite tnth_mktuple ffunE.
apply: eq_big => [f|f _].
  by apply/forallP/ffun_onP => B_f i; have := B_f i; rewrite tnth_mktuple.
by apply: eq_bigr => i _; rewrite tnth_mktuple.
Qed.

Lemma weight_sum : \sum_s weight s = 1.
Proof.
have := all_draws predT; rewrite /Pr q_sum expr1n => <-.
apply: eq_bigr => s _; rewrite (_ : [forall i, _] = true) ?mulr1 //.
exact/forallP.
Qed.

Lemma En_le f g : (forall s, f s <= g s) -> En f <= En g.
Proof. by move=> fg; apply: ler_sum => s _; rewrite ler_wpmul2l ?weight_ge0. Qed.

(** Fubini: the expectation over the training examples of the probability that
    a test example is lost, [lost s t], is that over the test example of the
    probability that it is lost. *)
Lemma En_Pr (lost : n.-tuple T -> pred T) :
  En (fun s => Pr (lost s)) = E1 (fun t => En (fun s => (lost s t)%:R)).
Proof.
rewrite /En /E1; under eq_bigr do rewrite Pr_E1 mulr_sumr.
rewrite exchange_big; apply: eq_bigr => t _; rewrite mulr_sumr.
by apply: eq_bigr => s _; rewrite mulrCA.
Qed.
End FiniteLaw.
