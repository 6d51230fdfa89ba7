// Copies a link. Without JavaScript the field can still be selected.
(() => {
  "use strict";

  const said = document.querySelector("[data-copied]");

  async function copy(button) {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // The text is selected; copy it with the keyboard.
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
