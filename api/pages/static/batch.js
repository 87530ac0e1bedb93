// Follow a batch at work. The page as it was loaded is true; the stream of events carries on from there, across reloads.

import { byId, tell } from "./ask.js";

const box = byId("batch");

function show(batch) {
  byId("batch-bar").max = batch.total;
  byId("batch-bar").value = batch.done + batch.failed;
  byId("batch-done").textContent = batch.done;
  byId("batch-failed").textContent = batch.failed;
  byId("batch-left").textContent = batch.left;
  byId("batch-rate").textContent = batch.rate;
  byId("batch-time").textContent = clock(batch.left_seconds);
}

function clock(seconds) {
  if (seconds === null) return "–";
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

if (box.dataset.running) {
  const events = new EventSource(box.dataset.events);
  events.addEventListener("open", () => tell(""));
  events.addEventListener("progress", (event) => show(JSON.parse(event.data)));
  events.addEventListener("end", () => {
    events.close();
    location.reload();
  });
  events.addEventListener("error", () => tell(box.dataset.lost));
}
