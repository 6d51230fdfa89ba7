// Counts down while a time is held for someone. Without JavaScript the page says until when.
(() => {
  "use strict";

  const texts = [...document.querySelectorAll("[data-until]")];
  if (!texts.length) return;

  function show() {
    let open = 0;
    for (const text of texts) {
      const left = Math.max(0, Math.round((new Date(text.dataset.until) - Date.now()) / 1000));
      const seconds = String(left % 60).padStart(2, "0");
      open += left ? 1 : 0;
      text.textContent = left
        ? text.dataset.left.replace("{left}", `${Math.floor(left / 60)}:${seconds}`)
        : text.dataset.over;
    }
    if (!open) clearInterval(timer);
  }

  const timer = setInterval(show, 1000);
  show();
})();
