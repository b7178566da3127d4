"use strict";
// Keys, copying, filters folded on narrow screens, and what is new since the last visit. The page works without all of it.
(() => {
  const box = document.getElementById("box");
  const list = document.getElementById("key-list");
  const hits = [...document.querySelectorAll(".hit")];
  let here = -1;

  // 229: browsers that send the key of an input method without isComposing, as Safari does for the Enter that ends it.
  const composes = (event) => event.isComposing || event.keyCode === 229;
  const isField = (target) =>
    target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;

  const go = (number) => {
    if (!hits.length) return;
    hits[here]?.classList.remove("here");
    here = Math.max(0, Math.min(hits.length - 1, number));
    hits[here].classList.add("here");
    hits[here].focus({ preventScroll: true });
    hits[here].scrollIntoView({ block: "nearest" });
  };
  const isWebAddress = (link) => /^https?:\/\//i.test(link || "");

  box?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || composes(event)) return;
    event.preventDefault();
    box.form.requestSubmit();
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || composes(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isField(event.target) || list.open) return;
    const hit = hits[here];
    const keys = {
      "/": () => { box?.focus(); box?.select(); },
      j: () => go(here + 1),
      k: () => go(here - 1),
      s: () => { if (hit?.dataset.similar) location.assign(hit.dataset.similar); },
      e: () => {
        const why = hit?.querySelector("details.why");
        if (why) why.open = !why.open;
      },
      "?": () => list.showModal(),
      Enter: () => { if (isWebAddress(hit?.dataset.original)) location.assign(hit.dataset.original); },
    };
    if (!Object.hasOwn(keys, event.key)) return;
    // Enter on a link, button or summary is theirs.
    if (event.key === "Enter" && event.target !== hit) return;
    event.preventDefault();
    keys[event.key]();
  });
  hits.forEach((hit, number) => hit.addEventListener("focusin", () => {
    hits[here]?.classList.remove("here");
    here = number;
  }));

  for (const button of document.querySelectorAll("button.copy")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.parentElement.querySelector(".citation").textContent.trim());
      button.textContent = button.dataset.done;
    });
  }

  // The selected text of an article is asked for as a passage.
  const more = document.getElementById("more-like");
  if (more) {
    const body = document.querySelector(".body");
    const field = more.querySelector("textarea");
    document.addEventListener("selectionchange", () => {
      const selected = document.getSelection();
      const text = selected.toString().trim();
      // Not its end: three clicks on the last paragraph select up to what comes after it.
      const isInside = text && body.contains(selected.getRangeAt(0).startContainer);
      if (isInside) field.value = text;
      // A click on the button may end the selection before it is a click.
      more.hidden = !isInside && !more.contains(document.activeElement);
    });
    more.addEventListener("mousedown", (event) => event.preventDefault());
  }

  for (const chart of document.querySelectorAll(".scroll")) chart.scrollLeft = chart.scrollWidth; // the newest

  const filters = document.querySelector("details.filters");
  if (filters && matchMedia("(max-width: 52rem)").matches) filters.open = false;

  const news = document.getElementById("new-since");
  if (news) {
    const last = localStorage.getItem("xinwen-visit");
    if (last) {
      const fresh = hits.filter((hit) => hit.dataset.newest && Date.parse(hit.dataset.newest) > Date.parse(last));
      fresh.forEach((hit) => hit.classList.add("fresh"));
      news.textContent = `· ${news.dataset.text}: ${fresh.length}`;
      news.hidden = false;
    }
    localStorage.setItem("xinwen-visit", new Date().toISOString());
  }
})();
