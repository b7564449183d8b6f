// Before a chapter is run in the browser: on a phone, what it costs; and for those who come back,
// that the chapter has changed since they saved theirs. JupyterLite keeps that in this browser.
const LARGE = "Python itself is fetched for this, some tens of megabytes, and a small screen has little "
  + "room for code. The results are on this page already.";

function make(tag, text, more = {}) {
  return Object.assign(document.createElement(tag), {textContent: text, ...more});
}

function ask(button) {
  const dialog = make("dialog", "", {className: "run-dialog"});
  const go = make("a", "Run it all the same", {href: button.href, target: "_blank"});
  const stay = make("button", "Stay here", {type: "button"});
  dialog.append(make("p", LARGE), go, stay);
  for (const way of [go, stay]) way.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

// What USE makes of JupyterLite's files, if there are any; looking must not make a store. It is
// closed at once: an open one would keep JupyterLite, in another tab, from adding to it.
async function withFiles(button, mode, use) {
  const name = `JupyterLite Storage - ${new URL("../", button.href).pathname}`;
  const found = await indexedDB.databases?.() ?? [];
  if (!found.some((one) => one.name === name)) return null;
  const base = await done(indexedDB.open(name));
  try {
    if (!base.objectStoreNames.contains("files")) return null;
    return await use(base.transaction("files", mode).objectStore("files"));
  } finally {
    base.close();
  }
}

async function keepBoth(files, mine) {
  const name = mine.name.replace(/\.ipynb$/, ` (mine, ${mine.last_modified.slice(0, 10)}).ipynb`);
  const path = mine.path.slice(0, mine.path.length - mine.name.length) + name;
  await done(files.put({...mine, name, path}, path));
  await done(files.delete(mine.path));
  return name;
}

async function lookBack(button) {
  const now = document.querySelector("meta[name='chapter-version']").content;
  const path = new URL(button.href).searchParams.get("path");
  const mine = await withFiles(button, "readonly", (files) => done(files.get(path)));
  if (!mine?.content || mine.content.metadata?.chapter_version === now) return;
  const note = make("p", "There is a newer version of this chapter than the one that you have "
    + "changed in this browser. ", {className: "run-note"});
  const get = make("button", "Get the new one, and keep mine beside it", {type: "button"});
  note.setAttribute("role", "status");
  note.append(get);
  get.addEventListener("click", async () => {
    const kept = await withFiles(button, "readwrite", (files) => keepBoth(files, mine));
    note.textContent = `Run opens the new one; yours is kept there as “${kept}”.`;
  });
  document.querySelector("article").prepend(note);
}

addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("a.btn-run-button");
  if (!button) return;
  button.addEventListener("click", (event) => {
    if (!matchMedia("(max-width: 600px)").matches) return;
    event.preventDefault();
    ask(button);
  });
  lookBack(button);
});
