// The slider between the imprint laid over the approved picture and the approved picture alone.

for (const place of document.querySelectorAll("[data-overlay]")) {
  const approved = place.querySelector(".overlay-approved");
  const slider = place.querySelector("input");
  approved.hidden = false;
  slider.closest("label").hidden = false;
  const show = () => approved.style.setProperty("opacity", String(Number(slider.value) / 100));
  slider.addEventListener("input", show);
  show();
}
