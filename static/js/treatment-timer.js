// A clock for each technique: a touch starts it and stops the one before, and its whole minutes stand in the
// field, where they can be put right by hand. It goes on over a reload; without it minutes are typed.
(() => {
  "use strict";

  const form = document.querySelector("[data-timers]");
  if (!form) return;
  const KEPT = `clocks:${form.dataset.timers}`; // of this visit and this start, in this tab only
  const rows = [...form.querySelectorAll("[data-clock]")].map((button) => ({
    button,
    name: button.dataset.clock,
    field: form.elements[button.dataset.clock],
    shown: button.querySelector("[data-clock-shown]"),
  }));
  const clocks = read(); // { running: name or "", since: ms, seconds: { name: n }, byHand: { name: minutes } }

  function read() {
    const empty = { running: "", since: 0, seconds: {}, byHand: {} };
    try {
      return { ...empty, ...JSON.parse(sessionStorage.getItem(KEPT) || "{}") };
    } catch {
      return empty;
    }
  }

  function keep() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(clocks));
    } catch {
      // a private window: the clocks go on until the page is left
    }
  }

  function secondsOf(name) {
    const now = clocks.running === name ? (Date.now() - clocks.since) / 1000 : 0;
    return (clocks.seconds[name] || 0) + Math.max(0, now);
  }

  function stop() {
    if (clocks.running) clocks.seconds[clocks.running] = secondsOf(clocks.running);
    clocks.running = "";
  }

  function show({ typed = "" } = {}) {
    for (const { button, name, field, shown } of rows) {
      const seconds = secondsOf(name);
      const runs = clocks.running === name;
      button.setAttribute("aria-pressed", String(runs));
      const minutes = Math.floor(seconds / 60);
      shown.textContent = seconds >= 1 ? `${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")}` : "";
      // Seconds are dropped, as units are counted. What was put right by hand counts from there.
      const all = Math.max(0, minutes + (clocks.byHand[name] || 0));
      if (name !== typed && seconds >= 1 && field.value !== String(all)) {
        field.value = all ? String(all) : "";
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
    form.dispatchEvent(new Event("clocks"));
  }

  for (const { button, name, field } of rows) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const begins = clocks.running !== name;
      stop();
      if (begins) {
        // What is there already was done without the clock.
        if (!secondsOf(name)) clocks.byHand[name] = parseInt(field.value, 10) || 0;
        clocks.running = name;
        clocks.since = Date.now();
      }
      keep();
      show();
    });
    field.addEventListener("input", () => {
      clocks.byHand[name] = (parseInt(field.value, 10) || 0) - Math.floor(secondsOf(name) / 60);
      keep();
    });
  }
  form.addEventListener("submit", () => {
    stop();
    show();
    keep();
  });
  setInterval(() => {
    if (clocks.running) show({ typed: document.activeElement?.name });
  }, 1000);
  show();
})();
