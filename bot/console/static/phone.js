// Three simulated phones. No library: it loads over the slowest line.
"use strict";

const byId = (id) => document.getElementById(id);
const words = JSON.parse(byId("words").textContent);
const desk = byId("desk");
const number = byId("number");
const notice = byId("notice");

const ANSWER_MS = 30000; // longer than any screen waits
const QUICK_MS = 1000; // between looks while something is on its way
const SLOW_MS = 4000;
const ACTIVE_MS = 120000; // how long after a message the looks stay quick

function say(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function caller() {
  const plain = number.value.replace(/[\s()-]/g, "");
  if (/^\+[0-9]{7,15}$/.test(plain)) return plain;
  say(words.bad_number);
  number.focus();
  return null;
}

async function post(address, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text || String(response.status));
  return text;
}

// Says what went wrong; a lost connection has no text of its own.
function complain(error) {
  say(error instanceof TypeError || error.name === "TimeoutError" ? words.offline : `${words.failed}: ${error.message}`);
}

// The phones that hold a conversation: SMS and WhatsApp

class Talk {
  constructor(name, scheme, address) {
    this.scheme = scheme;
    this.address = address;
    this.list = byId(`${name}-talk`);
    this.form = byId(name);
    this.message = byId(`${name}-message`);
    this.wait = byId(`${name}-wait`);
    this.empty = this.list.firstElementChild;
    this.quickUntil = 0;
    this.timer = 0;
    this.looking = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send({ text: this.message.value.trim() }, true);
    });
    // Enter sends, Shift+Enter breaks the line.
    this.message.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.form.requestSubmit();
      }
    });
    this.keepLooking();
  }

  metaOf(line) {
    const time = new Date(line.at * 1000).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    const status = words[`status_${line.status}`] || line.status;
    const cost = line.inbound || !line.encoding ? "" : `${line.units}/${line.room} ${line.encoding}`;
    return [time, status, cost].filter(Boolean).join(" · ");
  }

  newItem(line) {
    const item = document.createElement("li");
    item.className = line.inbound ? "line mine" : "line";
    item.dataset.id = line.id;
    const who = document.createElement("span");
    who.className = "unseen";
    who.textContent = `${line.inbound ? words.you : words.them}: `;
    const text = document.createElement("p");
    text.append(who, line.text || (line.inbound ? words.location_sent : ""));
    item.append(text);
    for (const [id, label] of line.choices || []) {
      const choice = document.createElement("button");
      choice.type = "button";
      choice.className = "pick";
      choice.textContent = label;
      choice.addEventListener("click", () => this.send({ text: id }, false));
      item.append(choice);
    }
    item.append(document.createElement("small"));
    return item;
  }

  // Touches only what changed, so that a screen reader hears new lines and nothing twice.
  show(lines) {
    const old = new Map([...this.list.querySelectorAll(".line")].map((item) => [item.dataset.id, item]));
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    let grew = false;
    for (const line of lines) {
      let item = old.get(line.id);
      if (!item) {
        item = this.list.appendChild(this.newItem(line));
        grew = true;
      }
      old.delete(line.id);
      const meta = this.metaOf(line);
      if (item.lastChild.textContent !== meta) item.lastChild.textContent = meta;
      item.classList.toggle("bad", line.status === "failed");
    }
    for (const item of old.values()) item.remove();
    if (lines.length) this.empty.remove();
    else this.list.append(this.empty);
    if (grew && atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  tellWait(text) {
    this.wait.classList.toggle("busy", Boolean(text));
    if (this.wait.textContent !== text) this.wait.textContent = text;
  }

  async look() {
    const from = number.value.trim();
    if (this.looking || document.hidden || !number.validity.valid) return;
    this.looking = true;
    try {
      const path = `/phone/conversation?urn=${encodeURIComponent(`${this.scheme}:${from}`)}`;
      const response = await fetch(path, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok) throw new Error(await response.text());
      const { lines } = await response.json();
      if (from !== number.value.trim()) return;
      this.show(lines);
      const waits = lines.length > 0 && lines[lines.length - 1].inbound && Date.now() < this.quickUntil;
      this.tellWait(waits ? words.waiting : "");
      if (notice.textContent === words.offline) say("");
    } catch (error) {
      complain(error);
    } finally {
      this.looking = false;
    }
  }

  async keepLooking() {
    clearTimeout(this.timer);
    await this.look();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keepLooking(), Date.now() < this.quickUntil ? QUICK_MS : SLOW_MS);
  }

  hurry() {
    this.quickUntil = Date.now() + ACTIVE_MS;
    this.keepLooking();
  }

  async send(said, typed) {
    const from = caller();
    if (!from || (typed && !said.text)) return;
    const button = this.form.querySelector("button");
    button.disabled = true;
    this.tellWait(words.sending);
    try {
      await post(this.address, { ...said, from, id: randomId() });
      say("");
      if (typed) this.message.value = "";
      this.list.scrollTop = this.list.scrollHeight;
      this.tellWait(words.waiting);
      this.hurry();
    } catch (error) {
      this.tellWait("");
      complain(error);
    } finally {
      button.disabled = false;
      if ([document.body, button].includes(document.activeElement)) this.message.focus();
    }
  }
}

const talks = [new Talk("sms", "tel", desk.dataset.sms)];
if (desk.dataset.whatsapp) {
  const whatsapp = new Talk("whatsapp", "whatsapp", desk.dataset.whatsapp);
  talks.push(whatsapp);
  byId("location").addEventListener("submit", (event) => {
    event.preventDefault();
    whatsapp.send({ text: "", latitude: byId("latitude").value, longitude: byId("longitude").value }, false);
    byId("share").open = false;
  });
}

number.addEventListener("change", () => {
  say("");
  number.value = caller() || number.value;
  closeDial(words.ussd_empty);
  for (const talk of talks) {
    talk.tellWait("");
    talk.keepLooking();
  }
});

document.addEventListener("visibilitychange", () => talks.forEach((talk) => talk.keepLooking()));

// The USSD phone

const shown = byId("shown");
const ussdForm = byId("ussd");
const reply = byId("reply");
const dial = byId("dial");
const hang = byId("hang");
const keys = [reply, byId("answer"), ...byId("keys").children];
let session = "";
let inputs = null; // of this dial so far; operators send them all again with each hop

function accept(open) {
  for (const key of keys) key.disabled = !open;
  reply.value = "";
  if (open) reply.focus();
}

// Ends the dial on this side. Without a USSD channel there is none to end.
function closeDial(text) {
  if (!desk.dataset.ussd) return;
  session = "";
  hang.disabled = true;
  dial.disabled = false;
  shown.classList.remove("busy");
  accept(false);
  shown.textContent = text;
}

function showScreen({ text, ends }) {
  shown.classList.remove("busy");
  shown.textContent = text;
  if (!ends) {
    accept(true);
    return;
  }
  closeDial(`${text}\n\n${words.ussd_closed}`);
  dial.focus();
  talks[0].hurry(); // the answer may still come by SMS
}

async function hop(input) {
  const from = caller();
  if (!from) {
    closeDial(words.ussd_empty);
    return;
  }
  const mine = session;
  inputs = inputs === null ? [] : [...inputs, input];
  accept(false);
  shown.classList.add("busy");
  shown.textContent = inputs.length ? words.waiting : words.dialling;
  try {
    const screen = JSON.parse(await post(desk.dataset.ussd, { from, text: inputs.join("*"), session: mine }));
    if (mine === session) showScreen(screen);
  } catch (error) {
    if (mine !== session) return; // hung up meanwhile
    closeDial(words.ussd_empty);
    complain(error);
  }
}

dial.addEventListener("click", () => {
  say("");
  session = randomId();
  inputs = null;
  dial.disabled = true;
  hang.disabled = false;
  hop("");
});

hang.addEventListener("click", () => {
  const mine = session;
  closeDial(words.ussd_closed);
  dial.focus();
  post(desk.dataset.end, { session: mine }).catch(complain);
});

ussdForm.addEventListener("submit", (event) => {
  event.preventDefault();
  if (session) hop(reply.value);
});

byId("keys").addEventListener("click", (event) => {
  if (event.target instanceof HTMLButtonElement) reply.value += event.target.textContent;
  reply.focus();
});
