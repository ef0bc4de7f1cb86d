// Read and starred without a new page; a failed write says so and leaves the page as it was.
const token = () => document.querySelector('meta[name="csrf-token"]').content;

export async function mark(id, changes) {
  const answer = await fetch(`/stories/${id}/state`, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRF-Token": token() },
    body: new URLSearchParams(changes),
    keepalive: true,
  });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  show(id, changes);
}

export async function toggle(story, name) {
  const button = story?.querySelector(`.toggles [name="${name}"]`);
  if (!button) return;
  await mark(story.dataset.id, { [name]: button.value }).catch(tell);
}

function show(id, changes) {
  for (const story of document.querySelectorAll(`[data-id="${CSS.escape(id)}"]`)) {
    for (const [name, value] of Object.entries(changes)) {
      const on = value === "true";
      if (name === "read") story.classList.toggle("read", on);
      const button = story.querySelector(`.toggles [name="${name}"]`);
      if (!button) continue;
      button.value = String(!on);
      button.setAttribute("aria-pressed", String(on));
    }
  }
}

function tell(error) {
  let notice = document.querySelector("#trouble");
  if (!notice) {
    notice = Object.assign(document.createElement("p"), { id: "trouble", className: "notice" });
    notice.setAttribute("role", "alert");
    document.querySelector("main").prepend(notice);
  }
  notice.textContent = `That was not kept: ${error.message}. Reload the page and try again.`;
}

export function submitQuietly() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".toggles") || !event.submitter) return;
    event.preventDefault();
    toggle(event.target.closest("[data-id]"), event.submitter.name);
  });
}

// A story that is opened counts as read. A GET must not write, so the page does it.
export function openStory() {
  const story = document.querySelector("[data-open]");
  const unread = story?.querySelector('.toggles [name="read"][value="true"]');
  if (unread) mark(story.dataset.id, { read: "true" }).catch(tell);
}
