// The table of learners: with a column for each check, or for each task only.
const MATRIX = byId("matrix");
const CELLS = {}; // outcome letter -> a cell to copy: quicker than making 14,400 anew
for (const letter of Object.keys(OUTCOMES)) CELLS[letter] = make("td", { class: "c" }, mark(letter));

let SHOWN = LEARNERS; // as filtered and sorted, all pages

// With whole, which paper needs, all pages at once.
function draw({ whole = false } = {}) {
  SHOWN = matching();
  const from = whole ? 0 : STATE.page * DATA.rows;
  const to = whole ? SHOWN.length : from + DATA.rows;
  MATRIX.className = STATE.view;
  MATRIX.tHead.replaceChildren(...headings());
  MATRIX.tBodies[0].replaceChildren(...SHOWN.slice(from, to).flatMap(rowsOf));
  if (!SHOWN.length) MATRIX.tBodies[0].append(noMatch());
  tellCount();
  tellPages(from);
  byId("wide").toggleAttribute("tabindex", false);
  makeScrollable();
}

// A region that scrolls must be reachable with the keyboard.
function makeScrollable() {
  const wide = byId("wide");
  const scrolls = wide.scrollWidth > wide.clientWidth;
  for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", "Table of learners"]]) {
    if (scrolls) wide.setAttribute(name, value);
    else wide.removeAttribute(name);
  }
}

// --- headings ------------------------------------------------------------------------------------

function headings() {
  const checks = STATE.view === "checks";
  const span = checks ? { rowspan: 2 } : {};
  const first = make("tr", null,
    sortable("place", "Learner", { class: "who", ...span }, "name"),
    ...shownTasks().map((task) => (checks ? taskHeading(task) : taskSort(task, `${NARROW.matches ? "T" : "Task "}${task.task}`))),
    sortable("total", "Total", { class: "num total", ...span }),
    checks || NARROW.matches ? "" : make("th", { scope: "col", class: "next" }, "Next step, or why withheld"));
  return checks ? [first, make("tr", null, ...shownTasks().flatMap(checkHeadings))] : [first];
}

function taskHeading(task) {
  return make("th", { scope: "colgroup", colspan: task.checks.length + 1, class: "task" },
    make("span", null, `Task ${task.task}`), make("small", null, task.title));
}

function checkHeadings(task) {
  const steps = task.checks.map((check, at) => make("th",
    { scope: "col", class: at ? "c step" : "c step begins", "data-check": check.place },
    make("span", { "aria-hidden": "true" }, check.step),
    make("span", { class: "sr" }, `step ${check.step}: ${check.title}`)));
  return [...steps, taskSort(task, "pts")];
}

function taskSort(task, label) {
  return sortable(String(task.task), label, { class: "num points", spoken: `Task ${task.task} points` });
}

// A heading that sorts: up, down, and for learners by their place in the cohort again.
function sortable(key, label, { spoken = label, ...attributes }, next = key) {
  const { sort } = STATE;
  const isOn = sort.key === key || sort.key === next;
  const way = isOn && sort.key !== "place" ? (sort.down ? "descending" : "ascending") : "none";
  const arrow = { none: "", ascending: " ▲", descending: " ▼" }[way];
  const button = make("button", { type: "button", "data-sort": key, onclick: () => sortBy(key, next) },
    make("span", { "aria-hidden": spoken === label ? null : "true" }, label),
    spoken === label ? "" : make("span", { class: "sr" }, spoken),
    make("span", { class: "arrow", "aria-hidden": "true" }, arrow));
  return make("th", { scope: "col", "aria-sort": way, ...attributes }, button);
}

function sortBy(key, next) {
  const { sort } = STATE;
  if (key === "place") {
    if (sort.key !== next) STATE.sort = { key: next, down: false };
    else STATE.sort = sort.down ? { key, down: false } : { key: next, down: true };
  } else {
    STATE.sort = { key, down: sort.key === key ? !sort.down : true }; // most points first
  }
  show({});
  MATRIX.tHead.querySelector(`[data-sort="${key}"]`).focus();
}

// --- rows ----------------------------------------------------------------------------------------

function rowsOf(learner) {
  const checks = STATE.view === "checks";
  const row = make("tr", { "data-learner": learner.place },
    learnerCell(learner),
    ...shownTasks().flatMap((task) => (checks ? checkCells(learner, task) : [taskCell(learner, task)])),
    total(learner),
    checks || NARROW.matches ? "" : make("td", { class: "next" }, ...next(learner)));
  const below = checks ? learner.total === null : NARROW.matches && learner.first !== null;
  if (!below) return [row];
  row.classList.add("explained");
  return [row, explanation(learner, row.cells.length)];
}

// The row for what has no column: why a grade is withheld, and on a small screen what comes next.
function explanation(learner, columns) {
  const held = learner.total === null;
  const text = make("span", { class: held ? "held" : null }, held ? "withheld: " : "", ...next(learner));
  return make("tr", { class: "why", "data-learner": learner.place }, make("td", { colspan: columns }, text));
}

function learnerCell(learner) {
  const name = learner.name ? make("bdi", { class: "name" }, learner.name) : "";
  const button = make("button", { type: "button", onclick: () => goTo(learner) },
    make("bdi", { class: "id" }, learner.id), name && " ", name);
  const flag = learner.forInstructor.length ? make("span", { class: "flag" }, "for the instructor") : "";
  return make("th", { scope: "row", class: "who" }, button, flag);
}

function checkCells(learner, task) {
  const cells = task.checks.map((check, at) => {
    const cell = CELLS[learner.outcomes[check.place]].cloneNode(true);
    cell.dataset.check = check.place;
    if (!at) cell.classList.add("begins");
    return cell;
  });
  return [...cells, make("td", { class: "num points" }, points(learner, task))];
}

function points(learner, task) {
  const own = learner.byTask[TASK_PLACE[task.task]];
  return own === null ? make("span", { role: "img", "aria-label": "undecided" }, "?") : own;
}

function taskCell(learner, task) {
  const sign = mark(worst(outcomesIn(learner, task.checks)));
  return make("td", { class: "num points", "data-task": task.task }, points(learner, task), " ", sign);
}

function total(learner) {
  const held = learner.total === null;
  return make("td", { class: held ? "num total held" : "num total" }, held ? "withheld" : learner.total);
}

// Why a grade is withheld, or where to go on: in the task or check that was asked for, or anywhere.
function next(learner) {
  if (learner.total === null) return inlineCode(learner.withheld);
  const first = STATE.where ? firstIn(learner, whereOf(STATE.where)) : learner.first;
  if (first === null) return ["everything passed"];
  const check = CHECKS[first];
  const outcome = learner.outcomes[first];
  const reason = learner.reasons.get(first) || check.title;
  return [`Step ${check.step}${outcome === "f" ? "" : `, ${OUTCOMES[outcome][0]}`}: `, ...inlineCode(reason)];
}

function firstIn(learner, checks) {
  const letter = worst(outcomesIn(learner, checks));
  if (letter === "p") return null;
  return checks.find((check) => learner.outcomes[check.place] === letter).place;
}

function noMatch() {
  const columns = MATRIX.tHead.rows[0].cells.length + 72;
  return make("tr", null, make("td", { colspan: columns, class: "nobody" }, "No learners match. Clear a filter or change the search."));
}

// --- around the table ----------------------------------------------------------------------------

function tellCount() {
  const all = LEARNERS.length;
  const text = isFiltered() ? `${SHOWN.length.toLocaleString("en")} of ${counted(all, "learner")}` : counted(all, "learner");
  if (byId("count").textContent !== text) byId("count").textContent = text;
  byId("clear").hidden = !isFiltered();
  byId("group").hidden = !STATE.group;
  if (STATE.group) {
    byId("group").replaceChildren(STATE.group.label,
      make("span", { "aria-hidden": "true" }, " ×"), make("span", { class: "sr" }, "show all again"));
  }
  for (const button of document.querySelectorAll("[data-kind]")) {
    button.setAttribute("aria-pressed", String(isChosen(button.dataset)));
  }
}

function tellPages(from) {
  const isPaged = SHOWN.length > DATA.rows;
  byId("pages").hidden = !isPaged;
  const to = Math.min(from + DATA.rows, SHOWN.length);
  byId("range").textContent = `${(from + 1).toLocaleString("en")} – ${to.toLocaleString("en")} of ${SHOWN.length.toLocaleString("en")}`;
  byId("before").disabled = !from;
  byId("after").disabled = to >= SHOWN.length;
}

// Explain the mark under the pointer; with the keyboard it is in the learner's detail.
function peek(event) {
  const cell = event.target.closest("[data-check]");
  const row = event.target.closest("[data-learner]");
  if (!cell) return byId("peek").replaceChildren();
  const check = CHECKS[Number(cell.dataset.check)];
  const step = [make("strong", null, `Step ${check.step}`), ` ${check.title}`];
  if (!row) return byId("peek").replaceChildren(...step);
  const learner = LEARNERS[Number(row.dataset.learner)];
  const letter = learner.outcomes[check.place];
  const reason = learner.reasons.get(check.place);
  return byId("peek").replaceChildren(
    make("bdi", null, learner.id), " · ", ...step, " · ", mark(letter), ` ${OUTCOMES[letter][0]}`,
    ...(reason ? [": ", ...inlineCode(reason)] : []));
}
