(** That the student is a measurable function of its examples. Its projection is
    built up example by example: each adds its part outside the span so far. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype realfun trigo.
From mathcomp Require Import measure lebesgue_measure.
From Distillation Require Import projections angles.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Lemma sg_neq (R : realType) (a b : R) :
  (Num.sg a != Num.sg b) = (a * b <= 0) && (0 < a ^+ 2 + b ^+ 2).
Proof.
have [->|a0] := eqVneq a 0.
  rewrite sgr0 eq_sym sgr_eq0 mul0r lexx expr0n add0r /=.
  by rewrite lt_def sqr_ge0 andbT sqrf_eq0.
have -> : 0 < a ^+ 2 + b ^+ 2.
  by rewrite ltr_spaddl ?sqr_ge0 // lt_def sqrf_eq0 a0 sqr_ge0.
have sa : Num.sg a != 0 by rewrite sgr_eq0.
rewrite andbT leNgt -sgr_cp0 sgrM; congr (~~ _).
by rewrite -(inj_eq (mulfI sa)) -expr2 sqr_sg a0 eq_sym.
Qed.

Section Numbers.
Variables (R : realType) (disp : measure_display) (S : measurableType disp).
Implicit Types f g : S -> R.

Lemma measurable_ge f g : measurable_fun setT f -> measurable_fun setT g ->
  measurable [set s | g s <= f s].
Proof.
move=> mf mg; pose I : interval R := `[0, +oo[%R.
have := measurable_funB mf mg measurableT (measurable_itv I).
rewrite setTI; congr measurable; apply/seteqP.
by split=> s /=; rewrite in_itv /= andbT subr_ge0.
Qed.

Lemma measurable_gt f g : measurable_fun setT f -> measurable_fun setT g ->
  measurable [set s | g s < f s].
Proof.
move=> mf mg; have := measurableC (measurable_ge mg mf); congr measurable.
by apply/seteqP; split=> s /=; rewrite ltNge => /negP.
Qed.

(* A function is measurable if all sets on which it is at least b are. *)
Lemma measurable_from_ge f : (forall b, measurable [set s | b <= f s]) -> measurable_fun setT f.
Proof.
move=> mf; apply: (measurability (RGenCInfty.measurableE R)) => _ [_ [b ->] <-].
rewrite setTI; have := mf b; congr measurable; apply/seteqP.
by split=> s /=; rewrite in_itv /= andbT.
Qed.

Lemma measurable_const (c : R) : measurable_fun setT (fun _ : S => c).
Proof. exact: measurable_fun_cst. Qed.

Lemma measurable_sum (I : finType) (f : I -> S -> R) :
  (forall i, measurable_fun setT (f i)) -> measurable_fun setT (fun s => \sum_i f i s).
Proof.
move=> mf; elim: (index_enum I) => [|i r IH].
  by under eq_fun do rewrite big_nil; exact: measurable_const.
by under eq_fun do rewrite big_cons; exact: measurable_funD.
Qed.

Lemma measurable_inverse f : measurable_fun setT f -> measurable_fun setT (fun s => (f s)^-1).
Proof.
move=> mf; apply: measurable_from_ge => b.
have mb : measurable_fun setT (fun s => b * f s) by exact: measurable_funrM.
have m c := measurable_const c.
rewrite (_ : [set _ | _] = ([set s | 0 < f s] `&` [set s | b * f s <= 1]) `|`
  ([set s | f s < 0] `&` [set s | 1 <= b * f s]) `|`
  (~` ([set s | 0 < f s] `|` [set s | f s < 0]) `&` [set s | b <= 0])); last first.
  apply/seteqP; split=> s /=; have [f0|f0|f0] := ltrgt0P (f s).
  - by rewrite -[(f s)^-1]mul1r ler_pdivl_mulr //; left; left.
  - by rewrite -[(f s)^-1]mul1r ler_ndivl_mulr //; left; right.
  - by rewrite f0 invr0; right; split=> // -[].
  - rewrite -[(f s)^-1]mul1r ler_pdivl_mulr //.
    by case=> [[[_ //]|[]//]|[no _]]; case: no; left.
  - rewrite -[(f s)^-1]mul1r ler_ndivl_mulr //.
    by case=> [[[]//|[_ //]]|[no _]]; case: no; right.
  - by rewrite f0 invr0; case=> [[[]//|[]//]|[]].
apply: measurableU; first apply: measurableU; apply: measurableI.
- exact: measurable_gt.
- exact: measurable_ge.
- exact: measurable_gt.
- exact: measurable_ge.
- by apply: measurableC; apply: measurableU; exact: measurable_gt.
- exact: measurable_ge.
Qed.
(* The signs of two measurable functions differ on a measurable set. *)
Lemma measurable_signs f g :
  measurable_fun setT f -> measurable_fun setT g ->
  measurable [set s | Num.sg (f s) != Num.sg (g s)].
Proof.
move=> mf mg; have m0 := measurable_const 0.
rewrite (_ : [set _ | _] = [set s | f s * g s <= 0] `&` [set s | 0 < f s ^+ 2 + g s ^+ 2]).
  apply: measurableI; first by apply: measurable_ge => //; exact: measurable_funM.
  by apply: measurable_gt => //; apply: measurable_funD; exact: measurable_fun_sqr.
by apply/seteqP; split=> s /=; rewrite sg_neq => /andP.
Qed.
End Numbers.

Section Vectors.
Variables (R : realType) (disp : measure_display) (S : measurableType disp) (d : nat).
Implicit Types u v : S -> 'cV[R]_d.

(** A vector, or a matrix, that depends on chance is measurable if its entries are. *)
Definition measurable_matrix m n (A : S -> 'M[R]_(m, n)) :=
  forall i j, measurable_fun setT (fun s => A s i j).

Lemma measurable_dot u v : measurable_matrix u -> measurable_matrix v ->
  measurable_fun setT (fun s => dot (u s) (v s)).
Proof. by move=> mu mv; apply: measurable_sum => i; apply: measurable_funM. Qed.

Lemma measurable_mul m n p (A : S -> 'M[R]_(m, n)) (B : S -> 'M_(n, p)) :
  measurable_matrix A -> measurable_matrix B -> measurable_matrix (fun s => A s *m B s).
Proof.
move=> mA mB i j; under eq_fun do rewrite mxE.
by apply: measurable_sum => k; apply: measurable_funM.
Qed.

(** The projection onto the span of measurable examples is measurable. *)
Theorem measurable_proj n (X : S -> 'M[R]_(d, n)) :
  measurable_matrix X -> measurable_matrix (fun s => proj (X s)).
Proof.
elim: n X => [|n IH] X mX i j.
  by under eq_fun do rewrite [X _]thinmx0; exact: measurable_const.
pose x s := lsubmx (X s : 'M_(d, 1 + n)); pose Y s := rsubmx (X s : 'M_(d, 1 + n)).
have mx : measurable_matrix x by move=> k l; under eq_fun do rewrite mxE; exact: mX.
have mY : measurable_matrix Y by move=> k l; under eq_fun do rewrite mxE; exact: mX.
have mP := IH Y mY; pose q s := x s - proj (Y s) *m x s.
have mq : measurable_matrix q.
  move=> k l; rewrite (_ : (fun s => q s k l) =
    (fun s => x s k l) \- (fun s => (proj (Y s) *m x s) k l)).
    by apply: measurable_funB; [exact: mx|exact: measurable_mul].
  by apply/funext => s; rewrite /q mxE; congr (_ + _); rewrite mxE.
rewrite (_ : (fun s => proj (X s) i j) = (fun s => proj (Y s) i j) \+
  ((fun s => (normsq (q s))^-1) \* ((fun s => q s i 0) \* (fun s => q s j 0)))).
  apply: measurable_funD; first exact: mP.
  apply: measurable_funM; last by apply: measurable_funM; exact: mq.
  by apply: measurable_inverse; exact: measurable_dot.
apply/funext => s /=.
have -> : proj (X s) = proj (Y s) + (normsq (q s))^-1 *: (q s *m (q s)^T).
  by rewrite -{1}[X s](@hsubmxK _ d 1 n) proj_row_mx.
by move: (proj (Y s)) (q s) => P v; rewrite !mxE big_ord1 !mxE.
Qed.
End Vectors.

(** Where students and teacher disagree is an event, of a student [z.1] and a test
    example [z.2]. *)
Lemma measurable_errors (R : realType) d dT dO (T : measurableType dT) (Om : measurableType dO)
  (student : Om -> 'cV[R]_d) (x : T -> 'cV[R]_d) w_star :
  measurable_matrix student -> measurable_matrix x -> measurable [set z : Om * T |
    Num.sg (dot (student z.1) (x z.2)) != Num.sg (dot w_star (x z.2))].
Proof.
move=> student_measurable x_measurable.
have [mfst msnd] := (prod_measurable_funP id).1 (@measurable_fun_id _ (Om * T)%type setT).
have m1 : measurable_matrix (fun z : Om * T => student z.1).
  move=> i j; apply: (measurable_fun_comp (student_measurable i j)).
  exact: mfst.
have m2 : measurable_matrix (fun z : Om * T => x z.2).
  move=> i j; apply: (measurable_fun_comp (x_measurable i j)).
  exact: msnd.
apply: measurable_signs; apply: measurable_dot => // i j; exact: measurable_const.
Qed.
