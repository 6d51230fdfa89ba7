// Zoom, rotate, and page through a document's images, and mark on them the words that a field
// was read from. Without this file the images simply scroll.
(() => {
  "use strict";

  const ZOOMS = [50, 75, 100, 125, 150, 200, 250, 300];
  const FIT = ZOOMS.indexOf(100);
  const SVG = "http://www.w3.org/2000/svg";
  const ROOM = 0.004; // of the page, around a marked word
  const AIR = 24; // pixels between a mark and the viewer's edge

  const viewer = document.querySelector("[data-viewer]");
  if (!viewer) return;
  const box = viewer.querySelector("[data-pages]");
  const leaves = [...box.querySelectorAll("[data-page]")];
  const where = viewer.querySelector("[data-where]");
  const tools = viewer.querySelector("[data-viewer-tools]");
  if (!leaves.length) return;
  let zoom = FIT;
  tools.hidden = false;

  // Where a page begins, from the top edge of the view.
  const above = (leaf) => leaf.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientTop;

  function current() {
    const found = leaves.findLastIndex((leaf) => above(leaf) <= box.clientHeight / 3);
    return leaves[Math.max(found, 0)];
  }

  function say() {
    const text = where.dataset.text.replace("{n}", current().dataset.page).replace("{all}", leaves.length);
    if (where.textContent !== text) where.textContent = text;
  }

  // Change the size and keep the middle in the middle.
  function keepingPlace(change) {
    const leaf = current();
    const before = leaf.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    const x = frame.left + box.clientWidth / 2;
    const y = frame.top + box.clientHeight / 2;
    const across = (x - before.left) / before.width;
    const down = (y - before.top) / before.height;
    change(leaf);
    const after = leaf.getBoundingClientRect();
    box.scrollLeft += after.left + across * after.width - x;
    box.scrollTop += after.top + down * after.height - y;
    say();
  }

  function setZoom(next) {
    zoom = Math.min(ZOOMS.length - 1, Math.max(0, next));
    keepingPlace(() => leaves.forEach((leaf) => (leaf.style.width = `${ZOOMS[zoom]}%`)));
    tools.querySelector('[data-zoom="-1"]').setAttribute("aria-disabled", zoom === 0);
    tools.querySelector('[data-zoom="1"]').setAttribute("aria-disabled", zoom === ZOOMS.length - 1);
  }

  // The rotation is stored on the page element, so paging keeps it; marks rotate with the image.
  function turn() {
    keepingPlace((leaf) => (leaf.dataset.turn = ((Number(leaf.dataset.turn) || 0) + 90) % 360));
  }

  function shape(leaf) {
    const image = leaf.querySelector("img");
    if (image.naturalWidth) leaf.style.setProperty("--shape", image.naturalWidth / image.naturalHeight);
  }

  function step(change) {
    const leaf = leaves[leaves.indexOf(current()) + change];
    if (leaf) box.scrollTop += above(leaf);
    say();
  }

  tools.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.zoom) setZoom(zoom + Number(button.dataset.zoom));
    else if (button.dataset.step) step(Number(button.dataset.step));
    else if ("fit" in button.dataset) setZoom(FIT);
    else turn();
  });

  const KEYS = {
    "+": () => setZoom(zoom + 1),
    "=": () => setZoom(zoom + 1),
    "-": () => setZoom(zoom - 1),
    0: () => setZoom(FIT),
    r: turn,
    n: () => step(1),
    p: () => step(-1),
  };
  // Only in the document's own frame: in a field these keys are text.
  viewer.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = KEYS[event.key.toLowerCase()];
    if (!act) return;
    act();
    event.preventDefault();
  });
  box.addEventListener("scroll", say, { passive: true });
  window.addEventListener("resize", say, { passive: true });
  leaves.forEach((leaf) => {
    shape(leaf);
    leaf.querySelector("img").addEventListener("load", () => shape(leaf));
  });
  say();

  function clear() {
    box.querySelectorAll("[data-marks]").forEach((marks) => marks.remove());
  }

  // Rectangles in fractions of the page, over its image.
  function mark(leaf, boxes) {
    const marks = document.createElementNS(SVG, "svg");
    for (const [name, value] of Object.entries({
      viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true", "data-marks": "", class: "marks",
    })) marks.setAttribute(name, value);
    boxes.forEach(([x, y, width, height]) => {
      const rect = document.createElementNS(SVG, "rect");
      rect.setAttribute("x", x - ROOM);
      rect.setAttribute("y", y - ROOM);
      rect.setAttribute("width", width + 2 * ROOM);
      rect.setAttribute("height", height + 2 * ROOM);
      marks.append(rect);
    });
    leaf.querySelector("[data-face]").append(marks);
    return [...marks.children];
  }

  // Scroll only the viewer, until the first mark is fully visible.
  function bringIntoView(rect) {
    const seen = rect.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    const bottom = frame.top + box.clientHeight;
    const right = frame.left + box.clientWidth;
    if (seen.top < frame.top + AIR || seen.bottom > bottom - AIR) box.scrollTop += seen.top - frame.top - box.clientHeight / 4;
    if (seen.left < frame.left + AIR) box.scrollLeft += seen.left - frame.left - AIR;
    else if (seen.right > right - AIR) box.scrollLeft += Math.min(seen.right - right + AIR, seen.left - frame.left - AIR);
  }

  function show(source) {
    clear();
    const leaf = leaves.find((one) => one.dataset.page === source.dataset.show);
    if (!leaf) return;
    const rects = mark(leaf, JSON.parse(source.dataset.boxes));
    if (rects.length) bringIntoView(rects[0]);
    say();
  }

  document.addEventListener("focusin", (event) => {
    if (!event.target.closest("form") || event.target.closest("[data-viewer]")) return;
    const source = event.target.closest("[data-show]")
      || document.getElementById(`${event.target.id}_helptext`)?.querySelector("[data-show]");
    if (source) show(source);
    else clear();
  });
  document.addEventListener("click", (event) => {
    const source = event.target.closest("[data-show]");
    if (!source) return;
    event.preventDefault();
    show(source);
    // On a phone, the document is above the form.
    viewer.scrollIntoView({ block: "nearest" });
  });
})();
