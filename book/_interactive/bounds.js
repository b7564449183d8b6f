/* The bound explorer: a task with tail (1 - 2 theta/pi)^kappa that looks the same from all
   sides of the teacher, its exact expected risk, and what four bounds say of it. */
(() => {
  "use strict";
  const { html, svg, mount, slider, status, eachFrame, number, degrees } = window.Explore;

  // ---- the mathematics; formulas as in the Python package

  const LANCZOS = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7];
  function logGamma(x) {
    if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
    const t = x + 6.5;
    const series = LANCZOS.reduce((sum, c, i) => sum + (i ? c / (x - 1 + i) : c), 0);
    return Math.log(2 * Math.PI) / 2 + (x - 0.5) * Math.log(t) - t + Math.log(series);
  }
  const logBeta = (a, b) => logGamma(a) + logGamma(b) - logGamma(a + b);

  const tail = (kappa, theta) => Math.max(0, 1 - (2 * theta) / Math.PI) ** kappa;

  /** p(beta) + p(pi/2 - beta)^n */
  const split = (kappa, n, beta) =>
    tail(kappa, beta) + Math.min(1, (2 * beta) / Math.PI) ** (kappa * n);

  /** Theorem 3: the infimum over beta, from a grid in the logit and golden section. */
  function theorem3(kappa, n) {
    const beta = (y) => Math.PI / 2 / (1 + Math.exp(-y));
    const at = (y) => (1 / (1 + Math.exp(y))) ** kappa + (1 / (1 + Math.exp(-y))) ** (kappa * n);
    let best = -36;
    for (let y = -36; y <= 36; y += 0.25) if (at(y) < at(best)) best = y;
    let [low, high] = [best - 0.25, best + 0.25];
    const share = (Math.sqrt(5) - 1) / 2;
    for (let i = 0; i < 40; i++) {
      const [left, right] = [high - share * (high - low), low + share * (high - low)];
      if (at(left) < at(right)) high = right;
      else low = left;
    }
    const y = (low + high) / 2;
    return at(y) < 1 ? { value: at(y), beta: beta(y) } : { value: 1, beta: 0 };
  }

  const corollary2 = (kappa, n) => (1 + Math.log(n) ** kappa) / n ** kappa;

  /** kappa B(n kappa + 1, kappa) */
  const integral = (kappa, n) => kappa * Math.exp(logBeta(n * kappa + 1, kappa));

  /** Nodes log(s) and weights for a law of s, from its log density in y, log s = node(y). */
  function rule(mass, node, mode, width) {
    const reach = (side) => {
      let y = mode;
      while (mass(y) > mass(mode) - 34) y += side * width;
      return y;
    };
    const [low, high] = [reach(-1), reach(1)];
    const size = Math.ceil((high - low) / Math.min(0.5, width / 2));
    const logs = [], weights = [];
    let total = 0;
    for (let i = 0; i <= size; i++) {
      const y = low + ((high - low) * i) / size;
      const weight = Math.exp(mass(y) - mass(mode));
      total += weight;
      logs.push(node(y));
      weights.push(weight);
    }
    return { logs, weights: weights.map((w) => w / total) };
  }
  const POINT = { logs: [0], weights: [1] };
  const logistic = (y) => (y > 0 ? -Math.log1p(Math.exp(-y)) : y - Math.log1p(Math.exp(y)));
  function betaRule(a, b) {
    if (b === 0) return POINT;
    const mass = (y) => a * logistic(y) + b * logistic(-y);
    return rule(mass, logistic, Math.log(a / b), Math.sqrt(1 / a + 1 / b));
  }
  const exponentialRule = () => rule((y) => y - Math.exp(y), (y) => y, 0, 1);

  const STEP = 0.5;
  function grid(kappa) {
    const low = -24 - 34 / kappa, size = Math.ceil((58 / STEP) + (68 / kappa / STEP));
    return Array.from({ length: size }, (_, i) => low + i * STEP);
  }

  /** P[cot^2(theta) e^x <= S] for S of this law */
  function met(kappa, { logs, weights }, x) {
    let sum = 0;
    for (let i = 0; i < logs.length; i++)
      sum += weights[i] * ((2 / Math.PI) * Math.atan(Math.exp((logs[i] - x) / 2))) ** kappa;
    return Math.min(1, sum);
  }

  /** Logarithm of the density at x of log(cot^2(theta) / S) */
  function logDensity(kappa, { logs, weights }, x) {
    let sum = 0;
    for (let i = 0; i < logs.length; i++) {
      const t = Math.exp((logs[i] + x) / 2), psi = Math.atan(t);
      if (t > 0) sum += weights[i] * psi ** (kappa - 1) / (t + 1 / t);
    }
    return Math.log(kappa / 2) + kappa * Math.log(2 / Math.PI) + Math.log(sum);
  }

  /** A function given on the grid, between its points by cubics, beyond them by a line. */
  function between(values, low, x) {
    const place = (x - low) / STEP;
    const i = Math.min(Math.max(Math.floor(place), 1), values.length - 3), t = place - i;
    if (t < -1) return values[0] + place * (values[1] - values[0]);
    const [a, b, c, d] = values.slice(i - 1, i + 3);
    return (-t * (t - 1) * (t - 2) * a) / 6 + ((t + 1) * (t - 1) * (t - 2) * b) / 2
      - ((t + 1) * t * (t - 2) * c) / 2 + ((t + 1) * t * (t - 1) * d) / 6;
  }

  /** Exact expected risk and the parallel law, as functions of n.

      E R = P[cot^2(theta) cot^2(theta_i) <= A B E_i for all i] / 2, with A, B, E_i as in the
      chapter on the exact risk; the parallel law has a moment of the same event. */
  function symmetric(kappa, d) {
    const xs = grid(kappa);
    const own = d > 3 ? betaRule(1, (d - 3) / 2) : POINT, shared = betaRule(0.5, 0.5);
    const reach = xs.map((x) => Math.log(met(kappa, own, x)));
    const density = xs.map((x) => logDensity(kappa, shared, x));
    const far = exponentialRule();
    let loose;

    function risk(n) {
      if (n >= d) return 0;
      const { logs, weights } = betaRule((d - n) / 2, (n - 1) / 2);
      let sum = 0;
      for (let j = 0; j < xs.length; j++) {
        if (n * reach[j] < -40) continue;
        let mean = 0;
        for (let i = 0; i < logs.length; i++)
          mean += weights[i] * Math.exp(between(density, xs[0], xs[j] + logs[i]));
        sum += Math.exp(n * reach[j]) * mean;
      }
      return (STEP * sum) / 2;
    }

    /** (2/pi)^kappa E|T|^kappa / 2 times E[(sum of cot^2)^(-kappa/2)], n at least 2 */
    function parallel(n) {
      loose ??= xs.map((x) => Math.log(met(kappa, far, x)));
      const sum = xs.reduce((s, x, j) => s + Math.exp(n * loose[j] + (kappa * x) / 2), 0);
      const size = logBeta((1 + kappa) / 2, (d - 2) / 2) - logBeta(0.5, (d - 2) / 2);
      return (2 / Math.PI) ** kappa / 2 * Math.exp(size - logGamma(1 + kappa / 2))
        * (kappa / 2) * STEP * sum;
    }
    return { risk, parallel };
  }

  // ---- the figure

  const COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200,
    300, 500, 700, 800, 900, 950, 980, 999];
  const DIMS = [3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000];
  const KAPPAS = Array.from({ length: 36 }, (_, i) => Math.round(25 + 5 * i) / 100);
  const ROWS = {
    risk: "Exact risk", power: "Power law (ours)", integral: "Integral bound (ours)",
    theorem3: "Paper's Theorem 3", corollary2: "Paper's Corollary 2",
  };

  const NAMES = { ...ROWS, tail: "p(β)", unlucky: "p(90° − β)ⁿ", edge: "n = d",
    spot: "at the chosen n" };

  /** A frame with axes; `line` and `mark` replace the content of a named place, which says its name
      when it is pointed at; `picked` tells where on the axis below a click was. */
  function chart(label, x, y) {
    const [left, right, top, bottom] = [50, 320, 10, 216];
    const place = ({ range: [a, b], log }, from, to) => (v) => {
      const f = log ? Math.log10 : (u) => u;
      return from + ((f(v) - f(a)) / (f(b) - f(a))) * (to - from);
    };
    const [px, py] = [place(x, left, right), place(y, bottom, top)];
    const id = `explore-clip-${label.length}`;
    const node = svg("svg", { viewBox: "-14 0 354 262", role: "img", "aria-label": label },
      svg("clipPath", { id },
        svg("rect", { x: left, y: top, width: right - left, height: bottom - top })),
      svg("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }),
      ...x.ticks.map(([v, text]) => svg("text", { x: px(v), y: bottom + 18, class: "middle" }, text)),
      ...y.ticks.map(([v, text]) => svg("text", { x: left - 6, y: py(v) + 4, class: "end" }, text)),
      svg("text", { x: (left + right) / 2, y: bottom + 40, class: "middle" }, x.label),
      svg("text", { transform: `translate(0 ${(top + bottom) / 2}) rotate(-90)`, class: "middle" },
        y.label));
    const inside = svg("g", { "clip-path": `url(#${id})` });
    node.append(inside);
    const parts = {};
    const part = (name) => {
      if (!parts[name]) inside.append(parts[name] = svg("path", { class: `line ${name}` },
        svg("title", {}, NAMES[name])));
      return parts[name];
    };
    return {
      node,
      line(name, points) {
        const d = points.map(([u, v], i) => `${i ? "L" : "M"}${px(u).toFixed(1)} ${
          py(Math.max(v, 1e-99)).toFixed(1)}`);
        part(name).setAttribute("d", d.join(""));
      },
      picked: (tell) => node.addEventListener("click", (event) => {
        const at = new DOMPoint(event.clientX, event.clientY);
        const share = (at.matrixTransform(node.getScreenCTM().inverse()).x - left) / (right - left);
        if (share >= 0 && share <= 1) tell(x.range[0] * (x.range[1] / x.range[0]) ** share);
      }),
      mark: (name, u, v) => part(name).setAttribute("d", u === null ? ""
        : `M${px(u) - 4} ${py(v)}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`),
    };
  }

  const range = (size) => Array.from({ length: size + 1 }, (_, i) => i / size);

  function figure(root) {
    const redraw = eachFrame(draw);
    const kappa = slider("κ, ease of the data", KAPPAS, 1, String, redraw);
    const n = slider("n, training examples", COUNTS, 20, String, redraw);
    const d = slider("d, dimensions", DIMS, 1000, String, redraw);
    const angles = chart(
      "Against the angle from 0 to 90 degrees: the tail p, the chance that no example is near "
        + "enough, their sum, and the smallest value of the sum.",
      { range: [0, 90], label: "angle β (degrees)", ticks: [0, 30, 60, 90].map((v) => [v, v]) },
      { range: [0, 1.2], label: "chance", ticks: [0, 0.5, 1].map((v) => [v, v]) });
    const curves = chart(
      "Exact risk and four bounds against the number of examples, both axes logarithmic. "
        + "The numbers at the chosen n are in the table.",
      { range: [1, 1000], log: true, label: "examples n",
        ticks: [1, 10, 100, 1000].map((v) => [v, v]) },
      { range: [1e-10, 1], log: true, label: "expected risk, bounds",
        ticks: [["1", 0], ["10⁻²", 2], ["10⁻⁴", 4], ["10⁻⁶", 6], ["10⁻⁸", 8], ["10⁻¹⁰", 10]]
          .map(([text, k]) => [10 ** -k, text]) });
    const key = (name) => svg("svg", { class: "key", viewBox: "0 0 30 10", "aria-hidden": "true" },
      svg("path", { class: `line ${name}`, d: "M1 5H29" }));
    const cells = {};
    const table = html("table", {},
      html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "At this n"),
        html("th", { scope: "col" }, "value"), html("th", { scope: "col" }, "over the risk"))),
      html("tbody", {}, ...Object.entries(ROWS).map(([name, text]) => {
        cells[name] = [html("td", {}), html("td", {})];
        return html("tr", {}, html("th", { scope: "row" }, key(name), text), ...cells[name]);
      })));
    const legend = html("p", { class: "explore-legend" }, key("tail"), "p(β)", key("unlucky"),
      "p(90° − β)ⁿ", key("theorem3"), "their sum");
    const { node: summary, say } = status();
    root.append(html("div", { class: "explore-controls" }, kappa, n, d),
      html("div", { class: "explore-pair" },
        html("div", {}, angles.node, legend), html("div", {}, curves.node)),
      table, summary);

    curves.picked((at) => {
      const far = (count) => Math.abs(Math.log(count / at));
      n.set(COUNTS.reduce((best, count) => (far(count) < far(best) ? count : best)));
      redraw();
    });

    let law, known;
    function draw() {
      const [k, m, dim] = [kappa.get(), n.get(), d.get()];
      if (known !== `${k} ${dim}`) {
        law = symmetric(k, dim);
        known = `${k} ${dim}`;
        const last = [dim - 3, dim - 2, dim - 1].filter((c) => c > 0);
        const counts = [...new Set([...COUNTS.filter((c) => c < dim), ...last])];
        counts.sort((a, b) => a - b);
        curves.line("corollary2", counts.map((c) => [c, corollary2(k, c)]));
        curves.line("theorem3", counts.map((c) => [c, theorem3(k, c).value]));
        curves.line("integral", counts.map((c) => [c, integral(k, c)]));
        curves.line("power", counts.filter((c) => c > 1).map((c) => [c, law.parallel(c)]));
        curves.line("risk", counts.map((c) => [c, law.risk(c)]));
        curves.line("edge", [[dim, 1], [dim, 1e-10]]);
      }
      const degree = range(180).map((s) => 90 * s), to = Math.PI / 180;
      angles.line("tail", degree.map((b) => [b, tail(k, b * to)]));
      angles.line("unlucky", degree.map((b) => [b, split(k, m, b * to) - tail(k, b * to)]));
      angles.line("theorem3", degree.map((b) => [b, split(k, m, b * to)]));
      const best = theorem3(k, m), risk = law.risk(m);
      angles.mark("spot", best.beta / to, best.value);

      const values = { risk, power: m > 1 ? law.parallel(m) : Infinity,
        integral: integral(k, m), theorem3: best.value, corollary2: corollary2(k, m) };
      if (m >= dim) for (const name in values) values[name] = 0;
      curves.mark("spot", risk ? m : null, risk);
      for (const [name, [value, ratio]] of Object.entries(cells)) {
        value.textContent = values[name] < Infinity ? number(values[name]) : "none for n = 1";
        ratio.textContent = risk && values[name] < Infinity ? number(values[name] / risk) : "–";
      }
      say(m >= dim
        ? `With n = ${m} examples in ${dim} dimensions the examples span the space: the student `
          + "is the teacher, and its risk is zero."
        : `κ = ${k}, n = ${m}, d = ${dim}: the expected risk is ${number(risk)}. The paper's Theorem 3 gives `
          + `${number(best.value)}, at β = ${degrees(best.beta)}: ${number(best.value / risk)} times `
          + `as much. The integral bound gives ${number(values.integral)}`
          + (m > 1 ? `, the power law ${number(values.power)}.` : "."));
    }
    draw();
  }

  window.Explore.bounds = { tail, split, theorem3, corollary2, integral, symmetric };
  mount("bounds", figure);
})();
