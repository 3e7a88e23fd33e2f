// Keeps a page of the console up to date: follows /events and, when something happened, fetches the
// same page again and changes in place what differs. The server writes every word and number, so
// nothing here knows a language or a format; focus, selection and scroll position stay.

const INTERVAL = 1000; // least milliseconds between two fetches
const SILENCE = 25000; // longer silence than this means that the hub is gone
const RETRY = 3000;

const lost = document.getElementById("lost");
let heard = Date.now();
let wanted = false;
let busy = false;

/** Changes `from` into a copy of `to`, touching only what differs. */
function morph(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) {
    from.replaceWith(to.cloneNode(true));
    return;
  }
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  // Whether something is folded is the reader's business.
  const own = (name) => name === "open" && from.nodeName === "DETAILS";
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !own(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (!own(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  const olds = [...from.childNodes];
  const news = [...to.childNodes];
  olds.slice(news.length).forEach((node) => node.remove());
  news.forEach((node, i) => {
    if (i < olds.length) morph(olds[i], node);
    else from.append(node.cloneNode(true));
  });
}

function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  if (document.title !== page.title) document.title = page.title;
  for (const part of ["main", "footer"]) {
    const from = document.querySelector(part);
    const to = page.querySelector(part);
    if (from && to) morph(from, to);
  }
  // The line is an alert: its words may change only while it is hidden, or it would be read again.
  const line = page.getElementById("lost");
  if (lost && line) lost.textContent = line.textContent;
}

function reachable(yes) {
  if (lost && lost.hidden !== yes) lost.hidden = yes;
}

async function refresh() {
  if (busy || document.hidden) {
    wanted = true;
    return;
  }
  busy = true;
  wanted = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    // A page that is not there yet (the next round, say) stays as it is.
    if (answer.ok) {
      reachable(true);
      show(await answer.text());
    }
  } catch {
    reachable(false);
  }
  setTimeout(() => {
    busy = false;
    if (wanted) refresh();
  }, INTERVAL);
}

function follow() {
  const events = new EventSource("/events");
  events.addEventListener("status", () => {
    heard = Date.now();
    refresh();
  });
  events.onopen = () => {
    heard = Date.now();
    reachable(true);
  };
  events.onerror = () => {
    reachable(false);
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, RETRY);
  };
}

document.documentElement.classList.add("live");
document.addEventListener("click", ({ target }) => {
  const menu = document.querySelector(".languages details");
  if (menu?.open && !menu.contains(target)) menu.open = false;
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && wanted) refresh();
});
const unfold = () => {
  const fold = document.getElementById(location.hash.slice(1))?.closest("details");
  if (fold) fold.open = true;
};
addEventListener("hashchange", unfold);
unfold();
setInterval(() => {
  if (!document.hidden && Date.now() - heard > SILENCE) reachable(false);
}, 5000);
follow();
