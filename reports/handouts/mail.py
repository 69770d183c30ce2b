"""Mail to each learner: a message with the feedback attached, or a table for a mail merge.

Nothing is sent: a mail program opens the ``.eml`` files as drafts, and reads the table.
"""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from reports import feedback
from reports.exports.shape import quoted_csv, text_cell
from reports.files import write_bytes, write_whole
from reports.grading_run import LAB_NAME
from reports.handouts import BANNER, HandOut, Recipient

COLUMNS = ("Email", "FirstName", "LastName", "Score", "MaxScore", "Attachment")
_ADDRESS = re.compile(r"[^\s@,;<>\"=+|-][^\s@,;<>\"]*@[^\s@,;<>\"]+")


def messages(given: HandOut, sender: str) -> tuple[Path, list[str]]:
    """Write an ``.eml`` file for each learner; ``sender`` may be empty.

    Returns the folder, and a sentence for each learner without a usable address.
    """
    folder = given.empty_folder("mail")
    left_out = []
    for recipient in given.recipients:
        try:
            message = _message(given, recipient, sender)
        except (ValueError, MessageError, IndexError):
            left_out.append(_no_address(recipient))
        else:
            write_bytes(folder / f"{recipient.stem}.eml", message.as_bytes(policy=SMTP))
    return folder, left_out


def merge_table(given: HandOut) -> tuple[Path, list[str]]:
    """Write the table for a mail merge: a row a learner, with the path of the file to attach."""
    usable = [own for own in given.recipients if _ADDRESS.fullmatch(own.email)]
    text = quoted_csv([COLUMNS, *map(_row, usable)])
    file = write_whole(given.place("mail-merge.csv"), "\ufeff" + text)
    return file, [_no_address(own) for own in given.recipients if own not in usable]


def _no_address(recipient: Recipient) -> str:
    return f"{recipient.learner} is left out: `email` in the cohort file is no usable address"


def _row(own: Recipient) -> list[str]:
    first, last = _names(own.shown)
    attachment = str(own.page.absolute())
    possible = own.possible if own.total else ""
    return [own.email, text_cell(first), text_cell(last), own.total, possible, attachment]


def _names(name: str) -> tuple[str, str]:
    """First and last name of ``Ada Lovelace``, or of ``Lovelace, Ada``."""
    last, comma, first = name.partition(",")
    if comma:
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")


def _message(given: HandOut, own: Recipient, sender: str) -> EmailMessage:
    """Raises ValueError for an address that no message can have."""
    if not (_ADDRESS.fullmatch(own.email) and own.email.isascii()):
        raise ValueError(own.email)
    simulated = f"{BANNER}: " if given.is_simulated else ""
    message = EmailMessage()
    message["Subject"] = f"{simulated}{LAB_NAME}: your feedback"
    if sender:
        message["From"] = sender
    message["To"] = Address(own.shown, addr_spec=own.email)
    message["X-Unsent"] = "1"  # opens as a draft
    grade = f"{own.total} of {own.possible} points" if own.total else "see the attached page"
    not_real = " This is not a real grade: the lab was simulated." if given.is_simulated else ""
    message.set_content(
        f"Hello {own.shown},\n\nyour grade in the {LAB_NAME}: {grade}.{not_real}\n"
        "The attached page says what you got right and what to fix.\n"
    )
    page = own.page.read_text(encoding="utf-8")
    message.add_attachment(page, subtype="html", filename=feedback.HTML)
    return message
