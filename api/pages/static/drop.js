// The drop zone: one file by drag, by click or by keyboard, sent with progress.

import { byId, say, tell, upload } from "./ask.js";

const size = (bytes) => (bytes >= 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`);

/** Let the page's drop zone send a file to `url` (an address, or what gives one); the answer names the page to go to. */
export function dropZone(url, limit) {
  const zone = byId("drop");
  const chooser = byId("file");
  const title = zone.querySelector(".drop-title");
  let depth = 0;

  const over = (yes) => {
    zone.classList.toggle("over", yes);
    title.textContent = yes ? title.dataset.over : title.dataset.rest;
  };
  zone.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => chooser.files.length && send(chooser.files[0]));
  // The whole window takes the file, so that a near miss does not make the browser open it.
  window.addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth += 1;
    over(true);
  });
  window.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) over(false);
  });
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    over(false);
    if (event.dataTransfer.files.length) {
      send(event.dataTransfer.files[0], event.dataTransfer.files.length > 1 ? say("drop.one") : "");
    }
  });

  async function send(file, remark = "") {
    if (!file.size || file.size > limit) {
      tell(file.size ? say("drop.too_large", { size: size(file.size), limit: size(limit) }) : say("drop.empty"));
      chooser.value = "";
      return;
    }
    tell("");
    show(true);
    byId("working-name").textContent = `${file.name} · ${size(file.size)}`;
    progress(say("progress.uploading"), 0);
    try {
      const answer = await upload(typeof url === "function" ? url() : url, file, (share) =>
        share < 1 ? progress(say("progress.uploading"), share) : progress(say(zone.dataset.then ?? "progress.checking")),
      );
      location.assign(answer.url);
    } catch (problem) {
      show(false);
      tell([problem.message, remark].filter(Boolean).join(" "));
      chooser.value = "";
      zone.focus();
    }
  }

  function show(working) {
    zone.hidden = working;
    byId("working").hidden = !working;
  }

  function progress(text, share) {
    const bar = byId("working-bar");
    byId("working-text").textContent = text;
    byId("working-share").textContent = share === undefined ? "" : `${Math.round(share * 100)} %`;
    if (share === undefined) {
      bar.removeAttribute("value");
    } else {
      bar.value = share * 100;
    }
  }

  window.addEventListener("pageshow", (event) => event.persisted && show(false));
  if (chooser.files.length) {
    send(chooser.files[0]); // chosen before this script was there
  }
}
