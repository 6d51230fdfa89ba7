// Counts down while a time is held. Without JavaScript the page says until when, which is enough.
(() => {
  "use strict";

  // Coming back to this page reloads it instead of sending the form again.
  window.history.replaceState(null, "", window.location.href);

  const box = document.querySelector("[data-hold-until]");
  if (!box) return;
  const text = box.querySelector("[data-hold-text]");
  const say = document.querySelector("[data-hold-say]");
  const until = new Date(box.dataset.holdUntil).getTime();
  const SOON = 60;
  let told = false;

  function show() {
    const left = Math.max(0, Math.round((until - Date.now()) / 1000));
    if (left === 0) {
      text.textContent = box.dataset.holdOver;
      say.textContent = box.dataset.holdOver;
      box.classList.add("over");
      clearInterval(timer);
      return;
    }
    if (left <= SOON && !told) {
      told = true;
      say.textContent = box.dataset.holdSoon;
      box.classList.add("over");
    }
    const seconds = String(left % 60).padStart(2, "0");
    const clock = `${Math.floor(left / 60)}:${seconds}`;
    text.textContent = box.dataset.holdLeft.replace("{left}", clock);
  }

  const timer = setInterval(show, 1000);
  show();
})();
