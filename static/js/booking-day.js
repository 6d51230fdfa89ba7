// Keys of the day board, and the mark on the tile whose panel is open.
(() => {
  "use strict";

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (link) link.click();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "panel") return;
    document.querySelectorAll(".visit[aria-current]").forEach((tile) => tile.removeAttribute("aria-current"));
    const tile = event.detail.requestConfig.elt;
    if (tile && tile.classList.contains("visit")) tile.setAttribute("aria-current", "true");
  });
})();
