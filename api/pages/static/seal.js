// Put a seal on a page at its true size: drag, press, arrow keys or numbers; then PIN, then wait.

import { offerAgent } from "./agent.js";
import { ask, byId, pause, say, tell } from "./ask.js";
import { lay, viewerOf } from "./viewer.js";
import { Ways } from "./ways.js";

const desk = byId("desk");
const draft = JSON.parse(desk.dataset.draft);
const memory = `yinxin.draft.${draft.id}`;
const viewer = viewerOf("page");
const choices = [...document.querySelectorAll("[data-seal]")].map((button) => ({ button, seal: JSON.parse(button.dataset.seal) }));
const ARRIVAL_TRIES = 12; // a quarter of a second each: an order sent before a reload arrives within three
const stamp = makeStamp("stamp");
const ghost = makeStamp("ghost");
const place = { page: viewer.pages.length, x: null, y: null };
let seal = null;
let step = "place";
const ways = new Ways({ viewer, base: draft.base, seal: () => seal, place, onChange: () => settle() });

const rounded = (value) => Math.round(value * 10) / 10;
const fixed = (value) => value.toFixed(1);

function makeStamp(name) {
  const element = document.createElement("div");
  const picture = document.createElement("img");
  element.className = name;
  element.hidden = true;
  picture.alt = "";
  picture.draggable = false;
  element.append(picture);
  viewer.leaf.append(element);
  return element;
}

// ── the place ───────────────────────────────────────────────────────────

/** The furthest corner that keeps the whole seal on the page (mm), or null when it is too small. */
function furthest() {
  const { width, height } = viewer.size;
  const x = width - seal.width_mm;
  const y = height - seal.height_mm;
  return x < 0 || y < 0 ? null : { x: Math.floor(x * 10) / 10, y: Math.floor(y * 10) / 10 };
}

function moveTo(x, y, announce = true) {
  const most = furthest();
  tell(most ? "" : say("seal.too_small"));
  if (!most) {
    stamp.hidden = true;
    return;
  }
  place.x = rounded(Math.min(Math.max(0, x), most.x));
  place.y = rounded(Math.min(Math.max(0, y), most.y));
  draw();
  remember();
  if (ways.way === "pages") {
    ways.refresh();
  }
  if (announce) {
    speak();
  }
}

/** Where seals go by custom: low on the right of the last page. */
function customary() {
  const { width, height } = viewer.size;
  return [width - seal.width_mm - width * 0.12, height - seal.height_mm - height * 0.14];
}

/** Draw again after the way, or what it leads to, has changed. */
function settle() {
  if (step === "place") {
    draw();
    remember();
  }
}

function draw() {
  const here = seal && ways.free && place.x !== null && place.page === viewer.page;
  stamp.hidden = !here;
  if (seal) {
    lay(ghost, [0, 0, seal.width_mm, seal.height_mm], viewer.scale);
  }
  if (here) {
    lay(stamp, [place.x, place.y, seal.width_mm, seal.height_mm], viewer.scale);
  }
  if (document.activeElement !== byId("x")) byId("x").value = place.x === null ? "" : fixed(place.x);
  if (document.activeElement !== byId("y")) byId("y").value = place.y === null ? "" : fixed(place.y);
  byId("page-size").textContent = `${fixed(viewer.size.width)} × ${fixed(viewer.size.height)} mm`;
  const spot = { page: place.page, x: fixed(place.x ?? 0), y: fixed(place.y ?? 0) };
  const pointed = ways.way === "point" && place.x !== null;
  byId("short-place").textContent = pointed ? say("seal.readout.short", spot) : ways.short;
  byId("seal-size").textContent = seal ? `${seal.width_mm} × ${seal.height_mm} mm` : "–";
}

const sentence = () => say("seal.readout", { page: place.page, x: fixed(place.x), y: fixed(place.y) });

let speaking;
function speak() {
  clearTimeout(speaking);
  speaking = setTimeout(() => (byId("readout").textContent = sentence()), 350);
}

function toPage(page) {
  viewer.show(page);
}

viewer.onChange(() => {
  if (step === "place" && seal && ways.free && place.page !== viewer.page) {
    place.page = viewer.page;
    moveTo(place.x ?? 0, place.y ?? 0);
  }
  draw();
});

// ── choosing a seal ─────────────────────────────────────────────────────

function choose(choice) {
  if (!choice.seal.usable || step !== "place") {
    return;
  }
  seal = choice.seal;
  choices.forEach((each) => each.button.setAttribute("aria-pressed", String(each === choice)));
  [stamp, ghost].forEach((element) => (element.querySelector("img").src = seal.picture));
  stamp.tabIndex = 0;
  stamp.setAttribute("role", "application");
  stamp.setAttribute("aria-label", say("seal.move", { name: seal.name }));
  const [x, y] = place.x === null ? customary() : [place.x, place.y];
  moveTo(x, y, false);
  ways.refresh();
}

choices.forEach((choice) => choice.button.addEventListener("click", () => choose(choice)));

// ── pointer and keyboard ────────────────────────────────────────────────

const point = (event) => {
  const box = viewer.leaf.getBoundingClientRect();
  return [(event.clientX - box.left) / viewer.scale, (event.clientY - box.top) / viewer.scale];
};
let grip = null;

stamp.addEventListener("pointerdown", (event) => {
  if (step !== "place" || event.button > 0) {
    return;
  }
  event.preventDefault();
  const [x, y] = point(event);
  grip = [x - place.x, y - place.y];
  stamp.setPointerCapture(event.pointerId);
  stamp.classList.add("held");
  stamp.focus({ preventScroll: true });
});
stamp.addEventListener("pointermove", (event) => {
  if (grip) {
    const [x, y] = point(event);
    moveTo(x - grip[0], y - grip[1]);
  }
});
["pointerup", "pointercancel"].forEach((kind) =>
  stamp.addEventListener(kind, () => {
    grip = null;
    stamp.classList.remove("held");
  }),
);
stamp.addEventListener("keydown", (event) => {
  const reach = event.shiftKey ? 10 : 1;
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (way && step === "place") {
    event.preventDefault();
    moveTo(place.x + way[0] * reach, place.y + way[1] * reach);
  }
});
viewer.leaf.addEventListener("click", (event) => {
  if (seal && step === "place" && ways.free && !stamp.contains(event.target)) {
    const [x, y] = point(event);
    moveTo(x - seal.width_mm / 2, y - seal.height_mm / 2);
    stamp.focus({ preventScroll: true });
  }
});
viewer.leaf.addEventListener("pointermove", (event) => {
  const ready = seal && step === "place" && ways.free && !grip && event.pointerType === "mouse" && !stamp.contains(event.target);
  ghost.hidden = !ready;
  if (ready) {
    const [x, y] = point(event);
    lay(ghost, [x - seal.width_mm / 2, y - seal.height_mm / 2, seal.width_mm, seal.height_mm], viewer.scale);
  }
});
viewer.leaf.addEventListener("pointerleave", () => (ghost.hidden = true));

for (const axis of ["x", "y"]) {
  byId(axis).addEventListener("change", () => {
    const value = Number(byId(axis).value.replace(",", "."));
    byId(axis).blur();
    if (seal && Number.isFinite(value)) {
      moveTo(axis === "x" ? value : place.x, axis === "y" ? value : place.y);
    } else {
      draw();
    }
  });
}

// ── steps ───────────────────────────────────────────────────────────────

function go(next) {
  step = next;
  document.querySelectorAll(".pane-step").forEach((pane) => (pane.hidden = pane.dataset.for !== next));
  const order = ["upload", "place", "confirm", "done"];
  const now = order.indexOf(["work", "agent"].includes(next) ? "confirm" : next);
  byId("steps").querySelectorAll("li").forEach((item, index) => {
    item.classList.toggle("done", index < now);
    if (index === now) {
      item.setAttribute("aria-current", "step");
    } else {
      item.removeAttribute("aria-current");
    }
  });
  stamp.classList.toggle("fixed", next !== "place");
  choices.forEach(({ button }) => (button.disabled = next !== "place"));
  ways.hold(next !== "place");
}

/** Ask the service once more what would be drawn, and show it for confirmation; a refusal is told instead. */
async function toConfirm() {
  if (!seal || (ways.free && !furthest())) {
    tell(say(seal ? "seal.too_small" : "seal.choose_first"));
    return false;
  }
  let outlook;
  byId("to-confirm").disabled = true;
  try {
    outlook = await ways.check();
  } catch (problem) {
    tell(problem.message);
    return false;
  } finally {
    byId("to-confirm").disabled = false;
  }
  tell("");
  toPage(ways.free ? place.page : (outlook.spots[0]?.page ?? viewer.page));
  byId("confirm-seal").textContent = seal.name;
  byId("confirm-place").textContent = ways.way === "point" ? sentence() : ways.sentence(outlook.spots);
  byId("confirm-code").textContent = seal.code;
  byId("confirm-paper").hidden = ways.way !== "seam";
  go("confirm");
  remember();
  (byId("document-password").required ? byId("document-password") : byId("pin")).focus();
  return true;
}

byId("to-confirm").addEventListener("click", toConfirm);
byId("to-place").addEventListener("click", () => {
  tell("");
  go("place");
  remember();
  stamp.focus();
});

byId("confirm").addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("");
  const order = {
    seal: seal.code,
    where: ways.where(),
    may_cover: ways.mayCover,
    pin: byId("pin").value,
    password: byId("document-password").value || null,
  };
  byId("pin").value = "";
  go("work");
  remember();
  try {
    await ask("POST", `${draft.base}/seal`, order);
    await follow();
  } catch (problem) {
    refuse(problem.message);
  }
});

offerAgent({
  base: draft.base,
  order: () => ({ seal: seal.code, where: ways.where(), may_cover: ways.mayCover, password: byId("document-password").value || null }),
  go: (next) => {
    tell("");
    go(next);
  },
  refuse,
});

function refuse(text) {
  go("confirm");
  remember();
  tell(text);
  byId("pin").focus();
}

/** Ask for the document's password too, once it is known to be needed. */
function askPassword(needed) {
  byId("document-password-field").hidden = !needed;
  byId("document-password").required = needed;
}

/** Follow a sealing until it ends; after a reload it is followed from where it is. */
async function follow() {
  for (;;) {
    let state;
    try {
      state = await ask("GET", `${draft.base}/state`);
      tell("");
    } catch (problem) {
      if (problem.status) {
        throw problem;
      }
      tell(problem.message);
      await pause(1500);
      continue;
    }
    if (state.status === "sealed") {
      sessionStorage.removeItem(memory);
      location.reload();
      return;
    }
    if (state.status !== "sealing") {
      askPassword(state.ask_password);
      refuse(state.problem ?? say("error.unknown"));
      return;
    }
    if (state.share) {
      byId("work-bar").value = state.share * 100;
    }
    byId("work-text").textContent = state.words ?? "";
    await pause(250);
  }
}

/** A reload can overtake the order that was just sent: wait a moment for it before asking for the PIN again. */
async function arrival() {
  for (let tries = 0; tries < ARRIVAL_TRIES; tries += 1) {
    const state = await ask("GET", `${draft.base}/state`);
    if (state.status === "sealing" || state.status === "sealed") {
      return follow();
    }
    await pause(250);
  }
  await toConfirm();
  tell(draft.problem ?? "");
}

// ── what a reload keeps ─────────────────────────────────────────────────

function remember() {
  sessionStorage.setItem(memory, JSON.stringify({ ...place, seal: seal?.code, step, ways: ways.kept() }));
}

/** The place that an order names, where it is one spot: all that the service keeps of how it was chosen. */
function spotOf(order) {
  const [, page, x, y] = /^(\d+):([\d.]+),([\d.]+)$/.exec(order?.where ?? "") ?? [];
  return order && { page: Number(page ?? 1), x: page ? Number(x) : null, y: page ? Number(y) : null, seal: order.seal };
}

async function recall() {
  const kept = JSON.parse(sessionStorage.getItem(memory) ?? "null") ?? spotOf(draft.order);
  const wanted = choices.find(({ seal: each }) => each.code === kept?.seal && each.usable);
  if (kept && kept.x !== null && kept.page <= viewer.pages.length) {
    Object.assign(place, { page: kept.page, x: kept.x, y: kept.y });
  }
  toPage(place.page);
  const first = wanted ?? choices.find(({ seal: each }) => each.usable);
  if (first) {
    choose(first);
  }
  await ways.restore(kept?.ways);
  return wanted ? kept?.step : "place";
}

if (window.matchMedia("(pointer: coarse)").matches) {
  byId("hint").textContent = say("seal.hint.touch");
}
/** Take up where the page was left: placing, confirming, or sealing. */
async function takeUp() {
  askPassword(draft.ask_password);
  go("place");
  const left = await recall();
  if (draft.status === "sealing") {
    go("work");
    await follow();
  } else if (left === "work" && seal && !draft.problem) {
    go("work");
    remember();
    await arrival();
  } else if ((left === "confirm" || left === "work" || draft.problem) && seal) {
    const shown = await toConfirm();
    if (draft.problem && shown) {
      tell(draft.problem);
    }
  }
}

takeUp().catch((problem) => refuse(problem.message));
