// Somebody is looked for who is not here yet: what was typed is put into the form for somebody new, so that
// nobody types it twice. What a person typed there stays.
(() => {
  "use strict";

  const FIELDS = ["name", "first_name", "last_name", "birth_date", "phone", "email"];

  function fill(typed) {
    for (const field of FIELDS) {
      const input = document.getElementById(`id_${field}`);
      if (!input || input.value !== (input.dataset.typed || "")) continue;
      input.value = typed[field] || "";
      input.dataset.typed = input.value;
    }
  }

  // At the counter somebody is chosen: nobody found means somebody new.
  function choose(found) {
    const fresh = document.querySelector(".pick-new");
    if (!fresh) return;
    const nobody = Object.keys(found.dataset).length > 1 && !document.querySelector("#found input");
    const chosen = document.querySelector("input[name=client]:checked");
    if (nobody && !chosen) {
      fresh.checked = true;
      fresh.dataset.byItself = "yes";
    } else if (!nobody && fresh.checked && fresh.dataset.byItself) {
      fresh.checked = false;
      delete fresh.dataset.byItself;
    }
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "found") return;
    const found = document.querySelector("#found [data-typed]");
    if (!found) return;
    fill(found.dataset);
    choose(found);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".pick-new")) delete event.target.dataset.byItself;
  });
})();
