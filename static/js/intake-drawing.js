// A signature by finger: strokes on a canvas, kept as numbers in a hidden field.
// Without this script the consent is signed on paper or by typing the name.
(() => {
  "use strict";

  const box = document.querySelector("[data-drawing-box]");
  if (!box) return;
  const form = box.closest("form");
  const canvas = box.querySelector("canvas");
  const field = form.querySelector("[data-drawing]");
  const pen = canvas.getContext("2d");
  let strokes = [];

  function show() {
    const how = form.querySelector("input[name=consent_how]:checked");
    const isAsked = form.querySelector("input[name=consent_how]"); // where nobody asks how, both are there
    box.hidden = Boolean(isAsked) && how?.value !== "finger";
  }

  function point(event) {
    const area = canvas.getBoundingClientRect();
    const x = Math.round(((event.clientX - area.left) / area.width) * canvas.width);
    const y = Math.round(((event.clientY - area.top) / area.height) * canvas.height);
    return [Math.min(Math.max(x, 0), canvas.width), Math.min(Math.max(y, 0), canvas.height)];
  }

  function draw() {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.lineWidth = 3;
    pen.lineCap = pen.lineJoin = "round";
    strokes.forEach((one) => {
      pen.beginPath();
      for (let at = 0; at < one.length; at += 2) pen.lineTo(one[at], one[at + 1]);
      pen.stroke();
    });
  }

  function keep() {
    field.value = strokes.length ? JSON.stringify(strokes) : "";
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    strokes.push(point(event));
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    strokes.at(-1).push(...point(event));
    draw();
  });
  canvas.addEventListener("pointerup", keep);
  canvas.addEventListener("pointercancel", keep);
  box.querySelector("[data-drawing-again]").addEventListener("click", () => {
    strokes = [];
    draw();
    keep();
  });
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  try {
    strokes = JSON.parse(field.value || "[]"); // after an error nothing drawn is lost
  } catch {
    strokes = [];
  }
  show();
  draw();
})();
