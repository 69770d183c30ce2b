"""Feedback handed out: to each learner their own, and nothing of anybody else."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from graders.inputs.problems import InputProblems
from graders.lab import Learner
from graders.reasons import OwnerNote, Relation
from graders.verdicts import Outcome
from reports import feedback, gradebook
from reports.__main__ import main
from reports.files import NotWritten
from reports.handouts import hand_out, mail, zips
from tests.support import handmade_run as example

PEOPLE = (
    Learner("quill-ada", 1, "Ada Quillfeather", "Ada.Quill@example.org"),
    Learner("zorn.bob", 2, "Zornwald, Bob", "bob@zornwald.example"),
    Learner("mx/../evil", 3, "M_x/../<b>Evil</b>", "evil@example.net"),
)
WORKSHEET = "Identifiant,Nom complet,Adresse,Note\n"
ROWS = (
    "Participant 4711,Ada,ada.quill@example.org,",
    "Participant 4712,Bob,bob@zornwald.example,",
    "Participant 4713,Evil,evil@example.net,",
)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return write(tmp_path / "out")


def write(reports: Path, learners: tuple[Learner, ...] = PEOPLE, **changes: object) -> Path:
    """A run in which each learner's instructor reads about the next learner."""
    run = example.run(learners, reports, **{"tenant": "live"} | changes)
    failed = {"ci-run-succeeded": (Outcome.FAILED, "the run failed")}
    verdicts = []
    for learner, other in zip(learners, [*learners[1:], learners[0]], strict=True):
        note = OwnerNote("the endpoint", Relation.IS_OF, (other.id, other.name))
        own = example.verdicts(learner.id, failed)
        verdicts += [replace(verdict, owners=(note,)) for verdict in own]
    grades = gradebook.grades_of(run, verdicts)
    gradebook.write(run, grades)
    feedback.write(run, grades)
    return reports


def others_of(learner: Learner) -> Iterator[str]:
    for other in PEOPLE:
        if other.id != learner.id:
            yield from (other.id, other.name, other.email, other.name.split(",")[0])


def has_nothing_of_others(learner: Learner, data: bytes) -> bool:
    text = data.decode("utf-8", errors="replace").casefold()
    return not [name for name in others_of(learner) if name.casefold() in text]


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_zip_has_one_learners_pages(reports: Path) -> None:
    folder, _ = zips.one_a_learner(hand_out(reports))
    assert len(list(folder.iterdir())) == len(PEOPLE)
    for own, learner in zip(hand_out(reports).recipients, PEOPLE, strict=True):
        data = (folder / f"{own.stem}.zip").read_bytes()
        pages = unzipped(data)
        assert sorted(pages) == ["feedback.html", "feedback.md"]
        assert all(has_nothing_of_others(learner, page) for page in (data, *pages.values()))
        assert learner.id.encode() in pages["feedback.md"] or "/" in learner.id


def test_a_zip_of_a_learner_who_left_is_gone(reports: Path) -> None:
    folder, _ = zips.one_a_learner(hand_out(reports))
    zips.one_a_learner(hand_out(write(reports, PEOPLE[:1])))
    assert [file.name for file in folder.iterdir()] == ["quill-ada.zip"]


def worksheet(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "worksheet.csv"
    file.write_text(WORKSHEET + "\n".join(rows), encoding="utf-8")
    return file


def test_moodles_zip_has_a_folder_for_each_participant(reports: Path, tmp_path: Path) -> None:
    file, missing = zips.for_moodle(hand_out(reports), worksheet(tmp_path, *ROWS))
    pages = unzipped(file.read_bytes())
    assert list(pages) == [
        "Ada Quillfeather_4711_assignfeedback_file/feedback.html",
        "Zornwald, Bob_4712_assignfeedback_file/feedback.html",
        "M x .. b Evil b_4713_assignfeedback_file/feedback.html",
    ]
    assert all(name.count("_") == 3 for name in pages)
    assert missing == []
    for learner, page in zip(PEOPLE, pages.values(), strict=True):
        assert has_nothing_of_others(learner, page)


def test_a_learner_who_is_not_in_the_worksheet_is_reported(reports: Path, tmp_path: Path) -> None:
    file, missing = zips.for_moodle(hand_out(reports), worksheet(tmp_path, ROWS[0]))
    assert len(unzipped(file.read_bytes())) == 1
    assert missing[0] == "zorn.bob is not in worksheet.csv, and not in the zip"


def test_an_unmatched_row_refuses_the_worksheet(reports: Path, tmp_path: Path) -> None:
    rows = (
        *ROWS,
        "Participant 4714,Guest,guest@example.org,",
        "4715x,Bob,bob@zornwald.example,",
        "Participant 4711,No address,,",
    )
    with pytest.raises(InputProblems) as refused:
        zips.for_moodle(hand_out(reports), worksheet(tmp_path, *rows))
    assert [(p.row, p.column, p.value) for p in refused.value.problems] == [
        (5, "Adresse", "guest@example.org"),
        (6, "Identifiant", "4715x"),
        (6, "Adresse", "bob@zornwald.example"),
        (7, "Adresse", ""),
        (7, "Identifiant", "Participant 4711"),
    ]
    assert not (reports / "handouts").exists()


def test_a_worksheet_without_addresses_is_refused(reports: Path, tmp_path: Path) -> None:
    with pytest.raises(InputProblems, match="no column has an e-mail address"):
        zips.for_moodle(hand_out(reports), worksheet(tmp_path, "Participant 1,Ada,,"))


def test_a_message_is_to_one_learner_with_their_page(reports: Path) -> None:
    folder, left_out = mail.messages(hand_out(reports), "Dr Smith <smith@example.org>")
    assert left_out == []
    for own, learner in zip(hand_out(reports).recipients, PEOPLE, strict=True):
        data = (folder / f"{own.stem}.eml").read_bytes()
        message = message_from_bytes(data, policy=default)
        assert [address.addr_spec for address in message["To"].addresses] == [learner.email]
        assert (message["X-Unsent"], message["Cc"], message["Bcc"]) == ("1", None, None)
        attached = list(message.iter_attachments())
        assert [part.get_filename() for part in attached] == ["feedback.html"]
        page = attached[0].get_content()
        assert page.splitlines() == own.page.read_text(encoding="utf-8").splitlines()
        texts = [part.get_content() for part in message.walk() if not part.is_multipart()]
        assert len(texts) == 2
        assert all(has_nothing_of_others(learner, text.encode()) for text in (*texts, str(message)))


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b.c\nBcc: all@example.org", "a@b.c,all@example.org", "ü@example.org"]
)
def test_an_unusable_address_is_left_out_and_reported(tmp_path: Path, email: str) -> None:
    reports = write(tmp_path / "out", (replace(PEOPLE[0], email=email), PEOPLE[1]))
    folder, left_out = mail.messages(hand_out(reports), "")
    assert left_out == ["quill-ada is left out: `email` in the cohort file is no usable address"]
    assert [file.name for file in folder.iterdir()] == ["zorn.bob.eml"]


def test_the_table_for_a_mail_merge_attaches_each_learners_page(reports: Path) -> None:
    file, left_out = mail.merge_table(hand_out(reports))
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert left_out == []
    assert [(row["FirstName"], row["LastName"]) for row in rows[:2]] == [
        ("Ada", "Quillfeather"),
        ("Bob", "Zornwald"),
    ]
    assert (rows[0]["Score"], rows[0]["MaxScore"]) == ("68", "100")
    for row, learner in zip(rows, PEOPLE, strict=True):
        assert row["Email"] == learner.email
        assert has_nothing_of_others(learner, Path(row["Attachment"]).read_bytes())


def test_a_mixed_up_folder_hands_out_nothing(reports: Path) -> None:
    ada, bob, _ = hand_out(reports).recipients
    ada.page.write_bytes(bob.page.read_bytes())
    with pytest.raises(NotWritten, match="is not the feedback of quill-ada: grade again"):
        hand_out(reports)
    ada.page.unlink()
    ada.page.symlink_to(bob.page)
    with pytest.raises(NotWritten):
        hand_out(reports)


def test_what_is_simulated_is_called_so(tmp_path: Path) -> None:
    given = hand_out(write(tmp_path / "out", tenant="simulated"))
    folder, _ = mail.messages(given, "")
    assert folder.name == "SIMULATED-mail"
    message = message_from_bytes((folder / "quill-ada.eml").read_bytes(), policy=default)
    assert message["Subject"].startswith("SIMULATED: ")
    assert "This is not a real grade" in message.get_body().get_content()  # type: ignore[union-attr]


def test_the_command_says_who_is_left_out(
    reports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = worksheet(tmp_path, *ROWS[:2])
    assert main(["hand-out", str(reports), "--zips", "--mail"]) == 0
    assert main(["hand-out", str(reports), "--moodle", str(sheet)]) == 1
    assert "mx/../evil is not in worksheet.csv" in capsys.readouterr().err
    assert main(["hand-out", str(reports)]) == 2
    assert "Name what to write" in capsys.readouterr().err
    assert main(["hand-out", str(tmp_path), "--zips"]) == 2
