// @azure/arm-machinelearning and @azure/arm-resources, Microsoft's clients of Azure for Node.
import machineLearning from "@azure/arm-machinelearning";
import { ResourceManagementClient } from "@azure/arm-resources";
import { all, lab, report } from "./common.mjs";
import { credential, proxyOptions } from "./sign-in.mjs";

const resources = new ResourceManagementClient(credential, lab.subscription, { proxyOptions });
const ml = new machineLearning.AzureMachineLearningWorkspaces(credential, lab.subscription, { proxyOptions });
const own = [lab.group, lab.workspace];

const sorted = (items) => items.map(({ name }) => name).sort();
const placed = ({ name, location }) => [name, location];

await report({
  "resourceGroups.list": async () => sorted(await all(resources.resourceGroups.list())),
  "resourceGroups.get": async () => placed(await resources.resourceGroups.get(lab.group)),
  "resourceGroups.checkExistence": async () =>
    (await resources.resourceGroups.checkExistence(lab.group)).body ?? true,
  "resources.list": async () => sorted(await all(resources.resources.list())),
  "resources.listByResourceGroup": async () =>
    sorted(await all(resources.resources.listByResourceGroup(lab.group))),
  "resources.getById": async () =>
    placed(await resources.resources.getById(lab.workspace_id, "2022-10-01")),
  "resourceGroups.beginDelete": () => resources.resourceGroups.beginDelete(lab.group),
  "workspaces.listBySubscription": async () =>
    sorted(await all(ml.workspaces.listBySubscription())),
  "workspaces.listByResourceGroup": async () =>
    sorted(await all(ml.workspaces.listByResourceGroup(lab.group))),
  "workspaces.get": async () => placed(await ml.workspaces.get(...own)),
  "modelContainers.list": async () => sorted(await all(ml.modelContainers.list(...own))),
  "modelContainers.get": async () => {
    const { name, properties } = await ml.modelContainers.get(...own, lab.model);
    return [name, properties.latestVersion];
  },
  "modelVersions.list": async () => {
    const found = await all(ml.modelVersions.list(...own, lab.model));
    return Object.fromEntries(found.map((it) => [it.name, it.properties.tags]));
  },
  "modelVersions.get": async () => {
    const { name, properties } = await ml.modelVersions.get(...own, lab.model, "1");
    return [lab.model, name, properties.tags];
  },
  "onlineEndpoints.list": async () => sorted(await all(ml.onlineEndpoints.list(...own))),
  "workspaces.beginDelete": () => ml.workspaces.beginDelete(...own),
  "modelVersions.delete": () => ml.modelVersions.delete(...own, lab.model, "1"),
});
