// What every part of the page uses: the data, and elements made of text only. Nothing here ever
// turns text into HTML: learners' texts are text.
const DATA = JSON.parse(document.getElementById("data").textContent);
const CHECKS = DATA.checks.map(([task, step, title, points], place) => ({
  place, task, step, title, points,
}));
const TASKS = DATA.tasks.map(([task, title, points]) => ({
  task, title, points, checks: CHECKS.filter((check) => check.task === task),
})).filter((task) => task.checks.length);
const TASK_PLACE = Object.fromEntries(DATA.tasks.map(([task], place) => [task, place]));
const NOT_RUN = "x";
const OUTCOMES = { ...DATA.outcomes, [NOT_RUN]: ["not run", "·"] };
const WORST_FIRST = "fuwbxnp";
const NARROW = matchMedia("(max-width: 760px)");

const LEARNERS = DATA.learners.map((entry, place) => ({
  place,
  key: entry.k,
  id: entry.i,
  name: entry.n || "",
  email: entry.e || "",
  outcomes: entry.o,
  reasons: pairs(entry.r || []),
  hints: pairs(entry.g || []),
  byTask: entry.t,
  total: entry.s ?? null, // null: withheld
  withheld: entry.w || "",
  first: entry.f ?? null,
  waits: entry.y ? entry.y[0] : [], // what waits for it, in sentences
  toFix: entry.y ? entry.y[1] : null, // where to fix it: [name, address]
  links: entry.l || [],
  evidence: entry.v || "",
  feedback: DATA.feedback && DATA.feedback.join(encodeURIComponent(entry.k)), // null: not shared
  forInstructor: entry.x || [],
  standing: entry.h || [], // notes of past runs
  decided: entry.d || [], // decisions and late work
  faults: entry.u || [],
  groups: { bin: entry.bin || [], stop: entry.stop || [], why: entry.why || [] }, // numbers of bars
  searched: plain([entry.i, entry.n, entry.e].join(" ")),
}));

function pairs(flat) {
  const byPlace = new Map();
  for (let at = 0; at < flat.length; at += 2) byPlace.set(flat[at], DATA.texts[flat[at + 1]]);
  return byPlace;
}

// Letters without their marks and case, so that "sorensen" finds "Sørensen".
function plain(text) {
  const bare = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return bare.replace(/[øłđßæœı]/g, (letter) => (
    { ø: "o", ł: "l", đ: "d", ß: "ss", æ: "ae", œ: "oe", ı: "i" }[letter]
  ));
}

function byId(id) {
  return document.getElementById(id);
}

// An element: make("td", { class: "num" }, "text", anotherElement).
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

// Text with code where it is between backticks.
function inlineCode(text) {
  const parts = text.split("`");
  if (parts.length % 2 === 0) return [text];
  return parts.map((part, at) => (at % 2 ? make("code", null, part) : part));
}

function mark(letter) {
  const [name, symbol] = OUTCOMES[letter];
  return make("span", { class: `mark ${letter}`, role: "img", "aria-label": name }, symbol);
}

function worst(outcomes) {
  return [...WORST_FIRST].find((letter) => outcomes.includes(letter));
}

function outcomesIn(learner, checks) {
  return checks.map((check) => learner.outcomes[check.place]).join("");
}

function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
