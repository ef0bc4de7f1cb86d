// Older stories come by themselves as the end of the list nears; each page keeps an address of its own.
const AHEAD = "600px"; // how far below the window the end may be

export function loadOlder() {
  const older = document.querySelector(".older a[rel=next]");
  const river = document.querySelector(".river");
  if (!older || !river) return;
  const observer = new IntersectionObserver(async ([entry]) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    try {
      const answer = await fetch(older.href);
      if (answer.ok) append(river, new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The link is still there: a click tries again, and shows what is wrong.
    }
  }, { rootMargin: AHEAD });
  observer.observe(older);
}

function append(river, page) {
  const shown = new Set([...document.querySelectorAll(".story")].map((story) => story.dataset.id));
  for (const story of page.querySelectorAll(".river > .story")) {
    if (!shown.has(story.dataset.id)) river.append(document.adoptNode(story));
  }
  const [mine, theirs] = [document, page].map((one) => one.querySelector('.mark-all [name="stories"]'));
  if (mine && theirs) mine.value += `,${theirs.value}`;
  const [old, next] = [document, page].map((one) => one.querySelector(".older"));
  if (next) old.replaceWith(document.adoptNode(next));
  else old.remove();
  loadOlder();
}
