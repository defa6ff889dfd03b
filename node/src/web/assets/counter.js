// Fetches what stands in a field's place while somebody types, and keeps parts of pages fresh.
// Every page works without it.
"use strict";
const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
for (const field of document.querySelectorAll("[data-from]")) {
  const into = document.getElementById(field.dataset.fill);
  let wait = 0, asked = 0;
  const ask = async () => {
    const mine = ++asked;
    const query = new URLSearchParams({ q: field.value, lang });
    try {
      const answer = await fetch(field.dataset.from + "?" + query);
      if (answer.ok && mine === asked) into.innerHTML = await answer.text();
    } catch { /* The service restarts; what is shown stays, and the button works. */ }
  };
  field.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 150); });
  if (field.value) ask();
}
document.addEventListener("click", (event) => {
  const from = event.target.closest("[data-applicant]");
  if (!from) return;
  for (const name of ["applicant", "phone"]) {
    const field = document.getElementById(name);
    if (field && !field.value) field.value = from.dataset[name];
  }
});
// The same question in the other language.
for (const other of document.querySelectorAll("header.top a[lang]")) {
  const query = new URLSearchParams(location.search);
  query.set("lang", new URLSearchParams(other.search).get("lang"));
  other.search = query;
}
// A second press sends nothing: the first is on its way.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
// The screen of the hall, and who waits.
for (const part of document.querySelectorAll("[data-refresh]")) {
  let busy = false;
  setInterval(async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(part.dataset.refresh + "?lang=" + lang);
      if (answer.ok && !answer.redirected) part.innerHTML = await answer.text();
      else if (part.hasAttribute("data-alone")) location.reload(); // It must be opened again.
    } catch { /* The service restarts; what is shown stays. */ }
    busy = false;
  }, Number(part.dataset.pace));
}
const slip = document.querySelector("[data-print]");
if (slip) {
  window.print();
  if (slip.dataset.back) setTimeout(() => location.assign(slip.dataset.back), 12000);
}
// A link that is to be handed over is copied whole.
document.addEventListener("focusin", (event) => {
  if (event.target.matches("input.link[readonly]")) event.target.select();
});
