// Open an encrypted file: the password goes to the service once and is not kept.

import { ask, byId, tell } from "./ask.js";

const form = byId("password-form");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector(".primary");
  button.disabled = true;
  tell("");
  try {
    await ask("POST", event.target.dataset.post, { password: byId("password").value });
    location.reload();
  } catch (problem) {
    tell(problem.message);
    button.disabled = false;
    byId("password").select();
  }
});
if (form) {
  form.querySelector(".primary").disabled = false; // not before: a password sent without this script would be lost
}
