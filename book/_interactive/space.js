/* Three dimensions on a flat screen: a view that is turned by dragging or by arrow keys,
   with the first axis upwards, and the few things that the figures draw in it. */
(() => {
  "use strict";
  const { svg, dot, add, scale, unit, cross } = window.Explore;
  const SIZE = 130; // pixels a unit
  const TURNS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  /** The axes of the screen (right, up, towards the reader) for a turn and a tilt. */
  function axes(turn, tilt) {
    const [s, c, S, C] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
    return { right: [0, -s, c], up: [C, -S * c, -S * s], near: [S, C * c, C * s] };
  }

  function space(label, turn, tilt, redraw) {
    const layer = svg("g", {}), handles = svg("g", {});
    const node = svg("svg", {
      class: "scene", viewBox: "-160 -160 320 320", tabindex: 0, role: "group",
      "aria-label": `${label} Arrow keys turn the view.`, onkeydown, onpointerdown,
    }, layer, handles);
    let view = axes(turn, tilt);

    function rotate(dTurn, dTilt) {
      turn += dTurn;
      tilt = Math.max(-1.5, Math.min(1.5, tilt + dTilt));
      view = axes(turn, tilt);
      redraw();
    }
    function onkeydown(event) {
      const way = TURNS[event.key];
      if (!way || event.target !== node) return;
      event.preventDefault();
      rotate(way[0] * 0.1, way[1] * 0.1);
    }
    function onpointerdown(event) {
      if (event.target.closest(".handle")) return;
      let [x, y] = [event.clientX, event.clientY]; // not every browser has movementX for fingers
      drag(event, (e) => {
        rotate((x - e.clientX) / 120, event.pointerType === "touch" ? 0 : (e.clientY - y) / 120);
        [x, y] = [e.clientX, e.clientY];
      });
    }
    /** Follow the pointer until it is let go. */
    function drag(event, moved) {
      const listen = { pointermove: (e) => e.pointerId === event.pointerId && moved(e) };
      listen.pointerup = listen.pointercancel = (e) => {
        if (e.pointerId !== event.pointerId) return;
        for (const name in listen) window.removeEventListener(name, listen[name]);
      };
      for (const name in listen) window.addEventListener(name, listen[name]);
    }

    const flat = (v) => [SIZE * dot(v, view.right), -SIZE * dot(v, view.up)];
    const depth = (v) => dot(v, view.near);
    const put = (tag, attributes, ...children) => layer.append(svg(tag, attributes, ...children));
    const to = (v) => flat(v).map((x) => x.toFixed(1)).join(" ");

    /** The unit disc at right angles to a vector. */
    function disc(normal, name) {
      const n = unit(normal);
      const a = unit(cross(n, Math.abs(n[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0])), b = cross(n, a);
      const rim = Array.from({ length: 60 }, (_, i) => (i * Math.PI) / 30)
        .map((t) => to(add(scale(a, Math.cos(t)), b, Math.sin(t))));
      put("path", { class: `disc ${name}`, d: `M${rim.join("L")}Z` });
    }
    const line = (u, v, name) => put("path", { class: name, d: `M${to(u)}L${to(v)}` });
    /** Words beside a point, away from the middle or to the side given by a sign. */
    const words = (v, text, name = "", side = 0) => {
      const [x, y] = flat(v), way = (side || x) < 0 ? -1 : 1;
      put("text", { x: x + 8 * way, y: y + 5, class: `${name} ${way < 0 ? "end" : ""}` }, text);
    };
    function arrow(v, name) {
      const [x, y] = flat(v), size = Math.hypot(x, y) || 1, [a, b] = [x / size, y / size];
      const barb = (s) => `M${x} ${y}L${x - 9 * a + s * 6 * b} ${y - 9 * b - s * 6 * a}`;
      put("path", { class: `arrow ${name}`, d: `M0 0L${x} ${y}${barb(1)}${barb(-1)}` });
    }
    /** Examples, those behind first: discs where the student is right, crosses where wrong. */
    function examples(points, wrong) {
      const order = points.map((_, i) => i).sort((i, j) => depth(points[i]) - depth(points[j]));
      for (const i of order) {
        const [x, y] = flat(points[i]), side = depth(points[i]) < 0 ? " behind" : "";
        if (wrong(points[i]))
          put("path", { class: `wrong${side}`, d: `M${x - 3} ${y - 3}l6 6m0 -6l-6 6` });
        else put("circle", { class: `right${side}`, cx: x, cy: y, r: 2 });
      }
    }

    /** A point of the unit sphere that can be moved, by pointer and arrow keys. */
    function handle(name, get, set) {
      const mark = svg("g", {
        class: "handle", tabindex: 0, role: "slider", "aria-label": name,
        "aria-valuemin": 0, "aria-valuemax": 180,
        onkeydown: (event) => {
          const way = TURNS[event.key];
          if (!way) return;
          event.preventDefault();
          const v = get(), away = Math.hypot(v[1], v[2]);
          const angle = Math.min(Math.PI - 0.02, Math.max(0.02,
            Math.atan2(away, v[0]) - way[1] * 0.05));
          const around = Math.atan2(v[2], v[1]) + way[0] * 0.05;
          set([Math.cos(angle), Math.sin(angle) * Math.cos(around),
            Math.sin(angle) * Math.sin(around)]);
        },
        onpointerdown: (event) => {
          const side = depth(get()) < 0 ? -1 : 1;
          drag(event, (e) => {
            const { x, y } = new DOMPoint(e.clientX, e.clientY)
              .matrixTransform(node.getScreenCTM().inverse());
            const size = Math.max(1, Math.hypot(x, y) / SIZE);
            const [a, b] = [x / SIZE / size, -y / SIZE / size];
            const rest = side * Math.sqrt(Math.max(0, 1 - a * a - b * b));
            set(add(add(scale(view.right, a), view.up, b), view.near, rest));
          });
        },
      }, svg("circle", { class: "touch", r: 18 }), svg("rect", { x: -6, y: -6, width: 12, height: 12 }),
        svg("text", { x: 10, y: 5 }, name.slice(-1)));
      handles.append(mark);
      return {
        place(shown) {
          const v = get(), [x, y] = flat(v), angle = (Math.acos(v[0]) * 180) / Math.PI;
          const around = (Math.atan2(v[2], v[1]) * 180) / Math.PI;
          mark.style.display = shown ? "" : "none";
          mark.classList.toggle("behind", depth(v) < 0);
          mark.setAttribute("transform", `translate(${x} ${y})`);
          mark.setAttribute("aria-valuenow", Math.round(angle));
          mark.setAttribute("aria-valuetext",
            `${Math.round(angle)}° from the teacher, ${Math.round(around)}° around it`);
        },
      };
    }

    const clear = () => layer.replaceChildren(svg("circle", { class: "rim", r: SIZE }));
    return { node, clear, flat, disc, line, arrow, words, examples, handle };
  }

  window.Explore.space = space;
})();
