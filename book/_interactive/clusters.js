/* Three clusters for which a second example hurts, turned by hand. */
(() => {
  "use strict";
  const { html, mount, slider, choice, button, status, eachFrame, degrees, dot, add, unit,
    length, cross, student, angle, generator, space } = window.Explore;
  const TEACHER = [1, 0, 0];
  const MEANS = [[0.35, 0.94, 0], [0.1, 0.7, 0.7], [0.33, 0.07, 0.94]];

  /** Nodes and weights of Gauss and Legendre on [0, 1]. */
  function legendre(size) {
    return Array.from({ length: size }, (_, i) => {
      let x = Math.cos((Math.PI * (i + 0.75)) / (size + 0.5)), slope;
      for (let step = 0; step < 50; step++) {
        let [before, p] = [1, x];
        for (let k = 2; k <= size; k++)
          [before, p] = [p, ((2 * k - 1) * x * p - (k - 1) * before) / k];
        slope = (size * (x * p - before)) / (x * x - 1);
        x -= p / slope;
      }
      return [(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)];
    });
  }
  const NODES = legendre(40);

  /** Owen's function: the normal mass between an axis and a ray, beyond the distance h. */
  function owen(h, a) {
    if (Math.abs(h) > 9) return 0; // below 1e-19
    const end = Math.atan(a);
    return NODES.reduce((sum, [s, weight]) =>
      sum + weight * Math.exp(-((h / Math.cos(end * s)) ** 2) / 2), 0) * end / (2 * Math.PI);
  }

  /** Chance that student and teacher disagree on a normal cluster with this mean and spread. */
  function clusterRisk(w, mean, spread) {
    const v = unit(w), across = [0, v[1], v[2]], sine = length(across), along = v[0];
    const h = mean[0] / spread, m = dot(unit(across), mean) / spread;
    const k = along * h + sine * m;
    if (sine === 0) return along > 0 ? 0 : 1;
    if (h === 0 && m === 0) return Math.atan2(sine, along) / Math.PI;
    const split = 2 * owen(h, m / h) + 2 * owen(k, (h * sine - m * along) / k);
    return split + (h * k < 0 || (h * k === 0 && h + k < 0) ? 1 : 0);
  }
  const mixtureRisk = (w, spread) =>
    MEANS.reduce((sum, mean) => sum + clusterRisk(w, mean, spread) / 3, 0);

  const near = (mean, spread, { normal }) => mean.map((v) => v + spread * normal());

  /** Mean risk of the student of n examples, and its standard error, from drawn sets. */
  function expectedRisk(n, spread, sets, random) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < sets; i++) {
      const examples = Array.from({ length: n }, () =>
        near(MEANS[Math.floor(3 * random.uniform())], spread, random));
      const risk = mixtureRisk(student(examples, TEACHER), spread);
      sum += risk;
      squares += risk * risk;
    }
    const mean = sum / sets;
    return { mean, stderr: Math.sqrt(Math.max(0, squares / sets - mean * mean) / (sets - 1)) };
  }

  const SETS = [["1", "cluster 1"], ["2", "cluster 2"], ["3", "cluster 3"],
    ["12", "clusters 1 and 2"], ["23", "clusters 2 and 3"], ["13", "clusters 1 and 3"],
    ["11", "cluster 1, two"], ["22", "cluster 2, two"], ["33", "cluster 3, two"],
    ["123", "all three"]];
  const SPREADS = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5];

  function figure(root) {
    const redraw = eachFrame(draw);
    let seed = 1;
    const random = generator(43);
    const cloud = MEANS.map(() => Array.from({ length: 40 }, () =>
      [random.normal(), random.normal(), random.normal()]));
    const which = choice("Training examples from", SETS, "1", redraw);
    const spread = slider("Spread of a cluster", SPREADS, 0.05, String, redraw);
    const scene = space("Three clusters, the teacher, the student and its boundary.",
      0.5, 0.12, redraw);
    const cells = [1, 2, 3].map(() => html("td", {}));
    const table = html("table", {},
      html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "n"),
        html("th", { scope: "col" }, "expected risk (± standard error)"))),
      html("tbody", {}, ...cells.map((cell, i) =>
        html("tr", {}, html("th", { scope: "row" }, i + 1), cell))));
    const { node: summary, say } = status();
    root.append(
      html("div", { class: "explore-controls" }, which, spread,
        button("Draw them anew", () => { seed += 1; redraw(); })),
      html("div", { class: "explore-pair" }, scene.node, html("div", {}, table, summary)));

    let known;
    function draw() {
      const sigma = spread.get(), fresh = generator(seed);
      const clusters = [...which.get()].map((name) => Number(name) - 1);
      const examples = clusters.map((c) => near(MEANS[c], sigma, fresh));
      const w = student(examples, TEACHER);
      scene.clear();
      scene.disc(TEACHER, "");
      if (clusters.length === 2) scene.disc(cross(examples[0], examples[1]), "span");
      if (clusters.length < 3) scene.disc(w, "edge");
      const points = cloud.flatMap((normals, c) => normals.map((z) => add(MEANS[c], z, sigma)));
      scene.examples(points, (x) => dot(w, x) * x[0] <= 0);
      for (const x of examples) scene.line([0, 0, 0], x, "beam");
      scene.arrow(TEACHER, "teacher");
      scene.words([1.12, 0, 0], "teacher", "teacher", -scene.flat(w)[0]);
      MEANS.forEach((mean, c) => scene.words(add(mean, TEACHER, 0.22), `${c + 1}`, "middle"));
      if (clusters.length < 3) {
        scene.arrow(unit(w), "student");
        scene.words(add(unit(w), TEACHER, -0.3), "student", "middle");
      }

      if (known !== sigma) {
        known = sigma;
        for (const n of [1, 2]) {
          const { mean, stderr } = expectedRisk(n, sigma, 2000, generator(n));
          cells[n - 1].textContent = `${mean.toFixed(3)} ± ${stderr.toFixed(3)}`;
        }
        cells[2].textContent = "0, they span the space";
      }
      const lost = MEANS.map((mean, c) => [c + 1, clusterRisk(w, mean, sigma)])
        .filter(([, risk]) => risk > 0.5).map(([name]) => name);
      say(`The student of these examples is ${degrees(angle(w, TEACHER))} from the teacher, and `
        + `wrong on ${(100 * mixtureRisk(w, sigma)).toFixed(1)} % of the data`
        + (lost.length ? `: it loses cluster ${lost.join(" and cluster ")}.` : "; it loses no cluster."));
    }
    draw();
  }

  window.Explore.mixture = { MEANS, clusterRisk, mixtureRisk, expectedRisk };
  mount("clusters", figure);
})();
