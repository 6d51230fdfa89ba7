// Sets the separators of a date of birth while it is typed: a phone's keypad has digits alone.
// Pages work without it: the server reads the digits as well (clinic/web/birth_date.py).
// It acts only on a digit typed at the end, so it never fights a backspace, a paste or an autofill.
(() => {
  "use strict";

  const FIELD = "input[data-birth-date]";
  const TYPED = ["insertText", "insertCompositionText"];
  const [MONTHS, DAYS] = [12, 31];

  const could = (digits, most) => Number(digits) >= 1 && Number(digits) <= most;

  // The digit that no longer fits the month or the day begins what comes next.
  function separated(text) {
    const month = text.match(/^(\d\d)(\d)$/);
    if (month && could(month[1], MONTHS)) return `${month[1]}/${month[2]}`;
    const day = text.match(/^(\d{1,2})([ ./,-])(\d\d)(\d)$/);
    if (day && could(day[1], MONTHS) && could(day[3], DAYS)) return day.slice(1, 4).join("") + day[2] + day[4];
    return null;
  }

  function typed(field) {
    if (field.selectionStart !== field.value.length) return;
    const text = separated(field.value);
    if (text !== null) field.value = text; // and the caret stays at the end
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches?.(FIELD) || event.isComposing) return;
    if (TYPED.includes(event.inputType) && /^\d$/.test(event.data ?? "")) typed(event.target);
  });
  document.addEventListener("compositionend", (event) => {
    if (event.target.matches?.(FIELD)) typed(event.target);
  });
  // Eight digits that were pasted: shown as they will be read.
  document.addEventListener("focusout", (event) => {
    if (!event.target.matches?.(FIELD)) return;
    const found = event.target.value.trim().match(/^(\d\d)(\d\d)(\d{4})$/);
    if (found && could(found[1], MONTHS) && could(found[2], DAYS)) event.target.value = found.slice(1).join("/");
  });
})();
