// Betters the form of a broadcast: the preview and the template's texts follow what is typed; places are offered. All of it works without.
"use strict";

const form = document.getElementById("draft");
const body = document.getElementById("preview-body");
const WAIT_MS = 700;
let timer = 0;
let turn = 0;

async function refresh() {
  const mine = ++turn;
  const fields = new URLSearchParams(new FormData(form));
  fields.set("do", "live");
  try {
    const response = await fetch(form.dataset.live, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    if (!response.ok || mine !== turn) return;
    const { html, texts } = await response.json();
    if (mine !== turn) return;
    body.innerHTML = html; // our own server's, escaped there
    for (const [lang, text] of Object.entries(texts)) follow(lang, text);
  } catch {
    // The line is down: the button still works once it is back.
  }
}

// The template's text goes into the field as long as nobody wrote their own there.
function follow(lang, text) {
  const field = document.getElementById(`text.${lang}`);
  const made = document.getElementById(`made.${lang}`);
  if (!text || document.activeElement === field) return;
  if (field.value.trim() === made.value.trim() || !field.value.trim()) {
    field.value = text;
    made.value = text;
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, WAIT_MS);
}

form.addEventListener("input", (event) => {
  if (!event.target.matches("[data-places]")) soon();
});
form.addEventListener("change", soon);

for (const field of document.querySelectorAll("[data-places]")) {
  let offered = 0;
  field.addEventListener("input", () => {
    clearTimeout(offered);
    offered = setTimeout(async () => {
      if (field.value.trim().length < 2) return;
      try {
        const response = await fetch(`/console/places.json?q=${encodeURIComponent(field.value)}`, { headers: { Accept: "application/json" } });
        const { places } = response.ok ? await response.json() : { places: [] };
        field.list.replaceChildren(...places.map(({ label }) => Object.assign(document.createElement("option"), { value: label })));
      } catch {
        // Typed names are looked up when the form is sent.
      }
    }, 250);
  });
}

if (document.getElementById("hazard").value) refresh();
