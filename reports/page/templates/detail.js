// One learner's detail: a dialog that the address bar knows, so that Back closes it and a link to a
// learner can be kept.
const DETAIL = byId("detail");
const PREFIX = "#learner=";
const AWAY = { target: "_blank", rel: "noopener noreferrer" };
let LAST = null; // the learner whose row gets the focus when the detail closes

function goTo(learner) {
  const address = PREFIX + encodeURIComponent(learner.key);
  // not location.hash: its event comes later, and a key pressed before it would act on the learner before
  if (location.hash !== address) history.pushState(null, "", address);
  followAddress();
}

function followAddress() {
  const key = location.hash.startsWith(PREFIX) && decodeURIComponent(location.hash.slice(PREFIX.length));
  const learner = key && LEARNERS.find((candidate) => candidate.key === key);
  if (!learner) return DETAIL.open && DETAIL.close();
  DETAIL.replaceChildren(...detail(learner));
  LAST = learner;
  if (!DETAIL.open) DETAIL.showModal();
  DETAIL.scrollTop = 0;
  return byId("detail-heading").focus();
}

function closed() {
  if (location.hash.startsWith(PREFIX)) {
    history.replaceState(null, "", location.href.split("#")[0]);
  }
  const page = Math.floor(Math.max(0, SHOWN.indexOf(LAST)) / DATA.rows);
  if (page !== STATE.page) show({ page });
  const row = MATRIX.querySelector(`tr[data-learner="${LAST.place}"] button`);
  (row || byId("learners-heading")).focus();
}

function detail(learner) {
  const simulated = make("p", { class: "banner" }, make("strong", null, "SIMULATED"), "This is not a real grade.");
  return [
    bar(learner),
    DATA.simulated ? simulated : null,
    make("div", { class: "head" },
      make("h2", { id: "detail-heading", tabindex: "-1" },
        make("bdi", null, learner.name || learner.id)),
      make("p", { class: "soft" }, learner.name ? make("bdi", null, learner.id) : "",
        learner.name && learner.email ? " · " : "", make("bdi", null, learner.email))),
    grade(learner),
    aside("Decisions and late work", learner.decided),
    aside("For the instructor only", learner.forInstructor),
    aside("Past runs", learner.standing),
    firstStep(learner),
    elsewhere(learner),
    ...TASKS.map((task) => taskDetail(learner, task)),
    evidenceDetail(learner),
  ].filter(Boolean);
}

function bar(learner) {
  const at = SHOWN.indexOf(learner);
  const step = (way, label) => make("button",
    { type: "button", disabled: at < 0 || !SHOWN[at + way], onclick: () => goTo(SHOWN[at + way]) }, label);
  return make("div", { class: "bar" },
    step(-1, "Previous"), step(1, "Next"),
    make("span", { class: "soft" }, at < 0 ? "" : `${at + 1} of ${SHOWN.length}`),
    make("button", { type: "button", class: "close", onclick: () => DETAIL.close() }, "Close"));
}

function grade(learner) {
  const held = learner.total === null;
  const tasks = TASKS.map((task) => make("div", null,
    make("dt", null, `Task ${task.task}`),
    make("dd", null, points(learner, task), make("span", { class: "soft" }, ` / ${task.points}`))));
  return make("div", { class: "grade" },
    make("p", { class: held ? "sum held" : "sum" }, held ? "withheld" : learner.total,
      held ? "" : make("span", { class: "soft" }, ` of ${DATA.possible}`)),
    because(learner),
    make("dl", null, ...tasks));
}

// Every cause of what is not decided, once; the tasks refer to it.
function because(learner) {
  const items = openCauses(learner).map(({ letter, reason, count }) => (
    make("li", null, `${counted(count, "check")} ${OUTCOMES[letter][0]}${reason ? ": " : ""}`, ...inlineCode(reason))));
  return items.length ? make("ol", { class: "because" }, ...items) : "";
}

function openCauses(learner) {
  const causes = new Map();
  for (const letter of ["u", "w", NOT_RUN]) {
    for (const { place } of CHECKS.filter((check) => learner.outcomes[check.place] === letter)) {
      const reason = learner.reasons.get(place) || "";
      const key = `${letter} ${reason}`;
      if (!causes.has(key)) causes.set(key, { letter, reason, count: 0 });
      causes.get(key).count += 1;
    }
  }
  return [...causes.values()];
}

function toldAbove(learner, letter, reason) {
  const causes = openCauses(learner);
  const at = causes.findIndex((cause) => cause.letter === letter && cause.reason === reason);
  if (at < 0 || !reason) return null;
  return causes.length === 1 ? "for the reason above" : `for reason ${at + 1} above`;
}

function aside(heading, texts) {
  if (!texts.length) return null;
  return make("div", { class: "aside" },
    make("h3", null, heading),
    make("ul", null, ...texts.map((text) => make("li", null, ...inlineCode(text)))));
}

function firstStep(learner) {
  if (learner.first === null || learner.outcomes[learner.first] !== "f") return null;
  const check = CHECKS[learner.first];
  const place = learner.toFix;
  return make("div", { class: "first" },
    make("h3", null, `Fix first: step ${check.step}`),
    make("p", null, ...inlineCode(learner.reasons.get(check.place) || check.title)),
    make("p", null, ...inlineCode(learner.hints.get(check.place) || "")),
    ...learner.waits.map((text) => make("p", null, `${text}.`)),
    place ? make("p", null, make("a", { href: place[1], ...AWAY }, ...inlineCode(place[0]))) : "");
}

function elsewhere(learner) {
  const links = learner.links.map(([name, href]) => make("li", null, make("a", { href, ...AWAY }, name)));
  if (learner.feedback) {
    links.push(make("li", null, make("a", { href: learner.feedback }, "Feedback for the learner")));
  }
  if (learner.evidence) {
    links.push(make("li", null, make("a", { href: learner.evidence }, "Evidence (JSON)")));
  }
  const told = openCauses(learner).map(({ reason }) => reason);
  const unseen = learner.faults.filter((text) => !told.includes(text)).map((text) => make("li", null, ...inlineCode(text)));
  return make("div", { class: "elsewhere" },
    make("ul", null, ...links),
    unseen.length ? make("div", null, make("h3", null, "Also could not be seen"), make("ul", null, ...unseen)) : "");
}

// --- a task: what did not pass, one by one; the blocked together by what blocks them --------------

function taskDetail(learner, task) {
  const open = task.checks.filter((check) => !"pb".includes(learner.outcomes[check.place]));
  const passed = task.checks.filter((check) => learner.outcomes[check.place] === "p");
  const heading = make("h3", null, `Task ${task.task} `, make("span", { class: "soft" }, task.title),
    make("span", { class: "num" }, points(learner, task), ` / ${task.points}`));
  return make("section", { class: "task" }, heading,
    ...together(learner, open), ...together(learner, task.checks.filter((check) => learner.outcomes[check.place] === "b")),
    passed.length ? make("details", null, make("summary", null, mark("p"), ` ${passed.length} passed`), list(passed)) : "");
}

// Checks with the same outcome and reason make one entry.
function together(learner, checks) {
  const groups = new Map();
  for (const check of checks) {
    const letter = learner.outcomes[check.place];
    const reason = learner.reasons.get(check.place) || "";
    const key = letter === "f" ? String(check.place) : `${letter} ${reason}`;
    const hint = learner.hints.get(check.place) || "";
    if (!groups.has(key)) groups.set(key, { letter, reason, hint, checks: [] });
    groups.get(key).checks.push(check);
  }
  return [...groups.values()].map((group) => entry({ ...group, above: toldAbove(learner, group.letter, group.reason) }));
}

function entry({ letter, reason, hint, checks, above }) {
  const [name] = OUTCOMES[letter];
  const single = checks.length === 1;
  return make("div", { class: "entry" }, mark(letter),
    make("div", null,
      single ? title(checks[0]) : make("p", { class: "what" }, `${checks.length} checks ${name}`),
      above ? make("p", { class: "soft" }, above) : reason ? make("p", null, ...inlineCode(reason)) : "",
      hint ? make("p", { class: "hint" }, make("strong", null, "How to fix it: "), ...inlineCode(hint)) : "",
      single ? "" : make("details", null, make("summary", null, "Which"), list(checks))));
}

function title(check) {
  return make("p", { class: "what" }, make("span", { class: "step" }, check.step), " ", ...inlineCode(check.title),
    make("span", { class: "soft" }, Number(check.points) ? ` · ${check.points} ${check.points === "1" ? "point" : "points"}` : " · advice"));
}

function list(checks) {
  return make("ul", null, ...checks.map((check) => make("li", null, title(check))));
}
