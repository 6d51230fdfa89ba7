// A tablet of the clinic in a client's hands: says when the line is gone and keeps what was typed,
// tells the server that someone is there, and hides the answers when nobody is.
// The server ends it by itself (intake/tablet): this only shows it at once.
(() => {
  "use strict";

  const tablet = document.getElementById("tablet");
  if (!tablet) return;
  const idle = Number(tablet.dataset.idle) * 1000;
  const warning = Number(tablet.dataset.warning) * 1000;
  const offline = tablet.querySelector(".tablet-offline");
  const still = tablet.querySelector("[data-still]");
  const over = tablet.querySelector(".tablet-over");
  const main = document.getElementById("main");
  const isOpen = document.querySelector(".tablet-foot") !== null; // it has not ended
  const STEP = 20000; // how often the server is told, at most
  let touched = Date.now();
  let told = Date.now();
  let later = 0;

  // Pages of the staff that are still open in other tabs must not stay on the screen.
  try {
    new BroadcastChannel("tablet").postMessage("locked");
  } catch {
    // An old browser: they close at their next click.
  }

  function line(isThere) {
    offline.hidden = isThere;
  }

  async function tell() {
    told = Date.now();
    clearTimeout(later);
    later = 0;
    try {
      const answer = await fetch(tablet.dataset.seen, {
        method: "POST",
        headers: { "X-CSRFToken": tablet.dataset.token },
        credentials: "same-origin",
        redirect: "manual",
      });
      line(true);
      if (answer.status !== 204) hide();
      return true;
    } catch {
      line(false);
      return false;
    }
  }

  function touch() {
    if (!over.hidden) return;
    touched = Date.now();
    still.hidden = true;
    if (Date.now() - told >= STEP) tell();
    else if (!later) later = setTimeout(tell, STEP - (Date.now() - told));
  }

  // Health answers leave the screen, with or without a line; the server shows the rest.
  function hide() {
    if (!over.hidden) return;
    clearTimeout(later);
    main.replaceChildren();
    document.querySelector(".tablet-foot")?.remove();
    still.hidden = true;
    over.hidden = false;
    const go = () => location.replace(tablet.dataset.screen);
    if (navigator.onLine) go();
    else window.addEventListener("online", go, { once: true });
  }

  if (isOpen) {
    ["keydown", "pointerdown", "input", "scroll"].forEach((kind) =>
      document.addEventListener(kind, touch, { passive: true, capture: true }),
    );
    setInterval(() => {
      const quiet = Date.now() - touched;
      if (quiet >= idle) hide();
      else still.hidden = quiet < idle - warning;
    }, 1000);
  }

  // Back by the browser's own memory of the page, or from another tab: ask what it may show.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // ---- No connection ----
  window.addEventListener("offline", () => line(false));
  window.addEventListener("online", async () => {
    if (!(await tell())) return;
    const form = document.querySelector("form[data-intake]");
    if (form) form.dispatchEvent(new Event("change", { bubbles: true })); // saved now
  });
  document.addEventListener("htmx:sendError", () => line(false));
  document.addEventListener("htmx:timeout", () => line(false));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) line(true);
  });

  // Leaving the page without a line would lose it: first see that the server is there.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!isOpen) return;
    if (form.dataset.reached) {
      delete form.dataset.reached;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!navigator.onLine || !(await tell())) {
      line(false);
      return;
    }
    if (!over.hidden) return;
    form.dataset.reached = "yes";
    form.requestSubmit(event.submitter);
  }, { capture: true });
  document.addEventListener("click", (event) => {
    if (!navigator.onLine && event.target.closest("a[href]")) {
      event.preventDefault();
      line(false);
    }
  });
})();
