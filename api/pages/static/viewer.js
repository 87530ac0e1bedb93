// The pages of a document as pictures, measured in millimetres: page by page, zoomable, with marks laid over them.

import { byId, say } from "./ask.js";

const TRUE_SIZE = 96 / 25.4; // CSS pixels in a millimetre
const WIDTHS = [900, 1800]; // pictures that the service draws, in pixels across
const ZOOMS = [0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4];

export class Viewer {
  /** `fit` is "width" or "page": what the page is fitted to until somebody zooms. */
  constructor(root, fit = "width") {
    this.root = root;
    this.pages = JSON.parse(root.dataset.pages);
    this.stage = root.querySelector(".stage");
    this.leaf = root.querySelector(".leaf");
    this.image = root.querySelector("img");
    this.fit = fit;
    root.classList.add(`fit-${fit}`);
    this.zoom = null;
    this.page = 0;
    this.listeners = [];
    this.#listen();
  }

  /** Call `listener` whenever page or scale change. */
  onChange(listener) {
    this.listeners.push(listener);
  }

  get size() {
    const [width, height] = this.pages[this.page - 1];
    return { width, height };
  }

  /** CSS pixels in a millimetre, as shown now. */
  get scale() {
    return (this.zoom ?? this.#fitted()) * TRUE_SIZE;
  }

  show(page) {
    const wanted = Math.min(Math.max(1, Math.round(page) || 1), this.pages.length);
    if (wanted !== this.page) {
      this.page = wanted;
      this.stage.scrollTo(0, 0);
      this.#draw();
    }
    this.root.querySelector("#page-number").value = String(wanted);
    this.root.querySelector('[data-do="previous"]').disabled = wanted === 1;
    this.root.querySelector('[data-do="next"]').disabled = wanted === this.pages.length;
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.#layOut();
  }

  /** Scroll the stage so that the box (mm) stands in its middle. */
  reveal([x, y, width, height]) {
    const scale = this.scale;
    this.stage.scrollTo({
      left: this.leaf.offsetLeft + (x + width / 2) * scale - this.stage.clientWidth / 2,
      top: this.leaf.offsetTop + (y + height / 2) * scale - this.stage.clientHeight / 2,
    });
  }

  #fitted() {
    const { width, height } = this.size;
    const style = getComputedStyle(this.stage);
    const room = this.stage.clientWidth - parseFloat(style.paddingLeft) * 2;
    const high = this.stage.clientHeight - parseFloat(style.paddingTop) * 2;
    const across = room / width / TRUE_SIZE;
    return Math.max(0.05, this.fit === "page" ? Math.min(across, high / height / TRUE_SIZE) : across);
  }

  #layOut() {
    const { width, height } = this.size;
    this.leaf.style.width = `${width * this.scale}px`;
    this.leaf.style.height = `${height * this.scale}px`;
    this.root.querySelector(".percent").textContent = `${Math.round((this.scale / TRUE_SIZE) * 100)} %`;
    this.#picture();
    this.listeners.forEach((listener) => listener());
  }

  #draw() {
    this.image.removeAttribute("src");
    this.leaf.querySelector(".said")?.remove();
    this.#layOut();
  }

  #picture() {
    const needed = this.size.width * this.scale * (window.devicePixelRatio || 1);
    const width = WIDTHS.find((each) => each >= needed * 0.85) ?? WIDTHS.at(-1);
    const url = this.root.dataset.picture.replace("{page}", this.page).replace("{width}", width);
    if (this.image.getAttribute("src") !== url) {
      this.leaf.classList.add("waiting");
      this.image.alt = "";
      this.image.src = url;
    }
  }

  #listen() {
    const step = (direction) => {
      const now = this.scale / TRUE_SIZE;
      const next = direction > 0 ? ZOOMS.find((each) => each > now * 1.02) : ZOOMS.findLast((each) => each < now * 0.98);
      this.setZoom(next ?? now);
    };
    const acts = {
      previous: () => this.show(this.page - 1),
      next: () => this.show(this.page + 1),
      smaller: () => step(-1),
      larger: () => step(1),
      fit: () => this.setZoom(null),
      "true-size": () => this.setZoom(1),
    };
    this.root.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", acts[button.dataset.do]));
    const number = this.root.querySelector("#page-number");
    number.addEventListener("change", () => this.show(Number(number.value)));
    number.addEventListener("focus", () => number.select());
    this.stage.addEventListener("keydown", (event) => {
      if (event.target === this.stage && ["PageUp", "PageDown"].includes(event.key)) {
        event.preventDefault();
        this.show(this.page + (event.key === "PageDown" ? 1 : -1));
      }
    });
    this.image.addEventListener("load", () => {
      this.leaf.classList.remove("waiting");
      this.image.alt = say("viewer.picture", { page: this.page });
    });
    this.image.addEventListener("error", () => {
      this.leaf.classList.remove("waiting");
      if (!this.leaf.querySelector(".said")) {
        const said = document.createElement("p");
        said.className = "said";
        said.textContent = say("viewer.failed");
        this.leaf.append(said);
      }
    });
    new ResizeObserver(() => this.page && this.zoom === null && this.#layOut()).observe(this.stage);
  }
}

/** Put a box measured in millimetres over the page. */
export function lay(element, [x, y, width, height], scale) {
  Object.assign(element.style, {
    left: `${x * scale}px`,
    top: `${y * scale}px`,
    width: `${width * scale}px`,
    height: `${height * scale}px`,
  });
}

export const viewerOf = (fit) => byId("viewer") && new Viewer(byId("viewer"), fit);
