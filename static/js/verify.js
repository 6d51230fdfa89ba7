// Fills in what a receipt's QR code says: /verify/#2026-00001/ABCD-EFGH-JKLM.
// What follows the # stays in the browser; no server is sent it and no log keeps it. It is taken out of
// the address at once, so that the history does not keep it either. Without this script the fields are empty.
//
// And takes the SHA-256 of a file here, so that the file never leaves. Where the browser cannot (no TLS), it is sent.
(() => {
  "use strict";

  const MAX_SIZE = 25 * 1024 * 1024;
  const form = document.querySelector("form[data-verify]");
  if (!form) return;
  const said = location.hash.slice(1).match(/^([0-9A-Z-]{1,16})\/([0-9A-Z-]{1,20})$/);
  if (said) {
    form.elements.number.value = said[1];
    form.elements.code.value = said[2];
    history.replaceState(null, "", location.pathname);
    form.querySelector("button").focus();
  }

  const input = form.elements.file;
  const reading = form.querySelector("[data-reading]");
  if (!window.crypto?.subtle) return;
  form.querySelector("[data-stays]").hidden = false;

  async function fingerprint(file) {
    const sum = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  form.addEventListener("submit", async (event) => {
    const file = input.files[0];
    form.elements.sha256.value = "";
    if (!file || file.size > MAX_SIZE) return; // one that is too large is refused with a sentence
    event.preventDefault();
    reading.textContent = reading.dataset.words;
    try {
      form.elements.sha256.value = await fingerprint(file);
      input.disabled = true; // only its fingerprint is sent
    } catch {
      // It cannot be read any more, such as from a stick that was taken out: the browser says so.
    }
    form.submit();
  });

  // After Back, the page may stand as it was left.
  window.addEventListener("pageshow", () => {
    input.disabled = false;
    reading.textContent = "";
  });

  const drop = form.querySelector("[data-drop]");
  ["dragenter", "dragover"].forEach((kind) =>
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    }),
  );
  ["dragleave", "drop"].forEach((kind) => drop.addEventListener(kind, () => drop.classList.remove("over")));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
})();
