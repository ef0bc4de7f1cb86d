// The slider of the tuning page: the line follows it, and what would change is fetched when it rests.
const REST = 250; // milliseconds without a movement

export function followSlider() {
  const slider = document.querySelector("#threshold");
  const line = document.querySelector("#chosen");
  if (!slider || !line) return;
  const output = document.querySelector("output[for=threshold]");
  const width = Number(line.closest("svg").dataset.width);
  let timer = 0;
  let asked = null;
  const preview = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const address = `/dedup?threshold=${slider.value}`;
      const answer = await fetch(address, { signal: asked.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelector("#preview").replaceWith(document.adoptNode(page.querySelector("#preview")));
      history.replaceState(null, "", address);
    } catch {
      // Another movement came first, or the server is away: the button is still there.
    }
  };
  slider.addEventListener("input", () => {
    output.textContent = Number(slider.value).toFixed(2);
    for (const end of ["x1", "x2"]) line.setAttribute(end, String(Number(slider.value) * width));
    clearTimeout(timer);
    timer = setTimeout(preview, REST);
  });
}
