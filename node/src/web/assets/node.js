// Keeps a machine's page fresh; without it the page is reloaded every 30 seconds.
"use strict";
(function () {
  if (!window.EventSource) { setTimeout(function () { location.reload(); }, 30000); return; }
  var html = document.documentElement;
  var live = document.getElementById("live");
  var path = live.getAttribute("data-events");
  var source = new EventSource(path + "?lang=" + (html.lang === "en" ? "en" : "zh"));
  var heard = Date.now();
  // A browser has six connections to a host, and keeps a page that was left with its own.
  window.addEventListener("pagehide", function () { source.close(); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) { location.reload(); } });
  source.onmessage = function (event) {
    heard = Date.now();
    html.classList.remove("stale");
    // Whoever is in a link with the keyboard stays there.
    if (!live.contains(document.activeElement)) { live.innerHTML = JSON.parse(event.data); }
  };
  setInterval(function () {
    if (Date.now() - heard > 25000) { html.classList.add("stale"); }
  }, 2000);
})();
