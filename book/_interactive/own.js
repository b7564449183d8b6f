/* Your own teacher, with nothing installed: a file with logits, what its spectrum predicts, and
   what is unusual about it. The file is read here, in a worker, and sent nowhere; what computes
   (own-maths.js, ml-matrix) is fetched when the figure is first used. */
(() => {
  "use strict";
  const { html, svg, mount, slider, choice, button, status, number, chart, reader } = window.Explore;
  const HERE = document.currentScript.src, MOST_BYTES = 1e8;
  const LEVELS = [0.2, 0.1, 0.05, 0.02, 0.01]; // as in own-maths.js
  const percent = (x) => `${number(100 * x)} %`;

  const loaded = {};
  function load(name) {
    loaded[name] ??= new Promise((resolve, reject) => {
      const script = html("script", { src: new URL(name, HERE).href, onload: resolve,
        onerror: () => { delete loaded[name]; reject(new Error(`${name} cannot be loaded`)); } });
      document.head.append(script);
    });
    return loaded[name];
  }

  /** What runs in the worker: the functions' own text, so that it also works from a file. */
  const source = () => `
    const { analyse, Bad } = (${window.Explore.ownMaths})((${window.Explore.mlMatrix})());
    onmessage = ({ data: [bytes, options] }) => {
      try { postMessage({ found: analyse(bytes, options) }); } catch (error) {
        postMessage({ wrong: error instanceof Bad ? error.message
          : "it is too much for this browser (" + error.message + ")" });
      }
    };`;

  let working;
  /** What a file's bytes (or a text) say, computed aside; a later question ends this one. */
  async function analyse(bytes, options) {
    await Promise.all([load("own-maths.js"), load("ml-matrix/ml-matrix.min.js")]);
    working?.terminate();
    const address = URL.createObjectURL(new Blob([source()], { type: "text/javascript" }));
    const worker = working = new Worker(address);
    return new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve({ wrong: `its worker failed (${message})` });
      worker.postMessage([bytes, options]);
    }).finally(() => {
      worker.terminate();
      URL.revokeObjectURL(address);
    });
  }

  async function bytesOf(file) {
    if (file.size > MOST_BYTES) return { wrong: "it has more than 100 MB; the command study takes it" };
    try {
      return { bytes: await file.arrayBuffer() };
    } catch (error) {
      return { wrong: `it cannot be read (${error.message})` };
    }
  }

  let count = 0;
  function words(label, hint, changed) {
    const id = `explore-own-${++count}`;
    const input = html("input", { id, type: "text", placeholder: hint, onchange: changed,
      autocomplete: "off", spellcheck: "false" });
    const node = html("div", { class: "explore-control" }, html("label", { for: id }, label), input);
    const get = () => input.value.split(",").map((name) => name.trim()).filter((name) => name);
    return Object.assign(node, { get });
  }

  // ---- pictures

  const raised = (k) => `10${[...String(k)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}`;
  function whole(last) { // ticks of a logarithmic axis of whole numbers
    const all = [1, 2, 5, 10, 20, 50, 100, 200, 500].filter((v) => v <= last);
    return (all.length > 6 ? all.filter((v) => /^10*$/.test(v)) : all).map((v) => [v, v]);
  }
  function powers(low) { // and of one that ends at 1
    const depth = Math.max(1, Math.min(12, Math.ceil(-Math.log10(low) - 1e-9)));
    const step = Math.ceil(depth / 5);
    const ticks = [];
    for (let k = 0; k <= depth; k += step) ticks.push([10 ** -k, k ? raised(-k) : "1"]);
    return { range: [10 ** -depth, 1], log: true, ticks };
  }
  const across = (last, label) => ({ range: [1, Math.max(2, last)], log: true, label,
    ticks: whole(Math.max(2, last)) });

  function pictures() {
    const start = { ...powers(1e-2), label: "" };
    const axes = {
      spectrum: [across(30, "direction"), { ...start, label: "share of second moment" }],
      tail: [{ range: [0, 90], label: "angle θ (degrees)", ticks: [0, 30, 60, 90].map((v) => [v, v]) },
        { range: [0, 1.1], label: "tail p(θ)", ticks: [0, 0.5, 1].map((v) => [v, v]) }],
      curve: [across(30, "examples n"), { ...start, label: "risk" }],
    };
    const spectrum = chart("Spectrum of the data: the share of each direction in the second "
      + "moment, the largest first, both axes logarithmic.", ...axes.spectrum);
    const tail = chart("The tail p: how many rows make an angle of at least θ with the teacher.",
      ...axes.tail);
    const curve = chart("Learning curve: the risk that the spectrum predicts against the number "
      + "of examples, the best bound, and the risk to reach, both axes logarithmic.", ...axes.curve);
    let found, shares, sums;
    const readers = {
      spectrum: reader(spectrum, (j) => `Direction ${j}: ${percent(shares[j - 1])} of the second `
        + `moment, ${percent(sums[j - 1])} with those before it`),
      tail: reader(tail, (b) => `p(${b}°) = ${number(above(b) / found.angles.length)}: `
        + `${above(b)} of ${found.angles.length} rows at ${b}° or more`),
      curve: reader(curve, (n) => {
        const i = found.ns.indexOf(n);
        return `n = ${n}: predicted risk ${number(found.risks[i])}`
          + (found.bounds ? `, best bound ${number(found.bounds[i])}` : "");
      }),
    };
    const above = (degrees) =>
      found.angles.filter((a) => a >= (degrees * Math.PI) / 180).length;

    function show(next) {
      found = next;
      const total = found.eigenvalues.reduce((a, b) => a + b, 0);
      shares = Array.from(found.eigenvalues, (v) => v / total);
      let sum = 0;
      sums = shares.map((v) => (sum += v));
      const directions = shares.map((_, j) => j + 1);
      spectrum.axes(across(found.rank, ""), powers(Math.max(1e-12, shares.at(-1))));
      spectrum.line("values", directions.map((j) => [j, shares[j - 1]]));
      readers.spectrum.over(directions);

      const degrees = Array.from({ length: 91 }, (_, i) => i);
      tail.line("risk", found.angles ? stairs(found.angles) : []);
      readers.tail.over(found.angles ? degrees : [], "No angles: the teacher is not one linear "
        + "logit of these columns, or a row is zero.");

      const last = found.ns.at(-1) ?? 1, { risks, bounds, ns } = found;
      const low = Math.min(1e-2, ...risks.filter((r) => r > 1e-6));
      curve.axes(across(last, ""), powers(low));
      curve.line("spectrum", ns.map((n, i) => [n, risks[i]]));
      curve.line("theorem3", bounds ? ns.map((n, i) => [n, bounds[i]]) : []);
      readers.curve.over(risks.length ? ns : [], "No curve: the rank is one.");
    }
    function level(risk, needed) {
      const last = Math.max(2, found.ns.at(-1) ?? 1);
      curve.line("edge", [[1, risk], [last, risk]]);
      curve.mark("spot", needed, needed && risk);
    }
    function clear() {
      for (const drawn of [spectrum, tail, curve])
        for (const name of ["values", "spectrum", "theorem3", "risk", "edge"]) drawn.line(name, []);
      curve.mark("spot", null);
      for (const each of Object.values(readers)) each.over([]);
    }
    clear();
    return { nodes: Object.values(readers).map(({ node }) => node), show, level, clear };
  }

  /** A staircase in degrees from angles, the largest first. */
  function stairs(falling) {
    const points = [[0, 1]], step = Math.max(1, Math.floor(falling.length / 500));
    for (let i = falling.length - 1; i >= 0; i -= step) {
      const at = (falling[i] * 180) / Math.PI;
      points.push([at, points.at(-1)[1]], [at, i / falling.length]);
    }
    return [...points, [90, 0]];
  }

  // ---- the figure

  const key = (name) => svg("svg", { class: "key", viewBox: "0 0 30 10", "aria-hidden": "true" },
    svg("path", { class: `line ${name}`, d: "M1 5H29" }));

  const ROWS = { rows: "Rows in the pool, in the test half", rank: "Features, their rank",
    half: "Directions with half of the second moment, with 95 %",
    needed: "Needed, as the spectrum predicts", guaranteed: "Guaranteed, by the bounds" };

  function answers() {
    const cells = {};
    const rows = Object.entries(ROWS).map(([name, text]) => html("tr", {},
      html("th", { scope: "row" }, text), cells[name] = html("td", {}, "–")));
    return {
      node: html("table", {}, html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "This file"),
        html("th", { scope: "col" }, "value"))), html("tbody", {}, ...rows)),
      show(values) {
        for (const [name, cell] of Object.entries(cells)) cell.textContent = values[name] ?? "–";
      },
    };
  }

  function figure(root) {
    const file = html("input", { id: "explore-own-file", type: "file", accept: ".csv,text/csv",
      onchange: () => file.files.length && begin(file.files[0].name, file.files[0]) });
    const zone = html("div", { class: "explore-drop" },
      html("label", { for: "explore-own-file" }, "A CSV file, chosen or dropped here"), file,
      button("Try a sample", trySample));
    const logits = words("Columns of logits", "those named logit…", again);
    const drop = words("Columns to leave out", "none", again);
    const kinds = [["standard", "standardised + intercept"], ["raw", "as they are"],
      ["intercept", "as they are + intercept"]];
    const columns = choice("Features", kinds, "standard", again);
    const risk = slider("Risk to reach", LEVELS, 0.05, percent, tell);
    const { node: summary, say } = status(), drawn = pictures(), table = answers();
    const notes = html("ul", { class: "explore-notes", role: "list", "aria-label": "What is unusual about the data" });
    const command = html("p", { class: "explore-command" });
    root.append(zone, html("div", { class: "explore-controls" }, logits, drop, columns, risk), summary,
      html("div", { class: "explore-pair" }, ...drawn.nodes,
        html("div", {}, table.node, html("p", { class: "explore-legend" },
          key("spectrum"), "prediction", key("theorem3"), "best bound", key("edge"), "risk to reach"))),
      notes, command);
    for (const kind of ["dragenter", "dragover", "dragleave", "drop"])
      root.addEventListener(kind, (event) => {
        event.preventDefault();
        root.classList.toggle("dropping", kind === "dragover" || kind === "dragenter");
      });
    root.addEventListener("drop", ({ dataTransfer: { files } }) => {
      if (files.length) begin(files[0].name, files[0]);
      else say("What was dropped is no file.");
    });

    let given = null, found = null, turn = 0;
    say("Choose a file, drop one on this figure, or try the sample. It stays on this device.");

    async function trySample() {
      try {
        await load("own-sample.js");
      } catch (error) {
        say(`The sample: ${error.message}.`);
        return;
      }
      const { name, text } = window.Explore.ownSample;
      file.value = "";
      begin(name, new Blob([text]));
    }
    function begin(name, content) {
      given = { name, content };
      again();
    }
    async function again() {
      if (!given) return;
      const mine = ++turn, { name, content } = given;
      say(`${name} is being read …`);
      const options = { logits: logits.get(), drop: drop.get(), columns: columns.get() };
      const read = await bytesOf(content);
      const told = read.wrong ? read : await analyse(read.bytes, options)
        .catch((error) => ({ wrong: error.message }));
      if (mine !== turn) return; // the reader has moved on
      found = told.found ?? null;
      notes.replaceChildren(...(found?.notes ?? []).map((note) => html("li", {}, note)));
      command.replaceChildren(...(found ? commandLine(name, options) : []));
      if (found) drawn.show(found);
      else drawn.clear();
      if (found) tell();
      else {
        table.show({});
        say(`${name} cannot be used: ${told.wrong.replace(/\.$/, "")}.`);
      }
    }
    function tell() {
      if (!found) return;
      const i = LEVELS.indexOf(risk.get()), { needed, guaranteed, eigenvalues } = found;
      drawn.level(LEVELS[i], needed[i]);
      const ends = [0.5, 0.95].map((share) => directions(eigenvalues, share));
      table.show({ rows: `${found.size}, ${found.tests}`, rank: `${found.dim}, ${found.rank}`,
        half: ends.join(", "), needed: needed[i] ?? "not reached", guaranteed: guaranteed[i] ?? (found.unasked ? "not asked" : "nothing") });
      say(`${given.name}: ${found.rows} rows, ${found.classes} classes. For a risk of ${percent(LEVELS[i])} `
        + (needed[i] ? `the spectrum predicts that ${needed[i]} ${needed[i] > 1 ? "examples are" : "example is"} needed`
          : "the spectrum predicts that no number of examples is enough")
        + (guaranteed[i] ? `; ${guaranteed[i]} are guaranteed to do, with probability 0.95.`
          : found.unasked ? `; no bound was asked: ${found.unasked}.` : "; the bounds guarantee nothing.")
        + (found.notes.length ? ` ${found.notes.length === 1 ? "One note" : `${found.notes.length} notes`} below.` : ""));
    }
  }

  function directions(eigenvalues, share) {
    const total = eigenvalues.reduce((a, b) => a + b, 0);
    let sum = 0;
    return eigenvalues.findIndex((v) => (sum += v) >= share * total * (1 - 1e-12)) + 1;
  }

  const shell = (text) => (/^[\w.,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  /** The command that measures it, a word a span: a line breaks between words only. */
  function commandLine(name, { logits, drop, columns }) {
    const how = { standard: ["--standardise"], intercept: ["--intercept"], raw: [] }[columns];
    const all = ["python", "-m", "linear_distillation", "study", shell(name),
      ...(logits.length ? ["--logits", shell(logits.join(","))] : []),
      ...drop.flatMap((column) => ["--drop", shell(column)]), ...how];
    const spans = all.flatMap((word, i) => [i ? " " : "", html("span", {}, word)]);
    return ["Measured, with drawn students: ", html("code", {}, ...spans)];
  }

  window.Explore.own = { analyse };
  mount("own", figure);
})();
