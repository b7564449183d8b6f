/* Two examples of a pool, picked by hand or by a rule, in three dimensions. The picture is a map
   of directions: the teacher in the middle, an example as far from it as its angle says. */
(() => {
  "use strict";
  const { html, svg, mount, choice, button, status, eachFrame, dot, add, scale, unit, cross,
    student, angle, generator } = window.Explore;
  const TEACHER = [1, 0, 0], RADIUS = 130, RIGHT = Math.PI / 2, REACH = 24;

  /** The example at this angle to the teacher, at that place around it. */
  const at = (theta, around) => [Math.cos(theta), Math.sin(theta) * Math.cos(around),
    Math.sin(theta) * Math.sin(around)];
  const turned = ({ uniform }) => 2 * Math.PI * uniform();
  /** Uniform on the sphere beyond an angle; x and -x teach alike, so on the teacher's side. */
  const beyond = (theta, random) =>
    at(Math.acos(Math.cos(theta) * (1 - random.uniform())), turned(random));

  const POOLS = {
    /** Alike from all sides. */
    round: (random) => Array.from({ length: 12 }, () => beyond(0, random)),
    /** The nearest are copies of one example, but for a little. */
    crowd(random) {
      const middle = at(0.4, turned(random));
      const near = () => unit(middle.map((v) => v + 0.035 * random.normal()));
      return Array.from({ length: 16 }, (_, i) => (i < 4 ? near() : beyond(0.6, random)));
    },
    /** Two on opposite sides, one a little nearer than either, and others that do not help it. */
    opposite(random) {
      const start = turned(random), place = (theta, way) => at(theta, start + way);
      const aside = (way) => place(1.2 + 0.2 * random.uniform(), way + 0.4 * random.uniform());
      return [place(1.05, 0.03), place(1.06, Math.PI - 0.03), place(0.95, 1.5),
        ...[0.4, 0.7, 2, 2.3, 2.4].map(aside)];
    },
  };

  const distance = (examples) => {
    const w = student(examples, TEACHER);
    return dot(w, w) ? angle(w, TEACHER) : RIGHT; // who knows nothing
  };
  /** The example before which the list is shortest. */
  const least = (indices, value) =>
    indices.reduce((best, i) => (value(i) < value(best) ? i : best));

  /** What the rules keep of a pool, the angles after all of its pairs, and of single ones. */
  function rules(pool) {
    const every = pool.map((_, i) => i), one = pool.map((x) => distance([x]));
    const order = every.slice().sort((i, j) => one[i] - one[j]);
    const pairs = every.flatMap((j) => every.slice(0, j).map((i) => [i, j]));
    const after = (pair) => distance(pair.map((i) => pool[i]));
    const first = order[0];
    return {
      one, order, pairs, angles: pairs.map(after),
      greedy: [first, least(order.slice(1), (i) => after([first, i]))],
      nearest: order.slice(0, 2),
      unsure: [order.at(-1), order.at(-2)],
      best: pairs[least(pairs.map((_, i) => i), (i) => after(pairs[i]))],
    };
  }
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

  const flat = (v) => {
    const across = Math.hypot(v[1], v[2]) || 1;
    const far = (RADIUS * Math.atan2(Math.hypot(v[1], v[2]), v[0])) / RIGHT;
    return [(far * v[1]) / across, (-far * v[2]) / across];
  };
  const path = (points) => `M${points.map((v) => flat(v).map((x) => x.toFixed(1)).join(" ")).join("L")}`;
  /** The span of two examples on the map, through their student. */
  function span(examples) {
    const w = unit(student(examples, TEACHER)), side = unit(cross(cross(...examples), w));
    return path(Array.from({ length: 61 }, (_, i) => (i / 60 - 0.5) * Math.PI)
      .map((t) => add(scale(w, Math.cos(t)), side, Math.sin(t))));
  }

  const inDegrees = (v) => `${((v * 180) / Math.PI).toFixed(1)}°`;
  const percent = (v) => `${((100 * v) / Math.PI).toFixed(1)} %`;
  const NAMES = [["greedy", "greedy"], ["nearest", "the nearest"], ["unsure", "the least sure"],
    ["best", "the best pair"]];
  const KINDS = [["round", "alike from all sides"], ["crowd", "with a crowd"],
    ["opposite", "with two on opposite sides"]];

  function figure(root) {
    let seed = 18, pool, known, picked, marks;
    const redraw = eachFrame(draw);
    const kind = choice("The pool", KINDS, "round", () => renew());
    const shown = choice("Beside yours", [...NAMES, ["none", "nothing"]], "greedy", redraw);
    const layer = svg("g", {}), dots = svg("g", {});
    const map = svg("svg", {
      class: "scene map", viewBox: "-160 -145 320 290", role: "group", onclick: pointed,
      "aria-label": "A map of the examples around the teacher. Arrow keys go from the nearest "
        + "outwards, the space key keeps one or lets it go.",
    }, ...[30, 60, 90].map((a) => svg("circle", { class: "rim", r: (RADIUS * a) / 90 })),
      ...[30, 60, 90].map((a) => svg("text", { x: 0, y: (RADIUS * a) / 90 + 12, class: "middle soft" }, `${a}°`)),
      layer, dots, svg("path", { class: "arrow teacher", d: "M-6 0H6M0 -6V6" }));

    const rows = [["mine", "yours"], ...NAMES, ["random", "random, mean"]];
    const cells = Object.fromEntries(rows.map(([name]) => [name, [0, 1, 2].map(() => html("td", {}))]));
    const heads = ["kept by", "one", "two", "risk of two"];
    const table = html("table", {},
      html("thead", {}, html("tr", {}, ...heads.map((text) => html("th", { scope: "col" }, text)))),
      html("tbody", {}, ...rows.map(([name, text]) => html("tr", name === "mine" ? { class: "now" } : {},
        html("th", { scope: "row" }, text), ...cells[name]))));
    const { node: summary, say } = status();
    root.append(
      html("div", { class: "explore-controls" }, kind, shown,
        button("Draw another pool", () => { seed += 1; renew(); })),
      html("div", { class: "explore-pair" }, map, html("div", {}, table, summary)));

    function toggle(i) {
      picked = picked.includes(i) ? picked.filter((j) => j !== i) : [...picked, i].slice(-2);
      redraw();
    }
    function pointed(event) {
      const { x, y } = new DOMPoint(event.clientX, event.clientY)
        .matrixTransform(map.getScreenCTM().inverse());
      const far = pool.map((v) => Math.hypot(flat(v)[0] - x, flat(v)[1] - y));
      const i = far.indexOf(Math.min(...far));
      if (far[i] > REACH) return;
      toggle(i);
      enter(i);
    }
    /** One of the examples takes part in the order of the tab key. */
    function enter(i) {
      marks.forEach((mark, j) => mark.setAttribute("tabindex", i === j ? 0 : -1));
      marks[i].focus({ preventScroll: true });
    }
    function onkeydown(event, i) {
      const place = known.order.indexOf(i), last = pool.length - 1;
      const next = { ArrowRight: place + 1, ArrowDown: place + 1, ArrowLeft: place - 1,
        ArrowUp: place - 1, Home: 0, End: last }[event.key];
      if (next === undefined && event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (next === undefined) toggle(i);
      else enter(known.order[Math.min(last, Math.max(0, next))]);
    }

    /** A new pool, of which the two nearest are kept to begin with. */
    function renew() {
      pool = POOLS[kind.get()](generator(seed));
      known = rules(pool);
      picked = known.nearest;
      marks = pool.map((v, i) => svg("g", {
        class: "pick", role: "checkbox", tabindex: i === known.order[0] ? 0 : -1,
        transform: `translate(${flat(v).map((x) => x.toFixed(1)).join(" ")})`,
        "aria-label": `${inDegrees(known.one[i])} from the teacher, `
          + `${Math.round((Math.atan2(v[2], v[1]) * 180) / Math.PI)}° around it`,
        onkeydown: (event) => onkeydown(event, i),
      }, svg("circle", { class: "ring", r: 9 }), svg("rect", { x: -4, y: -4, width: 8, height: 8 })));
      dots.replaceChildren(...known.order.map((i) => marks[i]));
      redraw();
    }

    function lines(indices, name) {
      const examples = indices.map((i) => pool[i]), w = unit(student(examples, TEACHER));
      if (examples.length === 2) layer.append(svg("path", { class: `through ${name}`, d: span(examples) }));
      if (examples.length)
        layer.append(svg("path", { class: `missing ${name}`, d: path([TEACHER, w]) }));
    }
    function fill(name, one, two) {
      const texts = [one, two, two].map((v, k) => (v === null ? "–" : k < 2 ? inDegrees(v) : percent(v)));
      texts.forEach((text, k) => { cells[name][k].textContent = text; });
    }
    const single = (name) => (name === "best" ? known.order : known[name])[0];
    function draw() {
      const other = known[shown.get()] ?? [], mine = picked.map((i) => pool[i]);
      const after = (pair) => distance(pair.map((i) => pool[i]));
      layer.replaceChildren();
      lines(other, "theirs");
      lines(picked, "mine");
      marks.forEach((mark, i) => {
        mark.setAttribute("aria-checked", picked.includes(i));
        mark.classList.toggle("theirs", other.includes(i));
      });
      fill("mine", mine.length ? distance(mine.slice(0, 1)) : null, mine.length === 2 ? distance(mine) : null);
      for (const [name] of NAMES) fill(name, known.one[single(name)], after(known[name]));
      fill("random", mean(known.one), mean(known.angles));
      say(told(mine, after(known.greedy)));
    }
    function told(mine, greedy) {
      if (!mine.length) return `None of the ${pool.length} examples is kept, and your student knows nothing. `
        + `Greedy's two leave an angle of ${inDegrees(greedy)}.`;
      const far = distance(mine), state = `${inDegrees(far)} from the teacher, and wrong on ${percent(far)} of all directions`;
      if (mine.length === 1) return `Your one example leaves the student ${state}. `
        + `The nearest of all leaves ${inDegrees(known.one[known.order[0]])}, greedy's two ${inDegrees(greedy)}.`;
      const better = known.angles.filter((v) => v < far - 1e-9).length;
      return `Your two examples leave the student ${state}; greedy's two leave ${inDegrees(greedy)}. `
        + (better ? `Of the ${known.pairs.length} pairs of this pool ${better} ${better > 1 ? "are" : "is"} better.`
          : "No pair of this pool is better.");
    }
    renew();
    draw();
  }

  window.Explore.picking = { POOLS, rules, distance };
  mount("picking", figure);
})();
