(** Quotients of the terms of the loss: how (sigma(a) - sigma(b))^2/(2k), 2k/(a - b)^2
    and their like rise and fall between two logits a and b. *)
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

(** Monotone likelihood ratios: t = D gap/k falls with b, for every real b; for b >= 0
    it falls with D, and there 2 k sigma'(b + D) <= gap^2. *)
Theorem monotone_ratios b B u D : 0 < u -> u <= D ->
  (b <= B -> D * gap B D / term B D <= D * gap b D / term b D) /\
  (0 <= b -> D * gap b D / term b D <= u * gap b u / term b u /\
             2 * term b D * sigma' (b + D) <= gap b D ^+ 2).
Proof.
move=> u0 uD; have D0 := lt_le_trans u0 uD.
have pos y v : 0 < v -> 0 < term y v by move=> v0; rewrite term_gt0 // gt_eqF.
split=> [bB|b0].
  rewrite ler_pdivr_mulr ?pos // mulrAC ler_pdivl_mulr ?pos // -!mulrA.
  rewrite (ler_pmul2l D0) [leRHS]mulrC; exact: tension_falls bB (ltW D0).
split.
  rewrite ler_pdivr_mulr ?pos // [leRHS]mulrAC ler_pdivl_mulr ?pos // [leRHS]mulrC.
  exact: tension_falls_far.
have bD : b <= b + D by rewrite ler_addl ltW.
have steep : sigma' (b + D) <= sigma' b by apply: steeper; rewrite ger0_norm.
by rewrite mulrAC; apply: (slope_below steep (lexx _)); rewrite ?lexx ?bD.
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
