// Follow something at work by its stream of events, across reloads; at its end the page is loaded anew.

import { tell } from "./ask.js";

/** Show each state of what `box` (a section with data-events) is about, while it runs. */
export function follow(box, show) {
  if (!box.dataset.running) return;
  const events = new EventSource(box.dataset.events);
  events.addEventListener("open", () => tell(""));
  events.addEventListener("progress", (event) => show(JSON.parse(event.data)));
  events.addEventListener("end", () => {
    events.close();
    location.reload();
  });
  events.addEventListener("error", () => tell(box.dataset.lost));
}
