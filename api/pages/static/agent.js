// Seal with the token in this computer: the service prepares, the desk agent asks the person and signs, the service completes.

import { ask, byId, say } from "./ask.js";

const PAIRING = "yinxin.agent.pairing";
const english = document.documentElement.lang === "en";

/** What the agent refused, in the language of the page; `code` is for us. */
class Refusal extends Error {
  constructor(answer) {
    super((english ? answer.en : answer.zh) || say("agent.lost"));
    this.code = answer.error;
  }
}

/** One connection to the agent: a question, its answer, the number that the next signature must carry. */
class Line {
  static open(port) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/desk`);
      socket.onopen = () => resolve(new Line(socket));
      socket.onerror = () => reject(new Error(say("agent.missing", { site: location.origin })));
    });
  }

  constructor(socket) {
    this.socket = socket;
    this.login = "";
    this.number = "";
    socket.onmessage = (event) => this.waiting?.resolve(JSON.parse(event.data));
    socket.onclose = () => this.waiting?.reject(new Error(say("agent.lost")));
  }

  async say(message) {
    const answer = await new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.send(JSON.stringify({ login: this.login, number: this.number, ...message }));
    });
    this.waiting = null;
    this.number = answer.number;
    if (!answer.ok) {
      throw new Refusal(answer);
    }
    return answer;
  }

  async logIn(pairing) {
    this.login = (await this.say({ op: "login", pairing })).login;
  }

  close() {
    this.waiting = null;
    this.socket.close();
  }
}

/** Ask the person for the code that the agent shows, until a pairing is made or given up. */
function pairingBy(line, cancelled) {
  const form = byId("agent-pair");
  const field = byId("agent-code");
  const why = byId("agent-why");
  byId("agent-status").textContent = "";
  form.hidden = false;
  field.value = "";
  why.textContent = "";
  field.focus();
  return new Promise((resolve, reject) => {
    cancelled.then(() => reject(new Error(say("agent.cancelled"))));
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        const { pairing } = await line.say({ op: "pair", code: field.value });
        sessionStorage.setItem(PAIRING, pairing);
        form.hidden = true;
        resolve(pairing);
      } catch (problem) {
        if (problem instanceof Refusal) {
          why.textContent = problem.message;
          field.select();
        } else {
          reject(problem);
        }
      }
    };
  });
}

/** Open a connection and log in; a pairing that has faded is made anew. */
async function pairedLine(port, cancelled) {
  for (;;) {
    const line = await Line.open(port);
    try {
      await line.logIn(sessionStorage.getItem(PAIRING) ?? (await pairingBy(line, cancelled)));
      return line;
    } catch (problem) {
      line.close();
      if (problem.code !== "not-paired") {
        throw problem;
      }
      sessionStorage.removeItem(PAIRING);
    }
  }
}

const status = (key) => (byId("agent-status").textContent = say(key));

/** Offer the way by the agent. `order` gives what is wanted, `go` changes the step, `refuse` tells why it came to nothing. */
export function offerAgent({ base, order, go, refuse }) {
  const button = byId("by-agent");
  const port = button.dataset.port;

  async function work(cancelled) {
    let asked = null;
    let line = null;
    try {
      status("agent.looking");
      line = await pairedLine(port, cancelled);
      status("agent.preparing");
      const wanted = order();
      asked = await ask("POST", `${base}/remote`, wanted);
      byId("agent-digest").textContent = asked.digest_end;
      byId("agent-compare").hidden = false;
      status("agent.compare");
      const { id, certificate_sha256, digest_algorithm, digest, title } = asked;
      const wish = { op: "sign", certificate_sha256, digest_algorithm, digest, title };
      const stop = cancelled.then(() => Promise.reject(new Error(say("agent.cancelled"))));
      const { signature } = await Promise.race([line.say(wish), stop]);
      asked = null;
      byId("agent-cancel").hidden = true;
      status("agent.completing");
      await ask("POST", `${base}/remote/${id}`, { signature, password: wanted.password });
      location.reload();
    } catch (problem) {
      if (asked) {
        await ask("DELETE", `${base}/remote/${asked.id}`).catch(() => null);
      }
      refuse(problem.message);
    } finally {
      line?.close();
      byId("agent-pair").hidden = true;
    }
  }

  button.addEventListener("click", () => {
    const password = byId("document-password");
    if (password.required && !password.reportValidity()) {
      return;
    }
    byId("agent-compare").hidden = true;
    byId("agent-cancel").hidden = false;
    go("agent");
    const cancelled = new Promise((resolve) => (byId("agent-cancel").onclick = resolve));
    work(cancelled);
  });
}
