// The listeners, set once everything is there.
function chooseBar({ kind, value, label }) {
  if (kind === "check") {
    const isOn = isChosen({ kind, value });
    show({ where: isOn ? "" : `check:${value}`, outcome: isOn ? "" : failing(Number(value)) });
  } else {
    const isOn = isChosen({ kind, value });
    show({ group: isOn ? null : { kind, value: Number(value), label } });
  }
  reflect();
  byId("learners-heading").focus();
  byId("learners").scrollIntoView();
}

function failing(place) {
  return Number(CHECKS[place].points) ? "f" : "n";
}

function isChosen({ kind, value }) {
  if (kind === "check") return STATE.where === `check:${value}` && STATE.outcome === failing(Number(value));
  return STATE.group !== null && STATE.group.kind === kind && STATE.group.value === Number(value);
}

function fillChoices() {
  const option = (value, label) => make("option", { value }, label);
  byId("outcome").append(option("", "any"),
    ...Object.entries(OUTCOMES).filter(([letter]) => letter !== NOT_RUN || LEARNERS.some((learner) => learner.outcomes.includes(NOT_RUN)))
      .map(([letter, [name, symbol]]) => option(letter, `${symbol}  ${name}`)),
    ...Object.entries(SPECIAL).filter(([, [, holds]]) => LEARNERS.some(holds)).map(([value, [name]]) => option(value, name)));
  byId("where").append(option("", "all tasks"),
    ...TASKS.map((task) => option(`task:${task.task}`, `Task ${task.task}: ${task.title}`)),
    ...TASKS.map((task) => make("optgroup", { label: `Checks of task ${task.task}` },
      ...task.checks.map((check) => option(`check:${check.place}`, `${check.step} ${check.title}`)))));
}

// The form shows the state, whatever changed it.
function reflect() {
  byId("search").value = STATE.query;
  byId("outcome").value = STATE.outcome;
  byId("where").value = STATE.where;
  for (const radio of document.getElementsByName("view")) radio.checked = radio.value === STATE.view;
}

function clearAll() {
  show({ query: "", outcome: "", where: "", group: null });
  reflect();
  byId("search").focus();
}

function turnPage(way) {
  STATE.page += way;
  draw();
  byId("learners-heading").focus();
  byId("learners").scrollIntoView();
}

// --- dark and light ------------------------------------------------------------------------------

const THEME = "lab-grade-book-theme";
const DARK = matchMedia("(prefers-color-scheme: dark)");

function kept() {
  try {
    return localStorage.getItem(THEME);
  } catch {
    return null; // a browser that stores nothing for files
  }
}

function isDark() {
  return document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : DARK.matches;
}

function tellTheme() {
  byId("theme").textContent = isDark() ? "Light mode" : "Dark mode";
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME, theme);
  } catch {
    // then it lasts for this visit
  }
  tellTheme();
}

// --- begin ---------------------------------------------------------------------------------------

function listen() {
  const soon = (changes) => {
    clearTimeout(soon.timer);
    soon.timer = setTimeout(() => show(changes()), 80);
  };
  byId("search").addEventListener("input", () => soon(() => ({ query: byId("search").value })));
  byId("outcome").addEventListener("change", (event) => show({ outcome: event.target.value }));
  byId("where").addEventListener("change", (event) => show({ where: event.target.value }));
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", clearAll);
  byId("group").addEventListener("click", () => {
    show({ group: null });
    byId("learners-heading").focus();
  });
  byId("before").addEventListener("click", () => turnPage(-1));
  byId("after").addEventListener("click", () => turnPage(1));
  byId("theme").addEventListener("click", () => setTheme(isDark() ? "light" : "dark"));
  for (const radio of document.getElementsByName("view")) {
    radio.addEventListener("change", () => show({ view: radio.value, page: STATE.page }));
  }
  for (const button of document.querySelectorAll("[data-kind]")) {
    button.disabled = false;
    button.addEventListener("click", () => chooseBar(button.dataset));
  }
  MATRIX.tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("[data-learner]");
    const isText = String(getSelection()).length > 0; // the reader copies a reason
    if (row && !isText && !event.target.closest("button")) goTo(LEARNERS[Number(row.dataset.learner)]);
  });
  MATRIX.addEventListener("mouseover", peek);
  MATRIX.addEventListener("mouseleave", peek);
  DETAIL.addEventListener("close", closed);
  DETAIL.addEventListener("click", (event) => event.target === DETAIL && DETAIL.close());
  addEventListener("hashchange", followAddress);
  addEventListener("resize", makeScrollable);
  NARROW.addEventListener("change", () => draw());
  addEventListener("beforeprint", () => SHOWN.length > DATA.rows && draw({ whole: true }));
  addEventListener("afterprint", () => SHOWN.length > DATA.rows && draw());
  DARK.addEventListener("change", tellTheme);
}

const THEME_KEPT = kept();
if (THEME_KEPT) document.documentElement.dataset.theme = THEME_KEPT;
STATE.view = matchMedia("(min-width: 1240px)").matches ? "checks" : "tasks";
byId("app").hidden = false;
byId("theme").hidden = false;
fillChoices();
reflect();
listen();
tellTheme();
draw();
followAddress();
