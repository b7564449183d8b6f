/* A student in three dimensions: the projection of the teacher onto the span of examples
   that the reader moves. The risk is exact, for directions uniform on the sphere. */
(() => {
  "use strict";
  const { html, mount, slider, button, status, eachFrame, degrees, dot, add, scale, unit, cross,
    student, angle, generator, space } = window.Explore;
  const TEACHER = [1, 0, 0];

  /** Risk of a student on directions uniform on the sphere. */
  const isotropicRisk = (w) => (w.some((v) => v !== 0) ? angle(w, TEACHER) / Math.PI : 1);

  /** Its mean over n = 1, 2, 3 such examples. */
  const EXPECTED = [1 / Math.PI, 1 / 2 - 1 / Math.PI, 0];

  const direction = ({ normal }) => unit([normal(), normal(), normal()]);
  const nested = (examples) =>
    [1, 2, 3].map((n) => student(examples.slice(0, n), TEACHER));

  function figure(root) {
    const random = generator(7), test = Array.from({ length: 150 }, () => direction(random));
    let examples = [[0.5, 0.3, 0.8], [0.35, 0.85, -0.4], [0.2, -0.9, 0.4]].map(unit);
    let draws = 0, sums = [0, 0, 0];

    const redraw = eachFrame(draw);
    const n = slider("n, examples that the student sees", [1, 2, 3], 1, String, redraw);
    const scene = space("A student in three dimensions; its examples can be moved.", 0.5, 0.3, redraw);
    const handles = [0, 1, 2].map((i) => scene.handle(`Example ${i + 1}`, () => examples[i],
      (v) => { examples[i] = v; redraw(); }));
    function drawSets(size) {
      for (let i = 0; i < size; i++) {
        examples = [0, 1, 2].map(() => direction(random));
        sums = nested(examples).map((w, k) => sums[k] + isotropicRisk(w));
        draws += 1;
      }
      redraw();
    }
    const cells = [0, 1, 2].map(() => [0, 1, 2, 3].map(() => html("td", {})));
    const rows = cells.map((cell, k) => html("tr", {}, html("th", { scope: "row" }, k + 1), ...cell));
    const heads = ["n", "angle", "risk", "mean of draws", "expected"];
    const table = html("table", {},
      html("thead", {}, html("tr", {}, ...heads.map((text) => html("th", { scope: "col" }, text)))),
      html("tbody", {}, ...rows));
    const { node: summary, say } = status();
    root.append(
      html("div", { class: "explore-controls" }, n,
        button("Draw new examples", () => drawSets(1)),
        button("Draw 1000 times", () => drawSets(1000))),
      html("div", { class: "explore-pair" }, scene.node, html("div", {}, table, summary)));

    function draw() {
      const count = n.get(), students = nested(examples), w = students[count - 1];
      scene.clear();
      scene.disc(TEACHER, "");
      if (count === 1) scene.line(scale(examples[0], -1), examples[0], "beam");
      if (count === 2) scene.disc(cross(examples[0], examples[1]), "span");
      scene.examples(test, (x) => dot(w, x) * x[0] <= 0);
      scene.line(TEACHER, w, "thread");
      scene.arrow(TEACHER, "teacher");
      scene.words([1.12, 0, 0], "teacher", "teacher");
      if (count < 3) scene.arrow(w, "student");
      if (count < 3) scene.words(add(scale(w, 0.5), [1, 0, 0], -0.1), "student");
      handles.forEach((handle, i) => handle.place(i < count));
      students.forEach((v, k) => {
        const values = [degrees(angle(v, TEACHER)), isotropicRisk(v).toFixed(3),
          draws ? (sums[k] / draws).toFixed(3) : "–", EXPECTED[k].toFixed(3)];
        values.forEach((text, i) => { cells[k][i].textContent = text; });
        rows[k].classList.toggle("now", k + 1 === count);
      });
      const seen = count === 1 ? "one example" : count === 2 ? "two examples" : "three examples";
      say(`From ${seen} the student is ${degrees(angle(w, TEACHER))} from the teacher, and wrong on `
        + `${(100 * isotropicRisk(w)).toFixed(1)} % of all directions.`
        + (draws ? ` Over ${draws} ${draws === 1 ? "draw" : "draws"} the mean risk is `
          + `${(sums[count - 1] / draws).toFixed(3)}; expected: ${EXPECTED[count - 1].toFixed(3)}.` : ""));
    }
    draw();
  }

  window.Explore.sphere = { isotropicRisk, EXPECTED };
  mount("student", figure);
})();
