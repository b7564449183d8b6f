/* What the interactive figures share: elements, controls, numbers, and a little algebra.
   Plain script, so that pages also work when opened as files. */
window.Explore = (() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";

  /** An element with attributes and children; `on...` attributes are listeners. */
  function build(node, attributes = {}, children = []) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }
  const html = (tag, attributes, ...children) =>
    build(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) =>
    build(document.createElementNS(SVG, tag), attributes, children);

  /** Build a figure in every element marked data-figure="name", in place of the words in it.
      At once, as the script stands behind the element: what follows it does not move. */
  function mount(name, make) {
    for (const root of document.querySelectorAll(`[data-figure="${name}"]`)) {
      root.replaceChildren();
      make(root);
    }
  }

  let count = 0;
  /** A labelled slider over a list of values. Its node has `.get()` and `.set(value)`. */
  function slider(label, values, initial, show, changed) {
    const id = `explore-${++count}`;
    const output = html("span", { "aria-hidden": "true" }); // aria-valuetext says it
    const input = html("input", {
      id, type: "range", min: 0, max: values.length - 1, step: 1, value: values.indexOf(initial),
      oninput: () => { tell(); changed(); },
    });
    const get = () => values[Number(input.value)];
    function tell() {
      output.textContent = show(get());
      input.setAttribute("aria-valuetext", show(get()));
    }
    tell();
    const node = html("div", { class: "explore-control" },
      html("label", { for: id }, label), output, input);
    return Object.assign(node, { get, set: (v) => { input.value = values.indexOf(v); tell(); } });
  }

  function choice(label, options, initial, changed) {
    const id = `explore-${++count}`;
    const select = html("select", { id, onchange: changed },
      ...options.map(([value, text]) => html("option", { value }, text)));
    select.value = initial;
    const node = html("div", { class: "explore-control" },
      html("label", { for: id }, label), select);
    return Object.assign(node, { get: () => select.value });
  }

  const button = (text, pressed) => html("button", { type: "button", onclick: pressed }, text);

  /** A sentence that is read out once the reader pauses. */
  function status() {
    const node = html("p", { class: "explore-summary", role: "status" });
    let timer;
    const say = (text) => {
      clearTimeout(timer);
      if (!node.textContent) node.textContent = text;
      else timer = setTimeout(() => { node.textContent = text; }, 150);
    };
    return { node, say };
  }

  /** At most one redraw a frame. */
  function eachFrame(draw) {
    let waiting = false;
    return () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; draw(); });
    };
  }

  const raised = (k) => [...String(k)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("");
  /** Three significant digits, as in print. */
  function number(x) {
    if (x === 0 || (Math.abs(x) >= 1e-3 && Math.abs(x) < 1e4)) return String(+x.toPrecision(3));
    const [digits, power] = x.toExponential(2).split("e");
    return `${digits} × 10${raised(+power)}`;
  }
  const degrees = (radians) => `${Math.round((radians * 180) / Math.PI)}°`;

  const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  const scale = (a, s) => a.map((v) => v * s);
  const add = (a, b, s = 1) => a.map((v, i) => v + s * b[i]);
  const length = (a) => Math.hypot(...a);
  const unit = (a) => scale(a, 1 / (length(a) || 1));
  const cross = (a, b) => [
    a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

  /** Orthonormal basis of the span, by Gram and Schmidt, twice for accuracy. */
  function basis(vectors) {
    const found = [];
    for (const vector of vectors) {
      let rest = unit(vector);
      for (let pass = 0; pass < 2; pass++)
        for (const b of found) rest = add(rest, b, -dot(rest, b));
      if (length(rest) > 1e-9) found.push(unit(rest));
    }
    return found;
  }

  /** The projection of the teacher onto the span of the examples. */
  const student = (examples, teacher) =>
    basis(examples).reduce((w, b) => add(w, b, dot(teacher, b)), teacher.map(() => 0));

  /** Angle between two vectors, accurate near 0 and pi. */
  const angle = (u, v) =>
    2 * Math.atan2(length(add(unit(u), unit(v), -1)), length(add(unit(u), unit(v))));

  /** Reproducible uniform and normal numbers (mulberry32, Box and Muller). */
  function generator(seed) {
    const uniform = () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    const normal = () =>
      Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return { uniform, normal };
  }

  return {
    html, svg, mount, slider, choice, button, status, eachFrame, number, degrees,
    dot, scale, add, length, unit, cross, basis, student, angle, generator,
  };
})();
