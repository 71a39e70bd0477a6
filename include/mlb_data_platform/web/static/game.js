// The moment that a game is shown of: the slider says it in words, the address leads to it, captures around it are listed.
"use strict";
(() => {
  const slider = () => document.getElementById("capture");
  const isKept = () => document.getElementById("kept") !== null;
  const hideConnection = () => (document.getElementById("connection").hidden ||= !isKept()); // what was stays so
  let movedAt = 0;
  let asked = "";

  const stand = () => (slider().value = slider().getAttribute("value")); // where what is shown is

  const sayMoment = () => {
    const words = document.getElementById("capture-said").textContent.replace(/\s+/g, " ").trim();
    slider().setAttribute("aria-valuetext", words);
  };

  // While it is open: as soon as another capture is shown, and as their number grows, until those after it are all there.
  const listCaptures = () => {
    const list = document.getElementById("captures-list");
    const wanted = `${list.dataset.number} of ${Math.min(slider().max, list.dataset.until)}`;
    if (!document.getElementById("captures-near").open || asked === wanted) return;
    asked = wanted;
    htmx.trigger(list, "due");
  };

  document.addEventListener("htmx:after:swap", () => {
    const moment = document.getElementById("moment");
    slider().max = document.getElementById("made-so-far").textContent;
    sayMoment();
    // Whoever moves it is ahead of what is shown; else it stands where that is, the newest if that is kept up to date.
    const isMoving = slider().classList.contains("htmx-request") || Date.now() - movedAt < 250;
    if (!isMoving) stand();
    hideConnection();
    listCaptures();
    if (location.pathname + location.search !== moment.dataset.address) {
      history.replaceState(history.state, "", moment.dataset.address);
    }
  });

  document.addEventListener("htmx:sse:after:connection", hideConnection);
  document.addEventListener("input", (event) => event.target === slider() && (movedAt = Date.now()));
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.id !== "captures-near") return;
      if (!event.target.open) asked = ""; // who opens it again asks again, should it have failed
      listCaptures();
    },
    true,
  );
  for (const failure of ["htmx:response:error", "htmx:error"]) {
    document.addEventListener(failure, (event) => event.target === slider() && stand());
  }

  sayMoment();
  addEventListener("load", listCaptures); // who opened the list before this script was there
})();
