// New stories announce themselves by server-sent events: a bar says how many there are. Nothing moves by it.
export function watchForNews() {
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
