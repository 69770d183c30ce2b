// azure-devops-node-api, Microsoft's client of Azure DevOps for Node.
import * as azdev from "azure-devops-node-api";
import { BuildQueryOrder, BuildResult, TaskResult } from "azure-devops-node-api/interfaces/BuildInterfaces.js";
import { RunResult } from "azure-devops-node-api/interfaces/PipelinesInterfaces.js";
import { lab, proxy, report } from "./common.mjs";
import { credential } from "./sign-in.mjs";

const { token } = await credential.getToken("499b84ac-1321-427f-aa17-267ca6975798/.default");
const connection = new azdev.WebApi(
  `https://dev.azure.com/${lab.organization}`,
  azdev.getBearerHandler(token),
  { proxy: { proxyUrl: proxy } },
);
const core = await connection.getCoreApi();
const library = await connection.getTaskAgentApi();
const endpoints = await connection.getServiceEndpointApi();
const build = await connection.getBuildApi();
const pipelines = await connection.getPipelinesApi();
const project = lab.project;

const word = (kinds, value) => kinds[value].replace(/^./, (first) => first.toLowerCase());
const values = (group) =>
  Object.fromEntries(Object.entries(group.variables).map(([name, { value }]) => [name, value]));
const shown = (it) => [it.id, it.type, it.authorization.scheme, it.isReady];
const byName = (items, show) => Object.fromEntries(items.map((item) => [item.name, show(item)]));
const runs = (items) =>
  Object.fromEntries(items.map((it) => [it.id, [it.definition.id, word(BuildResult, it.result)]]));

async function text(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** With `skip`, because the lists of this client have lost the continuation token. */
async function pages(page) {
  const items = [];
  for (let found = await page(0); found.length; found = await page(items.length)) {
    items.push(...found);
  }
  return items;
}

const none = (count) => new Array(count).fill(undefined);

/** One at a time, each the newest that is older than the last. */
async function runsByAge() {
  const found = [];
  const next = (older) =>
    build.getBuilds(project, ...none(4), older, ...none(6), 1, ...none(3), newestFirst);
  const newestFirst = BuildQueryOrder.QueueTimeDescending;
  for (let page = await next(); page.length; page = await next(before(page[0].queueTime))) {
    found.push(...page);
  }
  return found;
}

const before = (time) => new Date(time.getTime() - 1);

async function smokeTestLog() {
  const { records } = await build.getBuildTimeline(project, lab.cd_run);
  return records.find((record) => record.name === lab.smoke_test_task && record.log).log.id;
}

await report({
  "CoreApi.getProjects": async () =>
    (await pages((skip) => core.getProjects("wellFormed", 50, skip)))
      .map(({ name }) => name)
      .sort(),
  "CoreApi.getProject": async () => {
    const it = await core.getProject(project, true);
    return [it.id, it.name, it.state];
  },
  "CoreApi.getTeams": async () => (await core.getTeams(project)).map(({ name }) => name),
  "TaskAgentApi.getVariableGroups": async () =>
    byName(await library.getVariableGroups(project), values),
  "TaskAgentApi.getVariableGroup": async () => {
    const [{ id }] = await library.getVariableGroups(project, lab.variable_group);
    return values(await library.getVariableGroup(project, id));
  },
  "ServiceEndpointApi.getServiceEndpoints": async () =>
    byName(await endpoints.getServiceEndpoints(project), shown),
  "ServiceEndpointApi.getServiceEndpointsByNames": async () =>
    shown((await endpoints.getServiceEndpointsByNames(project, [lab.connection]))[0]),
  "ServiceEndpointApi.getServiceEndpointDetails": async () => {
    const [{ id }] = await endpoints.getServiceEndpointsByNames(project, [lab.connection]);
    return shown(await endpoints.getServiceEndpointDetails(project, id));
  },
  "BuildApi.getDefinitions": async () => byName(await build.getDefinitions(project), (it) => it.id),
  "BuildApi.getDefinition": async () =>
    (await build.getDefinition(project, lab.ci_pipeline)).process.yamlFilename,
  "BuildApi.getBuilds": async () => runs(await build.getBuilds(project)),
  "BuildApi.getBuilds page by page": async () => {
    const first = await build.getBuilds(project, ...none(11), 1);
    const mark = first.continuationToken;
    return runs([...first, ...(mark ? await build.getBuilds(project, ...none(11), 1, mark) : [])]);
  },
  "BuildApi.getBuilds by age": async () => runs(await runsByAge()),
  "BuildApi.getBuild": async () => {
    const it = await build.getBuild(project, lab.ci_run);
    return [it.id, it.buildNumber, it.definition.id, it.sourceVersion];
  },
  "BuildApi.getBuildTimeline": async () => {
    const { records } = await build.getBuildTimeline(project, lab.ci_run);
    const stages = records.filter(({ type }) => type === "Stage");
    return byName(stages, ({ result }) => word(TaskResult, result));
  },
  "BuildApi.getBuildLogs": async () => {
    const wanted = await smokeTestLog();
    return (await build.getBuildLogs(project, lab.cd_run)).some(({ id }) => id === wanted);
  },
  "BuildApi.getBuildLogLines": async () =>
    (await build.getBuildLogLines(project, lab.cd_run, await smokeTestLog())).some((line) =>
      line.includes(lab.smoke_test_passed),
    ),
  "BuildApi.getBuildLog": async () =>
    (await text(await build.getBuildLog(project, lab.cd_run, await smokeTestLog())))
      .toString()
      .includes(lab.smoke_test_passed),
  "BuildApi.getArtifacts": async () =>
    (await build.getArtifacts(project, lab.ci_run)).map(({ name }) => name).sort(),
  "BuildApi.getArtifact": async () =>
    (await build.getArtifact(project, lab.ci_run, lab.artifact)).name,
  "BuildApi.getArtifactContentZip": async () =>
    (await text(await build.getArtifactContentZip(project, lab.ci_run, lab.artifact))).toString(
      "base64",
    ),
  "PipelinesApi.listPipelines": async () =>
    byName(await pipelines.listPipelines(project), (it) => it.id),
  "PipelinesApi.getPipeline": async () =>
    (await pipelines.getPipeline(project, lab.ci_pipeline)).id,
  "PipelinesApi.listRuns": async () =>
    (await pipelines.listRuns(project, lab.ci_pipeline)).map(({ id }) => id),
  "PipelinesApi.getRun": async () => {
    const it = await pipelines.getRun(project, lab.ci_pipeline, lab.ci_run);
    return [it.id, it.name, word(RunResult, it.result)];
  },
  "BuildApi.queueBuild": () => build.queueBuild({ definition: { id: lab.ci_pipeline } }, project),
  "CoreApi.queueDeleteProject": () => core.queueDeleteProject(lab.project_id),
  "PipelinesApi.runPipeline": () => pipelines.runPipeline({}, project, lab.ci_pipeline),
});
