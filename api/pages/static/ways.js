// The ways to say where a seal goes: by hand, on many pages, at a keyword, in a form field, over the seam. The service says what
// would be drawn where, by the very rules by which it seals; here that is asked for and shown.

import { ask, byId, pause, say } from "./ask.js";
import { lay } from "./viewer.js";

const PATIENCE = 250; // milliseconds without a change before the service is asked again
const STRIP = 12; // slices shown side by side; more are too thin to see
const THIN = 2; // millimetres: a slice below this is hard to see on paper
const FREE = ["point", "pages"]; // ways in which the seal itself is moved by hand

const fixed = (value) => value.toFixed(1);
const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`)?.value;
const amount = (id) => byId(id).value.trim().replace(",", ".") || "0";
const written = (text) => text.replace(/[%;\u0000-\u001f]/g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, "0")}`);

/** Write page numbers as a person does: 1–3, 5. */
export function listed(numbers) {
  const runs = [];
  for (const number of [...new Set(numbers)].sort((one, other) => one - other)) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) {
      last[1] = number;
    } else {
      runs.push([number, number]);
    }
  }
  const told = runs.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return told.length > 8 ? `${told.slice(0, 8).join(", ")}…` : told.join(", ");
}

function made(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

export class Ways {
  /** `seal()` gives the chosen seal, `place` the spot of the movable stamp; `onChange` hears of every change. */
  constructor({ viewer, base, seal, place, onChange }) {
    Object.assign(this, { viewer, base, seal, place, onChange });
    this.spots = [];
    this.matches = [];
    this.fields = null;
    this.fault = "";
    this.asked = 0;
    this.sought = 0;
    this.#listen();
    viewer.onChange(() => this.#draw());
  }

  get way() {
    return chosen("way");
  }

  /** Whether the seal is moved by hand. */
  get free() {
    return FREE.includes(this.way);
  }

  get mayCover() {
    return byId("may-cover").checked;
  }

  /** The place as the service reads it; empty while something is missing. */
  where() {
    const { page, x, y } = this.place;
    const pages = (id) => written(byId(id).value.trim() || "all");
    switch (this.way) {
      case "point":
        return x === null ? "" : `${page}:${x},${y}`;
      case "pages":
        return x === null || !byId("on-pages").value.trim() ? "" : `pages=${pages("on-pages")};at=${x},${y}`;
      case "keyword":
        return this.matches.length
          ? `keyword=${written(this.found)};which=${chosen("which")};offset=${amount("right")},${amount("down")}`
          : "";
      case "field":
        return chosen("field") ? `field=${written(chosen("field"))};fit=shrink` : "";
      default: {
        const offset = byId("seam-offset").value.trim() ? amount("seam-offset") : "centre";
        const facing = byId("facing").checked ? "yes" : "no";
        return (
          `seam=${chosen("edge")};every=${amount("every")};pages=${pages("seam-pages")};` +
          `offset=${offset};inset=${amount("inset")};facing=${facing}`
        );
      }
    }
  }

  /** Ask the service what would be drawn; a refusal is thrown. */
  async check() {
    const where = this.where();
    if (!where || !this.seal()) {
      throw new Error(this.way === "pages" && this.place.x !== null ? say("seal.pages.empty") : say("seal.unplaced"));
    }
    const wanted = { seal: this.seal().code, where, may_cover: this.mayCover };
    try {
      return await ask("POST", `${this.base}/places`, wanted);
    } catch (problem) {
      byId("may-cover-field").hidden = problem.slug !== "covers-signature";
      throw problem;
    }
  }

  /** Something changed: show what would be drawn, a moment after the last change. */
  async refresh() {
    this.asked += 1;
    const mine = this.asked;
    this.#arrange();
    this.onChange();
    if (this.way === "point" || !this.where() || !this.seal()) {
      this.#show([], "");
      return;
    }
    await pause(PATIENCE);
    if (mine !== this.asked) {
      return; // a later change asks
    }
    try {
      const outlook = await this.check();
      if (mine === this.asked) {
        this.#show(outlook.spots, "", outlook.spots.length ? "" : say("seal.spots.none"));
      }
    } catch (problem) {
      if (mine === this.asked) {
        this.#show([], problem.message);
      }
    }
  }

  /** Say where the seal goes, in a sentence and in a few words. */
  sentence(spots) {
    const way = say(`seal.way.${this.way}`);
    const pages = listed(spots.map((spot) => spot.page));
    return spots.length ? say("seal.spots.long", { way, count: spots.length, pages }) : say("seal.spots.none");
  }

  get short() {
    return this.spots.length ? say("seal.spots.short", { way: say(`seal.way.${this.way}`), count: this.spots.length }) : "";
  }

  /** Hold everything fixed while it is confirmed, or let go. */
  hold(held) {
    byId("ways").disabled = held;
  }

  // ── what a reload keeps ────────────────────────────────────────────────

  kept() {
    const texts = Object.fromEntries([...byId("ways").querySelectorAll("input[id]")].map((input) => [input.id, input.value]));
    const marked = ["facing", "may-cover"].filter((id) => byId(id).checked);
    const names = { way: this.way, which: chosen("which"), edge: chosen("edge"), field: chosen("field") };
    return { texts, marked, names, found: this.found };
  }

  async restore(kept) {
    if (kept) {
      Object.entries(kept.texts).forEach(([id, value]) => byId(id) && byId(id).type !== "radio" && (byId(id).value = value));
      ["facing", "may-cover"].forEach((id) => (byId(id).checked = kept.marked.includes(id)));
      ["way", "edge"].forEach((name) => this.#pick(name, kept.names[name]));
      if (kept.found) {
        await this.find(kept.found);
        this.#pick("which", kept.names.which);
      }
      if (kept.names.way === "field") {
        await this.#listFields();
        this.#pick("field", kept.names.field);
      }
    }
    await this.refresh();
  }

  #pick(name, value) {
    const wanted = [...document.querySelectorAll(`input[name="${name}"]`)].find((input) => input.value === value);
    if (wanted) {
      wanted.checked = true;
    }
  }

  // ── keyword ────────────────────────────────────────────────────────────

  async find(text) {
    this.sought += 1;
    const mine = this.sought;
    this.found = "";
    this.matches = [];
    byId("matches").replaceChildren();
    byId("keyword-said").textContent = say("seal.looking");
    try {
      const matches = await ask("POST", `${this.base}/matches`, { text });
      if (mine !== this.sought) {
        return; // a later search is under way
      }
      this.matches = matches;
      this.found = text;
      byId("keyword-said").textContent = say("seal.keyword.count", { count: this.matches.length });
      this.#listMatches();
    } catch (problem) {
      if (mine === this.sought) {
        byId("keyword-said").textContent = "";
        this.#show([], problem.message);
      }
      return;
    }
    await this.refresh();
  }

  #listMatches() {
    const shared = this.matches.length > 1 ? ["last", "first", "all"].map((which) => [which, say(`seal.keyword.${which}`), ""]) : [];
    const single = this.matches.map(({ number, page, box }) => [
      String(number),
      say("seal.keyword.match", { number }),
      say("seal.keyword.spot", { page, x: fixed(box[0]), y: fixed(box[1]) }),
    ]);
    const items = [...shared, ...single].map((item, at) => this.#option("which", item, at === 0));
    byId("matches").replaceChildren(...items);
  }

  #option(name, [value, title, detail], checked) {
    const label = made("label", "option");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name, value, checked });
    const words = made("span", "");
    words.append(made("b", "", title));
    if (detail) {
      words.append(made("small", "", detail));
    }
    label.append(input, words);
    return label;
  }

  // ── form fields ────────────────────────────────────────────────────────

  async #listFields() {
    if (this.fields !== null) {
      return;
    }
    byId("fields-said").textContent = say("seal.looking");
    try {
      this.fields = await ask("GET", `${this.base}/fields`);
    } catch (problem) {
      byId("fields-said").textContent = problem.message;
      return;
    }
    byId("fields-said").textContent = say(this.fields.length ? "seal.field.hint" : "seal.field.none");
    const items = this.fields.map(({ name, page, box }, at) => {
      const detail = page ? say("seal.field.spot", { page, width: fixed(box[2]), height: fixed(box[3]) }) : say("seal.field.unseen");
      return this.#option("field", [name, name, detail], at === 0);
    });
    byId("fields").replaceChildren(...items);
  }

  // ── showing ────────────────────────────────────────────────────────────

  #show(spots, fault, said = "") {
    this.spots = spots;
    this.fault = fault;
    byId("way-fault").textContent = fault;
    const pages = listed(spots.map((spot) => spot.page));
    byId("spots-said").textContent = spots.length ? say("seal.spots", { count: spots.length, pages }) : said;
    const here = spots.some((spot) => spot.page === this.viewer.page);
    if (spots.length && !here && !this.free) {
      this.viewer.show(spots[0].page);
    }
    this.#draw();
    this.#strip();
    this.onChange();
  }

  /** Lay the seal's pictures over the page: each is a window of its box onto the whole seal. */
  #draw() {
    this.viewer.leaf.querySelectorAll(".spot").forEach((old) => old.remove());
    const seal = this.seal();
    if (this.free || !seal) {
      return;
    }
    for (const { page, box, seal: whole } of this.spots) {
      if (page === this.viewer.page) {
        const spot = made("div", "spot");
        lay(spot, box, this.viewer.scale);
        spot.append(this.#picture(seal, [whole[0] - box[0], whole[1] - box[1], whole[2], whole[3]], this.viewer.scale));
        this.viewer.leaf.append(spot);
      }
    }
  }

  #picture(seal, box, scale) {
    const picture = document.createElement("img");
    picture.src = seal.picture;
    picture.alt = "";
    picture.draggable = false;
    lay(picture, box, scale);
    return picture;
  }

  /** Show the first seal of a seam as its pages show it side by side. */
  #strip() {
    const strip = byId("strip");
    const slices = this.way === "seam" ? this.#firstSeal() : [];
    byId("strip-figure").hidden = slices.length === 0;
    strip.replaceChildren();
    if (!slices.length) {
      return;
    }
    const upright = ["left", "right"].includes(chosen("edge"));
    strip.classList.toggle("upright", upright);
    const across = upright ? 0 : 1;
    const inOrder = [...slices].sort((one, other) => one.box[across] - one.seal[across] - (other.box[across] - other.seal[across]));
    const scale = 120 / slices[0].seal[2];
    for (const { page, box, seal: whole } of inOrder.slice(0, STRIP)) {
      const slice = made("figure", "slice");
      const window_ = made("div", "window");
      Object.assign(window_.style, { width: `${box[2] * scale}px`, height: `${box[3] * scale}px` });
      window_.append(this.#picture(this.seal(), [whole[0] - box[0], whole[1] - box[1], whole[2], whole[3]], scale));
      slice.append(window_, made("figcaption", "", String(page)));
      strip.append(slice);
    }
    if (slices.length > STRIP) {
      strip.append(made("span", "quiet", "…"));
    }
    const width = slices[0].box[2 + across];
    const every = Math.max(2, Math.floor(slices[0].seal[2 + across] / THIN));
    const key = width < THIN ? "seal.seam.thin" : "seal.seam.slice";
    byId("slice-said").textContent = say(key, { width: fixed(width), every });
  }

  /** The spots that together show one seal: they come in the order of the pages, and their areas fill it. */
  #firstSeal() {
    const slices = [];
    let left = 1;
    for (const spot of this.spots) {
      left -= (spot.box[2] * spot.box[3]) / (spot.seal[2] * spot.seal[3]);
      slices.push(spot);
      if (left < 0.001) {
        break;
      }
    }
    return slices;
  }

  #arrange() {
    document.querySelectorAll("[data-way]").forEach((part) => (part.hidden = !part.dataset.way.split(" ").includes(this.way)));
    byId("may-cover-field").hidden = !this.mayCover;
  }

  #listen() {
    byId("ways").addEventListener("input", (event) => {
      if (event.target.id === "keyword") {
        return;
      }
      if (event.target.name === "way" && this.way === "field") {
        this.#listFields().then(() => this.refresh());
      }
      this.refresh();
    });
    byId("find").addEventListener("click", () => this.#findTyped());
    byId("keyword").addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.#findTyped();
      }
    });
    document.querySelectorAll("[data-pages-for]").forEach((chip) =>
      chip.addEventListener("click", () => {
        byId(chip.dataset.pagesFor).value = chip.value;
        this.refresh();
      }),
    );
  }

  #findTyped() {
    const text = byId("keyword").value.trim();
    if (text) {
      this.find(text);
    } else {
      byId("keyword").focus();
    }
  }
}
