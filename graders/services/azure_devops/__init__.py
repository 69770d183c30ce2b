"""Azure DevOps: project, variable group, service connection, pipelines, runs."""
