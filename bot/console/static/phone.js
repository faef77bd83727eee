// Two simulated phones. No library: it loads over the slowest line.
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

// The SMS phone

const talk = byId("talk");
const smsForm = byId("sms");
const message = byId("message");
const smsWait = byId("sms-wait");
const emptyTalk = talk.firstElementChild;
let quickUntil = 0;
let timer = 0;
let looking = false;

function metaOf(line) {
  const time = new Date(line.at * 1000).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const status = words[`status_${line.status}`] || line.status;
  return [time, status, line.inbound ? "" : `${line.units}/${line.room} ${line.encoding}`].filter(Boolean).join(" · ");
}

function newItem(line) {
  const item = document.createElement("li");
  item.className = line.inbound ? "line mine" : "line";
  item.dataset.id = line.id;
  const who = document.createElement("span");
  who.className = "unseen";
  who.textContent = `${line.inbound ? words.you : words.them}: `;
  const text = document.createElement("p");
  text.append(who, line.text);
  item.append(text, document.createElement("small"));
  return item;
}

// Touches only what changed, so that a screen reader hears new lines and nothing twice.
function show(lines) {
  const old = new Map([...talk.querySelectorAll(".line")].map((item) => [item.dataset.id, item]));
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
  let grew = false;
  for (const line of lines) {
    let item = old.get(line.id);
    if (!item) {
      item = talk.appendChild(newItem(line));
      grew = true;
    }
    old.delete(line.id);
    const meta = metaOf(line);
    if (item.lastChild.textContent !== meta) item.lastChild.textContent = meta;
    item.classList.toggle("bad", line.status === "failed");
  }
  for (const item of old.values()) item.remove();
  if (lines.length) emptyTalk.remove();
  else talk.append(emptyTalk);
  if (grew && atEnd) talk.scrollTop = talk.scrollHeight;
}

function waiting(lines) {
  return lines.length > 0 && lines[lines.length - 1].inbound && Date.now() < quickUntil;
}

function tellWait(text) {
  smsWait.classList.toggle("busy", Boolean(text));
  if (smsWait.textContent !== text) smsWait.textContent = text;
}

async function look() {
  const from = number.value.trim();
  if (looking || document.hidden || !number.validity.valid) return;
  looking = true;
  try {
    const response = await fetch(`/phone/conversation?urn=${encodeURIComponent(`tel:${from}`)}`, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(await response.text());
    const { lines } = await response.json();
    if (from !== number.value.trim()) return;
    show(lines);
    tellWait(waiting(lines) ? words.waiting : "");
    if (notice.textContent === words.offline) say("");
  } catch (error) {
    complain(error);
  } finally {
    looking = false;
  }
}

async function keepLooking() {
  clearTimeout(timer);
  await look();
  clearTimeout(timer);
  timer = setTimeout(keepLooking, Date.now() < quickUntil ? QUICK_MS : SLOW_MS);
}

smsForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const from = caller();
  const text = message.value.trim();
  if (!from || !text) return;
  const button = smsForm.querySelector("button");
  button.disabled = true;
  tellWait(words.sending);
  try {
    await post(desk.dataset.sms, { from, text, id: randomId() });
    say("");
    message.value = "";
    quickUntil = Date.now() + ACTIVE_MS;
    talk.scrollTop = talk.scrollHeight;
    tellWait(words.waiting);
  } catch (error) {
    tellWait("");
    complain(error);
  } finally {
    button.disabled = false;
    if ([document.body, button].includes(document.activeElement)) message.focus();
  }
  keepLooking();
});

// Enter sends, Shift+Enter breaks the line.
message.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    smsForm.requestSubmit();
  }
});

number.addEventListener("change", () => {
  say("");
  number.value = caller() || number.value;
  tellWait("");
  closeDial(words.ussd_empty);
  keepLooking();
});

document.addEventListener("visibilitychange", keepLooking);

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
  quickUntil = Date.now() + ACTIVE_MS; // the answer may still come by SMS
  keepLooking();
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

keepLooking();
