// The picture of a seal follows its application while it is typed; without this script the form shows it when asked to.

import { byId, pause } from "./ask.js";

const form = byId("seal-application");
const english = document.documentElement.lang === "en";
const PATIENCE = 250; // milliseconds without a key before the picture is drawn again
let asked = 0;

/** Offer the sizes of the chosen kind, and the fields that it has. */
function arrange() {
  const kind = byId("kind").value;
  const sizes = [...byId("every-template").options].filter((one) => one.dataset.kind === kind);
  const before = byId("template").value;
  byId("template").replaceChildren(...sizes.map((one) => one.cloneNode(true)));
  if (sizes.some((one) => one.value === before)) {
    byId("template").value = before;
  }
  for (const field of form.querySelectorAll("[data-kinds]")) {
    field.hidden = field.dataset.kinds !== kind;
  }
}

async function show() {
  asked += 1;
  const mine = asked;
  await pause(PATIENCE);
  if (mine !== asked) {
    return; // a later key asks
  }
  const query = new URLSearchParams();
  for (const name of ["uscc", "kind", "template", "line", "person"]) {
    query.set(name, form.elements[name].value);
  }
  const url = `${form.dataset.preview}?${query}`;
  const answer = await fetch(url, { headers: { Accept: "application/json, image/svg+xml" } });
  const told = answer.ok ? null : await answer.json().catch(() => null);
  if (mine !== asked) {
    return;
  }
  const picture = byId("preview");
  picture.hidden = !answer.ok;
  byId("preview-fault").textContent = told ? (english ? told.en : told.zh) : "";
  if (answer.ok) {
    picture.src = url;
  }
}

form?.addEventListener("input", (event) => {
  if (event.target.id === "kind") {
    arrange();
  }
  show();
});
