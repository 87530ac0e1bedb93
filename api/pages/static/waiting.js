// Wait for a verification or a report that is under way; the page may be reloaded meanwhile.

import { ask, byId, pause, tell } from "./ask.js";

const began = Date.now();
const url = byId("waiting").dataset.state;
const going = byId("waiting").dataset.going;
const fresh = () => location.reload();

for (;;) {
  await pause(Date.now() - began < 3000 ? 250 : 1000);
  const seconds = Math.floor((Date.now() - began) / 1000);
  byId("elapsed").textContent = seconds > 1 ? `${seconds} s` : "";
  try {
    const { status } = await ask("GET", url);
    tell("");
    if (status !== going) {
      fresh();
      break;
    }
  } catch (problem) {
    if (problem.status) {
      fresh();
      break;
    }
    tell(problem.message);
  }
}
