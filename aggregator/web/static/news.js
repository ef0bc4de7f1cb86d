// New stories announce themselves: once a minute, while the page is seen, the newest id is asked for.
// Conditional requests make this cheap: nothing new is a 304 without a body.
const EVERY = 60_000; // milliseconds

export function watchForNews() {
  if (location.pathname !== "/" || location.search) return;
  const newest = Math.max(0, ...[...document.querySelectorAll(".story")].map((story) => Number(story.dataset.id)));
  const timer = setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/api/v1/stories?limit=50");
      if (!answer.ok) return;
      const { stories } = await answer.json();
      const count = stories.filter((story) => story.id > newest).length;
      if (count) announce(count, stories.length);
    } catch {
      // The server is away: the next minute asks again.
    }
  }, EVERY);
  addEventListener("pagehide", () => clearInterval(timer));
}

function announce(count, most) {
  let bar = document.querySelector(".news");
  if (!bar) {
    bar = Object.assign(document.createElement("p"), { className: "news" });
    bar.setAttribute("role", "status");
    bar.append(Object.assign(document.createElement("a"), { href: "/" }));
    document.querySelector("main").prepend(bar);
  }
  const number = count >= most ? `More than ${count}` : count;
  bar.firstChild.textContent = `${number} new ${count === 1 ? "story" : "stories"}`;
}
