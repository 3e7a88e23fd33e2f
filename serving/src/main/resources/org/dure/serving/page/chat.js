// The page's behaviour: sends what was written to /v1/chat/completions and shows the answer as it
// arrives. Texts in the reader's language come with the page, as data-* attributes of <body>.

const byId = (id) => document.getElementById(id);
const texts = document.body.dataset;
const [model, temperature, length] = ["model", "temperature", "length"].map(byId);
const [log, status, error, prompt] = ["log", "status", "error", "prompt"].map(byId);
const [send, stop, clear, origin] = ["send", "stop", "clear", "origin"].map(byId);
const [key, facts, examples] = ["key", "facts", "examples"].map(byId);
/** Under which this tab, and no other, remembers the key. */
const KEY = "dure-key";

/** The conversation so far, as the API takes it; starting anew replaces it. */
let messages = [];
/** Ends the running request; null while there is none. */
let running = null;

/** Refused by the server, with its status and the API's error code. */
class Refusal extends Error {
  constructor(message, status, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function headers() {
  return key.value === "" ? {} : { Authorization: `Bearer ${key.value}` };
}

/** What the server tells of the chosen model, once it is asked for. */
async function showOrigin() {
  facts.replaceChildren();
  if (!origin.open) {
    return;
  }
  const name = model.value;
  const path = "/v1/models/" + name.split("/").map(encodeURIComponent).join("/");
  try {
    const response = await fetch(path, { headers: headers() });
    if (!response.ok) {
      throw await refusal(response);
    }
    const { dure } = await response.json();
    if (name !== model.value || facts.childElementCount > 0) {
      return;
    }
    const { provenance, ...own } = dure;
    for (const [term, value] of Object.entries({ ...own, ...provenance })) {
      const [dt, dd] = ["dt", "dd"].map((tag) => document.createElement(tag));
      dt.textContent = term;
      dd.textContent = value;
      facts.append(dt, dd);
    }
  } catch (problem) {
    showProblem(problem);
  }
}

/** Beginnings in the model's language, of which one is gone on with when it is chosen. */
function showExamples() {
  const { language, examples: json } = model.selectedOptions[0].dataset;
  const beginnings = JSON.parse(json);
  examples.hidden = beginnings.length === 0;
  examples.querySelector("ul").replaceChildren(
    ...beginnings.map((beginning) => {
      const [item, button] = ["li", "button"].map((tag) => document.createElement(tag));
      button.type = "button";
      button.lang = language;
      button.textContent = beginning;
      button.addEventListener("click", () => {
        prompt.value = beginning;
        byId("composer").requestSubmit();
      });
      item.append(button);
      return item;
    }),
  );
}

function showModel() {
  showOrigin();
  showExamples();
}

function showError(message) {
  error.textContent = message;
  error.hidden = message === "";
}

function showProblem(problem) {
  if (problem instanceof Refusal) {
    showError(problem.status === 401 ? texts.keyRefused : `${texts.failed} ${problem.message}`);
    if (problem.status === 401) {
      key.focus();
    }
  } else {
    showError(texts.unreachable);
  }
}

/** Adds a paragraph to the log and gives it back. */
function entry(kind, heading, language, text) {
  const article = document.createElement("article");
  const title = document.createElement("h2");
  const paragraph = document.createElement("p");
  title.textContent = heading;
  paragraph.className = kind;
  paragraph.lang = language;
  paragraph.textContent = text;
  article.append(title, paragraph);
  log.hidden = false;
  log.append(article);
  log.scrollTop = log.scrollHeight;
  return paragraph;
}

function busy(request) {
  running = request;
  // While text streams in, screen readers wait; they read the answer once it is whole.
  log.setAttribute("aria-busy", String(request !== null));
  send.disabled = request !== null;
  examples.querySelectorAll("button").forEach((button) => {
    button.disabled = request !== null;
  });
  stop.disabled = request === null;
}

async function refusal(response) {
  try {
    const problem = (await response.json()).error;
    return new Refusal(problem.message, response.status, problem.code);
  } catch {
    return new Refusal(`${response.status} ${response.statusText}`, response.status, null);
  }
}

/** The events of a response: one parsed object for each `data:` line, until `[DONE]`. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      return;
    }
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.replace(/^data: /, "");
      if (data === "[DONE]") {
        return;
      }
      const event = JSON.parse(data);
      if (event.error) {
        throw new Refusal(event.error.message, 500, event.error.code);
      }
      yield event;
    }
  }
}

/**
 * Asks for an answer. Where text and answer do not fit the model's context, the oldest text is
 * forgotten first; a single text too long for the asked length gets what room there is.
 */
async function ask(conversation, signal) {
  for (let limit = length.valueAsNumber; ; ) {
    const response = await fetch("/v1/chat/completions", {
      method: "POST",
      headers: { ...headers(), "Content-Type": "application/json" },
      body: JSON.stringify({
        model: model.value,
        messages: conversation,
        temperature: temperature.valueAsNumber,
        max_tokens: limit,
        stream: true,
      }),
      signal,
    });
    if (response.ok) {
      return response;
    }
    const problem = await refusal(response);
    if (problem.code !== "context_length_exceeded" || limit === undefined) {
      throw problem;
    }
    if (conversation.length === 1) {
      limit = undefined;
    } else {
      conversation.shift();
      status.textContent = texts.forgotten;
    }
  }
}

/** Shows the answer as it arrives; gives back why it ended. */
async function receive(response, paragraph) {
  let reason = "";
  for await (const event of events(response)) {
    for (const choice of event.choices) {
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      paragraph.append(choice.delta.content ?? "");
      reason = choice.finish_reason ?? reason;
      if (atEnd) {
        log.scrollTop = log.scrollHeight;
      }
    }
  }
  return reason;
}

async function continueText(text) {
  const request = new AbortController();
  const language = model.selectedOptions[0].dataset.language;
  const name = model.value;
  busy(request);
  showError("");
  status.textContent = texts.writing;
  entry("given", texts.given, language, text);
  const conversation = messages;
  conversation.push({ role: "user", content: text });
  let paragraph = null;
  try {
    const response = await ask(conversation, request.signal);
    paragraph = entry("continued", `${texts.continued} (${name})`, language, "");
    const reason = await receive(response, paragraph);
    // An answer that is cut at its length may end inside a character.
    paragraph.textContent = paragraph.textContent.replace(/\ufffd+$/, "");
    if (paragraph.textContent === "") {
      paragraph.className = "nothing";
      paragraph.lang = document.documentElement.lang;
    }
    status.textContent = reason === "length" ? texts.cut : texts.ended;
  } catch (problem) {
    const stopped = problem.name === "AbortError";
    if (conversation === messages) {
      status.textContent = stopped ? texts.stopped : "";
    }
    if (!stopped) {
      showProblem(problem);
    }
  } finally {
    if (paragraph?.textContent) {
      conversation.push({ role: "assistant", content: paragraph.textContent.replace(/\ufffd+$/, "") });
    } else {
      conversation.pop();
      if (paragraph?.className === "nothing") {
        paragraph.textContent = texts.nothing;
      } else {
        paragraph?.closest("article").remove();
      }
    }
    const focused = document.activeElement;
    busy(null);
    // A button that has just been disabled cannot keep the focus.
    if (focused === stop || focused === send || focused === document.body) {
      prompt.focus();
    }
  }
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (running !== null) {
    return;
  }
  const text = prompt.value;
  if (text.trim() === "") {
    showError(texts.empty);
    prompt.focus();
    return;
  }
  if (!byId("settings").reportValidity()) {
    return;
  }
  prompt.value = "";
  continueText(text);
});

byId("settings").addEventListener("submit", (event) => event.preventDefault());

prompt.addEventListener("keydown", (event) => {
  // Enter also ends the composition of a Korean or Japanese syllable: that one is not ours.
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key === "Enter" && !event.shiftKey && !composing) {
    event.preventDefault();
    byId("composer").requestSubmit();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing) {
    running?.abort();
  }
});

stop.addEventListener("click", () => running?.abort());

clear.addEventListener("click", () => {
  running?.abort();
  messages = [];
  log.replaceChildren();
  log.hidden = true;
  showError("");
  status.textContent = texts.cleared;
  prompt.focus();
});

key.value = sessionStorage.getItem(KEY) ?? "";
key.addEventListener("change", () => {
  sessionStorage.setItem(KEY, key.value);
  showError("");
  showOrigin();
});
origin.addEventListener("toggle", showOrigin);
model.addEventListener("change", showModel);
// The console's links to this page name a model.
const asked = new URLSearchParams(location.search).get("model");
if ([...model.options].some((option) => option.value === asked)) {
  model.value = asked;
}
showModel();
