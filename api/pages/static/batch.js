// Follow a batch at work. The page as it was loaded is true; the stream of events carries on from there, across reloads.

import { byId } from "./ask.js";
import { clock } from "./clock.js";
import { follow } from "./follow.js";

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

follow(box, show);
