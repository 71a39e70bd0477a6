// What a page does by itself: ages that tick, times of the reader's own clock, and whether it is still kept up to date.
"use strict";
(() => {
  const ahead = Date.now() - Date.parse(document.body.dataset.now); // of this clock, before the server's
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

  const age = (moment) => {
    const seconds = Math.max(0, Math.round((Date.now() - ahead - Date.parse(moment)) / 1000));
    if (seconds < 100) return `${seconds} s`;
    if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
    return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
  };

  const say = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const tick = () => {
    for (const each of document.querySelectorAll("time[data-age]")) say(each, `captured ${age(each.dateTime)} ago`);
    for (const each of document.querySelectorAll("time[data-clock]")) say(each, clock.format(new Date(each.dateTime)));
  };

  const connection = document.getElementById("connection");
  const connected = (text, isWell) => {
    connection.hidden = false;
    connection.classList.toggle("well", isWell);
    say(connection, text);
  };

  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:after:swap", tick);
  let stream = null;
  let attempts = 0;
  let again = 0;
  document.addEventListener("htmx:sse:after:connection", (event) => {
    stream = event.detail.connection;
    attempts = 0;
    say(failed, "");
    connected("live", true);
  });
  // A stream that is cut as its page is left counts as an error: the page ends it. It comes back if the page stays.
  addEventListener("beforeunload", () => {
    if (!stream) return;
    stream.config.reconnectDelay = 10000;
    stream.abortController.abort();
  });
  const lost = (status) => {
    const refused = [401, 403].includes(status);
    connected(refused ? "logged out: load the page again" : "reconnecting", false);
  };
  document.addEventListener("htmx:sse:error", (event) => lost(event.detail.status));

  // htmx comes back to a stream that has begun, as late as this; to one that has not, it does not.
  const isStream = (element) => element?.hasAttribute("hx-sse:connect");
  const connectAgain = (element) => {
    const delay = Math.min(500 * 2 ** attempts++, 60000) * (0.7 + 0.6 * Math.random());
    clearTimeout(again);
    again = setTimeout(() => element.isConnected && htmx.trigger(element, "again"), delay);
  };

  // Why a part of the page could not be had is said in a line of its own, until what has asked for it gets it.
  const failed = document.getElementById("failed");
  const isOurs = (answer) => answer.text.startsWith("<hx-partial");
  let asker = null;
  const fails = (element, text) => {
    asker = element;
    if (text) say(failed, text);
  };
  document.addEventListener("htmx:before:response", (event) => {
    const { sourceElement, response } = event.detail.ctx;
    if (!isStream(sourceElement)) return;
    event.preventDefault();
    lost(response.status);
    connectAgain(sourceElement);
  });
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    const { sourceElement, response } = ctx;
    if (response.status >= 400) fails(sourceElement, isOurs(ctx) ? "" : `The answer was an error, ${response.status}.`);
    else if (sourceElement === asker || !asker?.isConnected) say(failed, "");
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (!ctx) return;
    if (!isStream(ctx.sourceElement)) return fails(ctx.sourceElement, "Airflow does not answer.");
    lost();
    connectAgain(ctx.sourceElement);
  });

  // The way to Airflow, for who has come by the link of a task, say: within its frame Airflow is around the page.
  document.getElementById("airflow").hidden = window.parent !== window;

  // Airflow's frame lets a page open nothing outside of itself: a link to Airflow is followed by the page around it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-airflow]");
    if (!link || window.parent === window || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const outside = parent.document.createElement("a");
    outside.href = link.href;
    parent.document.body.append(outside);
    outside.click();
    outside.remove();
  });
})();
