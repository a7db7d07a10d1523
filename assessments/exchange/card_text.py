"""Read what a model card says: its YAML header and its sections. Runs in the child process of `core.sandbox`.

Every step takes time in proportion to the length of the card. What a card never needs (aliases, deep nesting, types of its
own) is refused before it is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

import yaml

from assessments.core.sandboxed import Refused

MAX_HEADER = 64 * 1024
MAX_DEPTH = 12
MAX_NODES = 5000
MAX_QUOTE = 400

type CardSuggestion = tuple[str, Any, str]  # the key of a fact or note, its value, the line of the card that says so

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


def read(content: IO[bytes]) -> list[CardSuggestion]:
    """Return what a card suggests, in the order of the card's keys and then of its sections.

    Refuses: `no_text`, `empty`, `no_end`, `header_too_long`, `aliases`, `too_deep`, `no_yaml` (with its `line`).
    """
    try:
        text = content.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Refused("no_text") from error
    if not text.strip() or "\x00" in text:
        raise Refused("empty")
    header, body = _split(text)
    stated = _header(header) if header else {}
    try:
        return [*_from_header(stated, header.split("\n")), *_from_sections(body)]
    except ValueError as error:  # a number of more digits than Python writes
        raise Refused("no_yaml", line=None) from error


def _split(text: str) -> tuple[str, str]:
    """Return the header between two lines of three hyphens, and what follows."""
    if not text.startswith("---\n"):
        return "", text
    end = re.search(r"^---[ \t]*$", text[4:], re.MULTILINE)
    if end is None:
        raise Refused("no_end")
    return text[4 : 4 + end.start()], text[4 + end.end() :]


def _header(text: str) -> dict[str, Any]:
    """Return the header as plain values. What no card needs (aliases, deep nesting, own types) is refused before it is built."""
    if len(text) > MAX_HEADER:
        raise Refused("header_too_long")
    depth = 0
    try:
        for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
            if isinstance(event, yaml.AliasEvent):
                raise Refused("aliases")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH or count > MAX_NODES:
                raise Refused("too_deep")
        found = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise Refused("no_yaml", line=None if line is None else line + 2) from error
    return found if isinstance(found, dict) else {}


def _is_word(value: Any) -> bool:
    """Tell whether a value may be a word: YAML reads 1:1:1 as a number to the base 60, as long as somebody likes."""
    return isinstance(value, str | float) or (isinstance(value, int) and abs(value) < 10**18)


def _words(value: Any) -> list[str]:
    """Return a value of the header as words in lower case: one, or a list of them."""
    values = value if isinstance(value, list) else [value]
    values = ["no" if part is False else part for part in values]  # Norwegian, which YAML takes for a no
    return [str(part).strip().lower() for part in values if _is_word(part) and str(part).strip()]


def _line(lines: Iterable[str], key: str, word: str = "") -> str:
    """Return the line of the header that says it: that of the key, or below it the one with the word."""
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


def _from_header(stated: Mapping[str, Any], lines: list[str]) -> Iterator[CardSuggestion]:
    licence = _words(stated.get("license"))
    if licence:
        if set(licence) - CLOSED:
            yield ("open_source_model", True, _line(lines, "license"))
        yield ("note.licence", ", ".join(licence), _line(lines, "license"))
    if _words(stated.get("base_model")):
        yield ("model_source", "fine_tuned", _line(lines, "base_model"))
    tagged = [("pipeline_tag", word) for word in _words(stated.get("pipeline_tag"))]
    tagged += [("tags", word) for word in _words(stated.get("tags"))]
    for key, table in (("modalities", KINDS_OF_OUTPUT), ("service_areas", SERVICE_AREAS)):
        hits = {table[word]: (name, word) for name, word in reversed(tagged) if word in table}
        if hits:
            said = dict.fromkeys(_line(lines, name, word) for name, word in hits.values())
            yield (key, sorted(hits), _quote("; ".join(said)))
    for name, word in tagged:
        if word in SECTORS:
            yield ("sector", SECTORS[word], _line(lines, name, word))
            break
    for key, words in (("retrieval_augmented", RETRIEVAL), ("generates_realistic_media", REALISTIC)):
        for name, word in tagged:
            if word in words:
                yield (key, True, _line(lines, name, word))
                break
    for key, name in (("language", "note.languages"), ("datasets", "note.data_sets")):
        if _words(stated.get(key)):
            yield (name, _quote(", ".join(_words(stated[key]))), _line(lines, key))


def _from_sections(body: str) -> Iterator[CardSuggestion]:
    """Yield the first words under the headings that a reader looks for."""
    found: dict[str, CardSuggestion] = {}
    for heading, lines in _sections(body):
        low = heading.lower()
        key = next((k for k, names in SECTIONS.items() if k not in found and any(name in low for name in names)), "")
        if not key:
            continue
        said = _quote(_without_comments("\n".join(lines)).strip().partition("\n\n")[0])
        if said and said.lower().strip("[]. ") != "more information needed":
            found[key] = (key, said, _quote(f"{heading}: {said}"))
    yield from found.values()


def _sections(body: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the headings of a text, each with the lines up to the next one."""
    heading, lines = "", list[str]()
    for line in body.split("\n"):
        below = line.lstrip("#")
        if 1 <= len(line) - len(below) <= 6 and below[:1] in (" ", "\t") and below.strip(" \t#"):
            if heading:
                yield heading, lines
            heading, lines = below.strip(" \t").rstrip("#").rstrip(" \t"), []
        else:
            lines.append(line)
    if heading:
        yield heading, lines


def _without_comments(text: str) -> str:
    """Cut out what stands between <!-- and -->; one that does not end stays."""
    kept, at = [], 0
    while (begun := text.find("<!--", at)) >= 0 and (end := text.find("-->", begun + 4)) >= 0:
        kept.append(text[at:begun])
        at = end + 3
    return "".join([*kept, text[at:]])
