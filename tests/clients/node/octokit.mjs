// @octokit/rest and @octokit/graphql, GitHub's own clients for Node.
import { Octokit } from "@octokit/rest";
import { graphql } from "@octokit/graphql";
import { ProxyAgent, fetch as undiciFetch } from "undici";
import { lab, proxy, report } from "./common.mjs";

const dispatcher = new ProxyAgent(proxy);
const fetch = (url, options) => undiciFetch(url, { ...options, dispatcher });
const auth = process.env.GITHUB_TOKEN;
const octokit = new Octokit({ auth, request: { fetch } });
const { repos, git } = octokit.rest;
const query = graphql.defaults({
  headers: { authorization: `token ${auth}` },
  request: { fetch },
});
const own = { owner: lab.owner, repo: lab.repository };
const named = { owner: lab.owner, name: lab.repository };

const text = (content) => Buffer.from(content, "base64").toString();
const names = (items) => items.map(({ name }) => name);

async function repositoriesByGraphQL() {
  const found = [];
  let after = null;
  do {
    const { organization } = await query(
      `query ($owner: String!, $after: String) {
        organization(login: $owner) {
          repositories(first: 50, after: $after) {
            nodes { name }
            pageInfo { hasNextPage endCursor }
          }
        }
      }`,
      { owner: lab.owner, after },
    );
    found.push(...names(organization.repositories.nodes));
    const { hasNextPage, endCursor } = organization.repositories.pageInfo;
    after = hasNextPage ? endCursor : null;
  } while (after);
  return found.sort();
}

const ofRepository = (fields) => `query ($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { ${fields} }
}`;

await report({
  "repos.listForOrg": async () =>
    names(await octokit.paginate(repos.listForOrg, { org: lab.owner, per_page: 50 })).sort(),
  "repos.get": async () => {
    const { data } = await repos.get(own);
    return [data.full_name, data.private, data.fork, data.default_branch];
  },
  "repos.get of the template": async () => (await repos.get(own)).data.template_repository.full_name,
  "repos.listCommits": async () =>
    (await octokit.paginate(repos.listCommits, own)).map(({ sha }) => sha),
  "repos.getCommit": async () => (await repos.getCommit({ ...own, ref: "main" })).data.sha,
  "repos.listBranches": async () => names((await repos.listBranches(own)).data),
  "repos.getBranch": async () =>
    (await repos.getBranch({ ...own, branch: "main" })).data.commit.sha,
  "repos.getContent": async () =>
    text((await repos.getContent({ ...own, path: lab.ci_yaml })).data.content),
  "repos.getContent as it is": async () => {
    const wanted = { ...own, path: lab.ci_yaml, mediaType: { format: "raw" } };
    return (await repos.getContent(wanted)).data;
  },
  "repos.getContent of a folder": async () =>
    (await repos.getContent({ ...own, path: ".pipelines" })).data.map(({ path }) => path).sort(),
  "git.getTree": async () =>
    (await git.getTree({ ...own, tree_sha: "main", recursive: "true" })).data.tree
      .filter(({ type }) => type === "blob")
      .map(({ path }) => path)
      .sort(),
  "git.getRef": async () => (await git.getRef({ ...own, ref: "heads/main" })).data.object.sha,
  "git.getCommit": async () => (await git.getCommit({ ...own, commit_sha: lab.commit })).data.sha,
  "repos.createOrUpdateFileContents": () =>
    repos.createOrUpdateFileContents({ ...own, path: "grade.txt", message: "Grade", content: "" }),
  "repos.delete": () => repos.delete(own),
  "graphql: repositories": repositoriesByGraphQL,
  "graphql: repository": async () => {
    const fields = "nameWithOwner isPrivate isFork defaultBranchRef { name }";
    const { repository } = await query(ofRepository(fields), named);
    const { nameWithOwner, isPrivate, isFork, defaultBranchRef } = repository;
    return [nameWithOwner, isPrivate, isFork, defaultBranchRef.name];
  },
  "graphql: templateRepository": async () => {
    const { repository } = await query(
      ofRepository("templateRepository { nameWithOwner }"),
      named,
    );
    return repository.templateRepository.nameWithOwner;
  },
  "graphql: history": async () => {
    const history = "target { ... on Commit { history(first: 50) { nodes { oid } } } }";
    const { repository } = await query(ofRepository(`defaultBranchRef { ${history} }`), named);
    return repository.defaultBranchRef.target.history.nodes.map(({ oid }) => oid);
  },
  "graphql: object": async () => {
    const object = `object(expression: "main:${lab.ci_yaml}") { ... on Blob { text } }`;
    const { repository } = await query(ofRepository(object), named);
    return repository.object.text;
  },
  "graphql: archiveRepository": () =>
    query(`mutation {
      archiveRepository(input: { repositoryId: "R_1" }) { clientMutationId }
    }`),
});
