// Zoom, turn and page through the pictures of a document. Without this file they simply scroll.
(() => {
  "use strict";

  const ZOOMS = [50, 75, 100, 125, 150, 200, 250, 300];

  document.querySelectorAll("[data-viewer]").forEach((viewer) => {
    const box = viewer.querySelector("[data-pages]");
    const sheets = [...box.querySelectorAll("[data-page]")];
    const where = viewer.querySelector("[data-where]");
    const tools = viewer.querySelector("[data-viewer-tools]");
    const turns = new Map();
    let zoom = ZOOMS.indexOf(100);
    if (!sheets.length) return;
    tools.hidden = false;

    function current() {
      const middle = box.scrollTop + box.clientHeight / 3;
      return sheets.findLastIndex((sheet) => sheet.offsetTop - box.offsetTop <= middle);
    }

    function say() {
      const page = Math.max(current(), 0) + 1;
      const text = where.dataset.text.replace("{n}", page).replace("{all}", sheets.length);
      if (where.textContent !== text) where.textContent = text;
    }

    function setZoom(step) {
      const before = box.scrollHeight ? box.scrollTop / box.scrollHeight : 0;
      zoom = Math.min(ZOOMS.length - 1, Math.max(0, zoom + step));
      sheets.forEach((sheet) => {
        sheet.style.width = `${ZOOMS[zoom]}%`;
      });
      box.scrollTop = before * box.scrollHeight;
    }

    function turn() {
      const sheet = sheets[Math.max(current(), 0)];
      const next = ((turns.get(sheet) || 0) + 90) % 360;
      turns.set(sheet, next);
      const address = new URL(sheet.src);
      address.searchParams.set("turn", next);
      sheet.src = address;
    }

    function step(change) {
      const target = sheets[Math.min(sheets.length - 1, Math.max(0, current() + change))];
      box.scrollTop = target.offsetTop - box.offsetTop;
      say();
    }

    tools.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.zoom) setZoom(Number(button.dataset.zoom));
      else if (button.dataset.step) step(Number(button.dataset.step));
      else turn();
    });
    // In the pages themselves: + and - zoom, R turns; arrows and Page Down scroll as everywhere.
    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "+" || event.key === "=") setZoom(1);
      else if (event.key === "-") setZoom(-1);
      else if (event.key === "r" || event.key === "R") turn();
      else return;
      event.preventDefault();
    });
    box.addEventListener("scroll", say, { passive: true });
    say();
  });
})();
