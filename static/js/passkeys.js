// Creates a passkey, or signs in or confirms with one. Without it, the page's other ways still work.
(() => {
  "use strict";

  const passkeys = globalThis.webauthnJSON;

  function tell(form, what) {
    const trouble = form.querySelector("[data-passkey-trouble]");
    trouble.textContent = trouble.dataset[what];
    trouble.hidden = false;
  }

  async function options(form) {
    if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  async function add(form) {
    const wanted = (await options(form)).creation_options;
    const alone = form.elements.passwordless.checked;
    const choice = wanted.publicKey.authenticatorSelection;
    choice.residentKey = alone ? "required" : "discouraged";
    choice.requireResidentKey = alone;
    if (alone) choice.userVerification = "required";
    return passkeys.create(wanted);
  }

  async function use(form) {
    return passkeys.get((await options(form)).request_options);
  }

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const button = form.querySelector("[data-passkey-go]");
    if (!passkeys || !passkeys.supported()) {
      button.disabled = true;
      tell(form, "unsupported");
      return;
    }
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const found = await (form.dataset.passkey === "add" ? add(form) : use(form));
        form.elements.credential.value = JSON.stringify(found);
        form.submit(); // does not trigger this handler again
      } catch (error) {
        button.disabled = false;
        tell(form, error.name === "SecurityError" ? "address" : "failed");
      }
    });
  });
})();
