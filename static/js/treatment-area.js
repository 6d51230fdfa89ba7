// Says what was treated while it is ticked, and asks for minutes outside the order only where something is.
// Without it all of it is asked; the server decides.
(() => {
  "use strict";

  const area = document.querySelector("[data-treated]");
  if (!area) return;
  const ordered = area.dataset.ordered.split(" ").filter(Boolean);
  const chosen = area.querySelector("[data-treated-chosen]");
  const beyond = area.querySelector("[data-beyond]");
  const rows = document.querySelectorAll("[data-outside]");
  const labelOf = (tick) => area.querySelector(`label[for="${CSS.escape(tick.id)}"]`).textContent.trim();

  function show() {
    const ticks = [...area.querySelectorAll("[data-tick]:checked")];
    const names = ticks.map(labelOf).join(", ") || chosen.dataset.none;
    if (chosen.textContent !== names) chosen.textContent = names;
    const more = ordered.length ? ticks.filter((tick) => !ordered.includes(tick.dataset.tick)) : [];
    beyond.hidden = !more.length;
    beyond.textContent = more.length ? beyond.dataset.text.replace("{places}", more.map(labelOf).join(", ")) : "";
    for (const row of rows) {
      const field = row.querySelector("input");
      row.hidden = !more.length && !field.value; // what was entered stays in sight
    }
  }

  area.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
})();
