// Shared by every page. Pages work without it: it only saves clicks, repeats and lost places.
(() => {
  "use strict";

  const root = document.documentElement;
  const RELEASE_MS = 15000; // A form that got no response may be sent again; the server refuses true repeats.

  // ---- Focus: first the errors, else whatever new content asks for it ----
  function placeFocus(scope) {
    for (const wish of ["[data-error-summary]", "[data-focus]"]) {
      const target = scope.matches?.(wish) ? scope : scope.querySelector(wish);
      if (target) {
        target.focus();
        return;
      }
    }
  }

  // ---- Submit once ----
  function release(form) {
    if (!form.dataset.sending) return;
    form.removeAttribute("aria-busy");
    delete form.dataset.sending;
    delete root.dataset.loading;
    form.querySelectorAll("[data-was-enabled]").forEach((button) => {
      button.disabled = false;
      button.removeAttribute("aria-busy");
      delete button.dataset.wasEnabled;
    });
  }

  function hold(form, submitter) {
    form.dataset.sending = "yes";
    form.setAttribute("aria-busy", "true");
    // Later, so that the pressed button's name and value are still sent with the form.
    setTimeout(() => {
      if (!submitter || submitter.disabled) return;
      submitter.dataset.wasEnabled = "yes";
      submitter.disabled = true;
      submitter.setAttribute("aria-busy", "true");
    }, 0);
    setTimeout(() => release(form), RELEASE_MS);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !event.defaultPrevented && !window.confirm(form.dataset.confirm)) {
      event.preventDefault();
      return;
    }
    // Not form.method: a field of that name (how a visit was paid) would hide it.
    const posts = form.getAttribute("method")?.toLowerCase() === "post";
    if (event.defaultPrevented || !posts || "repeat" in form.dataset) return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    hold(form, event.submitter);
    root.dataset.loading = "yes";
  });

  // After Back to a cached page, its buttons must not still be disabled.
  window.addEventListener("pageshow", () => {
    delete root.dataset.loading;
    document.querySelectorAll("form[data-sending]").forEach(release);
  });

  // ---- Small menus: Escape and a click elsewhere close them ----
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const box = document.querySelector("[data-search]");
      if (box) {
        event.preventDefault();
        box.focus();
        box.select();
      }
    }
  });
  // What the search in the bar has found goes with Escape, and when somebody goes on elsewhere.
  function endSearch(event) {
    if (event.type === "keydown" ? event.key !== "Escape" : event.target.closest(".bar-search")) return;
    document.getElementById("bar-found")?.replaceChildren();
  }
  for (const kind of ["keydown", "click", "focusin"]) document.addEventListener(kind, endSearch);
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    if (event.target.closest("[data-print]")) window.print();
    // A group of choices has no field of its own to focus: take its first.
    const link = event.target.closest(".error-summary a");
    const group = link && document.querySelector(link.getAttribute("href"));
    const first = group?.tagName === "DIV" && group.querySelector("input, select, textarea");
    if (first) {
      event.preventDefault();
      first.focus();
    }
  });

  // ---- htmx: one progress line, announced failures, one request per form ----
  let waiting = 0;
  function setWaiting(change) {
    waiting = Math.max(0, waiting + change);
    if (waiting) root.dataset.loading = "yes";
    else delete root.dataset.loading;
  }

  function say(kind) {
    const box = document.getElementById("trouble");
    if (!box) return;
    box.textContent = box.dataset[kind] || "";
    box.hidden = !kind;
  }

  // What no user caused (polling) does not count as activity (clinic/accounts/idle.py), nor as a
  // view of anyone (clinic/audit/view_log.py).
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.triggeringEvent) event.detail.headers["X-Background"] = "1";
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig, elt } = event.detail;
    const form = elt.closest("form");
    const posts = form && requestConfig.verb !== "get" && !("repeat" in form.dataset);
    // What looks something up while one types must not swallow the Enter that follows.
    const typing = ["input", "change"].includes(requestConfig.triggeringEvent?.type);
    if (posts && !typing) {
      if (form.dataset.sending) {
        event.preventDefault();
        return;
      }
      hold(form, requestConfig.triggeringEvent?.submitter);
      requestConfig.holds = form;
    }
    setWaiting(1);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    setWaiting(-1);
    if (event.detail.requestConfig.holds) release(event.detail.requestConfig.holds);
    if (event.detail.successful) say("");
  });
  // Signed out by then: the response is the sign-in page, which must not load inside this one.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const login = document.getElementById("trouble")?.dataset.login;
    if (login && new URL(event.detail.xhr.responseURL || location.href).pathname === login) {
      event.detail.shouldSwap = false;
      setTimeout(() => say("signedOut"), 0);
    }
  });
  document.addEventListener("htmx:sendError", () => say("offline"));
  document.addEventListener("htmx:timeout", () => say("offline"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 422) return;
    say(status === 401 || status === 403 ? "signedOut" : "failed");
  });
  // Settling takes a moment: somebody who has gone to a field of the new part by then stays there.
  const focused = new WeakMap();
  document.addEventListener("htmx:afterSwap", (event) => focused.set(event.detail.xhr, document.activeElement));
  document.addEventListener("htmx:afterSettle", (event) => {
    if (focused.get(event.detail.xhr) === document.activeElement) placeFocus(event.target);
  });

  // This browser is about to be in a client's hands: no other page of the staff stays open in it.
  if (window.BroadcastChannel && !document.getElementById("tablet")) {
    new BroadcastChannel("tablet").onmessage = () => location.reload();
  }

  placeFocus(document);
})();
