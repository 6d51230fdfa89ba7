// Fills in what a receipt's QR code says: /verify/#2026-00001/ABCD-EFGH-JKLM.
// What follows the # stays in the browser; no server is sent it and no log keeps it. It is taken out of
// the address at once, so that the history does not keep it either. Without this script the fields are empty.
(() => {
  "use strict";

  const form = document.querySelector("form[data-verify]");
  const said = location.hash.slice(1).match(/^([0-9A-Z-]{1,16})\/([0-9A-Z-]{1,20})$/);
  if (!form || !said) return;
  form.elements.number.value = said[1];
  form.elements.code.value = said[2];
  history.replaceState(null, "", location.pathname);
  form.querySelector("button").focus();
})();
