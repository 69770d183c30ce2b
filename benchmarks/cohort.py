"""The plain class of a benchmark: learners who did all of the lab."""

from __future__ import annotations

from pathlib import Path

LAB_FILE = Path(__file__).resolve().parents[1] / "fixtures" / "cohorts" / "lab.toml"


def write_cohort(folder: Path, learners: int) -> Path:
    """A cohort file of that many learners, in a folder that it makes, beside its lab file."""
    folder.mkdir(exist_ok=True)
    rows = [f"{name_of(number)},{number}" for number in range(1, learners + 1)]
    file = folder / "cohort.csv"
    file.write_text("\n".join(["learner,number", *rows, ""]), encoding="utf-8")
    (folder / "lab.toml").write_text(LAB_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    return file


def name_of(number: int) -> str:
    return f"learner{number:05d}"
