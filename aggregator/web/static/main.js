// What the page can do with scripts on; without them everything works by links and forms.
import { followTimes } from "./times.js";
import { submitQuietly, openStory } from "./state.js";
import { listenToKeys } from "./keys.js";
import { loadOlder } from "./more.js";
import { watchForNews } from "./news.js";
import { followSlider } from "./tuning.js";

document.documentElement.classList.add("scripted");
followTimes();
submitQuietly();
openStory();
listenToKeys();
watchForNews();
loadOlder();
followSlider();
