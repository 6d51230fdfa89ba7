// A therapist's own phrases beside the fields of a note: a touch puts one where the caret was, and what is typed can be
// kept as one. What is written is kept by treatment-note.js. Without this script there are no phrases on the page.
(() => {
  "use strict";

  const form = document.querySelector("[data-note-form]");
  if (!form) return;
  const entered = new WeakSet(); // fields whose caret somebody has set

  form.addEventListener("focusin", (event) => {
    if (event.target.matches("textarea")) entered.add(event.target);
  });

  // The caret, or the end of a field that nobody was in.
  function span(field) {
    const end = field.value.length;
    return entered.has(field) ? [field.selectionStart, field.selectionEnd] : [end, end];
  }

  function put(field, words) {
    const [from, to] = span(field);
    const before = field.value.slice(0, from);
    const after = field.value.slice(to);
    const gap = before && !/\s$/.test(before) ? " " : "";
    const rest = after && !/^\s/.test(after) ? " " : "";
    if (field.maxLength >= 0 && before.length + after.length + words.length + 2 > field.maxLength) return false;
    field.focus();
    field.setRangeText(gap + words + rest, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  function offer(list, words) {
    const known = [...list.querySelectorAll("[data-phrase]")];
    if (known.some((one) => one.textContent === words)) return;
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-quiet btn-sm";
    button.dataset.phrase = "";
    button.textContent = words;
    line.append(button);
    list.append(line);
  }

  async function keep(box, field, told) {
    const [from, to] = span(field);
    const text = from === to ? field.value : field.value.slice(from, to);
    const body = new URLSearchParams({ field: field.name, text });
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    try {
      const answer = await fetch(form.dataset.phrases, { method: "POST", body, credentials: "same-origin" });
      const said = await answer.json();
      told.textContent = said.message;
      if (answer.ok) offer(box.querySelector("[data-phrases-list]"), said.text);
    } catch {
      told.textContent = form.dataset.phrasesFailed;
    }
  }

  form.querySelectorAll("[data-phrases]").forEach((box) => {
    const field = form.elements[box.dataset.phrases];
    const told = box.querySelector("[data-phrase-told]");
    box.hidden = false;
    box.addEventListener("click", (event) => {
      const phrase = event.target.closest("[data-phrase]");
      if (phrase) told.textContent = put(field, phrase.textContent) ? "" : form.dataset.phrasesFull;
      else if (event.target.closest("[data-phrase-keep]")) keep(box, field, told);
    });
  });
})();
