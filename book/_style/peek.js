// What a link refers to is shown while it is pointed at or has the focus: equations, theorems,
// figures, words of the glossary. Nothing is asked from another site.
const PEEK = /#(equation-|term-|fig-|thm-|lem-|cor-|prop-|def-)/;
const pages = new Map();
let peek, shown, timer;

async function target(link) {
  const page = link.href.split("#")[0];
  const here = page === location.href.split("#")[0];
  if (!here && !pages.has(page))
    pages.set(page, fetch(page).then((answer) => answer.text())
      .then((text) => new DOMParser().parseFromString(text, "text/html")));
  const found = (here ? document : await pages.get(page))
    .getElementById(decodeURIComponent(link.hash.slice(1)));
  const copy = document.createElement("div");
  copy.append(...[found, found?.matches("dt") && found.nextElementSibling]
    .filter(Boolean).map((part) => document.importNode(part, true)));
  for (const node of copy.querySelectorAll("[id], a, [tabindex]")) {
    node.removeAttribute("id");
    node.removeAttribute("href");  // the copy holds nothing to click or to stop at
    node.removeAttribute("tabindex");
  }
  for (const node of copy.querySelectorAll(".headerlink")) node.remove();
  for (const image of copy.querySelectorAll("img"))
    image.src = new URL(image.getAttribute("src"), page);
  return copy;
}

async function show(link) {
  hide();
  shown = link;
  const copy = await target(link);
  if (shown !== link || !copy.textContent.trim()) return;
  peek = document.createElement("div");
  peek.className = "peek";
  peek.id = "peek";
  peek.setAttribute("role", "tooltip");
  peek.append(copy);
  document.body.append(peek);
  if (shown !== link) return;
  link.setAttribute("aria-describedby", "peek");
  const at = link.getBoundingClientRect(), box = peek.getBoundingClientRect();
  const below = at.bottom + box.height + 8 < innerHeight || at.top < box.height + 8;
  peek.style.left = `${scrollX + Math.max(8, Math.min(at.left, innerWidth - box.width - 8))}px`;
  peek.style.top = `${scrollY + (below ? at.bottom + 4 : at.top - box.height - 4)}px`;
  peek.addEventListener("mouseenter", () => clearTimeout(timer));
  peek.addEventListener("mouseleave", soon);
}

function wordsOnly(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const around = "#jb-print-docs-body, .bd-header-article, .bd-sidebar-secondary, footer";
  page.querySelectorAll(around).forEach((node) => node.remove());
  for (const math of page.querySelectorAll(".math")) {
    const tex = math.querySelector("annotation")?.textContent.trim() ?? "";
    math.textContent = /^[\w\s=+,.()-]+$/.test(tex) ? tex : "…";
  }
  return page.documentElement.outerHTML;
}

function hide() {
  clearTimeout(timer);
  document.querySelectorAll(".peek").forEach((old) => old.remove());
  shown?.removeAttribute("aria-describedby");
  shown = null;
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(hide, 250);
}

function openTarget() {
  const place = decodeURIComponent(location.hash.slice(1));
  const target = document.getElementById(place);
  target?.closest("details")?.setAttribute("open", "");
  // Entries of the ledger and of the library have moved to pages of their own.
  if (place && !target)
    for (const link of document.querySelectorAll("article a"))
      if (link.hash === location.hash && !link.href.startsWith(location.href))
        return location.replace(link.href);
}

// Paper is white, also where the screen is dark.
const paper = matchMedia("print");
let theme;
function onPaper(on) {
  const page = document.documentElement.dataset;
  if (on && theme === undefined) {
    theme = page.theme ?? "light";
    page.theme = "light";
  } else if (!on && theme !== undefined) {
    page.theme = theme;
    theme = undefined;
  }
}
paper.addEventListener("change", () => onPaper(paper.matches));
addEventListener("beforeprint", () => onPaper(true));
addEventListener("afterprint", () => onPaper(false));

document.addEventListener("DOMContentLoaded", () => {
  for (const link of document.querySelectorAll("article a[href*='#']:not(.headerlink)")) {
    if (!PEEK.test(link.getAttribute("href"))) continue;
    link.addEventListener("mouseenter", () => {
      clearTimeout(timer);
      timer = setTimeout(show, 150, link);
    });
    link.addEventListener("focus", () => show(link));
    link.addEventListener("mouseleave", soon);
    link.addEventListener("blur", soon);
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());

  // Excerpts of what a search finds are text: no list of contents, no TeX but single letters.
  if (typeof Search !== "undefined") {
    const excerpt = Search.htmlToText;
    Search.htmlToText = (html, anchor) => excerpt(wordsOnly(html), anchor);
  }

  // The theme leaves the title of the book outside of every landmark.
  const top = document.querySelector(".sidebar-primary-items__start");
  top?.setAttribute("role", "region");
  top?.setAttribute("aria-label", "The book");

  // What is wide can be scrolled with the keyboard.
  const wide = "article pre, article .katex-display, .claim-map, "
    + ".pst-scrollable-table-container, .cell_output > .output";
  const reach = () => document.querySelectorAll(wide).forEach((node) => {
    if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
  });
  addEventListener("load", () => {
    reach();
    openTarget();
  });
  addEventListener("resize", reach);
  addEventListener("hashchange", openTarget);

  // On the map of claims the arrows of a box stand out with it.
  for (const box of document.querySelectorAll(".claim-map a[data-claim]")) {
    const name = box.dataset.claim, ends = `[data-from="${name}"], [data-to="${name}"]`;
    const mark = (on) => box.ownerSVGElement.querySelectorAll(ends)
      .forEach((arrow) => arrow.classList.toggle("used", on));
    for (const [start, end] of [["mouseenter", "mouseleave"], ["focus", "blur"]]) {
      box.addEventListener(start, () => mark(true));
      box.addEventListener(end, () => mark(false));
    }
  }
});
