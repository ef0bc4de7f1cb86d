// Keys as in Google Reader and Miniflux. Single keys are off while a field has the focus or a modifier is held.
import { toggle } from "./state.js";

const KEYS = {
  j: ["next story", () => step(1)],
  k: ["previous story", () => step(-1)],
  o: ["open the story", () => current()?.querySelector("a.open")?.click()],
  Enter: ["open the story", () => current()?.querySelector("a.open")?.click()],
  v: ["open it at its outlet", () => visit(target()?.querySelector("a[data-original]"))],
  A: ["mark all of the page as read", () => document.querySelector(".mark-all button")?.click()],
  r: ["show new stories", () => location.assign(document.querySelector(".news a")?.href ?? location.href)],
  m: ["read / unread", () => toggle(target(), "read")],
  s: ["star", () => toggle(target(), "starred")],
  "/": ["search", () => { const field = document.querySelector("#q"); field.focus(); field.select(); }],
  "?": ["this help", help],
};
const PLACES = { h: ["front page", "/"], u: ["unread", "/?unread=true"], b: ["starred", "/starred"], f: ["sources", "/sources"], d: ["tuning", "/dedup"], c: ["corrections", "/corrections"] };
let waiting = 0; // until when a second key after g counts, in milliseconds of performance.now()

const stories = () => [...document.querySelectorAll(".story")];
const current = () => document.querySelector(".story.current");
const target = () => current() ?? document.querySelector(".reading");

function step(by) {
  const all = stories();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
  current()?.classList.remove("current");
  next.classList.add("current");
  next.querySelector("a.open").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function visit(link) {
  if (link) window.open(link.href, "_blank", "noopener");
}

function help() {
  const dialog = document.createElement("dialog");
  const title = Object.assign(document.createElement("h2"), { textContent: "Keys" });
  const list = document.createElement("dl");
  const rows = [...Object.entries(KEYS).filter(([key]) => key !== "Enter").map(([key, [text]]) => [key, text]),
    ...Object.entries(PLACES).map(([key, [text]]) => [`g ${key}`, text])];
  for (const [key, text] of rows) {
    const term = document.createElement("dt");
    term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    list.append(term, Object.assign(document.createElement("dd"), { textContent: text }));
  }
  const close = Object.assign(document.createElement("button"), { textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.setAttribute("aria-label", "Keys");
  dialog.append(title, list, close);
  document.body.append(dialog);
  dialog.showModal();
}

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, select, textarea, dialog")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    if (performance.now() < waiting) {
      waiting = 0;
      if (PLACES[event.key]) {
        event.preventDefault();
        location.assign(PLACES[event.key][1]);
      }
      return;
    }
    if (event.key === "g") {
      waiting = performance.now() + 1500;
      return;
    }
    const action = KEYS[event.key]?.[1];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
