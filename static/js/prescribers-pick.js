// A directory entry fills the reviewer's fields; each can still be changed.
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    const entry = event.target.closest("[data-prescriber]");
    if (!entry) return;
    for (const name of ["name", "credential", "npi", "phone"]) {
      const field = document.getElementById(`id_prescriber_${name}`);
      if (!field || !entry.dataset[name]) continue;
      field.value = entry.dataset[name];
      // The name's own event would query the directory again.
      if (name !== "name") field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    document.getElementById("prescribers-offered").replaceChildren();
    document.getElementById("id_prescriber_name").focus();
  });
})();
