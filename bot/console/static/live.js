// Keeps the figures of a page fresh without loading it again: what is being typed or read stays where it is.
"use strict";

const part = document.getElementById("progress");
const EVERY_MS = Number(part.dataset.everyMs || 3000);

async function look() {
  if (!document.hidden) {
    try {
      const response = await fetch(part.dataset.path, { headers: { Accept: "application/json" } });
      if (response.ok) {
        const open = [...part.querySelectorAll("details")].map((one) => one.open);
        part.innerHTML = await response.text(); // our own server's, escaped there
        part.querySelectorAll("details").forEach((one, n) => { if (n in open) one.open = open[n]; });
        part.classList.remove("stale");
      } else if (response.status === 401) {
        location.reload();
        return;
      }
    } catch {
      part.classList.add("stale");
    }
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
