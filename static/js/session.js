// Warns before the session ends, extends it while someone is working, and never loses a form.
(() => {
  "use strict";

  const dialog = document.getElementById("session-end");
  if (!dialog) return;
  const address = dialog.dataset.address;
  const warning = Number(dialog.dataset.warning);
  const clock = dialog.querySelector("[data-left]");
  const parts = { soon: dialog.querySelector("[data-soon]"), over: dialog.querySelector("[data-over]") };
  let touched = Date.now(); // opening the page counts as activity
  let ends = 0;
  let timer = 0;

  function token(value) {
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => {
      field.value = value;
    });
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": value }));
    dialog.dataset.token = value;
  }

  async function ask(method) {
    const headers = { "X-Background": "1" };
    if (method === "POST") headers["X-CSRFToken"] = dialog.dataset.token;
    const answer = await fetch(address, { method, headers, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    token(told.token);
    return told.seconds;
  }

  function plan(seconds) {
    clearTimeout(timer);
    ends = Date.now() + seconds * 1000;
    timer = setTimeout(look, Math.max(1, seconds - warning) * 1000);
  }

  function show(part) {
    // On a shared computer no one can read on once it is over; what was typed is hidden, not lost.
    if (part === "over") document.documentElement.dataset.session = "over";
    else delete document.documentElement.dataset.session;
    parts.soon.hidden = part !== "soon";
    parts.over.hidden = part !== "over";
    if (!dialog.open) dialog.showModal();
  }

  // Shortly before the end: another tab may have extended it, or someone may be typing here.
  async function look() {
    try {
      const busy = Date.now() - touched < warning * 1000;
      const seconds = await ask(busy ? "POST" : "GET");
      if (seconds > warning) {
        delete document.documentElement.dataset.session;
        if (dialog.open) dialog.close();
        plan(seconds);
        return;
      }
      ends = Date.now() + seconds * 1000;
      show(seconds ? "soon" : "over");
      if (seconds) tick();
    } catch {
      if (Date.now() > ends) show("over"); // offline, but the time is still up
      timer = setTimeout(look, 10000);
    }
  }

  function tick() {
    if (!dialog.open || parts.soon.hidden) return;
    const seconds = Math.max(0, Math.round((ends - Date.now()) / 1000));
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (!seconds) look();
    else setTimeout(tick, 1000);
  }

  ["keydown", "pointerdown", "input"].forEach((kind) =>
    document.addEventListener(
      kind,
      () => {
        if (!dialog.open) touched = Date.now();
      },
      { passive: true, capture: true },
    ),
  );
  dialog.querySelector("[data-stay]").addEventListener("click", async () => {
    try {
      const seconds = await ask("POST");
      if (!seconds) {
        show("over");
        return;
      }
      touched = Date.now();
      dialog.close();
      plan(seconds);
    } catch {
      look();
    }
  });
  dialog.querySelector("[data-back]").addEventListener("click", look);
  dialog.addEventListener("cancel", (event) => {
    if (!parts.over.hidden) event.preventDefault();
    else dialog.querySelector("[data-stay]").click(); // Escape counts as activity
  });
  // Back from sleep or another tab: time has passed that no timer counted.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() > ends - warning * 1000) look();
  });

  plan(Number(dialog.dataset.seconds));
})();
