// Adds up the hands-on minutes as they are typed, next to the elapsed minutes. The form works without it.
(() => {
  const form = document.querySelector("[data-minutes-form]");
  if (!form) return;
  const total = form.querySelector("[data-minutes-total]");
  const passed = form.querySelector("[data-minutes-elapsed]");
  if (!total) return; // the desk enters no minutes
  const fields = [...form.querySelectorAll("[data-minutes]")];
  const clock = (name) => {
    if (!form.elements[name]) return NaN;
    const [hours, minutes] = form.elements[name].value.split(":").map(Number);
    return hours * 60 + minutes;
  };
  const add = () => {
    const sum = fields.reduce((all, field) => all + (parseInt(field.value, 10) || 0), 0);
    const elapsed = clock("stopped") - clock("started");
    const text = sum ? String(sum) : "–";
    if (total.textContent !== text) total.textContent = text; // said aloud only when it changes
    passed.textContent = elapsed > 0 ? passed.dataset.of.replace("{minutes}", elapsed) : "";
    total.parentElement.classList.toggle("over", elapsed > 0 && sum > elapsed);
  };
  // "Now" fills the time that the clinic's clocks show, wherever this screen is.
  for (const button of form.querySelectorAll("[data-fill-now]")) {
    const field = document.getElementById(button.dataset.fillNow);
    if (!field) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const how = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: field.dataset.zone };
      field.value = new Intl.DateTimeFormat("en-GB", how).format(new Date());
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  for (const event of ["input", "clocks"]) form.addEventListener(event, add);
  add();
})();
