// Exchange an API key for a session.

import { ask, byId, say, tell } from "./ask.js";

const form = byId("login");
const key = byId("key");

byId("show").addEventListener("click", (event) => {
  const shown = key.type === "password";
  key.type = shown ? "text" : "password";
  event.target.textContent = say(shown ? "login.hide" : "login.show");
  event.target.setAttribute("aria-pressed", String(shown));
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector(".primary");
  button.disabled = true;
  tell("");
  try {
    await ask("POST", "/session", { api_key: key.value.trim() });
    location.assign(form.dataset.next);
  } catch (problem) {
    tell(problem.status === 401 || problem.status === 422 ? say("login.refused") : problem.message);
    button.disabled = false;
    key.select();
  }
});
