"""From the reviewed YAML of an edition to its canonical JSON and its dataclasses; every fault with file, key and line.

``files`` reads YAML with its lines, ``shapes`` checks how each file is made, ``compiling`` builds the dataclasses,
``checking`` asks whether the edition means what it should, ``coverage`` counts what it asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assessments.guideline.checking import check_meaning
from assessments.guideline.compiling import ENGLISH, canonical, checksum_of, compile_edition
from assessments.guideline.coverage import Coverage, coverage
from assessments.guideline.edition import Edition
from assessments.guideline.files import Document, EditionFaults, Fault, read_document
from assessments.guideline.shapes.edition import Shapes
from assessments.guideline.shapes.texts import LANGUAGES

__all__ = [
    "Coverage",
    "EditionFaults",
    "Fault",
    "Source",
    "canonical",
    "checksum_of",
    "compile_edition",
    "coverage",
    "default_directory",
    "read_edition",
]

EDITIONS = Path(__file__).resolve().parents[2] / "fixtures" / "guideline"


@dataclass(frozen=True)
class Source:
    """A checked edition as it is stored: `content` is structure and English, `texts` holds each language by itself."""

    key: str
    release: int
    content: str
    checksum: str
    texts: Mapping[str, str]
    edition: Edition


def default_directory() -> Path:
    """Find the one folder under fixtures/guideline. Raises FileNotFoundError where there is none, or more than one."""
    folders = sorted(path for path in EDITIONS.glob("*") if (path / "edition.yaml").is_file())
    if len(folders) != 1:
        found = ", ".join(path.name for path in folders) or "none"
        raise FileNotFoundError(
            f"{EDITIONS} must contain exactly one edition (found: {found}). Choose an edition with --edition"
        )
    return folders[0]


def read_edition(directory: Path) -> Source:
    """Read and check the edition in a folder; raises EditionFaults with all its faults, never the first alone.

    Faults of meaning (a duty that nobody asks, a condition that disagrees with its duties) can be told only of an
    edition that is made soundly: where a field is missing or of the wrong kind, they wait until that is mended.
    """
    structure, texts, faults = _documents(directory)
    found, sound = Shapes(structure, texts).check()
    faults += found
    content = canonical({"structure": _values(structure), "texts": _values(texts[ENGLISH])})
    if not sound:
        raise EditionFaults(faults)
    edition = compile_edition(content)
    faults += check_meaning(edition, structure, texts)
    if faults:
        raise EditionFaults(faults)
    return Source(
        key=edition.key,
        release=edition.release,
        content=content,
        checksum=edition.checksum,
        texts={language: canonical(_values(rooms)) for language, rooms in texts.items()},
        edition=edition,
    )


def _documents(directory: Path) -> tuple[dict[str, Document], dict[str, dict[str, Document]], list[Fault]]:
    """Read every YAML file below the folder: structure by room, texts by language and room."""
    structure: dict[str, Document] = {}
    texts: dict[str, dict[str, Document]] = {ENGLISH: {}}
    faults: list[Fault] = []
    for path in sorted(directory.rglob("*.yaml")):
        file = path.relative_to(directory).as_posix()
        room, _, language = file.removesuffix(".yaml").partition(".")
        if language and language not in LANGUAGES:
            faults.append(
                Fault(
                    file, 1, room, f"an edition cannot be in the language {language}; use one of {', '.join(LANGUAGES)}"
                )
            )
            continue
        try:
            document = read_document(file, path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            faults.append(
                Fault(
                    file,
                    error.object[: error.start].count(b"\n") + 1,
                    room,
                    "this file is not in UTF-8; save it as UTF-8",
                )
            )
            document = Document(file, None, {})
        if language:
            texts.setdefault(language, {})[room] = document
        else:
            structure[room] = document
    return structure, texts, faults


def _values(documents: Mapping[str, Document]) -> dict[str, object]:
    return {room: document.value for room, document in documents.items()}
