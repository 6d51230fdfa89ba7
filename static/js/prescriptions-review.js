// The reviewer's form: fill in the calculated order, add found codes, submit once.
(() => {
  "use strict";

  const form = document.querySelector("[data-review]");
  if (!form) return;
  const visits = form.querySelector("#id_visits");
  const through = form.querySelector("#id_through_on");
  const codes = form.querySelector("#id_codes");

  // A proposal fills a field that is empty or still holds the last proposal; typed values stay.
  function propose(field, value) {
    if (field.value && field.value !== field.dataset.proposed && field.value !== value) return;
    const changed = field.value !== value;
    field.value = value;
    field.dataset.proposed = value;
    if (changed) field.dispatchEvent(new Event("change", { bubbles: true })); // the checklist reads it
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "order-hint") return;
    const proposal = event.detail.target.querySelector("[data-visits]");
    propose(visits, proposal ? proposal.dataset.visits : "");
    propose(through, proposal ? proposal.dataset.through : "");
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-code]");
    if (!button) return;
    const list = codes.value.split(/[\s,;]+/).filter(Boolean);
    if (!list.includes(button.dataset.addCode)) list.push(button.dataset.addCode);
    codes.value = list.join(", ");
    codes.dispatchEvent(new Event("change", { bubbles: true }));
    document.getElementById("codes-found").replaceChildren();
    document.getElementById("diagnosis-words").value = "";
    codes.focus();
  });

  // When collapsed, name the chosen treatment areas.
  const areas = form.querySelector("[data-areas]");
  areas.addEventListener("change", () => {
    const chosen = [...areas.querySelectorAll("input:checked")].map((tick) => tick.labels[0].textContent);
    areas.querySelector("[data-areas-chosen]").textContent = chosen.join(" · ") || areas.dataset.none;
  });

  // Enter in the search box searches; it must not open the page for use without JavaScript.
  document.getElementById("diagnosis-search").addEventListener("submit", (event) => {
    event.preventDefault();
    document.querySelector("#codes-found [data-add-code]")?.focus();
  });

  // The hints post from inside this form, so it guards itself against a second click.
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => delete form.dataset.sent);
})();
