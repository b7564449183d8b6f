// Says so where Python could not be fetched: JupyterLite itself leaves cells at [*] without a word.
const PATIENCE = 60000; // milliseconds for a small file of Pyodide's
const LOST = "Python could not be loaded, so cells stay at [*]. It is fetched from HOST, which this "
  + "browser cannot reach: you may be offline, or your network or an extension may block that host. "
  + "Allow it, or try another network. The results of the chapter stand on its page, and "
  + "File ▸ Download gives the chapter for a Python of your own.";
const SLOW = "Python is slow to load from HOST: cells stay at [*] until it is here. You can wait, or "
  + "try again later.";

function button(text, action) {
  const element = document.createElement("button");
  element.textContent = text;
  element.style.cssText = "margin-left: 0.8rem; padding: 0.2rem 0.8rem; font: inherit";
  element.addEventListener("click", action);
  return element;
}

function tell(words, host) {
  const banner = document.createElement("div");
  banner.id = "python-lost";
  banner.setAttribute("role", "alert");
  banner.style.cssText = "position: fixed; inset: auto 0 0 0; z-index: 10000; padding: 0.8rem 1rem;"
    + "font: 15px/1.5 sans-serif; color: #fff; background: #8a1c1c";
  banner.append(words.replace("HOST", host), button("Try again", () => location.reload()),
    button("Close", () => banner.remove()));
  document.body.append(banner);
}

// The kernel's worker asks for the same file, which the browser keeps: it is fetched once.
async function look() {
  const url = new URL("PYODIDE", location.href);
  try {
    const found = await fetch(url, {signal: AbortSignal.timeout(PATIENCE)});
    if (!found.ok) tell(LOST, url.host);
  } catch (error) {
    tell(error.name === "TimeoutError" ? SLOW : LOST, url.host);
  }
}

look();
