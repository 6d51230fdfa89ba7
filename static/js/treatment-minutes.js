// Adds up the hands-on minutes while they are typed. Without it the form works the same.
(() => {
  const form = document.querySelector("[data-minutes-form]");
  if (!form) return;
  const total = form.querySelector("[data-minutes-total]");
  const fields = [...form.querySelectorAll("[data-minutes]")];
  const add = () => {
    const sum = fields.reduce((all, field) => all + (parseInt(field.value, 10) || 0), 0);
    total.textContent = sum ? String(sum) : "–";
  };
  form.addEventListener("input", add);
  add();
})();
