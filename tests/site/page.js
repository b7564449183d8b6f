// What a page says about itself, and what axe-core says about it, each as a list of faults.

const words = (element) =>
  [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);

const width = (element) => element?.getBoundingClientRect().width ?? 0;

async function ready() {
  await document.fonts.ready;
}

// How far things have moved by themselves since the page was opened (cumulative layout shift).
function shifted() {
  return new Promise((resolve) => {
    let sum = 0;
    const add = (list) => list.getEntries().filter((entry) => !entry.hadRecentInput)
      .forEach((entry) => sum += entry.value);
    new PerformanceObserver(add).observe({type: "layout-shift", buffered: true});
    setTimeout(() => resolve(sum), 100);
  });
}

// Controls that do not show that they have the focus, by outline or shadow.
function unseenFocus() {
  const controls = "a[href], button, input, select, summary, textarea, [tabindex='0']";
  const faults = [];
  for (const node of document.querySelectorAll(controls)) {
    node.focus();
    if (document.activeElement !== node || !node.checkVisibility()) continue;
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(node);
    const seen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    if (!seen && boxShadow === "none") faults.push(node.outerHTML.slice(0, 120));
    unseenFocus.met = (unseenFocus.met ?? 0) + 1;
  }
  return [unseenFocus.met, faults];
}

const LEAST = 440 / 704; // of the width at which a figure is drawn: eleven points are ten pixels

function ownFaults() {
  const faults = [];
  for (const math of document.querySelectorAll(".math"))
    if (!math.querySelector(".katex"))
      faults.push(`math not rendered: ${math.textContent.trim()}`);
  for (const math of document.querySelectorAll("span.math")) {
    const [shown, room] = [math.querySelector(".katex-html"), math].map((node) => width(node));
    if (shown > room + 1 && getComputedStyle(math).overflowX === "hidden")
      faults.push(`math cut off: ${math.textContent.trim()}`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const code = text.parentElement.closest("pre, code, script, style, annotation");
    if (!code && /\\[()[\]]|\$[^$]*\$/.test(text.data))
      faults.push(`raw TeX: ${text.data.trim()}`);
  }

  for (const image of document.images) {
    const alt = image.alt.trim();
    if (!image.naturalWidth) faults.push(`image does not load: ${image.src}`);
    if (!alt || /\.(png|svg|jpe?g|gif|webp)$/i.test(alt))
      faults.push(`image without a description: ${image.src} (${alt})`);
  }

  // The first page shows its picture whole, and says its words beneath.
  const figures = ":is(figure:not(#fig-front), .cell_output) img[style*='width']";
  for (const image of innerWidth <= 600 ? document.querySelectorAll(figures) : [])
    if (image.checkVisibility() && image.width < LEAST * parseFloat(image.style.width))
      faults.push(`words of a figure are too small: ${image.width} px for ${image.style.width}`);

  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`${wide} px too wide for a window of ${innerWidth} px`);
  return faults;
}

async function axeFaults(options) {
  const found = await axe.run({resultTypes: ["violations"], preload: false, ...options});
  return found.violations.flatMap(({id, nodes}) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`));
}

// For its formulas KaTeX answers; by the thousand they, and the colours of code, would take
// axe minutes a page.
function setAsideFormulasAndColours() {
  for (const math of document.querySelectorAll(".katex")) math.replaceWith("x");
  for (const code of document.querySelectorAll(".highlight pre")) {
    code.coloured = code.innerHTML;
    code.textContent = code.textContent;
  }
}

// Contrast is a matter of style: of all words with the same tags, classes and own styles around
// them (and the same stripe of a table), one stays. That is for axe, too, a matter of a second.
function keepOneOfEachStyle() {
  for (const code of document.querySelectorAll(".highlight pre")) code.innerHTML = code.coloured;
  const styles = new Map([[document.body, ""]]), seen = new Set();
  for (const element of document.body.querySelectorAll("*")) {
    const stripe = element.matches("tr:nth-child(odd)") ? "odd" : "";
    const around = styles.get(element.parentElement);
    const own = `${element.tagName}.${element.className}${element.getAttribute("style")}`;
    const style = `${around} ${own}${stripe}`;
    styles.set(element, style);
    if (seen.has(style)) words(element).forEach((node) => node.remove());
    else if (words(element).some((node) => node.data.trim())) seen.add(style);
  }
  for (const element of styles.keys()) if (!element.textContent.trim()) element.remove();
}
