(** Lemma 1 (strong monotonicity, section 4.3), and what the proof of Theorem 3
    takes from it: an easy test example is not lost once there is one easy
    training example. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import classical_sets topology normedtype reals trigo.
From Distillation Require Import projections angles.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Lemma1.
Variable R : realType.

(* The cosine of the angle between teacher and student is |w_hat| / |w_star|. *)
Lemma cosine_student d n (X : 'M[R]_(d, n)) w : cosine w (w_hat X w) = norm (w_hat X w) / norm w.
Proof.
rewrite /cosine (dot_proj _ (proj_orth X)) -/(w_hat X w) -norm_sqr.
have [->|p0] := eqVneq (norm (w_hat X w)) 0; first by rewrite expr0n /= !mul0r.
have [->|n0] := eqVneq (norm w) 0; first by rewrite mul0r invr0 !mulr0.
by rewrite expr2 invfM mulrACA divff // mulr1 mulrC.
Qed.

(** Lemma 1. If X_- is X_+ with columns removed (or in another order, or
    repeated: [f] names the columns that X_- has), then the student of X_+ makes
    no larger angle with the teacher. The examples need not be independent. *)
Theorem lemma_1 d n m (X : 'M[R]_(d, n)) (f : 'I_m -> 'I_n) w_star :
  alpha w_star (w_hat X w_star) <= alpha w_star (w_hat (colsub f X) w_star).
Proof.
have cos_ge0 k (Z : 'M_(d, k)) : 0 <= cosine w_star (w_hat Z w_star).
  by rewrite cosine_student divr_ge0 ?norm_ge0.
rewrite [leLHS]/alpha acos_le ?abs_cosine_itv ?alpha_ge0 //; last first.
  by rewrite (le_trans (alpha_le_pihalf _ _)) //; case/andP: (pihalf_itv R).
rewrite cos_alpha !ger0_norm // !cosine_student ler_wpmul2r ?invr_ge0 ?norm_ge0 //.
by rewrite ler_wsqrtr // shorter_student.
Qed.

(* The student is no farther from the teacher than any one of its examples. *)
Lemma alpha_student_le d n (X : 'M[R]_(d, n)) w i :
  alpha w (w_hat X w) <= alpha w (col i X).
Proof.
have /andP[pi0 pi1] := pihalf_itv R; have api u v := le_trans (alpha_le_pihalf u v) pi1.
have [->|w0] := eqVneq w 0.
  by rewrite /alpha /w_hat mulmx0 cosine0r normr0 (cosineC 0) cosine0r normr0.
have [->|x0] := eqVneq (col i X) 0; first by rewrite alpha0 alpha_le_pihalf.
rewrite [leLHS]/alpha acos_le ?abs_cosine_itv ?alpha_ge0 ?api //.
rewrite cos_alpha cosine_student (ger0_norm (_ : 0 <= norm _ / _)) ?divr_ge0 ?norm_ge0 //.
rewrite ler_pdivl_mulr ?norm_gt0 // /cosine normrM.
have nwx : 0 < norm w * norm (col i X) by rewrite mulr_gt0 ?norm_gt0.
rewrite (ger0_norm (_ : 0 <= (norm w * _)^-1)) ?invr_ge0 ?(ltW nwx) //.
rewrite invfM mulrA mulrAC divfK ?gt_eqF ?norm_gt0 // ler_pdivr_mulr ?norm_gt0 //.
have [PT _] := proj_orth X.
have -> : dot w (col i X) = dot (w_hat X w) (col i X) by rewrite dot_mull PT proj_col.
apply: ler_of_sqr; first by rewrite mulr_ge0 ?norm_ge0.
by rewrite real_normK ?num_real // exprMn !norm_sqr cauchy_schwarz.
Qed.

(** One easy training example saves an easy test example. Let the student [w]
    make an angle of at most delta with w_hat (delta = 0: it points along w_hat). If a
    training example is nearer to the line of the teacher than pi/2 - delta less
    the angle of [x], then [w] and the teacher agree on [x]. Nothing is asked
    of [w] where w_hat = 0. *)
Lemma easy_example d n (X : 'M[R]_(d, n)) w_star w x i delta : w_star != 0 -> 0 <= delta ->
  (w_hat X w_star != 0 -> angle (w_hat X w_star) w <= delta) ->
  alpha w_star (col i X) < pi / 2 - delta - alpha w_star x ->
  0 < dot w x * dot w_star x.
Proof.
move=> w0 d0 near easy; set h := w_hat X w_star in near.
have lt1 : alpha w_star h < pi / 2 - delta - alpha w_star x.
  exact: le_lt_trans (alpha_student_le _ _ _) easy.
have h0 : h != 0.
  apply/eqP => h0; move: lt1; rewrite h0 alpha0 ltNge => /negP; apply.
  by rewrite -addrA -opprD ger_addl oppr_le0 addr_ge0 ?alpha_ge0.
have lt2 : angle w_star w < pi / 2 - alpha w_star x.
  apply: le_lt_trans (angle_triangle _ w h0) _.
  rewrite angle_alpha; last by rewrite (dot_proj _ (proj_orth X)) normsq_ge0.
  apply: (@lt_le_trans _ _ (pi / 2 - delta - alpha w_star x + delta)).
    by rewrite ltr_le_add ?near.
  by rewrite addrAC subrK.
wlog pos : x {easy lt1} lt2 / 0 < dot w_star x => [side|].
  have [s0|s0|s0] := ltrgt0P (dot w_star x).
  - exact: side.
  - by have := side (- x); rewrite alphaN !dotNr mulrNN; apply; rewrite ?oppr_gt0.
  - move: lt2; rewrite /alpha /cosine s0 mul0r normr0 acos0 subrr ltNge.
    by case/andP: (angle_itv w_star w) => ->.
rewrite pmulr_lgt0 // -acute; apply: le_lt_trans (angle_triangle _ x w0) _.
by rewrite (angleC w) (angle_alpha (ltW pos)) -ltr_subr_addr.
Qed.
End Lemma1.
