"""Azure DevOps' answers as evidence. Keys and values vary in letter case.

Source: https://learn.microsoft.com/rest/api/azure/devops/ (7.1), and the SDK's models.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from graders.evidence import (
    Access,
    ConnectionUse,
    Job,
    Pipeline,
    Project,
    Run,
    ServiceConnection,
    Stage,
    Task,
    UpstreamRun,
    Variable,
    VariableGroup,
)

_SCOPE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)(/resourcegroups/(?P<group>[^/]+)"
    r"(/providers/microsoft\.machinelearningservices/workspaces/(?P<workspace>[^/]+))?)?",
    re.IGNORECASE,
)
_SCOPE_LEVELS = {
    level.casefold(): level for level in ("Subscription", "ManagementGroup", "AzureMLWorkspace")
}
_MOST_ERRORS = 3
_MOST_WORDS = 300

T = TypeVar("T")


def project(item: Any) -> Project:
    return Project(id=_there(item.id), name=_there(item.name), state=_word(_there(item.state)))


def variable_group(item: Any, labs: Collection[str]) -> VariableGroup:
    """``labs`` are the variables whose values are evidence: another could be a plain secret.

    Azure DevOps ignores the case of their names, so they get the lab's.
    """
    spelled = {name.casefold(): name for name in labs}
    variables = {
        spelled.get(name.casefold(), name): _variable(variable, name.casefold() in spelled)
        for name, variable in (item.variables or {}).items()
    }
    return VariableGroup(_there(item.id), _there(item.name), item.type or "Vsts", variables)


def _variable(item: Any, is_labs: bool) -> Variable:
    """One variable; those of a key vault are all secret."""
    is_secret = bool(item.is_secret)
    return Variable(item.value if is_labs and not is_secret else None, is_secret)


def service_connection(item: Any) -> ServiceConnection:
    data = _folded(item.data)
    authorization = item.authorization
    parameters = _folded(authorization.parameters if authorization else None)
    scope = _SCOPE.match(parameters.get("scope", ""))
    in_scope = scope.groupdict("") if scope else {}
    status, level = _folded(item.operation_status), data.get("scopelevel", "")
    return ServiceConnection(
        id=_there(item.id),
        name=_there(item.name),
        type=_there(item.type).lower(),
        scheme=(authorization.scheme if authorization else None) or "",
        creation_mode=data.get("creationmode", ""),
        scope_level=_SCOPE_LEVELS.get(level.casefold(), level),
        subscription_id=data.get("subscriptionid") or in_scope.get("subscription", ""),
        resource_group=data.get("resourcegroupname") or in_scope.get("group", ""),
        workspace=data.get("mlworkspacename") or in_scope.get("workspace", ""),
        is_ready=bool(item.is_ready),
        state=status.get("state", ""),
        status_message=status.get("statusmessage", "")[:_MOST_WORDS],
    )


def open_to_all(items: Iterable[Any]) -> frozenset[tuple[str, str]]:
    """Lower-cased type and id of everything that every pipeline may use."""
    return frozenset(
        (_there(resource.type).lower(), str(_there(resource.id)).lower())
        for resource in items
        if resource.authorized
    )


def access(item: Any) -> Access:
    """Who may use a resource; ``allPipelines`` is missing, not false, when access is not open."""
    _there(item.resource)
    permitted = [permission.id for permission in item.pipelines or () if permission.authorized]
    is_open = bool(item.all_pipelines and item.all_pipelines.authorized)
    return Access(is_open, tuple(permitted))


def pipeline(item: Any) -> Pipeline:
    """A pipeline; the SDK's model lacks process and repository, which come beside it."""
    beside = item.additional_properties or {}
    process, repository = beside.get("process") or {}, beside.get("repository") or {}
    return Pipeline(
        id=_there(item.id),
        name=_there(item.name),
        path=item.path or "",
        process_type=int(process.get("type") or 0),
        yaml_path=(process.get("yamlFilename") or "").lstrip("/"),
        repository_type=repository.get("type") or "",
        repository_name=repository.get("name") or repository.get("id") or "",
        default_branch=repository.get("defaultBranch") or "",
        queue_status=_word(item.queue_status),
    )


def with_latest_run(item: Any) -> tuple[Pipeline, Run | None]:
    """A pipeline and its latest run; None where the list does not show that as a whole."""
    with contextlib.suppress(TypeError, AttributeError):
        return pipeline(item), run(item.latest_build)
    return pipeline(item), None


def listed_run(item: Any) -> tuple[bool, Run]:
    """Whether a run was deleted, and the run."""
    return bool(item.deleted), run(item)


def run(item: Any) -> Run:
    return Run(
        id=_there(item.id),
        number=item.build_number or "",
        pipeline_id=_there(item.definition.id),
        status=_word(_there(item.status)),
        result=_word(item.result) or None,
        reason=_word(item.reason),
        branch=item.source_branch or "",
        commit=(item.source_version or "").lower(),
        requested_for=_account(item.requested_for),
        queued_at=_utc(item.queue_time),
        started_at=_utc(item.start_time),
        finished_at=_utc(item.finish_time),
        problems=tuple(
            (problem.message or "")[:_MOST_WORDS]
            for problem in item.validation_results or ()
            if _word(problem.result).lower() != "ok"
        ),
        triggered_by=_trigger(item.trigger_info),
        changed_at=_utc(item.last_changed_date),
    )


def _trigger(info: Any) -> int | None:
    named = info if isinstance(info, Mapping) else {}
    identity = str(named.get("pipelineId"))
    is_run = named.get("artifactType") == "Pipeline" and re.fullmatch(r"[0-9]{1,18}", identity)
    return int(identity) if is_run else None


def upstream(item: Any) -> tuple[UpstreamRun, ...]:
    """The runs of other pipelines that a run consumed; without any there is no such key.

    A run always consumed its own repository: without any resources, the service said nothing.
    """
    _there(item.id)
    resources = _there(item.resources).pipelines or {}
    return tuple(
        UpstreamRun(alias, consumed.pipeline.id, consumed.version or "")
        for alias, consumed in resources.items()
        if consumed and consumed.pipeline
    )


def stages(timeline: Any) -> tuple[Stage, ...]:
    """The records of a timeline, which are flat and unordered, as stages, jobs and tasks.

    Levels are Stage, Phase, Job, Task. A job that was skipped has a Phase and no Job.
    """
    records = _latest(_there(timeline.records))
    children: dict[str | None, list[Any]] = {}
    for record in sorted(records, key=lambda entry: entry.order or 0):
        children.setdefault(record.parent_id, []).append(record)
    tops = [top for top in children.get(None, ()) if top.type == "Stage"]
    return tuple(_stage(top, _jobs(top, children)) for top in tops)


def _stage(record: Any, jobs: tuple[Job, ...]) -> Stage:
    beside = record.additional_properties or {}  # the SDK's model does not know refName
    return Stage(
        identifier=beside.get("refName") or record.identifier or "",
        name=record.name or "",
        state=_word(record.state),
        result=_word(record.result) or None,
        attempt=record.attempt or 1,
        jobs=jobs,
        errors=_errors(record),
    )


def _jobs(stage: Any, children: Mapping[str | None, list[Any]]) -> tuple[Job, ...]:
    collected: list[Job] = []
    for phase in children.get(stage.id, ()):
        if phase.type != "Phase":
            continue  # a checkpoint
        jobs = [job for job in children.get(phase.id, ()) if job.type == "Job"]
        collected += [_job(record, children, phase) for record in jobs or [phase]]
    return tuple(collected)


def _job(record: Any, children: Mapping[str | None, list[Any]], phase: Any) -> Job:
    """A job; what the service says of its phase is said of the job."""
    tasks = tuple(
        Task(
            task.name or "",
            _word(task.state),
            _word(task.result) or None,
            _log(task),
            _errors(task),
        )
        for task in children.get(record.id, ())
        if task.type == "Task"
    )
    errors = dict.fromkeys((*_errors(record), *_errors(phase)))
    state, result = _word(record.state), _word(record.result) or None
    return Job(record.name or "", state, result, tasks, tuple(errors))


def connection_use(item: Any) -> ConnectionUse:
    """Raises TypeError or AttributeError."""
    data = _there(item.data)
    definition, owner = _there(data.definition), _there(data.owner)
    name, result = definition.name or "", _word(data.result) or None
    return ConnectionUse(_there(definition.id), name, _there(owner.id), result)


def _errors(record: Any) -> tuple[str, ...]:
    """The messages of a record that count as errors, bounded: scripts write some of them."""
    messages = [
        (issue.message or "")[:_MOST_WORDS]
        for issue in record.issues or ()
        if _word(issue.type) == "error"
    ]
    return tuple(messages[:_MOST_ERRORS])


def _log(record: Any) -> int | None:
    return record.log.id if record.log else None


def _latest(records: Iterable[Any]) -> list[Any]:
    """The latest attempt of every record; those under an earlier attempt lose their parent."""
    latest: dict[tuple[str, str], Any] = {}
    for record in records:
        key = (record.type, record.identifier or record.id)
        if record.type == "Task":  # a job may run the same task twice
            key = (record.type, record.id)
        if key not in latest or (latest[key].attempt or 1) < (record.attempt or 1):
            latest[key] = record
    return list(latest.values())


def _account(identity: Any) -> str:
    return (identity.unique_name or identity.display_name or "") if identity else ""


def _utc(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _folded(mapping: Any) -> dict[str, str]:
    """A mapping with lower-cased keys and text values; null and nested ones are left out."""
    pairs = mapping.items() if isinstance(mapping, Mapping) else ()
    return {str(key).casefold(): value for key, value in pairs if isinstance(value, str)}


def _there(part: T | None) -> T:
    """A part that every such answer has; the SDK returns None for it when another body came.

    Raises TypeError: what was asked for could not be read, which does not mean that it is empty.
    """
    if part is None:
        raise TypeError("the answer lacks a part that it always has")
    return part


def _word(value: Any) -> str:
    return "" if value is None else str(value)
