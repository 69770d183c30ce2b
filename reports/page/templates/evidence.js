// The evidence of a learner, unpacked when it is first opened: one list for the whole class.
const PACKED = DATA.evidence;
let UNPACKED = null;

function evidenceDetail(learner) {
  const at = (PACKED.of || []).indexOf(learner.place);
  if (at < 0 || !window.DecompressionStream) return null;
  const box = make("details", { class: "evidence" }, make("summary", null, "Evidence: what was collected and judged"));
  box.addEventListener("toggle", async () => {
    const evidence = (await unpacked())[at];
    if (box.children.length === 1) box.append(...Object.entries(evidence).map(part));
  }, { once: true });
  return box;
}

function unpacked() {
  if (!UNPACKED) {
    const bytes = Uint8Array.from(atob(PACKED.text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    UNPACKED = new Response(stream).json();
  }
  return UNPACKED;
}

function part([name, value]) {
  const text = JSON.stringify(value, null, 1);
  if (text.length < 60) return make("p", { class: "seen" }, `${name}: `, make("code", null, plainly(text)));
  return make("details", null, make("summary", null, make("code", null, name)), make("pre", null, plainly(text)));
}

// Invisible characters, and those that turn text around, are shown by their numbers.
function plainly(text) {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (mark) => (
    mark === "\n" ? mark : `\\u{${mark.codePointAt(0).toString(16)}}`
  ));
}
