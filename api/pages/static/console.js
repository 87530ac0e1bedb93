// The console's acts: a button or a form names what it asks of the service; the page is loaded again when it is done.

import { ask, byId, say, tell } from "./ask.js";

/** Read a form's fields as the object that the interface takes; empty optional fields are left out. */
function fields(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || (field.type === "radio" && !field.checked)) {
      continue;
    }
    if (field.dataset.kind === "boolean") {
      found[field.name] = field.value === "true";
      continue;
    }
    const value = field.type === "checkbox" ? field.checked : field.type === "number" ? Number(field.value) : field.value.trim();
    if (value !== "") {
      found[field.name] = value;
    }
  }
  return found;
}

async function act(control, method, url, body) {
  const label = control.textContent;
  control.disabled = true;
  control.textContent = say("console.working");
  tell("");
  try {
    await ask(method, url, body);
    location.reload();
  } catch (problem) {
    tell(problem.message);
    byId("message").scrollIntoView({ block: "nearest" });
    control.disabled = false;
    control.textContent = label;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-url]");
  if (form) {
    event.preventDefault();
    act(form.querySelector("button:not([type='button'])"), form.dataset.method ?? "POST", form.dataset.url, fields(form));
  }
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    byId(opener.dataset.opens).showModal();
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) {
    closer.closest("dialog").close();
  }
});
