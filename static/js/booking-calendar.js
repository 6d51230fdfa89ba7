// Copies a link. Without it the field is there to select.
(() => {
  "use strict";

  const said = document.querySelector("[data-copied]");

  async function copy(button) {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // The text is selected: the keyboard does the rest.
    }
    if (said) said.textContent = said.dataset.copied;
    const before = button.textContent;
    button.textContent = said?.dataset.copied ?? before;
    setTimeout(() => {
      button.textContent = before;
      if (said) said.textContent = "";
    }, 2000);
  }

  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  });
})();
