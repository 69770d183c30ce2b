// Which learners are shown, and in which order.
const STATE = {
  query: "",
  outcome: "", // a letter of OUTCOMES, or one of the names in SPECIAL
  where: "", // "task:5" or "check:14"; empty: everywhere
  group: null, // { kind, value, label }: a bar of a chart
  sort: { key: "place", down: false },
  view: "checks",
  page: 0,
};
const SPECIAL = {
  withheld: ["grade withheld", (learner) => learner.total === null],
  standing: ["past runs count", (learner) => learner.standing.length > 0],
  instructor: ["for the instructor only", (learner) => learner.forInstructor.length > 0],
};

function whereOf(where) {
  const [kind, value] = where.split(":");
  if (kind === "task") return TASKS.find((task) => task.task === Number(value)).checks;
  return kind === "check" ? [CHECKS[Number(value)]] : CHECKS;
}

// The tasks whose checks are shown.
function shownTasks() {
  if (!STATE.where) return TASKS;
  const task = whereOf(STATE.where)[0].task;
  return TASKS.filter((candidate) => candidate.task === task);
}

function matches(learner, words, checks) {
  if (!words.every((word) => learner.searched.includes(word))) return false;
  if (STATE.group && !learner.groups[STATE.group.kind].includes(STATE.group.value)) return false;
  if (SPECIAL[STATE.outcome]) return SPECIAL[STATE.outcome][1](learner);
  return !STATE.outcome || checks.some((check) => learner.outcomes[check.place] === STATE.outcome);
}

function matching() {
  const words = plain(STATE.query).split(/\s+/).filter(Boolean);
  const checks = whereOf(STATE.where);
  return LEARNERS.filter((learner) => matches(learner, words, checks)).sort(ordered);
}

// What a learner is sorted by; null where nothing is decided.
function sortedBy(learner) {
  const { key } = STATE.sort;
  if (key === "total") return learner.total === null ? null : Number(learner.total);
  if (key === "place" || key === "name") return key === "place" ? learner.place : learner.name || null;
  const points = learner.byTask[TASK_PLACE[key]];
  return points === null ? null : Number(points);
}

const ALPHABET = new Intl.Collator(undefined, { numeric: true });

// What is not decided comes last, whichever way the rest is sorted.
function ordered(left, right) {
  const [first, second] = [sortedBy(left), sortedBy(right)];
  if (first === null || second === null) {
    return (first === null) - (second === null) || left.place - right.place;
  }
  const way = STATE.sort.down ? -1 : 1;
  const apart = typeof first === "string" ? ALPHABET.compare(first, second) : first - second;
  return apart * way || left.place - right.place;
}

function isFiltered() {
  return Boolean(STATE.query || STATE.outcome || STATE.where || STATE.group);
}

// Change what is shown; the first page of it.
function show(changes) {
  Object.assign(STATE, { page: 0 }, changes);
  draw();
}
