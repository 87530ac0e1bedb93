// Follow the proof of the audit trail; the page may be reloaded meanwhile, and is once the proof has ended.

import { ask, byId, pause, tell } from "./ask.js";

const box = byId("proof");

while (box.dataset.running) {
  await pause(500);
  try {
    const { status, done, total } = await ask("GET", box.dataset.state);
    tell("");
    if (status !== "running") {
      location.reload();
      break;
    }
    byId("proof-bar").max = total || 1;
    byId("proof-bar").value = done;
    byId("proof-done").textContent = done;
  } catch (problem) {
    tell(problem.message);
    await pause(1500);
  }
}
