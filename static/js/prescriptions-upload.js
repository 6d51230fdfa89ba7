// Choosing files: one by one or together, in the order of the pages; drag and drop; sending with a
// real progress bar; and resending after a lost connection, without choosing again.
(() => {
  "use strict";

  const MAX_FILE = 15 * 1024 * 1024;
  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  const chosen = form.querySelector("[data-chosen]");
  const progress = form.querySelector("[data-progress]");
  const lost = form.querySelector("[data-lost]");
  let files = [];
  let refused = false; // the listed files were sent and could not be used

  function size(bytes) {
    return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  }

  function button(words, name, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-quiet btn-sm";
    made.textContent = words;
    made.setAttribute("aria-label", `${words}: ${name}`);
    made.addEventListener("click", act);
    return made;
  }

  function row(file, place) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const amount = document.createElement("span");
    name.className = "name";
    name.textContent = file.name;
    amount.className = "size";
    amount.textContent = size(file.size);
    if (file.size > MAX_FILE) {
      amount.className = "size bad";
      amount.textContent += ` (${chosen.dataset.tooLarge})`;
    }
    item.append(name, amount);
    if (place > 0) {
      item.append(
        button(chosen.dataset.up, file.name, () => {
          files.splice(place - 1, 2, files[place], files[place - 1]);
          keep(place - 1);
        }),
      );
    }
    item.append(
      button(chosen.dataset.remove, file.name, () => {
        files.splice(place, 1);
        keep(Math.min(place, files.length - 1));
      }),
    );
    return item;
  }

  // The form always sends what the list shows.
  function keep(focused = null) {
    const held = new DataTransfer();
    files.forEach((file) => held.items.add(file));
    input.files = held.files;
    chosen.replaceChildren(...files.map(row));
    if (focused === null) return;
    const next = chosen.children[focused]?.querySelector("button:last-child") ?? input;
    next.focus();
  }

  function add(more) {
    files = [...files, ...more];
    keep();
  }

  input.addEventListener("change", () => {
    const more = [...input.files];
    // If the only file was refused, a new one replaces it. With several, the sender removes one.
    if (refused && files.length === 1 && more.length) files = [];
    refused = false;
    // Nothing chosen: the picker was closed. The browser emptied the field; the list stays.
    add(more.filter((file) => !files.includes(file)));
  });
  add([...input.files]); // kept by the browser across a reload

  // ---- The camera, on a handheld device ----
  if (window.matchMedia("(pointer: coarse)").matches) {
    const template = form.querySelector("[data-camera]");
    template.replaceWith(template.content.cloneNode(true));
    const camera = form.querySelector(".camera input");
    camera.addEventListener("change", () => {
      add([...camera.files]);
      camera.value = "";
    });
  }

  ["dragenter", "dragover"].forEach((kind) =>
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    }),
  );
  ["dragleave", "drop"].forEach((kind) => drop.addEventListener(kind, () => drop.classList.remove("over")));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });

  // ---- Sending ----
  const bar = progress.querySelector("progress");
  form.addEventListener("htmx:beforeRequest", () => {
    bar.value = 0;
    progress.hidden = false;
    lost.hidden = true;
  });
  form.addEventListener("htmx:xhr:progress", (event) => {
    if (event.detail.lengthComputable) bar.value = (event.detail.loaded / event.detail.total) * 100;
  });
  form.addEventListener("htmx:afterRequest", () => {
    progress.hidden = true;
  });

  // The page's token goes along, so files that did arrive are not accepted twice.
  function notSent() {
    lost.hidden = false;
  }
  form.addEventListener("htmx:sendError", notSent);
  form.addEventListener("htmx:timeout", notSent);
  form.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) notSent();
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    refused = event.detail.xhr.status === 422;
  });
  window.addEventListener("online", () => {
    if (!lost.hidden) form.requestSubmit();
  });
})();
