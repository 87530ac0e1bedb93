// Follow a verification order at work. The page as it was loaded is true; the stream of events carries on from there, across reloads.

import { byId } from "./ask.js";
import { clock } from "./clock.js";
import { follow } from "./follow.js";

const box = byId("order");

function show(order) {
  byId("order-bar").max = order.total;
  byId("order-bar").value = order.done;
  byId("order-good").textContent = order.good;
  byId("order-failed").textContent = order.failed;
  byId("order-left").textContent = order.left;
  byId("order-time").textContent = clock(order.left_seconds);
}

follow(box, show);
