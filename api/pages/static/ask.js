// Words, requests and messages: what every page's script needs.

const words = JSON.parse(document.querySelector('meta[name="words"]').content);
const english = document.documentElement.lang === "en";
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";

export const byId = (id) => document.getElementById(id);

/** The words for `key` with its {places} filled. */
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** A problem (RFC 9457) told by the service; `message` is its sentence in the language of the page. */
export class Problem extends Error {
  constructor(status, body) {
    super((english ? body?.en : body?.zh) || body?.detail || say("error.unknown"));
    this.status = status;
    this.left = body?.left;
    this.slug = body?.type?.split("/").pop() ?? "";
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const headers = () => ({ Accept: "application/json", "X-CSRF-Token": csrf });

function leaveIfLoggedOut(status) {
  if (status === 401 && csrf) {
    location.assign(`/login?expired=1&next=${encodeURIComponent(location.pathname)}`);
  }
}

/** Ask the service with JSON; the answer is parsed, a refusal is thrown as a Problem. What changes something is sent to its
 * end even when the page is left or loaded again. */
export async function ask(method, url, body, more = {}) {
  let response;
  try {
    response = await fetch(url, {
      method,
      keepalive: method !== "GET",
      headers: { ...headers(), ...more, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, { zh: say("error.network"), en: say("error.network") });
  }
  const answer = parsed(await response.text());
  if (!response.ok) {
    leaveIfLoggedOut(response.status);
    throw new Problem(response.status, answer);
  }
  return answer;
}

/** Send a form with files; the answer is parsed, a refusal is thrown as a Problem. */
export async function askForm(url, form) {
  let response;
  try {
    response = await fetch(url, { method: "POST", headers: headers(), body: form });
  } catch {
    throw new Problem(0, { zh: say("error.network"), en: say("error.network") });
  }
  const answer = parsed(await response.text());
  if (!response.ok) {
    leaveIfLoggedOut(response.status);
    throw new Problem(response.status, answer);
  }
  return answer;
}

/** Send a file as it is; `onShare` hears the share sent, 0 to 1. */
export function upload(url, file, onShare) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers())) {
      request.setRequestHeader(name, value);
    }
    request.setRequestHeader("Content-Type", "application/pdf");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.upload.onprogress = (event) => event.lengthComputable && onShare(event.loaded / event.total);
    request.onerror = () => reject(new Problem(0, { zh: say("error.network"), en: say("error.network") }));
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300 && answer) {
        resolve(answer);
      } else {
        leaveIfLoggedOut(request.status);
        reject(new Problem(request.status, answer));
      }
    };
    request.send(file);
  });
}

const NS = "http://www.w3.org/2000/svg";

function shape(tag, attributes) {
  const element = document.createElementNS(NS, tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}

/** Show a message in the page's alert, or clear it. */
export function tell(text) {
  const place = byId("message");
  place.replaceChildren();
  place.className = text ? "message" : "";
  if (!text) {
    return;
  }
  const icon = shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  icon.append(
    shape("path", { d: "M12 2.5L22.5 21h-21z", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linejoin": "round" }),
    shape("path", { d: "M12 9v6", stroke: "currentColor", "stroke-width": 2.2, "stroke-linecap": "round" }),
    shape("circle", { cx: 12, cy: 18, r: 1.3, fill: "currentColor" }),
  );
  const words = document.createElement("span");
  words.textContent = text;
  place.append(icon, words);
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

byId("logout")?.addEventListener("click", async () => {
  try {
    await ask("DELETE", "/session");
  } finally {
    location.assign("/login");
  }
});
