/* A frame with axes, and a reader of its curves: a line that follows the pointer, or the arrow
   keys once the chart has the focus, and the values at it in words. */
(() => {
  "use strict";
  const { html, svg } = window.Explore;
  const [LEFT, RIGHT, TOP, BOTTOM] = [50, 320, 10, 216], EDGE = -14, WIDTH = 354;
  let count = 0;

  /** Axes are { range, label, ticks: [[value, text]], log }. `line` and `mark` replace the
      content of a named place, `axes` the axes. */
  function chart(label, x, y) {
    let px, py;
    const place = ({ range: [a, b], log }, from, to) => (v) => {
      const f = log ? Math.log10 : (u) => u;
      return from + ((f(v) - f(a)) / (f(b) - f(a))) * (to - from);
    };
    const id = `explore-clip-${++count}`, ticks = svg("g", {}), inside = svg("g", { "clip-path": `url(#${id})` });
    const name = (axis, attributes) => svg("text", { ...attributes, class: "middle" }, axis.label);
    const node = svg("svg", { viewBox: `${EDGE} 0 ${WIDTH} 262`, role: "img", "aria-label": label },
      svg("clipPath", { id },
        svg("rect", { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP })),
      svg("path", { class: "axis", d: `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}` }), ticks,
      name(x, { x: (LEFT + RIGHT) / 2, y: BOTTOM + 40 }),
      name(y, { transform: `translate(0 ${(TOP + BOTTOM) / 2}) rotate(-90)` }), inside);

    function axes(x, y) {
      [px, py] = [place(x, LEFT, RIGHT), place(y, BOTTOM, TOP)];
      ticks.replaceChildren(
        ...x.ticks.map(([v, text]) =>
          svg("text", { x: px(v), y: BOTTOM + 18, class: "middle" }, text)),
        ...y.ticks.map(([v, text]) =>
          svg("text", { x: LEFT - 6, y: py(v) + 4, class: "end" }, text)));
    }
    axes(x, y);
    const parts = {};
    const part = (name) => {
      if (!parts[name]) inside.append(parts[name] = svg("path", { class: `line ${name}` }));
      return parts[name];
    };
    return {
      node, axes,
      across: (v) => px(v),
      line(name, points) {
        const d = points.map(([u, v], i) => `${i ? "L" : "M"}${px(u).toFixed(1)} ${
          py(Math.max(v, 1e-99)).toFixed(1)}`);
        part(name).setAttribute("d", d.join(""));
      },
      mark: (name, u, v) => part(name).setAttribute("d", u === null ? ""
        : `M${px(u) - 4} ${py(v)}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`),
    };
  }

  /** Let readers read values off a chart. `told(x)` is a sentence; the values of x are those of
      `.over(list)`. The node returned holds the chart and, below it, what is read. */
  function reader(chart, told) {
    const { node } = chart, line = svg("path", { class: "reading", d: "" });
    const words = html("p", { class: "explore-reading", "aria-hidden": "true" }); // valuetext says it
    let values = [], at = null, otherwise = "";
    node.append(line);

    function show(place) {
      at = place === null ? null : Math.min(Math.max(place, 0), values.length - 1);
      const seen = at !== null && values.length > 0;
      line.setAttribute("d", seen ? `M${chart.across(values[at]).toFixed(1)} ${TOP}V${BOTTOM}` : "");
      words.textContent = seen ? told(values[at]) : values.length
        ? "Point at the curve, or press the arrow keys, to read values." : otherwise;
      if (!values.length) return;
      node.setAttribute("aria-valuenow", at ?? 0);
      node.setAttribute("aria-valuetext", told(values[at ?? 0]));
    }
    function nearest({ clientX }) {
      const { left, width } = node.getBoundingClientRect();
      const x = EDGE + ((clientX - left) / width) * WIDTH;
      const far = values.map((v) => Math.abs(chart.across(v) - x));
      show(far.indexOf(Math.min(...far)));
    }
    node.addEventListener("pointermove", nearest);
    node.addEventListener("pointerdown", nearest);
    node.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse" && document.activeElement !== node) show(null);
    });
    node.addEventListener("focus", () => show(at ?? 0));
    node.addEventListener("blur", () => show(null));
    node.addEventListener("keydown", (event) => {
      const far = Math.max(1, Math.round(values.length / 10)), now = at ?? 0;
      const next = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1,
        PageDown: now - far, PageUp: now + far, Home: 0, End: values.length - 1 }[event.key];
      if (next === undefined || !values.length) return;
      event.preventDefault();
      show(next);
    });

    /** These values can be read now; where there are none, words say why. */
    function over(list, why = "") {
      const known = at === null ? null : values[at];
      [values, otherwise] = [list, why];
      const state = list.length ? { role: "slider", tabindex: 0, "aria-valuemin": 0,
        "aria-valuemax": list.length - 1 } : { role: "img" };
      for (const name of ["tabindex", "aria-valuemin", "aria-valuemax", "aria-valuenow",
        "aria-valuetext"]) node.removeAttribute(name);
      for (const [name, value] of Object.entries(state)) node.setAttribute(name, value);
      show(known === null || !list.length ? null
        : list.reduce((best, v, i) => (Math.abs(v - known) < Math.abs(list[best] - known) ? i : best), 0));
    }
    over([]);
    return { node: html("div", { class: "explore-chart" }, node, words), over };
  }

  Object.assign(window.Explore, { chart, reader });
})();
