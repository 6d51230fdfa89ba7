// Adds up the hands-on minutes while they are typed, beside those on the clock. Without it the form works the same.
(() => {
  const form = document.querySelector("[data-minutes-form]");
  if (!form) return;
  const total = form.querySelector("[data-minutes-total]");
  const passed = form.querySelector("[data-minutes-elapsed]");
  const fields = [...form.querySelectorAll("[data-minutes]")];
  const clock = (name) => {
    const [hours, minutes] = form.elements[name].value.split(":").map(Number);
    return hours * 60 + minutes;
  };
  const add = () => {
    const sum = fields.reduce((all, field) => all + (parseInt(field.value, 10) || 0), 0);
    const elapsed = clock("stopped") - clock("started");
    total.textContent = sum ? String(sum) : "–";
    passed.textContent = elapsed > 0 ? passed.dataset.of.replace("{minutes}", elapsed) : "";
    total.parentElement.classList.toggle("over", elapsed > 0 && sum > elapsed);
  };
  form.addEventListener("input", add);
  add();
})();
