// The drawing of the body: each area is a checkbox that mirrors the one in the list.
// The list is authoritative and works alone; without this script the drawing stays hidden.
(() => {
  "use strict";

  const map = document.querySelector("[data-body-map]");
  if (!map) return;

  const drawing = map.querySelector("[data-drawing]");
  const list = map.querySelector("[data-places]");
  const nothing = map.querySelector("[data-nothing]");
  const showAll = map.querySelector("[data-show-all]");
  const areas = Array.from(map.querySelectorAll("[data-place]"));
  const ticks = new Map(Array.from(map.querySelectorAll("[data-tick]"), (tick) => [tick.dataset.tick, tick]));

  function mirror() {
    areas.forEach((area) => {
      const on = ticks.get(area.dataset.place).checked;
      area.classList.toggle("on", on);
      area.setAttribute("aria-checked", String(on));
    });
    const any = Array.from(ticks.values()).some((tick) => tick.checked);
    nothing.hidden = any || !list.classList.contains("compact");
  }

  function toggle(area) {
    const tick = ticks.get(area.dataset.place);
    tick.checked = !tick.checked;
    tick.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // One Tab stop per figure; the arrow keys move between its areas.
  function walk(area, step) {
    const figure = Array.from(area.closest("svg").querySelectorAll("[data-place]"));
    const next = figure[(figure.indexOf(area) + step + figure.length) % figure.length];
    figure.forEach((other) => other.setAttribute("tabindex", other === next ? "0" : "-1"));
    next.focus();
  }

  const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

  areas.forEach((area) => {
    area.addEventListener("click", () => toggle(area));
    area.addEventListener("keydown", (event) => {
      if (event.key === " " || event.key === "Enter") {
        event.preventDefault();
        toggle(area);
      } else if (event.key in STEPS) {
        event.preventDefault();
        walk(area, STEPS[event.key]);
      }
    });
  });
  list.addEventListener("change", mirror);
  showAll.addEventListener("click", () => {
    const compact = list.classList.toggle("compact");
    showAll.setAttribute("aria-expanded", String(!compact));
    mirror();
  });

  drawing.hidden = false;
  list.classList.add("compact");
  window.addEventListener("pageshow", mirror);
  mirror();
})();
