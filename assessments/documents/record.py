"""The rows of a certificate: one list in one order, which the paper and the public page both show.

They are built from the public record and from nothing else: no answer, finding or note can reach them. What an older
record does not say stands as *not recorded*. The live status stands beside the rows and is none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from assessments.documents import certificate_words as words
from assessments.documents.certificate_words import Pair
from assessments.documents.report.dates import day, moment, short_date
from assessments.documents.report.scores import ALL, band_key
from assessments.documents.shared_parts import TIERS_ZH, guideline_month
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Dimension, Stakeholder, Tier
from assessments.models.certificates import Assurance


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A line of a row. With both languages it is two paragraphs, each with its `lead` in bold; else one paragraph.

    `inline`: both languages in one paragraph. `between` stands after the lead, `after_zh` after the English. `style`: name,
    thing, quiet, quote, hash or "". `typed`: what a person typed, whose line breaks are kept.
    """

    en: str = ""
    zh: str = ""
    lead: str = ""
    lead_zh: str = ""
    between: str = ": "
    after_zh: str = ""
    style: str = ""
    typed: bool = False
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A date, or a word in its place, with its label."""

    label: Pair
    value: str
    value_zh: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A dimension in words and as a bar; the number is not printed, since it would invite ranking."""

    name: Pair
    band: Pair
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A row: its label, and what stands beside it."""

    key: str
    label: Pair
    lines: tuple[RecordLine, ...]
    figures: tuple[Figure, ...] = ()
    profile: tuple[Band, ...] = ()
    tier: Tier | None = None

    @property
    def begins_schedule(self) -> bool:
        """Whether page 2 of the paper begins with it."""
        return self.key == words.FIRST_OF_SCHEDULE


def certificate_rows(
    record: Mapping[str, Any], edition: Edition, *, exclusions: bool = True, chinese_scope: bool = True
) -> tuple[RecordRow, ...]:
    """Return the rows of the certificate in their order.

    `exclusions`, `chinese_scope`: whether page 1 has room for them; the schedule has them else.
    """
    tier, assurance = Tier(record["tier"]), Assurance(record["assurance"])
    profile = tuple(_band(record, edition, key) for key in Dimension)
    rows = {
        "how_checked": (_checked(assurance),),
        "organisation": _organisation(record["organisation"]),
        "assessed_as": (_assessed_as(record["system"]["parts"]),),
        "system": _system(record),
        "scope": _scope(record["use"], exclusions=exclusions, chinese_scope=chinese_scope),
        "outcome": (_outcome(tier), _still_open(record)),
        "against": (_against(record, edition),),
        "dates": _replaced(record),
        "decision": (*_deciders(record), _issuer(record, assurance)),
        "full_scope": _full_scope(record["use"], exclusions=not exclusions, chinese_scope=not chinese_scope),
        "covered": _covered(record),
        "how": (_pair(words.HOW[assurance]),),
        "looked_at": _looked_at(record, assurance),
        "profile": (_closed_since(record), _pair(words.BAR, "quiet", inline=True)),
        "conditions": _conditions(record, assurance),
        "conformity": _conformity(record, edition),
        "own_words": _own_words(record),
        "not": (_pair(words.NOT_THIS),),
        "statuses": (
            RecordLine(" ".join(one.en for one in words.STATUSES), "".join(one.zh for one in words.STATUSES)),
        ),
        "record": _record(record),
    }
    return tuple(
        RecordRow(
            key,
            words.LABELS[key],
            lines,
            figures=_figures(record) if key == "dates" else (),
            profile=profile if key == "profile" else (),
            tier=tier if key == "outcome" else None,
        )
        for key, lines in rows.items()
        if lines or key == "dates"
    )


# --- days and numbers in two languages --------------------------------------------------------------------------------------


def _day_zh(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _at(text: str) -> date:
    return moment(text).date()


def _many(n: int, one: str, more: str) -> str:
    return f"{n} {one if n == 1 else more}"


def _due(n: int, last: date | None) -> str:
    if last is None:
        return ""
    return f", due {day(last)}" if n == 1 else f", the last due {day(last)}"


def _pair(pair: Pair, style: str = "", *, inline: bool = False) -> RecordLine:
    return RecordLine(pair.en, pair.zh, style=style, inline=inline)


def _listed(parts: Sequence[str], last: str, between: str = ", ") -> str:
    return last.join([between.join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


# --- page 1 -------------------------------------------------------------------------------------------------------------------


def _checked(assurance: Assurance) -> RecordLine:
    lead, means = words.CHECKED[assurance]
    return RecordLine(means.en, means.zh, lead.en, lead.zh)


def _organisation(of: Mapping[str, Any]) -> tuple[RecordLine, ...]:
    lines = [RecordLine(of["name_en"], style="name")]
    if of["name_zh"]:
        lines.append(RecordLine(zh=of["name_zh"], style="name"))
    if of["registration_no"]:
        number = RecordLine(
            f"{of['registration_no']}, {of['place']}", lead="Registration no.", lead_zh="登記編號", style="quiet"
        )
        return (*lines, number)
    return (*lines, RecordLine(of["place"], style="quiet")) if of["place"] else tuple(lines)


def _assessed_as(parts: Sequence[str]) -> RecordLine:
    found = [words.PARTS[Stakeholder(part)] for part in parts]
    return RecordLine(_listed([one.en for one in found], " and "), _listed([one.zh for one in found], "及", "、"))


def _system(record: Mapping[str, Any]) -> tuple[RecordLine, ...]:
    system = record["system"]
    version = f", version {system['version']}" if system["version"] else ""
    return (RecordLine(system["name"] + version, style="thing"), RecordLine(record["use"]["title"]))


def _scope(use: Mapping[str, Any], *, exclusions: bool, chinese_scope: bool) -> tuple[RecordLine, ...]:
    lines = [RecordLine(use["scope_en"])]
    if use["scope_zh"]:
        lines.append(RecordLine(zh=use["scope_zh"] if chinese_scope else "中文範圍見附表。"))
    if use["exclusions"]:
        said = use["exclusions"] if exclusions else "see the schedule 見附表"
        lines.append(RecordLine(said, lead="Not covered", lead_zh="不包括", style="quiet"))
    return tuple(lines)


def _outcome(tier: Tier) -> RecordLine:
    means = words.MEANINGS[tier]
    return RecordLine(means.en, means.zh, f"{words.TIERS_EN[tier]} risk", f"{TIERS_ZH[tier]}風險")


def _still_open(record: Mapping[str, Any]) -> RecordLine:
    """Say in one sentence what is still open: conditions, and the other actions of the plan."""
    count, latest = record["open_actions"]["count"], _day(record["open_actions"]["latest_due"])
    further, last = record.get("further_actions"), _day(record.get("further_latest_due"))
    over = bool(last and last > date.fromisoformat(record["expires_on"]))
    en = [_many(count, "condition", "conditions") + _due(count, latest)] if count else []
    zh = [f"條件 {count} 項" + (f"，最遲於{_day_zh(latest)}符合" if latest else "")] if count else []
    if further:
        kind, more = ("further ", "其他") if count else ("", "")
        en.append(_many(further, f"{kind}action of the plan", f"{kind}actions of the plan") + _due(further, last))
        en[-1] += " (after this certificate ends)" if over else ""
        zh.append(f"補救計劃的{more}行動 {further} 項" + (f"，最遲於{_day_zh(last)}完成" if last else ""))
        zh[-1] += "（在本證書屆滿之後）" if over else ""
    if further is None:
        en.append("further actions of the plan: not recorded")
        zh.append("補救計劃的其他行動：未有記錄")
    if not en:
        return RecordLine("Nothing was open when it was issued.", "發出時並無未完成的事項。")
    return RecordLine(f"Open when issued: {'; '.join(en)}.", f"發出時未完成：{'；'.join(zh)}。")


def _against(record: Mapping[str, Any], edition: Edition) -> RecordLine:
    of = record["edition"]
    year, month = edition.guideline_date.split("-")
    rules = record.get("issuing_rules")
    en = f"Guideline v{of['guideline_version']}, {guideline_month(edition.guideline_date)}; question set {of['key']}, release"
    zh = f"指引 {of['guideline_version']} 版，{year}年{int(month)}月；問題集 {of['key']}，第 {of['release']} 次發布"
    said = (f"release\u00a0{rules}", f"第 {rules} 次發布") if rules else ("not recorded", "未有記錄")
    return RecordLine(f"{en}\u00a0{of['release']}; issuing rules, {said[0]}.", f"{zh}；發證規則，{said[1]}。")


def _kind(record: Mapping[str, Any]) -> Pair:
    """New, renewal or change; of an older certificate that replaced another it is not recorded which."""
    kind = record.get("kind")
    if kind:
        return words.KINDS[kind]
    return words.KINDS["new"] if record["first_issued_on"] == record["issued_on"] else words.NOT_RECORDED


def _figures(record: Mapping[str, Any]) -> tuple[Figure, ...]:
    decided = max((_at(one["at"]) for one in record["deciders"]), default=_at(record["signed_by"]["at"]))
    kind = _kind(record)
    return (
        Figure(Pair("Decided", "決定"), short_date(decided)),
        Figure(Pair("Issued", "發出"), short_date(date.fromisoformat(record["issued_on"]))),
        Figure(Pair("Expires", "屆滿"), short_date(date.fromisoformat(record["expires_on"]))),
        Figure(Pair("Type", "類別"), kind.en, kind.zh),
    )


def _replaced(record: Mapping[str, Any]) -> tuple[RecordLine, ...]:
    """Return what it replaces; none where it replaces nothing."""
    if record["first_issued_on"] == record["issued_on"] and not record.get("replaces"):
        return ()
    first, number = date.fromisoformat(record["first_issued_on"]), record.get("replaces")
    which = (f"certificate {number}", f"證書 {number}") if number else ("an earlier certificate", "較早的證書")
    return (
        RecordLine(f"Replaces {which[0]}. First issued {day(first)}.", f"取代{which[1]}。首次發出：{_day_zh(first)}。"),
    )


def _deciders(record: Mapping[str, Any]) -> tuple[RecordLine, ...]:
    lines = []
    for one in record["deciders"]:
        role = words.DECIDERS[one["role"]]
        lines.append(RecordLine(role.en, lead=one["name"], between=", ", after_zh=role.zh))
    return tuple(lines)


def _issuer(record: Mapping[str, Any], assurance: Assurance) -> RecordLine:
    """Name the reviewing body as what it did: it issues what it reviewed, and registers what it never looked at."""
    if assurance == Assurance.REVIEWED_INDEPENDENTLY:
        return RecordLine(record["issuer"], lead=words.ISSUED_BY.en, lead_zh=words.ISSUED_BY.zh, style="quiet")
    return RecordLine(
        record["issuer"] + words.NEVER_LOOKED.en,
        words.REGISTERED_BY.zh + "：" + record["issuer"] + words.NEVER_LOOKED.zh,
        lead=words.REGISTERED_BY.en,
        style="quiet",
    )


# --- the schedule -------------------------------------------------------------------------------------------------------------


def _full_scope(use: Mapping[str, Any], *, exclusions: bool, chinese_scope: bool) -> tuple[RecordLine, ...]:
    """Return what page 1 leaves out of the scope; what it says whole is not said again."""
    lines = [RecordLine(zh=use["scope_zh"])] if chinese_scope and use["scope_zh"] else []
    for key, label in (
        ("purpose", Pair("Purpose", "目的")),
        ("setting", Pair("Setting", "使用環境")),
        ("people_affected", Pair("People affected", "受影響人士")),
        ("exclusions", Pair("Not covered", "不包括")),
    ):
        if use[key] and (exclusions or key != "exclusions"):
            lines.append(RecordLine(use[key], lead=label.en, lead_zh=label.zh))
    return (*lines, _pair(words.OWN_SCOPE, "quiet", inline=True))


def _covered(record: Mapping[str, Any]) -> tuple[RecordLine, ...]:
    n, part = record["counts"], record.get("partly_not_applicable")
    in_part = (f" ({part} in part)", f"（部分不適用 {part} 條）") if part else ("", "")
    lines = [
        RecordLine(
            f"{n['applicable']} questions, {n['answered']} answered: {n['not_applicable']} not "
            f"applicable{in_part[0]}, {n['unknown']} unknown, {n['planned']} planned.",
            f"適用問題 {n['applicable']} 條：已答 {n['answered']} 條；不適用 {n['not_applicable']} 條"
            f"{in_part[1]}，未知 {n['unknown']} 條，計劃中 {n['planned']} 條。",
        )
    ]
    left_out = record.get("not_applicable") or {"musts": 0, "accepted": 0, "by": []}
    if left_out["musts"]:
        en, zh = f"Mandatory points not applicable: {left_out['musts']}", f"不適用的必須要求 {left_out['musts']} 項"
        if left_out["by"]:
            en += f"; {left_out['accepted']} with a reason accepted by {_listed(left_out['by'], ' and ')}."
            zh += f"，其中 {left_out['accepted']} 項的理由已獲審核員接納。"
        else:
            en, zh = en + ", as stated by the signatory.", zh + "，以簽署人聲明為據。"
        lines.append(RecordLine(en, zh))
    if worst := record.get("worst_answers"):
        lines.append(
            RecordLine(
                f"Facts not known and declared with the worst possible answer: {worst}.",
                f"未知而按最壞情況申報的事實：{worst} 項。",
            )
        )
    return tuple(lines)


def _looked_at(record: Mapping[str, Any], assurance: Assurance) -> tuple[RecordLine, ...]:
    """Return what each reviewer opened and judged, as the server wrote it down with the approval."""
    if assurance == Assurance.SELF_DECLARED:
        return (RecordLine("No reviewer has checked the answers.", "未經審核員審閱。", inline=True),)
    return tuple(look(one["name"], one.get("looked_at")) for one in record["deciders"])


def look(name: str, said: Any) -> RecordLine:
    """Return one reviewer's: counts, or sentences, as the decision keeps them."""
    if not said:
        return RecordLine(words.NOT_RECORDED.en + ".", words.NOT_RECORDED.zh + "。", name, inline=True)
    if not isinstance(said, Mapping):
        return RecordLine(" ".join(str(one) for one in said), lead=name)
    en = [f"{said['judged']} of {said['asked']} required facts and answers opened and judged"]
    zh = [f"打開並評核規定事實及答案 {said['judged']}／{said['asked']} 項"]
    if said.get("drawn"):
        en[0] += f" ({said['drawn']} at random)"
        zh[0] += f"（隨機 {said['drawn']} 項）"
    taken, together = said.get("taken_over") or {}, said.get("together") or 0
    single = said.get("marked", 0) - said["judged"] - together - sum(taken.values())
    if together:
        en.append(f"{together} more accepted together")
        zh.append(f"另一併接納 {together} 項")
    if single > 0:
        en.append(f"{single} more one by one")
        zh.append(f"另逐一評核 {single} 項")
    for other, count in taken.items():
        en.append(f"{count} more taken over from {other}")
        zh.append(f"另沿用 {other} 的評核 {count} 項")
    lines = [("; ".join(en) + ".", "；".join(zh) + "。"), *_evidence_seen(said), *_time_taken(said)]
    return RecordLine(" ".join(line[0] for line in lines), "".join(line[1] for line in lines), name, inline=True)


def _evidence_seen(said: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Opened: all that the seat has to open. Judged with an answer: those under the answers of the own set."""
    if said.get("openable") is None:
        return
    if not said["openable"] and not said.get("pieces"):
        yield "Evidence: none attached.", "證據：沒有附上。"
        return
    en = f"Evidence: {said['opened']} of {said['openable']} opened"
    zh = f"證據：打開 {said['opened']}／{said['openable']} 項"
    if said.get("pieces"):
        en += f", {said['pieces_judged']} of {said['pieces']} judged with the answers"
        zh += f"，該等答案所附已評核 {said['pieces_judged']}／{said['pieces']} 項"
    yield en + ".", zh + "。"


def _time_taken(said: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    seconds = said.get("median_seconds")
    if seconds is None:
        return
    minutes, rest = divmod(seconds, 60)
    en, zh = (f"{minutes} min {rest} s", f"{minutes} 分 {rest} 秒") if minutes else (f"{rest} s", f"{rest} 秒")
    en, zh = (f"{en} or less", f"不多於 {zh}") if seconds else ("less than one second", "不足一秒")
    yield f"Half of the marks took {en}.", f"半數評核用時{zh}。"


def _band(record: Mapping[str, Any], edition: Edition, key: Dimension) -> Band:
    name = Pair(edition.terms[f"dimensions.{key}"], words.DIMENSIONS_ZH[key])
    value = record["dimensions"].get(str(key))
    if value is None:
        return Band(name, words.NOT_ASSESSED, None)
    if str(key) in record.get("too_few", ()):
        return Band(name, words.TOO_FEW, None)
    share = Decimal(value)
    if share == ALL:
        return Band(name, words.ALL_IN_PLACE, share)
    band = band_key(edition, share)
    return Band(name, Pair(edition.policy.words[f"bands.{band}"], words.BANDS_ZH[band]), share)


def _closed_since(record: Mapping[str, Any]) -> RecordLine:
    signed, closed = _at(record["signed_by"]["at"]), record.get("closed_since")
    en = "Actions closed since then: not recorded" if closed is None else "No action has been closed since then"
    en = f"{_many(closed, 'action', 'actions')} closed since then, with evidence" if closed else en
    zh = "未有記錄" if closed is None else f"{closed} 項行動"
    return RecordLine(
        f"At signing on {day(signed)}. {en}.",
        f"按{_day_zh(signed)}簽署時的情況；其後憑證據完成：{zh}。",
        style="quiet",
        inline=True,
    )


def _conditions(record: Mapping[str, Any], assurance: Assurance) -> tuple[RecordLine, ...]:
    count, latest = record["open_actions"]["count"], _day(record["open_actions"]["latest_due"])
    if not count:
        return (RecordLine("None when issued.", "發出時並無條件。", inline=True),)
    set_by = (
        Pair("promised by the person who signed", "由簽署人承諾")
        if assurance == Assurance.SELF_DECLARED
        else Pair("set by a reviewer at approval", "於批准時訂明")
    )
    due = (_due(count, latest), f"，最遲於{_day_zh(latest)}符合" if latest else "")
    lines = [
        RecordLine(
            f"{_many(count, 'condition', 'conditions')} not met yet, {set_by.en}{due[0]}. "
            "If a condition is not met by its date, the certificate is suspended.",
            f"條件 {count} 項，{set_by.zh}{due[1]}。逾期未符合者，證書會被暫停。",
        )
    ]
    listed = record.get("conditions")
    if listed is None:
        return (
            *lines,
            RecordLine(f"Wording: {words.NOT_RECORDED.en.lower()}.", f"內容：{words.NOT_RECORDED.zh}。", inline=True),
        )
    for number, one in enumerate(listed, 1):
        lines.append(
            RecordLine(
                f"{one['words']}, due {day(date.fromisoformat(one['due_on']))}.",
                lead=f"{number}.",
                between=" ",
            )
        )
    return tuple(lines)


def _conformity(record: Mapping[str, Any], edition: Edition) -> tuple[RecordLine, ...]:
    """Return the parts of the conformity file by what was done with them, and the organisation's words for the public."""
    by_state: dict[Pair, list[Pair]] = {}
    said = []
    for one in record.get("conformity", ()):
        part = edition.gates.part(one["part"])
        if part is None:
            continue
        label = Pair(part.label, words.CONFORMITY_ZH[part.key])
        state = one.get("state", one.get("judged"))
        done = words.STATE_NOT_RECORDED if state is None else words.JUDGED if state in ("judged", True) else words.GIVEN
        by_state.setdefault(done, []).append(label)
        if one["words"]:
            said.append(RecordLine(one["words"], lead=label.en, lead_zh=label.zh, typed=True))
    lines = [
        RecordLine(", ".join(one.en for one in of) + ".", "、".join(one.zh for one in of) + "。", done.en, done.zh)
        for done, of in by_state.items()
    ]
    if said:
        said.append(_pair(words.OWN_WORDS, "quiet", inline=True))
    return (*lines, *said)


def _own_words(record: Mapping[str, Any]) -> tuple[RecordLine, ...]:
    if not record["public_statement"]:
        return ()
    return (
        RecordLine(record["public_statement"], style="quote", typed=True),
        _pair(words.OWN_WORDS, "quiet", inline=True),
    )


def _record(record: Mapping[str, Any]) -> tuple[RecordLine, ...]:
    signed = record["signed_by"]
    hashes = [
        ("Answers", "答案", record["snapshot_sha256"]),
        ("Question set", "問題集", record["edition"]["checksum"]),
    ]
    if log := record.get("log"):
        hashes.append((f"Log, entry {log['seq']}", "日誌", log["hash"]))
    lines = [
        RecordLine(
            f"Submission {record['submission']}, round {record['round']}, signed {short_date(_at(signed['at']))} by "
            f"{signed['name']}. SHA-256 of:"
        )
    ]
    return (*lines, *(RecordLine(digest, lead=label, lead_zh=zh, style="hash") for label, zh, digest in hashes))
