// Keeps each field of a note while one types, through a lost connection, and says when another window has
// written in the same field. Without it the form is saved with its buttons; nothing here decides anything.
(() => {
  "use strict";

  const form = document.querySelector("[data-note-form]");
  if (!form) return;
  const PAUSE_MS = 700; // after the last key
  const AGAIN_MS = 3000; // without a connection
  const PATIENCE_MS = 15000; // for one answer
  const state = form.querySelector("[data-note-state]");
  const waiting = new Map(); // name of the field -> its timer
  const unsent = new Set();
  const told = new Set(); // another window wrote there: only the next key decides
  let sending = Promise.resolve(); // one after the other, so that none overtakes another
  let leaving = false;

  const valueOf = (name) => {
    const boxes = form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]`);
    if (boxes.length) return [...boxes].filter((box) => box.checked).map((box) => box.value).join(" ");
    const field = form.elements[name];
    return field ? field.value : "";
  };
  const lineOf = (name) => form.querySelector(`[name="seen-${CSS.escape(name)}"]`).closest(".note-line");

  function tell(name, text) {
    const box = lineOf(name).querySelector("[data-note-told]");
    box.textContent = text;
    box.hidden = !text;
  }

  async function send(name) {
    const seen = form.elements[`seen-${name}`];
    const value = valueOf(name);
    const body = new URLSearchParams({ field: name, value, seen: seen.value });
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    state.textContent = form.dataset.keeping;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    let answer;
    let said;
    try {
      answer = await fetch(form.dataset.keep, { method: "POST", body, credentials: "same-origin", signal });
      said = await answer.json();
    } catch { // no connection, signed out, or the server is down: what is typed stays here
      state.textContent = form.dataset.offline;
      later(name, AGAIN_MS);
      return;
    }
    if (said.seen) seen.value = said.seen;
    if (answer.ok) {
      if (valueOf(name) === value) unsent.delete(name);
      told.delete(name);
      tell(name, "");
      state.textContent = said.message;
    } else {
      tell(name, said.message); // the next key puts what stands here in its place
      told.add(name);
      state.textContent = "";
    }
  }

  function later(name, pause) {
    clearTimeout(waiting.get(name));
    unsent.add(name);
    waiting.set(name, setTimeout(() => {
      waiting.delete(name);
      sending = sending.then(() => (unsent.has(name) ? send(name) : null)).catch(() => later(name, AGAIN_MS));
    }, pause));
  }

  form.addEventListener("input", (event) => {
    if ("note" in event.target.dataset) later(event.target.name, event.target.type === "radio" ? 0 : PAUSE_MS);
  });
  // The drawing of the body ticks its boxes by script, which is a change without an input.
  form.addEventListener("change", (event) => {
    if (event.target.type === "checkbox" && "note" in event.target.dataset) later(event.target.name, PAUSE_MS);
  });
  form.addEventListener("focusout", (event) => {
    const name = event.target.name;
    if ("note" in event.target.dataset && unsent.has(name) && !told.has(name)) later(name, 0);
  });
  form.addEventListener("submit", () => {
    leaving = true;
    waiting.forEach((timer) => clearTimeout(timer));
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsent.size && !leaving) event.preventDefault();
  });
  window.addEventListener("online", () => unsent.forEach((name) => told.has(name) || later(name, 0)));
})();
