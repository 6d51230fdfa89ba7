// Follow-up questions show when they apply, and "none of these" excludes the others.
// Without this script every question is visible, and the server applies the same rules.
(() => {
  "use strict";

  const form = document.querySelector("form[data-intake]");
  if (!form) return;

  const followUps = Array.from(form.querySelectorAll("[data-when]"));

  function show() {
    const data = new FormData(form);
    followUps.forEach((question) => {
      const wanted = question.dataset.whenIn.split(" ");
      question.hidden = !data.getAll(question.dataset.when).some((value) => wanted.includes(value));
    });
  }

  // A list of dates grows by a row as the last one is used.
  const lists = Array.from(form.querySelectorAll(".dated-list"), (list) => Array.from(list.children));

  function grow() {
    lists.forEach((rows) => {
      const used = rows.map((row) => Array.from(row.querySelectorAll("input")).some((input) => input.value));
      const last = used.lastIndexOf(true);
      rows.forEach((row, place) => { row.hidden = place > last + 1; });
    });
  }

  form.addEventListener("input", grow);
  form.addEventListener("change", (event) => {
    const box = event.target;
    if (box.type === "checkbox" && box.checked && box.name) {
      form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(box.name)}"]`).forEach((other) => {
        if (other !== box && (box.value === "none" || other.value === "none")) other.checked = false;
      });
    }
    show();
  });
  window.addEventListener("pageshow", () => { show(); grow(); });
  show();
  grow();
})();
