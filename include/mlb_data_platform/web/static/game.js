// The moment that a game is shown of: the slider says it in words, and the address leads to it.
"use strict";
(() => {
  const slider = () => document.getElementById("capture");

  const said = () => {
    const words = document.getElementById("capture-said").textContent.replace(/\s+/g, " ").trim();
    slider().setAttribute("aria-valuetext", words);
  };

  document.addEventListener("htmx:after:swap", () => {
    const moment = document.getElementById("moment");
    said();
    // Whoever moves it is ahead of what is shown; else it stands where that is, the newest if that is kept up to date.
    if (!slider().classList.contains("htmx-request")) slider().value = slider().getAttribute("value");
    document.getElementById("connection").hidden ||= !document.getElementById("kept"); // what was stays so
    if (location.pathname + location.search !== moment.dataset.address) {
      history.replaceState(history.state, "", moment.dataset.address);
    }
  });

  if (slider()) said();
})();
