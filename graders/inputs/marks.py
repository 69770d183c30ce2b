"""What a class's marks are called in other systems: the table ``[marks]`` of the lab file."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StrictBool
from pydantic_core import PydanticCustomError

_LONGEST = 200
_FORMULA = re.compile(r"(^|;)\s*[=+\-@＝＋－＠]")
_ID_AT_THE_END = re.compile(r"\(\d+\)$")
_CANVAS_OWN = re.compile(r"(Current|Final|Override) (Score|Points|Grade|Status)")


def _raise(message: str, remedy: str) -> None:
    raise PydanticCustomError("flaw", "{what}", {"what": message, "remedy": remedy})


def _title(title: str) -> str:
    if not title.strip() or title != title.strip():
        _raise("this is empty or has spaces around it", "write only the assignment's title")
    if len(title) > _LONGEST:
        _raise(f"a title longer than {_LONGEST} characters", "give a shorter one")
    if not title.isprintable() or '"' in title or "\\" in title:
        remedy = "write plain text on one line, without quotation marks or backslashes"
        _raise("a title that some formats cannot hold", remedy)
    if _FORMULA.search(title):
        _raise(
            "a title that a spreadsheet would run as a formula", "start it with a letter or digit"
        )
    if _ID_AT_THE_END.search(title):
        remedy = "write only the title, and put the number under `canvas_assignment_id`"
        _raise("a title that ends like the id of an assignment", remedy)
    if "|" in title:
        _raise("a title with `|`, after which Blackboard expects a column's id", "leave it out")
    if _CANVAS_OWN.search(title):
        _raise("a title that Canvas reserves for its own columns and skips", "choose another title")
    return title


def _identifier(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        _raise("this is not the number of an assignment or column", "write digits only")
    return value


_Title = Annotated[str, AfterValidator(_title)]
_Id = Annotated[int, BeforeValidator(_identifier)]


class MarksTable(BaseModel):
    """What the one mark of this lab is called where it is imported."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    assignment: _Title = "MLOps lab"
    canvas_assignment_id: _Id | None = None
    """Without it Canvas proposes a new assignment."""
    blackboard_column_id: _Id | None = None
    """Without it Blackboard makes a new column of text worth 0 points."""
    moodle_last_downloaded: _Title = "Last downloaded from this course"
    """The heading of Moodle's column for when the grades were exported, in the site's language."""
    moodle_unlimited_grades: StrictBool = False
    """Whether the site allows grades above 100; where it does not, one of them stops the import."""
