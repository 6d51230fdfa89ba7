// Choosing files: names and sizes before sending, drag and drop, a real progress bar.
(() => {
  "use strict";

  const MAX_FILE = 15 * 1024 * 1024;
  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  const chosen = form.querySelector("[data-chosen]");
  const progress = form.querySelector("[data-progress]");

  function size(bytes) {
    return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  }

  function show() {
    chosen.replaceChildren(
      ...[...input.files].map((file) => {
        const item = document.createElement("li");
        const name = document.createElement("span");
        const amount = document.createElement("span");
        name.textContent = file.name;
        amount.className = "size";
        amount.textContent = size(file.size);
        if (file.size > MAX_FILE) {
          amount.className = "size bad";
          amount.textContent += ` (${chosen.dataset.tooLarge})`;
        }
        item.append(name, amount);
        return item;
      }),
    );
  }
  input.addEventListener("change", show);
  show();

  ["dragenter", "dragover"].forEach((kind) =>
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    }),
  );
  ["dragleave", "drop"].forEach((kind) => drop.addEventListener(kind, () => drop.classList.remove("over")));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    show();
  });

  const bar = progress.querySelector("progress");
  form.addEventListener("htmx:beforeRequest", () => {
    bar.value = 0;
    progress.hidden = false;
  });
  form.addEventListener("htmx:xhr:progress", (event) => {
    if (event.detail.lengthComputable) bar.value = (event.detail.loaded / event.detail.total) * 100;
  });
  form.addEventListener("htmx:afterRequest", () => {
    progress.hidden = true;
  });
})();
