// The console's acts: a button or a form names what it asks of the service; the page is loaded again when it is done.

import { ask, askForm, byId, pause, say, tell } from "./ask.js";

/** Read a form's fields as the object that the interface takes; empty optional fields are left out. */
function fields(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || (field.type === "radio" && !field.checked)) {
      continue;
    }
    if (field.dataset.kind === "boolean") {
      found[field.name] = field.value === "true";
      continue;
    }
    const value = field.type === "checkbox" ? field.checked : field.type === "number" ? Number(field.value) : field.value.trim();
    if (value === "") {
      continue;
    }
    const [name, part] = field.name.split(".");
    if (part) {
      found[name] = { ...found[name], [part]: value };
    } else {
      found[name] = value;
    }
  }
  return found;
}

/** One key for one form as long as the page is open: pressing twice asks once. */
function idempotency(form) {
  form.dataset.key ||= crypto.randomUUID();
  return { "Idempotency-Key": form.dataset.key };
}

const AFTER = { job: (made) => `/console/jobs/${made.id}`, enrolment: (made) => `/console/enrolments/${made.id}` };

async function act(control, form, method, url) {
  const label = control.textContent;
  if (form.dataset.follows) {
    steps(byId(form.dataset.follows));
  }
  control.disabled = true;
  control.textContent = say("console.working");
  tell("");
  try {
    const made = await ask(method, url, fields(form), idempotency(form));
    const following = AFTER[form.dataset.then]?.(made);
    if (following) {
      location.assign(following);
    } else {
      location.reload();
    }
  } catch (problem) {
    form.closest("dialog")?.close();
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
    act(form.querySelector("button:not([type='button'])"), form, form.dataset.method ?? "POST", form.dataset.url);
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

// A request for a certificate: the application, its documents, then the submission; each step is told.

const application = byId("application");

async function send(document, address) {
  const form = new FormData();
  form.append("file", document.file, document.file.name);
  form.append("kind", document.kind);
  await askForm(`${address}/evidence`, form);
}

application?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = application.querySelector("button");
  const step = byId("step");
  const documents = [...application.querySelectorAll("input[type=file]")].filter((field) => field.files.length);
  button.disabled = true;
  tell("");
  try {
    step.textContent = say("console.working");
    const made = await ask(
      "POST",
      "/api/v1/enrolments",
      {
        profile: byId("profile").value,
        subject: { common_name: byId("common-name").value.trim(), organization: byId("organization").value.trim(), uscc: byId("uscc").value.trim() },
        csr: byId("csr").value,
        pair: byId("pair").checked,
      },
      idempotency(application),
    );
    const address = `/api/v1/enrolments/${made.id}`;
    for (const [at, field] of documents.entries()) {
      step.textContent = say("console.sending", { at: at + 1, count: documents.length });
      await send({ file: field.files[0], kind: field.dataset.kind }, address);
    }
    await ask("POST", `${address}/submission`);
    location.assign(`/console/enrolments/${made.id}`);
  } catch (problem) {
    tell(problem.message);
    step.textContent = "";
    button.disabled = false;
  }
});

// A job's progress is read from the service, so a reload or a restart loses nothing.

const job = byId("job");

async function follow() {
  for (;;) {
    await pause(1000);
    let now;
    try {
      now = await ask("GET", job.dataset.job);
    } catch {
      continue; // the service is being started again; ask once more
    }
    byId("job-done").textContent = now.done;
    byId("job-failed").textContent = now.failed;
    byId("job-left").textContent = now.left;
    byId("job-bar").value = now.done + now.failed;
    if (now.status !== "running") {
      location.reload();
      return;
    }
  }
}

if (job?.dataset.running) {
  follow();
}

// The steps of a chip that is being made are on record; they are read from there, whoever began it and wherever.

const TONES = { planned: "unreadable", begun: "indeterminate", done: "passed", failed: "failed" };

function line(step) {
  const item = document.createElement("li");
  item.className = TONES[step.status];
  const english = document.documentElement.lang === "en";
  const parts = [
    ["b", "", english ? step.name_en : step.name_zh],
    ["span", "code", step.target],
    ["span", "quiet", say(`making.step.${step.status}`) + (step.fault ? ` · ${step.fault}` : "")],
  ];
  for (const [name, style, text] of parts) {
    const part = document.createElement(name);
    part.className = style;
    part.textContent = text;
    item.append(part);
  }
  return item;
}

async function steps(making) {
  if (making.dataset.following) {
    return;
  }
  making.dataset.following = "yes";
  for (;;) {
    await pause(500);
    let now;
    try {
      now = await ask("GET", making.dataset.procedure);
    } catch {
      continue; // not begun yet, or the service is being started again
    }
    const bar = byId("making-bar");
    const list = byId("making-steps");
    bar.max = now.steps.length;
    bar.value = now.steps.filter((step) => step.status === "done").length;
    list.replaceChildren(...now.steps.map(line));
    bar.hidden = list.hidden = false;
    if (now.status !== "running") {
      location.reload();
      return;
    }
  }
}

const making = byId("making");
if (making?.dataset.running) {
  steps(making);
}
