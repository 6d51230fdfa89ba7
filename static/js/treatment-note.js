// Keeps each field of a note while one types, through a lost connection, and says when another window has
// written in the same field. Without it the form is saved with its buttons; nothing here decides anything.
(() => {
  "use strict";

  const form = document.querySelector("[data-note-form]");
  if (!form) return;
  const PAUSE_MS = 700; // after the last key
  const AGAIN_MS = 3000; // without a connection
  const state = form.querySelector("[data-note-state]");
  const waiting = new Map(); // name of the field -> its timer
  const unsent = new Set();
  let sending = Promise.resolve(); // one after the other, so that none overtakes another
  let leaving = false;

  const valueOf = (name) => {
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
    let answer;
    try {
      answer = await fetch(form.dataset.keep, { method: "POST", body, credentials: "same-origin" });
    } catch {
      state.textContent = form.dataset.offline;
      later(name, AGAIN_MS);
      return;
    }
    const isAnswer = (answer.headers.get("Content-Type") || "").includes("json");
    if (!isAnswer) { // signed out, or the server is down: what is typed stays here
      state.textContent = form.dataset.offline;
      later(name, AGAIN_MS);
      return;
    }
    const said = await answer.json();
    if (said.seen) seen.value = said.seen;
    if (answer.ok) {
      if (valueOf(name) === value) unsent.delete(name);
      tell(name, "");
      state.textContent = said.message;
    } else {
      tell(name, said.message); // the next key puts what stands here in its place
      state.textContent = "";
    }
  }

  function later(name, pause) {
    clearTimeout(waiting.get(name));
    unsent.add(name);
    waiting.set(name, setTimeout(() => {
      waiting.delete(name);
      sending = sending.then(() => (unsent.has(name) ? send(name) : null));
    }, pause));
  }

  form.addEventListener("input", (event) => {
    if ("note" in event.target.dataset) later(event.target.name, event.target.type === "radio" ? 0 : PAUSE_MS);
  });
  form.addEventListener("focusout", (event) => {
    if ("note" in event.target.dataset && unsent.has(event.target.name)) later(event.target.name, 0);
  });
  form.addEventListener("submit", () => {
    leaving = true;
    waiting.forEach((timer) => clearTimeout(timer));
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsent.size && !leaving) event.preventDefault();
  });
  window.addEventListener("online", () => unsent.forEach((name) => later(name, 0)));
})();
