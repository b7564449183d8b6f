// What a page says about itself, and what axe-core says about it, each as a list of faults.

const words = (element) =>
  [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);

const width = (element) => element?.getBoundingClientRect().width ?? 0;

async function ready() {
  await document.fonts.ready;
}

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
