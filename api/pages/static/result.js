// The answer: signatures marked on the pages, password, deletion.

import { ask, byId, say, tell } from "./ask.js";
import { lay, viewerOf } from "./viewer.js";
import "./password.js";

const marks = [...document.querySelectorAll("[data-marks]")].flatMap((item) => JSON.parse(item.dataset.marks));
const MARGIN = 1.5; // millimetres between a signature and its frame
const viewer = viewerOf(window.matchMedia("(min-width: 1000px)").matches ? "page" : "width");

function drawMarks() {
  viewer.leaf.querySelectorAll(".mark").forEach((old) => old.remove());
  marks
    .filter((mark) => mark.page === viewer.page)
    .forEach((mark) => {
      const box = document.createElement("button");
      box.type = "button";
      box.className = `mark ${mark.verdict}`;
      box.dataset.number = mark.number;
      box.setAttribute("aria-label", say("viewer.mark", { number: mark.number }));
      const number = document.createElement("span");
      number.className = "number";
      number.textContent = mark.number;
      box.append(number);
      const [x, y, width, height] = mark.box;
      lay(box, [x - MARGIN, y - MARGIN, width + 2 * MARGIN, height + 2 * MARGIN], viewer.scale);
      box.addEventListener("click", () => light(mark.number));
      viewer.leaf.append(box);
    });
}

/** Point from a mark on the page to its card. */
function light(number) {
  document.querySelectorAll(".signature.lit").forEach((item) => item.classList.remove("lit"));
  const card = byId(`signature-${number}`);
  card.classList.add("lit");
  card.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

/** Point from a card to its mark on the page. */
function point(number) {
  const mark = marks.find((each) => each.number === number);
  viewer.show(mark.page);
  viewer.reveal(mark.box);
  viewer.root.scrollIntoView({ block: "nearest" });
  const box = viewer.leaf.querySelector(`.mark[data-number="${number}"]`);
  box.classList.add("lit");
  box.addEventListener("animationend", () => box.classList.remove("lit"), { once: true });
}

if (viewer) {
  viewer.onChange(drawMarks);
  viewer.show(marks.length ? marks[0].page : 1);
  if (marks.length) {
    viewer.reveal(marks[0].box);
  }
  document.querySelectorAll("[data-show]").forEach((button) => button.addEventListener("click", () => point(Number(button.dataset.show))));
}

byId("remove")?.addEventListener("click", async (event) => {
  try {
    await ask("POST", event.target.dataset.post);
    location.assign("/verify");
  } catch (problem) {
    tell(problem.message);
  }
});
