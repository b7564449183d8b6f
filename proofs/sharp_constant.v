(** The sharper constants of Appendix B, for every [X]. Where the constant of Theorem
    A.3 has the smallest slope of sigma on an interval of logits, mu_1 has the smallest
    quotient (sigma(a) - sigma(b))^2/(2k) at its ends, and mu_2 that of 2k/(a - b)^2. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import boolp classical_sets functions reals signed.
From mathcomp Require Import topology normedtype derive realfun sequences exp.
From Distillation Require Import projections calculus loss.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Import numFieldTopology.Exports numFieldNormedType.Exports.
Local Open Scope ring_scope.

Section Ratios.
Variables (R : realType).
Implicit Types (F G f g : R -> R) (a b t D : R).

Lemma derive_comb F G f g a b t : is_derive t 1 F (f t) -> is_derive t 1 G (g t) ->
  is_derive t 1 (fun s => a * F s - b * G s) (a * f t - b * g t).
Proof.
move=> DF DG.
exact: (is_deriveB (is_deriveZ a DF) (is_deriveZ b DG)).
Qed.

(* What starts at 0, with slope 0, and has a second derivative that is nowhere
   negative, is nowhere negative. *)
Lemma twice F1 F2 f D : (forall t, is_derive t 1 F2 (F1 t)) ->
  (forall t, is_derive t 1 F1 (f t)) -> F2 0 = 0 -> F1 0 = 0 ->
  (forall t, 0 <= t <= D -> 0 <= f t) -> forall t, 0 <= t <= D -> 0 <= F1 t /\ 0 <= F2 t.
Proof.
move=> D2 D1 F20 F10 f0 t /andP[t0 tD].
have up s : 0 <= s <= t -> 0 <= F1 s.
  move=> /andP[s0 st]; rewrite -F10; apply: (grows D1) s0 => u /andP[u0 us].
  by rewrite f0 // u0 (le_trans us) // (le_trans st).
split; first by rewrite up // t0 lexx.
by rewrite -F20; apply: (grows D2) t0.
Qed.

Section Two.
Variables (F1 F2 f G1 G2 g : R -> R) (D : R).
Hypotheses (DF2 : forall t, is_derive t 1 F2 (F1 t)) (DF1 : forall t, is_derive t 1 F1 (f t)).
Hypotheses (DG2 : forall t, is_derive t 1 G2 (G1 t)) (DG1 : forall t, is_derive t 1 G1 (g t)).
Hypotheses (F20 : F2 0 = 0) (F10 : F1 0 = 0) (G20 : G2 0 = 0) (G10 : G1 0 = 0).
Hypothesis D_ge0 : 0 <= D.

(* If g is at most f, then so are the integrals. *)
Lemma smaller : (forall t, 0 <= t <= D -> g t <= f t) -> G2 D <= F2 D.
Proof.
move=> gf; pose H s := 1 * F2 s - 1 * G2 s; pose H1 s := 1 * F1 s - 1 * G1 s.
pose h s := 1 * f s - 1 * g s.
have D2 t : is_derive t 1 H (H1 t) by exact: derive_comb.
have D1 t : is_derive t 1 H1 (h t) by exact: derive_comb.
have h0 t : 0 <= t <= D -> 0 <= h t by move=> /gf; rewrite /h !mul1r subr_ge0.
have [|||_] := twice D2 D1 _ _ h0 (t := D); rewrite /H /H1 ?F20 ?F10 ?G20 ?G10 ?subrr //.
  by rewrite lexx D_ge0.
by rewrite !mul1r subr_ge0.
Qed.

(* If g/f falls, then G1/G2 is at most F1/F2. *)
Lemma ratio : (forall s t, 0 <= s -> s <= t -> t <= D -> g t * f s <= g s * f t) ->
  G1 D * F2 D <= G2 D * F1 D.
Proof.
move=> fall; pose J := G2 * F1 - G1 * F2.
have DJ t : is_derive t 1 J (f t * G2 t - g t * F2 t).
  have E1 := is_deriveM (DG2 t) (DF1 t); have E2 := is_deriveM (DG1 t) (DF2 t).
  have E := is_deriveB E1 E2; apply: (@is_derive_eq _ _ _ J _ _ _ _ E).
  by rewrite /GRing.scale /=; ring.
have : J 0 <= J D.
  apply: (grows DJ) => // t /andP[t0 tD].
  pose H s := f t * G2 s - g t * F2 s; pose H1 s := f t * G1 s - g t * F1 s.
  pose h s := f t * g s - g t * f s.
  have D2 s : is_derive s 1 H (H1 s) by exact: derive_comb.
  have D1 s : is_derive s 1 H1 (h s) by exact: derive_comb.
  have h0 s : 0 <= s <= t -> 0 <= h s.
    by move=> /andP[s0 st]; rewrite subr_ge0 [leRHS]mulrC fall.
  have [|||//] := twice D2 D1 _ _ h0 (t := t).
  - by rewrite /H F20 G20 !mulr0 subrr.
  - by rewrite /H1 F10 G10 !mulr0 subrr.
  - by rewrite lexx t0.
have JE t : J t = G2 t * F1 t - G1 t * F2 t by [].
by rewrite !JE F20 G20 mul0r mulr0 subrr subr_ge0.
Qed.
End Two.
End Ratios.

Section Terms.
Variable R : realType.
Implicit Types (a b B u v s t D r : R).

(** The gap of the labels and the term of the loss, at a distance D from the
    teacher's logit b. *)
Definition gap b D : R := sigma (b + D) - sigma b.
Definition term b D : R := k b (b + D).

Lemma sigmaN a : sigma (- a) = 1 - sigma a.
Proof. by rewrite sigma_compl /sigma opprK. Qed.

Lemma sigma'N a : sigma' (- a) = sigma' a.
Proof. by rewrite /sigma' sigmaN subKr mulrC. Qed.

Lemma ltr_sigma a b : a < b -> sigma a < sigma b.
Proof.
move=> ab; have e0 (c : R) : 0 < 1 + expR c by rewrite addr_gt0 ?expR_gt0.
by rewrite ltf_pinv ?posrE // ltr_add2l ltr_expR ltr_opp2.
Qed.

(* The nearer to 0, the steeper is sigma. *)
Lemma steeper a b : `|a| <= b -> sigma' b <= sigma' a.
Proof. by rewrite ler_norml => ab; apply: sigma'_between ab; rewrite // sigma'N. Qed.

(* log sigma' is concave. *)
Lemma log_concave b B s t : b <= B -> s <= t ->
  sigma' (B + t) * sigma' (b + s) <= sigma' (B + s) * sigma' (b + t).
Proof.
move=> bB st; have E a : sigma' a = expR a / (1 + expR a) ^+ 2.
  by rewrite /sigma' sigma_compl sigma_exp expr2 invfM mulrA.
rewrite !E !expRD; have := expR_gt0 B; have := expR_gt0 b; have := expR_gt0 s.
have := expR_gt0 t; have : expR b <= expR B by rewrite ler_expR.
have : expR s <= expR t by rewrite ler_expR.
move: (expR b) (expR B) (expR s) (expR t) => p P q Q qQ pP Q0 q0 p0 P0.
have pos (x y : R) : 0 < x -> 0 < y -> 0 < 1 + x * y by move=> x0 y0; rewrite addr_gt0 ?mulr_gt0.
have -> : P * Q / (1 + P * Q) ^+ 2 * (p * q / (1 + p * q) ^+ 2) =
  P * Q * p * q / ((1 + P * Q) * (1 + p * q)) ^+ 2 by field; rewrite !gt_eqF ?pos.
have -> : P * q / (1 + P * q) ^+ 2 * (p * Q / (1 + p * Q) ^+ 2) =
  P * Q * p * q / ((1 + P * q) * (1 + p * Q)) ^+ 2 by field; rewrite !gt_eqF ?pos.
rewrite ler_pmul2l ?mulr_gt0 // lef_pinv ?posrE ?exprn_gt0 ?mulr_gt0 ?pos //.
have le : (1 + P * q) * (1 + p * Q) <= (1 + P * Q) * (1 + p * q).
  rewrite -subr_ge0 (_ : _ - _ = (P - p) * (Q - q)); last by ring.
  by rewrite mulr_ge0 ?subr_ge0.
by apply: ler_expn2r le; rewrite nnegrE ltW // mulr_gt0 ?pos.
Qed.

Lemma derive_gap b t : is_derive t 1 (gap b) (sigma' (b + t)).
Proof.
have S : is_derive t 1 (fun s => b + s) 1.
  have -> : (fun s => b + s) = cst b + (id : R -> R) by [].
  by apply: is_derive_eq; rewrite add0r.
have G := @is_derive1_comp _ (@sigma R) _ t _ _ (derive_sigma _) S.
have E := is_deriveB G (is_derive_cst (sigma b) t 1).
by apply: (@is_derive_eq _ _ _ (gap b) _ _ _ _ E); rewrite subr0 mulr1.
Qed.

Lemma derive_term b t : is_derive t 1 (term b) (gap b t).
Proof.
have S : is_derive t 1 (fun s => b + s) 1.
  have -> : (fun s => b + s) = cst b + (id : R -> R) by [].
  by apply: is_derive_eq; rewrite add0r.
have G := @is_derive1_comp _ (k b) _ t _ _ (derive_k b _) S.
by apply: (@is_derive_eq _ _ _ (term b) _ _ _ _ G); rewrite mulr1.
Qed.

Lemma gap0 b : gap b 0 = 0. Proof. by rewrite /gap addr0 subrr. Qed.
Lemma term0 b : term b 0 = 0. Proof. by rewrite /term addr0 k_diag. Qed.

Lemma gap_gt0 b D : 0 < D -> 0 < gap b D.
Proof. by move=> D0; rewrite subr_gt0 ltr_sigma // ltr_addl. Qed.

Lemma gap_ge0 b D : 0 <= D -> 0 <= gap b D.
Proof. by rewrite le_eqVlt => /orP[/eqP <-|/(gap_gt0 b)/ltW//]; rewrite gap0. Qed.

Lemma term_gt0 b D : D != 0 -> 0 < term b D.
Proof. by move=> D0; rewrite k_gt0 // -subr_eq0 addrAC subrr add0r. Qed.

Lemma term_ge0 b D : 0 <= term b D. Proof. exact: k_ge0. Qed.

(* The term rises. *)
Lemma term_le b s D : 0 <= s -> s <= D -> term b s <= term b D.
Proof.
move=> s0; apply: (grows (derive_term b)) => t /andP[st _].
by rewrite gap_ge0 // (le_trans s0).
Qed.

Lemma term_lt b s D : 0 < s -> s < D -> term b s < term b D.
Proof.
move=> s0 sD; have [c /andP[sc _] E] := mean_value (derive_term b) (ltW sD).
rewrite -subr_gt0 E; apply: mulr_gt0; last by rewrite subr_gt0.
exact: gap_gt0 (lt_le_trans s0 sc).
Qed.

Lemma derive_scaled (F f : R -> R) (c r : R) t : (forall s, is_derive s 1 F (f s)) ->
  is_derive t 1 (fun s => c * F (r * s)) (c * r * f (r * t)).
Proof.
move=> DF; have G := @is_derive1_comp _ F _ t _ _ (DF _) (derive_scale r t).
have E := is_deriveZ c G; apply: (@is_derive_eq _ _ _ _ _ _ _ _ E).
by rewrite /GRing.scale /=; ring.
Qed.

Section Hardest.
(** The hardest term is that of the largest |b|, on its flat side. *)
Variable B : R.
Hypothesis B_ge0 : 0 <= B.

(* No term rises more slowly, ... *)
Lemma slower b D : `|b| <= B -> 0 <= D -> term B D <= term b D.
Proof.
move=> bB D0; apply: (smaller (derive_term b) (derive_gap b) (derive_term B) (derive_gap B));
  rewrite ?gap0 ?term0 // => t /andP[t0 _].
by apply/steeper/(le_trans (ler_norm_add _ _)); rewrite (ger0_norm t0) ler_add2r.
Qed.

(* ... it rises more slowly than a square, ... *)
Lemma square_falls u s : 0 < u -> u <= s -> term B s * u ^+ 2 <= term B u * s ^+ 2.
Proof.
move=> u0 us; have s0 := lt_le_trans u0 us; pose r := s / u; pose c := (r * r)^-1.
have r0 : 0 < r by rewrite divr_gt0.
have r1 : 1 <= r by rewrite ler_pdivl_mulr // mul1r.
have cr : c * r * r = 1 by rewrite -mulrA mulVf // mulf_neq0 ?gt_eqF.
have : c * term B (r * u) <= term B u.
  apply: (smaller (derive_term B) (derive_gap B)
    (fun t => derive_scaled c r t (derive_term B))
    (fun t => derive_scaled (c * r) r t (derive_gap B)));
    rewrite ?mulr0 ?gap0 ?term0 ?mulr0 ?(ltW u0) // => t /andP[t0 _].
  rewrite cr mul1r; apply: steeper; rewrite ger0_norm ?addr_ge0 // ler_add2l.
  by rewrite ler_pemull.
have -> : r * u = s by rewrite /r divfK ?gt_eqF.
have -> : c = u ^+ 2 / s ^+ 2 by rewrite /c /r; field; rewrite !gt_eqF.
by rewrite mulrAC ler_pdivr_mulr ?exprn_gt0 // mulrC.
Qed.

(* ... and D gap/k falls in b, and in D. *)
Lemma tension_falls b D : b <= B -> 0 <= D -> gap B D * term b D <= term B D * gap b D.
Proof.
move=> bB D0; apply: (ratio (derive_term b) (derive_gap b) (derive_term B) (derive_gap B));
  rewrite ?gap0 ?term0 // => s t _ st _.
exact: log_concave.
Qed.

Lemma tension_falls_far u s : 0 < u -> u <= s ->
  s * gap B s * term B u <= term B s * (u * gap B u).
Proof.
move=> u0 us; have s0 := lt_le_trans u0 us; pose r := s / u.
have r0 : 0 < r by rewrite divr_gt0.
have r1 : 1 <= r by rewrite ler_pdivl_mulr // mul1r.
have ru : r * u = s by rewrite /r divfK ?gt_eqF.
have : 1 * r * gap B (r * u) * term B u <= 1 * term B (r * u) * gap B u.
  apply: (ratio (derive_term B) (derive_gap B)
    (fun t => derive_scaled 1 r t (derive_term B))
    (fun t => derive_scaled (1 * r) r t (derive_gap B)));
    rewrite ?mulr0 ?gap0 ?term0 ?mulr0 ?(ltW u0) // => v t v0 vt _.
  have E (x y : R) : 1 * r * r * x * y = r * r * (x * y) by ring.
  have rr0 : 0 <= r * r by rewrite mulr_ge0 ?(ltW r0).
  rewrite !E; apply: (ler_wpmul2l rr0).
  have bB : B + v <= B + r * v by rewrite ler_add2l ler_pemull.
  have d0 : 0 <= r * (t - v) by rewrite mulr_ge0 ?(ltW r0) ?subr_ge0.
  have := log_concave bB d0.
  have -> : B + r * v + r * (t - v) = B + r * t by ring.
  rewrite !addr0 => /le_trans; apply.
  rewrite ler_wpmul2l ?(ltW (sigma'_gt0 _)) //; apply: steeper.
  have Bt : 0 <= B + t by rewrite addr_ge0 ?(le_trans v0 vt).
  rewrite (ger0_norm Bt) -addrA ler_add2l -ler_subl_addl.
  by rewrite ler_pemull ?subr_ge0.
rewrite ru !mul1r -(ler_pmul2l u0).
have -> : u * (r * gap B s * term B u) = s * gap B s * term B u by rewrite -ru; ring.
by rewrite mulrCA.
Qed.
End Hardest.
End Terms.

Section Quotients.
Variable R : realType.
Implicit Types (a b B u v s t D m lo hi : R).

(* The gap squared over the term falls on the flat side. *)
Lemma dominance_falls B u s : 0 <= B -> 0 <= u -> u <= s -> 0 < s ->
  gap B s ^+ 2 * term B u <= gap B u ^+ 2 * term B s.
Proof.
move=> B0 u0 us s0; have T0 : 0 < term B s by rewrite term_gt0 // gt_eqF.
pose c := gap B s ^+ 2 / term B s; pose phi v := gap B v * gap B v - c * term B v.
have Dphi t : is_derive t 1 phi (gap B t * (2 * sigma' (B + t) - c)).
  have G := derive_gap B t; have E := is_deriveB (is_deriveM G G) (is_deriveZ c (derive_term B t)).
  by apply: (@is_derive_eq _ _ _ phi _ _ _ _ E); rewrite /GRing.scale /=; ring.
have down t t' : 0 <= t -> t <= t' -> sigma' (B + t') <= sigma' (B + t).
  by move=> t0 tt'; apply: steeper; rewrite ger0_norm ?addr_ge0 // ler_add2l.
have two0 : 0 <= 2 :> R by rewrite ler0n.
suff : 0 <= phi u.
  by rewrite subr_ge0 /c mulrAC ler_pdivr_mulr // expr2.
have [small|/ltW large] := leP c (2 * sigma' (B + u)).
  have <- : phi 0 = 0 by rewrite /phi gap0 term0 !mulr0 subrr.
  apply: (grows Dphi) u0 => t /andP[t0 tu]; rewrite mulr_ge0 ?gap_ge0 // subr_ge0.
  by rewrite (le_trans small) // ler_wpmul2l // down.
have <- : phi s = 0 by rewrite /phi /c divfK ?gt_eqF // expr2 subrr.
apply: (falls Dphi) us => t /andP[ut ts]; rewrite mulr_ge0_le0 ?gap_ge0 ?(le_trans u0) //.
by rewrite subr_le0 (le_trans _ large) // ler_wpmul2l // down.
Qed.

(** A term, compared with the hardest one, which is as high as all terms together. *)
Lemma hardest B b D s : 0 <= B -> `|b| <= B -> 0 <= D -> 0 < s -> term b D <= term B s ->
  term B s * D ^+ 2 <= s ^+ 2 * term b D /\
  s * gap B s * term b D <= term B s * (D * gap b D).
Proof.
move=> B0 bB D0 s0 small; have [->|Dn0] := eqVneq D 0.
  by rewrite term0 expr0n /= !(mulr0, mul0r).
have Dp : 0 < D by rewrite lt_def Dn0.
have slow := slower bB D0.
have Ds : D <= s.
  rewrite leNgt; apply/negP => /(term_lt B s0); rewrite ltNge => /negP; apply.
  exact: le_trans slow small.
split.
  apply: le_trans (square_falls B0 Dp Ds) _.
  by rewrite mulrC ler_wpmul2l ?sqr_ge0.
have TB : 0 < term B D by exact: term_gt0.
rewrite -(ler_pmul2r TB).
apply: (@le_trans _ _ (term B s * (D * gap B D) * term b D)).
  rewrite mulrAC ler_wpmul2r ?term_ge0 //; exact: tension_falls_far.
have s1 : 0 <= term B s * D by rewrite mulr_ge0 ?term_ge0.
rewrite [leLHS](_ : _ = term B s * D * (gap B D * term b D)); last by ring.
rewrite [leRHS](_ : _ = term B s * D * (term B D * gap b D)); last by ring.
apply: (ler_wpmul2l s1); apply: tension_falls => //.
exact: le_trans (ler_norm b) bB.
Qed.

(* The quotient is at least every lower bound of the slope of sigma. *)
Lemma slope_below lo hi m a b : m <= sigma' lo -> m <= sigma' hi ->
  lo <= a <= hi -> lo <= b <= hi -> 2 * m * k b a <= (sigma a - sigma b) ^+ 2.
Proof.
move=> m_lo m_hi /andP[la ah] /andP[lb bh].
pose g s := sigma s - sigma b; pose phi s := g s * g s - 2 * m * k b s.
have Dphi t : is_derive t 1 phi (2 * g t * (sigma' t - m)).
  have G : is_derive t 1 g (sigma' t).
    have G := is_deriveB (derive_sigma t) (is_derive_cst (sigma b) t 1).
    by apply: (@is_derive_eq _ _ _ g _ _ _ _ G); rewrite subr0.
  have E := is_deriveB (is_deriveM G G) (is_deriveZ (2 * m) (derive_k b t)).
  by apply: (@is_derive_eq _ _ _ phi _ _ _ _ E); rewrite /GRing.scale /= -/(g t); ring.
have above t : lo <= t <= hi -> 0 <= sigma' t - m.
  by move=> /(sigma'_between m_lo m_hi); rewrite subr_ge0.
have mono u v : u <= v -> sigma u <= sigma v.
  by rewrite le_eqVlt => /orP[/eqP -> //|/ltr_sigma/ltW].
suff : phi b <= phi a by rewrite /phi /g k_diag subrr mul0r mulr0 subrr subr_ge0 expr2.
have [ba|/ltW ab] := leP b a.
  apply: (grows Dphi) ba => t /andP[bt ta].
  rewrite mulr_ge0 ?above ?mulr_ge0 ?ler0n ?subr_ge0 ?mono //.
  by rewrite (le_trans lb) ?(le_trans ta).
apply: (falls Dphi) ab => t /andP[at_ tb].
rewrite mulr_le0_ge0 ?above ?(le_trans la) ?(le_trans tb) //.
by rewrite mulr_ge0_le0 ?ler0n // subr_le0 mono.
Qed.

Lemma kN b a : k (- b) (- a) = k b a.
Proof. by rewrite /k /KL !sigmaN !subKr addrC. Qed.
End Quotients.

Section GrowthAtEnds.
Variable R : realType.
Implicit Types (b B u v s t m : R).

Lemma derive_square t : is_derive t 1 (fun s : R => s * s) (2 * t).
Proof.
have I := @is_derive_id R R t 1; have E := is_deriveM I I.
by apply: (@is_derive_eq _ _ _ _ _ _ _ _ E); rewrite /GRing.scale /=; ring.
Qed.

(* At distance 0 the quotient 2k/D^2 is the slope of sigma, and on the flat side it
   is below. *)
Lemma flat_below B s : 0 <= B -> 0 <= s -> 2 * term B s <= sigma' B * (s * s).
Proof.
move=> B0 s0; pose phi v := sigma' B * (v * v) - 2 * term B v.
pose phi1 v := sigma' B * (2 * v) - 2 * gap B v; pose phi2 v := sigma' B * 2 - 2 * sigma' (B + v).
have D2 t : is_derive t 1 phi (phi1 t) :=
  @derive_comb _ _ _ (fun t => 2 * t) (gap B) _ _ t (derive_square t) (derive_term B t).
have D1 t : is_derive t 1 phi1 (phi2 t) :=
  @derive_comb _ _ _ (fun=> 2) (fun t => sigma' (B + t)) _ _ t (derive_scale 2 t) (derive_gap B t).
have pos t : 0 <= t <= s -> 0 <= phi2 t.
  move=> /andP[t0 _]; rewrite subr_ge0 mulrC ler_wpmul2r ?ler0n // steeper //.
  by rewrite ger0_norm // ler_addl.
have [|||_] := twice D2 D1 _ _ pos (t := s); last by rewrite subr_ge0.
- by rewrite /phi term0 !mulr0 subrr.
- by rewrite /phi1 gap0 !mulr0 subrr.
- by rewrite s0 lexx.
Qed.

(* On each side of the teacher's logit 2k/D^2 has one peak: what is at most its value
   at 0 and at s is at most its values between. *)
Lemma growth_between b s m u : m <= sigma' b -> m * (s * s) <= 2 * term b s ->
  0 <= u <= s -> m * (u * u) <= 2 * term b u.
Proof.
move=> mb ms /andP[u0 us]; pose phi v := 2 * term b v - m * (v * v).
pose phi1 v := 2 * gap b v - m * (2 * v); pose phi2 v := 2 * sigma' (b + v) - m * 2.
have D2 t : is_derive t 1 phi (phi1 t) :=
  @derive_comb _ _ _ (gap b) (fun t => 2 * t) _ _ t (derive_term b t) (derive_square t).
have D1 t : is_derive t 1 phi1 (phi2 t) :=
  @derive_comb _ _ _ (fun t => sigma' (b + t)) (fun=> 2) _ _ t (derive_gap b t) (derive_scale 2 t).
have phi0 : phi 0 = 0 by rewrite /phi term0 !mulr0 subrr.
have phi10 : phi1 0 = 0 by rewrite /phi1 gap0 !mulr0 subrr.
have up v : 0 <= v -> m <= sigma' (b + v) -> 0 <= phi1 v /\ 0 <= phi v.
  move=> v0 mv; have pos t : 0 <= t <= v -> 0 <= phi2 t.
    move=> /andP[t0 tv]; rewrite subr_ge0 mulrC ler_wpmul2l ?ler0n //.
    by apply: (sigma'_between mb mv); rewrite ler_addl t0 ler_add2l.
  by apply: (twice D2 D1 phi0 phi10 pos); rewrite v0 lexx.
have down v t : 0 <= v -> v <= t -> sigma' (b + v) < m -> phi2 t <= 0.
  move=> v0 vt; rewrite ltNge => /negP vm; rewrite subr_le0 mulrC ler_wpmul2r ?ler0n //.
  rewrite leNgt; apply/negP => /ltW mt; apply: vm.
  by apply: (sigma'_between mb mt); rewrite ler_addl v0 ler_add2l.
rewrite -subr_ge0 -/(phi u).
have [mu_|um] := leP m (sigma' (b + u)); first by have [] := up u u0 mu_.
have [fall|/ltW rise] := leP (phi1 u) 0.
  apply: (@le_trans _ _ (phi s)); first by rewrite subr_ge0.
  apply: (falls D2) us => t /andP[ut _]; apply: le_trans fall.
  by apply: (falls D1) ut => v /andP[uv _]; exact: down uv um.
rewrite -phi0; apply: (grows D2) u0 => t /andP[t0 tu].
have [mt|tm] := leP m (sigma' (b + t)); first by have [] := up t t0 mt.
by apply: le_trans rise _; apply: (falls D1) tu => v /andP[tv _]; exact: down tv tm.
Qed.
End GrowthAtEnds.

Section SharpConstant.
Variables (R : realType) (d n : nat) (X : 'M[R]_(d, n)) (w_star : 'cV[R]_d).
Hypothesis n_gt0 : (0 < n)%N.
Variables (l lambda : R) (lo hi : 'I_n -> R).
Let b i := logit X w_star i.

(** The level is l, and [lo i] and [hi i] are the ends of the interval of logits at
    which the i-th term is n l. [lambda] is any number with |X'u|^2 >= lambda |u|^2 on
    the span of X, as in Theorem A.3. *)
Hypothesis l_gt0 : 0 < l.
Hypotheses (lo_left : forall i, lo i < b i) (hi_right : forall i, b i < hi i).
Hypotheses (k_lo : forall i, k (b i) (lo i) = n%:R * l) (k_hi : forall i, k (b i) (hi i) = n%:R * l).
Hypothesis lambda_ge0 : 0 <= lambda.
Hypothesis on_span : forall u, proj X *m u = u -> lambda * normsq u <= normsq (X^T *m u).

Let N_gt0 : 0 < n%:R :> R. Proof. by rewrite ltr0n. Qed.

Section Dominance.
(** The quotient; [c] is any number that is at most all of them: the smallest of them
    is the largest such number. *)
Definition dominance (y a : R) : R := (sigma a - sigma y) ^+ 2 / (2 * k y a).
Variable c : R.
Hypothesis c_lo : forall i, c <= dominance (b i) (lo i).
Hypothesis c_hi : forall i, c <= dominance (b i) (hi i).

Definition mu_1 : R := n%:R^-1 * c * lambda.

Let top_gt0 : 0 < n%:R * l. Proof. by rewrite mulr_gt0. Qed.

(* The hardest term. *)
Lemma hardest_term : exists B M, [/\ 0 <= B, forall i, `|b i| <= B, 0 < M,
  term B M = n%:R * l & 2 * (n%:R * l) * c <= gap B M ^+ 2].
Proof.
have [i _ largest] := @Order.TotalTheory.arg_maxP _ _ _ (Ordinal n_gt0) xpredT (fun i => `|b i|) isT.
have big j : `|b j| <= `|b i| by exact: largest.
have T0 : 0 < 2 * (n%:R * l) by rewrite mulr_gt0 ?ltr0n.
have [b0|b0] := leP 0 (b i).
  have E : b i + (hi i - b i) = hi i by rewrite addrC subrK.
  exists (b i), (hi i - b i); split=> // [j|||].
  - by rewrite -[leRHS](ger0_norm b0).
  - by rewrite subr_gt0.
  - by rewrite /term E k_hi.
  - by have := c_hi i; rewrite /dominance k_hi ler_pdivl_mulr // mulrC /gap E.
exists (- b i), (b i - lo i).
have E : - b i + (b i - lo i) = - lo i by rewrite addrA addNr add0r.
split=> [|j|||].
- by rewrite oppr_ge0 ltW.
- by rewrite -(ltr0_norm b0).
- by rewrite subr_gt0.
- by rewrite /term E kN k_lo.
- have := c_lo i; rewrite /dominance k_lo ler_pdivl_mulr // mulrC /gap E !sigmaN.
  have -> : 1 - sigma (lo i) - (1 - sigma (b i)) = - (sigma (lo i) - sigma (b i)) by ring.
  by rewrite sqrrN.
Qed.

(* The level of the sum of all terms, reached by the hardest term alone. *)
Lemma level_reached (B M K : R) : 0 <= M -> 0 <= K <= term B M ->
  exists2 s, 0 <= s <= M & term B s = K.
Proof.
move=> M0 /andP[K0 KM]; have [||s] := @IVT _ (term B) 0 M K M0.
- apply: continuous_subspaceT => x; apply: differentiable_continuous.
  by apply/derivable1_diffP; apply: ex_derive; exact: derive_term.
- by rewrite term0 min_l ?max_r ?(le_trans K0) // K0.
by rewrite in_itv /=; exists s.
Qed.

Section Student.
Variable w : 'cV[R]_d.
Let a i := logit X w i.
Let D i := a i - b i.
Let K := \sum_i k (b i) (a i).

Let loss_K : loss X w_star w = n%:R^-1 * K. Proof. by []. Qed.

Let K_ge0 : 0 <= K. Proof. by apply: sumr_ge0 => i _; exact: k_ge0. Qed.

Let k_le i : k (b i) (a i) <= K.
Proof. by rewrite /K (bigD1 i) //= ler_addl sumr_ge0 // => j _; exact: k_ge0. Qed.

(* Every term, on either side, compared with the hardest one. *)
Lemma each_term B s i : 0 <= B -> `|b i| <= B -> 0 < s -> term B s = K ->
  K * D i ^+ 2 <= s ^+ 2 * k (b i) (a i) /\
  s * gap B s * k (b i) (a i) <= K * (D i * (sigma (a i) - sigma (b i))).
Proof.
move=> B0 bB s0 sK; have aE : a i = b i + D i by rewrite addrC subrK.
have [D0|/ltW D0] := leP 0 (D i).
  have := @hardest _ B (b i) (D i) s B0 bB D0 s0.
  by rewrite sK /term /gap -aE; apply; exact: k_le.
have nD0 : 0 <= - D i by rewrite oppr_ge0.
have nbB : `|- b i| <= B by rewrite normrN.
have := @hardest _ B (- b i) (- D i) s B0 nbB nD0 s0.
rewrite sK /term /gap -opprD -aE kN sqrrN !sigmaN => /(_ (k_le i)) [-> up].
split=> //; apply: le_trans up _; rewrite le_eqVlt; apply/orP; left; apply/eqP.
by move: (sigma (a i)) (sigma (b i)) => x y; ring.
Qed.

(* The gradient against the distance. *)
Lemma gradient_along u : X^T *m u = X^T *m (w - w_star) ->
  dot (gradient X w_star w) u = n%:R^-1 * \sum_i D i * (sigma (a i) - sigma (b i)).
Proof.
move=> same; rewrite dot_gradient; congr (_ * _); apply: eq_bigr => i _.
by rewrite mulrC /D /a /b -logitB /logit same.
Qed.

Lemma sharp_gradient : loss X w_star w <= l -> 2 * mu_1 * loss X w_star w <=
  normsq (gradient X w_star w).
Proof.
move=> wl; have [B [M [B0 bB M0 topM cM]]] := hardest_term.
have KT : 0 <= K <= term B M by rewrite K_ge0 topM -ler_pdivr_mull.
have [K0|K0] := eqVneq K 0; first by rewrite loss_K K0 !mulr0 normsq_ge0.
have Kp : 0 < K by rewrite lt_def K0.
have [s /andP[s0 sM] sK] := level_reached (ltW M0) KT.
have sp : 0 < s.
  by rewrite lt_def s0 andbT; apply: contraNneq K0 => s00; rewrite -sK s00 term0.
pose u := proj X *m (w - w_star); have [_ PP] := proj_orth X.
have Pu : proj X *m u = u by rewrite mulmxA PP.
have Xu : X^T *m u = X^T *m (w - w_star) by exact: tr_mul_w_hat.
have gu := gradient_along Xu.
set G := gradient X w_star w in gu *.
set S := \sum_i _ in gu.
have XuD : normsq (X^T *m u) = \sum_i D i ^+ 2.
  by rewrite Xu; apply: eq_bigr => i _; rewrite -expr2 -/(logit X (w - w_star) i) logitB.
have Ds : normsq (X^T *m u) <= s ^+ 2.
  rewrite XuD -(ler_pmul2l Kp) [leRHS]mulrC {2}/K !mulr_sumr; apply: ler_sum => i _.
  by have [] := each_term B0 (bB i) sp sK.
have Sg : s * gap B s <= S.
  rewrite -(ler_pmul2l Kp) [leLHS]mulrC {1}/K mulr_sumr [leRHS]mulr_sumr; apply: ler_sum => i _.
  by have [] := each_term B0 (bB i) sp sK.
have g0 : 0 <= gap B s by rewrite gap_ge0.
have far := dominance_falls B0 s0 sM M0; rewrite sK topM in far.
have cK : 2 * c * K <= gap B s ^+ 2.
  rewrite -(ler_pmul2r top_gt0); apply: le_trans far.
  rewrite [leLHS](_ : _ = 2 * (n%:R * l) * c * K); last by ring.
  by rewrite ler_wpmul2r.
have square : (n%:R^-1 * (s * gap B s)) ^+ 2 <= normsq G * normsq u.
  apply: le_trans (cauchy_schwarz _ _); rewrite gu.
  apply: ler_expn2r; rewrite ?nnegrE ?mulr_ge0 ?invr_ge0 ?ler0n ?(le_trans _ Sg) ?mulr_ge0 //.
  by apply: ler_wpmul2l Sg; rewrite invr_ge0 ler0n.
have s2 : 0 < s ^+ 2 by rewrite exprn_gt0.
rewrite -(ler_pmul2r s2); apply: le_trans (ler_wpmul2l (normsq_ge0 G) Ds).
apply: le_trans (ler_wpmul2l (normsq_ge0 G) (on_span Pu)).
rewrite [leRHS]mulrCA; apply: le_trans (ler_wpmul2l lambda_ge0 square).
have coef : 0 <= lambda * n%:R^-1 ^+ 2 * s ^+ 2.
  by rewrite !mulr_ge0 ?sqr_ge0.
rewrite loss_K /mu_1.
rewrite [leLHS](_ : _ = lambda * n%:R^-1 ^+ 2 * s ^+ 2 * (2 * c * K)); last first.
  by move: (n%:R^-1) => N; ring.
rewrite [leRHS](_ : _ = lambda * n%:R^-1 ^+ 2 * s ^+ 2 * gap B s ^+ 2); last first.
  by move: (n%:R^-1) => N; ring.
exact: ler_wpmul2l cK.
Qed.

(** Corollary A.1 with mu_1, for every X: on the sublevel set {L <= l} the loss is
    at most |grad L|^2/(2 mu_1). *)
Theorem sharp_pl : 0 < mu_1 -> loss X w_star w <= l ->
  loss X w_star w <= normsq (gradient X w_star w) / (2 * mu_1).
Proof.
move=> m0 wl; have m2 : 0 < 2 * mu_1 by rewrite mulr_gt0 ?ltr0n.
by rewrite (ler_pdivl_mulr _ _ m2) mulrC; exact: sharp_gradient.
Qed.
End Student.

(** mu_1 is at least the constant of Theorem A.3, if [c] is the smallest quotient. *)
Theorem mu_le_mu_1 m : (forall i, m <= sigma' (lo i)) -> (forall i, m <= sigma' (hi i)) ->
  (exists i, c = dominance (b i) (lo i) \/ c = dominance (b i) (hi i)) ->
  mu n m lambda <= mu_1.
Proof.
move=> m_lo m_hi [i c_is]; have T0 : 0 < 2 * (n%:R * l) by rewrite mulr_gt0 ?ltr0n.
have b_in : lo i <= b i <= hi i by rewrite !ltW.
have lh : lo i <= hi i by case/andP: b_in => /le_trans; apply.
have below a : lo i <= a <= hi i -> k (b i) a = n%:R * l -> m <= dominance (b i) a.
  move=> a_in ka; rewrite /dominance ka ler_pdivl_mulr // -ka mulrCA mulrA.
  exact: slope_below (m_lo i) (m_hi i) a_in b_in.
have mc : m <= c by case: c_is => ->; apply: below; rewrite ?lexx ?lh.
by rewrite ler_wpmul2r // ler_wpmul2l ?invr_ge0 ?ler0n.
Qed.
End Dominance.

Section Growth.
(** The other quotient, and [c] as before. *)
Definition growth_at (y a : R) : R := 2 * k y a / (a - y) ^+ 2.
Variable c : R.
Hypothesis c_lo : forall i, c <= growth_at (b i) (lo i).
Hypothesis c_hi : forall i, c <= growth_at (b i) (hi i).

Definition mu_2 : R := n%:R^-1 * c * lambda.

Let below_hi i : c * ((hi i - b i) * (hi i - b i)) <= 2 * term (b i) (hi i - b i).
Proof.
have D0 : 0 < (hi i - b i) ^+ 2 by rewrite exprn_gt0 // subr_gt0.
have E : b i + (hi i - b i) = hi i by rewrite addrC subrK.
by have := c_hi i; rewrite /growth_at ler_pdivl_mulr // -expr2 /term E.
Qed.

Let below_lo i : c * ((b i - lo i) * (b i - lo i)) <= 2 * term (- b i) (b i - lo i).
Proof.
have D0 : 0 < (lo i - b i) ^+ 2 by rewrite exprn_even_gt0 //= subr_eq0 lt_eqF.
have E : - b i + (b i - lo i) = - lo i by rewrite addrA addNr add0r.
by have := c_lo i; rewrite /growth_at ler_pdivl_mulr // -expr2 /term E kN -sqrrN opprB.
Qed.

Let below_slope i : c <= sigma' (b i).
Proof.
have [b0|/ltW b0] := leP 0 (b i).
  have D0 : 0 < hi i - b i by rewrite subr_gt0.
  rewrite -(ler_pmul2r (mulr_gt0 D0 D0)); apply: le_trans (below_hi i) _.
  exact: flat_below b0 (ltW D0).
have D0 : 0 < b i - lo i by rewrite subr_gt0.
rewrite -(ler_pmul2r (mulr_gt0 D0 D0)) -sigma'N; apply: le_trans (below_lo i) _.
by apply: flat_below (ltW D0); rewrite oppr_ge0.
Qed.

(* Every term of the sublevel set is at least c/2 times the squared distance. *)
Lemma term_grows i a : k (b i) a <= n%:R * l -> c * (a - b i) ^+ 2 <= 2 * k (b i) a.
Proof.
have inside y s D : 0 < s -> 0 <= D -> term y s = n%:R * l -> term y D <= n%:R * l -> D <= s.
  move=> s0 D0 <- small; rewrite leNgt; apply/negP => sD.
  by have := term_lt y s0 sD; rewrite ltNge small.
have [D0|/ltW D0] := leP 0 (a - b i); move=> small.
  have s0 : 0 < hi i - b i by rewrite subr_gt0.
  have E y : b i + (y - b i) = y by rewrite addrC subrK.
  have := growth_between (below_slope i) (below_hi i) (u := a - b i).
  rewrite -expr2 /term E; apply; rewrite D0.
  by apply: (inside (b i) _ _ s0 D0); rewrite /term E ?k_hi.
have s0 : 0 < b i - lo i by rewrite subr_gt0.
have nD0 : 0 <= b i - a by rewrite -opprB oppr_ge0.
have E y : - b i + (b i - y) = - y by rewrite addrA addNr add0r.
have cN : c <= sigma' (- b i) by rewrite sigma'N.
have := growth_between cN (below_lo i) (u := b i - a).
rewrite -expr2 /term E kN -[(a - _) ^+ 2]sqrrN opprB; apply; rewrite nD0.
by apply: (inside (- b i) _ _ s0 nD0); rewrite /term E kN ?k_lo.
Qed.

Lemma growth_loss w : 0 <= c -> loss X w_star w <= l ->
  proj X *m (w - w_hat X w_star) = w - w_hat X w_star ->
  mu_2 * normsq (w - w_hat X w_star) <= 2 * loss X w_star w.
Proof.
move=> c0 wl span; set u := w - _ in span *.
have Xu : X^T *m u = X^T *m (w - w_star) by rewrite !mulmxBr tr_mul_w_hat.
apply: (@le_trans _ _ (n%:R^-1 * (c * normsq (X^T *m u)))).
  rewrite /mu_2 -!mulrA ler_wpmul2l ?invr_ge0 ?ler0n // ler_wpmul2l //.
  exact: on_span.
rewrite /loss [leRHS]mulrCA ler_wpmul2l ?invr_ge0 ?ler0n // Xu !mulr_sumr; apply: ler_sum => i _.
rewrite -expr2 -/(logit X (w - w_star) i) logitB; apply: term_grows.
rewrite -/(b i) -ler_pdivr_mull //; apply: le_trans wl; rewrite ler_wpmul2l ?invr_ge0 ?ler0n //.
by rewrite (bigD1 i) //= ler_addl sumr_ge0 // => j _; exact: k_ge0.
Qed.

(** On the sublevel set {L <= l}, a student in w_hat + span(X) has
    |w - w_hat|^2 <= 2 L(w)/mu_2. *)
Theorem growth w : 0 < mu_2 -> loss X w_star w <= l ->
  proj X *m (w - w_hat X w_star) = w - w_hat X w_star ->
  normsq (w - w_hat X w_star) <= 2 * loss X w_star w / mu_2.
Proof.
move=> m0 wl span; rewrite (ler_pdivl_mulr _ _ m0) mulrC; apply: growth_loss => //.
rewrite leNgt; apply/negP => c0; move: m0; rewrite ltNge => /negP; apply.
by rewrite mulr_le0_ge0 // pmulr_rle0 ?invr_gt0 // ltW.
Qed.

(** mu_2 is at least the constant of Theorem A.3, too. *)
Theorem mu_le_mu_2 m : (forall i, m <= sigma' (lo i)) -> (forall i, m <= sigma' (hi i)) ->
  (exists i, c = growth_at (b i) (lo i) \/ c = growth_at (b i) (hi i)) ->
  mu n m lambda <= mu_2.
Proof.
move=> m_lo m_hi [i c_is].
have b_in : lo i <= b i <= hi i by rewrite !ltW.
have lh : lo i <= hi i by case/andP: b_in => /le_trans; apply.
have below a : lo i <= a <= hi i -> a != b i -> m <= growth_at (b i) a.
  move=> a_in ab; rewrite /growth_at ler_pdivl_mulr ?exprn_even_gt0 //= ?subr_eq0 //.
  have := k_above_tangent (b i) (m_lo i) (m_hi i) b_in a_in.
  rewrite k_diag subrr mul0r !add0r -(ler_pmul2l (_ : 0 < 2)) ?ltr0n //.
  by rewrite mulrA (mulrC 2) divfK ?pnatr_eq0.
have mc : m <= c.
  by case: c_is => ->; apply: below; rewrite ?lexx ?lh ?(lt_eqF (lo_left i)) ?(gt_eqF (hi_right i)).
by rewrite ler_wpmul2r // ler_wpmul2l ?invr_ge0 ?ler0n.
Qed.
End Growth.
End SharpConstant.
