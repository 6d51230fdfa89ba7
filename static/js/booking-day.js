// The day board: its keys, the mark on the tile whose panel is open, and dragging a visit to another time.
// Dragging only opens the move page with the time filled in; that page shows any conflicts and asks.
(() => {
  "use strict";

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const link = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!link) return;
    event.preventDefault(); // the key is not for the field it leads to
    if (link.matches("input")) link.focus();
    else link.click();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "panel") return;
    document.querySelectorAll(".visit[aria-current]").forEach((tile) => tile.removeAttribute("aria-current"));
    const tile = event.detail.requestConfig.elt;
    if (tile && tile.classList.contains("visit")) tile.setAttribute("aria-current", "true");
  });

  // The panel's cross: the board is already there, so nothing needs to load.
  document.addEventListener("click", (event) => {
    const cross = event.target.closest("#panel [data-close-panel]");
    if (!cross || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const tile = document.querySelector(".visit[aria-current]");
    document.getElementById("panel").replaceChildren();
    history.replaceState(history.state, "", cross.href);
    tile?.removeAttribute("aria-current");
    tile?.focus();
  });

  // ---- Dragging ----
  const STEP = 3; // rows of five minutes
  const SLACK = 6; // pixels before a press becomes a drag
  const live = document.getElementById("live"); // stays; what is in it is sent anew when something changed
  if (!live) return;
  let board = live.querySelector(".board[data-day]");
  let drag = null;
  let opened = "";

  live.addEventListener("htmx:beforeSwap", (event) => {
    if (drag) event.detail.shouldSwap = false; // the next answer brings it
    opened = live.querySelector(".visit[aria-current]")?.id;
  });
  live.addEventListener("htmx:afterSwap", () => {
    board = live.querySelector(".board[data-day]");
    if (opened) document.getElementById(opened)?.setAttribute("aria-current", "true");
  });

  const count = (element, kind) => {
    const name = [...element.classList].find((item) => item.startsWith(`${kind}-`));
    return name ? Number(name.slice(kind.length + 1)) : 0;
  };

  function clock(row) {
    const minutes = Number(board.dataset.firstHour) * 60 + row * 5;
    const two = (number) => String(number).padStart(2, "0");
    return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  }

  function spoken(row) {
    const [hour, minute] = clock(row).split(":").map(Number);
    return `${(hour + 11) % 12 + 1}:${String(minute).padStart(2, "0")} ${hour < 12 ? "am" : "pm"}`;
  }

  function begin() {
    const ghost = document.createElement("div");
    ghost.className = `visit ghost for-${drag.rows}`;
    ghost.setAttribute("role", "status");
    drag.ghost = ghost;
    drag.tile.classList.add("dragging");
    board.classList.add("moving");
  }

  function follow(event) {
    const lane = document.elementFromPoint(event.clientX, event.clientY)?.closest(".lane[data-therapist]");
    if (!lane) return;
    const box = lane.getBoundingClientRect();
    const total = count(board, "hours") * 12;
    const row = ((event.clientY - box.top) / box.height) * total - drag.grip;
    const snapped = Math.min(Math.max(0, Math.round(row / STEP) * STEP), Math.max(0, total - drag.rows));
    if (drag.lane !== lane) {
      drag.lane?.classList.remove("over");
      lane.classList.add("over");
      lane.append(drag.ghost);
    }
    drag.ghost.classList.remove(`at-${drag.row}`);
    drag.ghost.classList.add(`at-${snapped}`);
    drag.lane = lane;
    drag.row = snapped;
    drag.ghost.textContent = `${spoken(snapped)} · ${lane.getAttribute("aria-label")}`;
  }

  function stop() {
    if (!drag) return null;
    const last = drag;
    drag = null;
    last.ghost?.remove();
    last.lane?.classList.remove("over");
    last.tile.classList.remove("dragging");
    board.classList.remove("moving");
    return last;
  }

  // ---- An empty time: a click begins a booking there ----
  const slot = document.createElement("div");
  slot.setAttribute("aria-hidden", "true");

  function emptyTime(event) {
    if (!board.dataset.book || drag || event.target.closest(".visit, .card-act, .off.why")) return null;
    const lane = event.target.closest(".lane[data-therapist]");
    if (!lane) return null;
    const box = lane.getBoundingClientRect();
    const total = count(board, "hours") * 12;
    const row = Math.floor((((event.clientY - box.top) / box.height) * total) / STEP) * STEP;
    return row >= 0 && row < total ? { lane, row } : null;
  }

  live.addEventListener("pointermove", (event) => {
    const found = event.pointerType === "mouse" ? emptyTime(event) : null;
    if (!found) {
      slot.remove();
      return;
    }
    slot.className = `slot at-${found.row} for-${STEP * 2}`;
    slot.textContent = `+ ${spoken(found.row)}`;
    if (slot.parentNode !== found.lane) found.lane.append(slot);
  });
  live.addEventListener("pointerleave", () => slot.remove());
  live.addEventListener("click", (event) => {
    const found = emptyTime(event);
    if (!found) return;
    const wish = new URLSearchParams({
      day: board.dataset.day,
      at: clock(found.row),
      therapist: found.lane.dataset.therapist,
    });
    location.assign(`${board.dataset.book}?${wish}`);
  });

  live.addEventListener("pointerdown", (event) => {
    const tile = event.target.closest(".visit[data-move]");
    // A finger scrolls; on a phone the move button does the same.
    if (!tile || event.button !== 0 || event.pointerType === "touch") return;
    const lane = tile.closest(".lane");
    const box = tile.getBoundingClientRect();
    const rowHeight = lane.getBoundingClientRect().height / (count(board, "hours") * 12);
    drag = {
      tile,
      home: lane,
      from: count(tile, "at"),
      rows: count(tile, "for"),
      grip: (event.clientY - box.top) / rowHeight,
      x: event.clientX,
      y: event.clientY,
      ghost: null,
      lane: null,
      row: null,
    };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < SLACK) return;
    if (!drag.ghost) begin();
    follow(event);
  });
  document.addEventListener("pointerup", () => {
    const last = stop();
    if (!last?.ghost) return;
    // The click that follows would open the panel.
    const swallow = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    document.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
    if (!last.lane || (last.lane === last.home && last.row === last.from)) return;
    const wish = new URLSearchParams({
      day: board.dataset.day,
      at: clock(last.row),
      therapist: last.lane.dataset.therapist,
    });
    location.assign(`${last.tile.dataset.move}?${wish}`);
  });
  document.addEventListener("pointercancel", stop);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") stop();
  });
  live.addEventListener("dragstart", (event) => event.preventDefault());
})();
