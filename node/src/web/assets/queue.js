// Keeps the screen of the hall fresh, prints the slip of a kiosk. Every page works without it.
"use strict";
const board = document.querySelector("[data-refresh]");
const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
if (board) {
  let busy = false;
  setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch(board.dataset.refresh + "?lang=" + lang);
      if (answer.redirected) location.reload(); // Somebody must open this screen again.
      else if (answer.ok) board.innerHTML = await answer.text();
    } catch { /* The service restarts; what is shown stays. */ }
    busy = false;
  }, 2000);
}
const slip = document.querySelector("[data-print]");
if (slip) {
  window.print();
  if (slip.dataset.back) setTimeout(() => location.assign(slip.dataset.back), 12000);
}
// A second press sends nothing: the first is on its way.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
