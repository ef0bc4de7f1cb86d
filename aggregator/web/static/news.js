// New stories announce themselves by server-sent events: a bar says how many there are. Nothing moves by it.
const AGAIN = 3000; // milliseconds until a page without any story is looked at again

export function watchForNews() {
  if (document.querySelector("[data-first]")) return watchTheFirst();
  const river = document.querySelector(".river[data-live]");
  const empty = document.querySelector(".empty[data-live]");
  const list = river ?? empty;
  if (!list) return;
  const query = new URLSearchParams(list.dataset.live);
  let stream = null;
  const listen = () => {
    if (stream || document.hidden) return;
    stream = new EventSource(`/events?${query}`);
    stream.addEventListener("stories", ({ data }) => announce(JSON.parse(data)));
  };
  const rest = () => {
    stream?.close(); // a browser has six connections to a server: a tab that nobody sees keeps none
    stream = null;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);
  listen();
}

function announce({ count, more }) {
  let bar = document.querySelector(".news");
  if (!count) {
    bar?.remove();
    return;
  }
  if (!bar) {
    bar = Object.assign(document.createElement("p"), { className: "news" });
    bar.setAttribute("role", "status");
    bar.append(Object.assign(document.createElement("a"), { href: location.pathname }));
    document.querySelector("#main").before(bar);
  }
  bar.firstChild.textContent = `${more ? `More than ${count}` : count} new ${count === 1 ? "story" : "stories"}`;
}

// Before the first story there is nothing that could move: the page follows the polls, then shows what came.
function watchTheFirst() {
  setTimeout(async () => {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const [mine, theirs] = [document, page].map((one) => one.querySelector("[data-first]"));
      if (!theirs) return location.reload();
      if (mine.innerHTML !== theirs.innerHTML) mine.replaceWith(document.adoptNode(theirs));
    } catch {
      // The server is away: it is asked again.
    }
    watchTheFirst();
  }, AGAIN);
}
