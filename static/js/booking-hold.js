// Counts down the minutes a time is kept. Without it the page says until when, which is enough.
(() => {
  "use strict";

  const box = document.querySelector("[data-hold-until]");
  if (!box) return;
  const text = box.querySelector("[data-hold-text]");
  const until = new Date(box.dataset.holdUntil).getTime();

  function show() {
    const left = Math.max(0, Math.round((until - Date.now()) / 1000));
    if (left === 0) {
      text.textContent = box.dataset.holdOver;
      box.classList.add("over");
      box.setAttribute("role", "status");
      clearInterval(timer);
      return;
    }
    const seconds = String(left % 60).padStart(2, "0");
    text.textContent = `${box.dataset.holdLeft} ${Math.floor(left / 60)}:${seconds}`;
  }

  const timer = setInterval(show, 1000);
  show();
})();
