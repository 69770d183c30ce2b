// Allure's suites once more, grouped by task, without a second copy of every result: of this report
// only its front page and its tree are kept, and a page beside the suites by learner shows them.

import Awesome from "@allurereport/plugin-awesome";

const KEPT = ["index.html", "summary.json", "widgets/default/tree.json"];

const sparing = (context) => ({
  ...context,
  reportFiles: {
    addFile: async (name, data) =>
      KEPT.includes(name) ? context.reportFiles.addFile(name, data) : name,
  },
});

export default class ByTask {
  constructor(options) {
    this.suites = new Awesome(options);
  }

  async start(context) {
    await this.suites.start(sparing(context));
  }

  async done(context, store) {
    await this.suites.done(sparing(context), store);
  }

  async info(context, store) {
    return this.suites.info(context, store);
  }
}
