// Keeps the city's page fresh; without it the page is reloaded every 30 seconds.
"use strict";
(function () {
  if (!window.EventSource) { setTimeout(function () { location.reload(); }, 30000); return; }
  var html = document.documentElement;
  var mark = document.getElementById("live").getAttribute("data-mark");
  var lang = html.lang === "en" ? "en" : "zh";
  var source = new EventSource("/events?lang=" + lang + "&mark=" + mark);
  var heard = 0;
  // A browser has six connections to a host, and keeps a page that was left with its own.
  window.addEventListener("pagehide", function () { source.close(); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) { location.reload(); } });
  function hear() { heard = Date.now(); html.classList.remove("stale"); }
  source.onopen = hear;
  source.addEventListener("cells", function (event) {
    hear();
    JSON.parse(event.data).forEach(function (cell) {
      var tile = document.getElementById("d" + cell.division);
      if (!tile) { location.reload(); return; }
      tile.className = tile.className.replace(/\S+$/, cell.verdict);
      tile.title = cell.title;
      tile.querySelector("b").textContent = cell.word;
      tile.querySelector("i").textContent = cell.number;
    });
  });
  source.addEventListener("figures", function (event) {
    hear();
    var figures = JSON.parse(event.data);
    Object.keys(figures).forEach(function (id) {
      var figure = document.getElementById("n-" + id) || document.getElementById(id);
      if (!figure) { return; }
      figure.textContent = figures[id];
      var box = figure.parentNode.parentNode;
      if (box.className.indexOf("count") === 0) { box.classList.toggle("zero", figures[id] === "0"); }
    });
  });
  source.addEventListener("incidents", function (event) {
    hear();
    document.getElementById("incidents").outerHTML = JSON.parse(event.data);
  });
  // The picture's time moves every second; if it stands still, nothing on the page may look fresh.
  setInterval(function () {
    if (Date.now() - heard > 10000) { html.classList.add("stale"); }
  }, 2000);
})();
