// The keys of the console, and nothing that a page needs to work.
"use strict";
(() => {
  const root = document.documentElement;
  const pressed = /^(checkbox|radio|button|submit|file)$/; // nothing is typed into these
  const typing = (target) =>
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
      (target.tagName === "INPUT" && !pressed.test(target.type)));
  const shown = (element) => element.getClientRects().length > 0;
  let before = "";

  const rows = () => [...document.querySelectorAll("[data-row]")].filter(shown);
  const problems = () => [...document.querySelectorAll("[data-problem]")].filter(shown);

  function move(list, step) {
    if (!list.length) return;
    const at = list.findIndex((one) => one.classList.contains("here"));
    const next = at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + step, 0), list.length - 1);
    if (at >= 0) list[at].classList.remove("here");
    list[next].classList.add("here");
    const link = list[next].matches("[data-problem]") ? list[next] : list[next].querySelector("a");
    (link || list[next]).focus({ preventScroll: true });
    list[next].scrollIntoView({ block: "nearest" });
  }

  function open(list) {
    const here = list.find((one) => one.classList.contains("here"));
    const link = here && here.querySelector("[data-open]");
    if (link) link.click();
    return Boolean(link);
  }

  function act(key) {
    const wanted = [...document.querySelectorAll("[data-key]")].find(
      (one) => one.dataset.key === key && (shown(one) || one.closest(".menu")),
    );
    if (!wanted) return false;
    if (typing(wanted)) {
      wanted.focus();
      wanted.select();
    } else {
      wanted.click();
    }
    return true;
  }

  document.addEventListener("keydown", (event) => {
    // an input method composes: its Enter and digits choose words (keyCode 229: UI Events, 6.3.1)
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const button = (event.target.form || document).querySelector("[data-submit]");
      if (button) {
        event.preventDefault();
        button.click();
      }
      return;
    }
    if (event.key === "Escape" && typing(event.target)) {
      event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (root.dataset.keys === "off") return;
    const key = event.key;
    let done = false;
    if (before === "g") done = act(`g ${key}`);
    before = "";
    if (done) {
      event.preventDefault();
      return;
    }
    if (key === "g") {
      before = "g";
      setTimeout(() => (before = ""), 1500);
      return;
    }
    if (key === "j" || key === "k") {
      move(rows(), key === "j" ? 1 : -1);
      done = true;
    } else if (key === "n" || key === "p") {
      move(problems(), key === "n" ? 1 : -1);
      done = true;
    } else if (key === "o") {
      done = open(rows());
    } else if (key === "x") {
      const here = rows().find((one) => one.classList.contains("here"));
      const box = here && here.querySelector("input[type=checkbox]");
      if (box) box.click();
      done = Boolean(box);
    } else {
      done = act(key);
    }
    if (done) event.preventDefault();
  });

  // the seconds of the undo window run down; without this the page shows those of its time
  for (const one of document.querySelectorAll("[data-seconds]")) {
    const first = Number(one.dataset.seconds);
    const words = one.textContent;
    const end = Date.now() + first * 1000;
    const timer = setInterval(() => {
      const left = Math.max(Math.ceil((end - Date.now()) / 1000), 0);
      one.textContent = words.replace(String(first), String(left));
      if (!left) clearInterval(timer);
    }, 1000);
  }

  // who opens a decision wants to fill it in; what is to be read first keeps the focus away
  if (!document.querySelector("[role=alert]")) {
    const inputs = document.querySelectorAll(".decide-inputs :is(input, select, textarea)");
    const first = [...inputs].find(shown);
    if (first) first.focus({ preventScroll: true });
  }

  // a form is sent once, however often somebody clicks
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
})();
