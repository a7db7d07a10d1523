"""A model card in, suggestions out: the YAML header and the sections of a README.md as Hugging Face keeps them.

Nothing of a card is believed: it is read with a safe loader, in narrow limits, and becomes suggestions that a person
confirms, each with the line from which it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml
from django.utils.translation import gettext as _

from assessments.errors import WorkflowError
from assessments.guideline.edition import Edition

MAX_BYTES = 1024 * 1024
MAX_HEADER = 64 * 1024
MAX_DEPTH = 12
MAX_NODES = 5000
MAX_QUOTE = 400
NOTE = "note."  # keys of what helps to answer and is no fact

# What a card says, to the value of a fact that it speaks for. Our judgement throughout; a person confirms each.
KINDS_OF_OUTPUT: Mapping[str, str] = {
    "text-generation": "text",
    "text2text-generation": "text",
    "summarization": "text",
    "translation": "text",
    "question-answering": "text",
    "table-question-answering": "text",
    "document-question-answering": "text",
    "visual-question-answering": "text",
    "conversational": "text",
    "fill-mask": "text",
    "image-to-text": "text",
    "image-text-to-text": "text",
    "video-text-to-text": "text",
    "automatic-speech-recognition": "text",
    "text-to-image": "image",
    "image-to-image": "image",
    "unconditional-image-generation": "image",
    "text-to-speech": "audio",
    "text-to-audio": "audio",
    "audio-to-audio": "audio",
    "text-to-video": "video",
    "image-to-video": "video",
    "code": "code",
    "code-generation": "code",
}
SERVICE_AREAS: Mapping[str, str] = {
    "question-answering": "knowledge_qa",
    "table-question-answering": "knowledge_qa",
    "document-question-answering": "knowledge_qa",
    "conversational": "knowledge_qa",
    "summarization": "writing_assistance",
    "translation": "writing_assistance",
    "code": "programming_assistance",
    "code-generation": "programming_assistance",
    "math": "mathematical_reasoning",
    "agent": "ai_agents",
    "agents": "ai_agents",
    "robotics": "ai_agents",
    "roleplay": "role_playing",
    "text-to-image": "ai_art",
    "image-to-image": "ai_art",
    "text-to-video": "ai_art",
    "text-to-audio": "ai_art",
    "music": "ai_art",
}
SECTORS: Mapping[str, str] = {
    "finance": "finance",
    "medical": "healthcare",
    "biomedical": "healthcare",
    "clinical": "healthcare",
    "healthcare": "healthcare",
    "legal": "legal",
    "law": "legal",
    "education": "education",
    "journalism": "journalism",
    "news": "journalism",
    "tourism": "tourism",
    "retail": "retail",
    "e-commerce": "retail",
    "logistics": "logistics",
}
RETRIEVAL = frozenset({"rag", "retrieval-augmented-generation", "retrieval-augmented"})
REALISTIC = frozenset({"photorealistic", "photorealism", "realistic", "voice-cloning", "talking-head", "face-swap"})
CLOSED = frozenset({"other", "unknown", "proprietary", "commercial", "none", ""})
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "note.intended_use": ("intended use", "direct use", "uses", "intended uses"),
    "note.out_of_scope": ("out-of-scope", "out of scope", "misuse", "limitations"),
    "note.training_data": ("training data", "training dataset", "training details"),
}


class Unreadable(WorkflowError):
    """A file that is no model card; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value for a fact, or a note; `quote` is the line of the card."""

    key: str
    value: Any
    quote: str


def read(data: bytes, edition: Edition) -> list[Suggestion]:
    """Read a card. Raises Unreadable where it is none, is too large, or has a header made to do harm."""
    if len(data) > MAX_BYTES:
        raise Unreadable(_("The file is larger than 1 MB. A model card is a short text; take the pictures out."))
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(_("The file is not text in UTF-8. Choose the README.md of the model.")) from error
    if not text.strip() or "\x00" in text:
        raise Unreadable(_("There is nothing to read in the file. Choose the README.md of the model."))
    header, body = _split(text)
    stated = _header(header) if header else {}
    found = [*_from_header(stated, header.split("\n")), *_from_sections(body)]
    if not found:
        raise Unreadable(
            _("The file says nothing that a fact asks for. A model card has a header between two lines of “---”.")
        )
    return [_as_asked(one, edition) for one in found if _is_answer(one, edition)]


def _split(text: str) -> tuple[str, str]:
    """The header between two lines of three hyphens, and what follows."""
    if not text.startswith("---\n"):
        return "", text
    end = re.search(r"^---[ \t]*$", text[4:], re.MULTILINE)
    if end is None:
        raise Unreadable(_("The header begins with “---” and does not end: a second line of “---” is missing."))
    return text[4 : 4 + end.start()], text[4 + end.end() :]


def _header(text: str) -> dict[str, Any]:
    """The header as plain values. What a card never needs (aliases, deep nesting, own types) is refused before it is built."""
    if len(text) > MAX_HEADER:
        raise Unreadable(_("The header of the card is too long to be one."))
    depth = 0
    try:
        for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
            if isinstance(event, yaml.AliasEvent):
                raise Unreadable(_("The header of the card uses aliases; they are not read, for safety."))
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH or count > MAX_NODES:
                raise Unreadable(_("The header of the card is nested too deeply or has too many entries."))
        found = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = _("line %(n)s") % {"n": line + 2} if line is not None else _("the header")
        raise Unreadable(_("The header of the card is not valid YAML (%(where)s).") % {"where": where}) from error
    return found if isinstance(found, dict) else {}


def _words(value: Any) -> list[str]:
    """A value of the header as words in lower case: one, or a list of them."""
    values = value if isinstance(value, list) else [value]
    values = ["no" if part is False else part for part in values]  # Norwegian, which YAML takes for a no
    # YAML reads 1:1:1 as a number to the base 60; one that is longer than any that people write is no word.
    values = [
        part for part in values if isinstance(part, str | float) or (isinstance(part, int) and abs(part) < 10**18)
    ]
    return [str(part).strip().lower() for part in values if str(part).strip()]


def _line(lines: Iterable[str], key: str, word: str = "") -> str:
    """The line of the header that says it: that of the key, or below it the one with the word."""
    under = False
    first = ""
    for line in lines:
        if line.startswith(f"{key}:"):
            under, first = True, line
        elif under and line[:1] not in (" ", "-", "\t"):
            break
        if under and word and word in line.lower():
            return _quote(f"{first} {line.strip()}" if line is not first else line)
    return _quote(first)


def _quote(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUOTE else f"{text[: MAX_QUOTE - 1]}…"


def _from_header(stated: Mapping[str, Any], lines: list[str]) -> Iterator[Suggestion]:
    licence = _words(stated.get("license"))
    if licence:
        if set(licence) - CLOSED:
            yield Suggestion("open_source_model", True, _line(lines, "license"))
        yield Suggestion("note.licence", ", ".join(licence), _line(lines, "license"))
    if _words(stated.get("base_model")):
        yield Suggestion("model_source", "fine_tuned", _line(lines, "base_model"))
    tagged = [("pipeline_tag", word) for word in _words(stated.get("pipeline_tag"))]
    tagged += [("tags", word) for word in _words(stated.get("tags"))]
    for key, table in (("modalities", KINDS_OF_OUTPUT), ("service_areas", SERVICE_AREAS)):
        hits = {table[word]: (name, word) for name, word in reversed(tagged) if word in table}
        if hits:
            said = dict.fromkeys(_line(lines, name, word) for name, word in hits.values())
            yield Suggestion(key, sorted(hits), _quote("; ".join(said)))
    for name, word in tagged:
        if word in SECTORS:
            yield Suggestion("sector", SECTORS[word], _line(lines, name, word))
            break
    for key, words in (("retrieval_augmented", RETRIEVAL), ("generates_realistic_media", REALISTIC)):
        for name, word in tagged:
            if word in words:
                yield Suggestion(key, True, _line(lines, name, word))
                break
    for key, name in (("language", "note.languages"), ("datasets", "note.data_sets")):
        if _words(stated.get(key)):
            yield Suggestion(name, _quote(", ".join(_words(stated[key]))), _line(lines, key))


def _from_sections(body: str) -> Iterator[Suggestion]:
    """The first words under the headings that a reader looks for."""
    parts = re.split(r"^#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$", body, flags=re.MULTILINE)
    found: dict[str, Suggestion] = {}
    for heading, text in zip(parts[1::2], parts[2::2], strict=False):
        said = _quote(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).strip().split("\n\n")[0])
        if not said or said.lower().strip("[]. ") == "more information needed":
            continue
        for key, names in SECTIONS.items():
            if key not in found and any(name in heading.lower() for name in names):
                found[key] = Suggestion(key, said, _quote(f"{heading}: {said}"))
                break
    yield from found.values()


def _is_answer(one: Suggestion, edition: Edition) -> bool:
    """Tell whether the edition has such a fact with such an answer; notes are always fit to be shown."""
    if one.key.startswith(NOTE):
        return True
    fact = edition.facts.get(one.key)
    values = one.value if isinstance(one.value, list) else [one.value]
    return fact is not None and all(value in (fact.offered or fact.values) for value in values)


def _as_asked(one: Suggestion, edition: Edition) -> Suggestion:
    """Give a suggestion the form in which the edition takes the answer: a list where it may have several."""
    fact = edition.facts.get(one.key)
    if fact is not None and fact.many and not isinstance(one.value, list):
        return replace(one, value=[one.value])
    return one
