"""The certificate: two pages, English above Traditional Chinese, drawn from the public record and nothing else.

No answer, finding or note can reach it: its only arguments are the record that the public page shows too, the edition
(the published question bank) and the address of this installation. The Chinese is fixed text of ours; English prevails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string

from assessments.documents import drawing, engine
from assessments.documents.plan import TIERS_ZH, guideline_month, shortened, tier_strip
from assessments.documents.report import band_key, moment
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Dimension, Stakeholder, Tier
from assessments.models.certificates import Assurance

TITLE = "Certificate of assessment against the Hong Kong Generative AI Technical and Application Guideline v{version}"

TIERS_EN = {
    Tier.LOW: "Low",
    Tier.LIMITED: "Limited",
    Tier.HIGH: "High",
    Tier.UNACCEPTABLE: "Unacceptable",
}
MEANINGS = {
    Tier.LOW: (
        "minimal effect on people, so the Guideline asks for self-certification.",
        "對人影響輕微，指引要求自行核證。",
    ),
    Tier.LIMITED: (
        "moderate effect on people, so openness, a way to opt out and a yearly audit are asked for.",
        "對人有中度影響，指引要求公開資訊、容許退出及每年審計。",
    ),
    Tier.HIGH: (
        "it touches safety, critical services or weighty decisions, so a conformity assessment, a human in the loop "
        "and monitoring in real time are asked for.",
        "涉及安全、關鍵服務或重大決定，指引要求合規評估、人工參與及實時監察。",
    ),
    Tier.UNACCEPTABLE: ("prohibited.", "禁止使用。"),
}
PARTS = {
    Stakeholder.DEVELOPER: ("Technology Developer", "技術開發者"),
    Stakeholder.PROVIDER: ("Service Provider", "服務提供者"),
    Stakeholder.ORGANISATION: ("Service User", "服務使用者"),
    Stakeholder.USER: ("Service User (a person)", "服務使用者（個人）"),
}
DIMENSIONS_ZH = {
    Dimension.PRIVACY: "個人資料私隱",
    Dimension.INTELLECTUAL_PROPERTY: "知識產權",
    Dimension.CRIME_PREVENTION: "犯罪預防",
    Dimension.RELIABILITY: "可靠可信",
    Dimension.SECURITY: "系統安全",
}
BANDS_ZH = {"nearly_all": "近乎全部", "most": "大部分", "part": "部分", "little": "少部分"}


@dataclass(frozen=True, slots=True)
class Density:
    """How tightly the pages are set, and what long scopes leave to the schedule."""

    css: str
    exclusions: bool = True
    chinese_scope: bool = True


DENSITIES = (
    Density("roomy"),
    Density(""),
    Density("dense"),
    Density("dense", exclusions=False),
    Density("dense", exclusions=False, chinese_scope=False),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """The same in English and in Traditional Chinese."""

    en: str
    zh: str


CHECKED = {
    Assurance.SELF_DECLARED: (
        Pair("Self-declared", "自行聲明"),
        Pair("signed by the organisation itself; no reviewer has looked at it", "由機構自行簽署，未經審核員審核"),
    ),
    Assurance.REVIEWED_INSIDE: (
        Pair("Reviewed within the organisation", "機構內部審核"),
        Pair("by a reviewer of its own, outside the delivery team", "由機構內交付團隊以外的審核員審核"),
    ),
    Assurance.REVIEWED_INDEPENDENTLY: (
        Pair("Reviewed independently", "獨立審核"),
        Pair("with a reviewer who is no member of the organisation", "審核員當中有並非該機構成員的獨立審核員"),
    ),
}
HOW = {
    Assurance.SELF_DECLARED: Pair(
        "One signed statement lists every must of the Guideline in scope with the answer given. Nobody else has checked "
        "the answers.",
        "簽署人在一份聲明中逐項列出適用的必須要求及所作答案。答案未經他人查核。",
    ),
    Assurance.REVIEWED_INSIDE: Pair(
        "Desk review: a mark for every answer and every declared fact, by a reviewer who took no part in the work.",
        "文件審核：由沒有參與有關工作的審核員，就每項答案及每項申報事實作出評核。",
    ),
    Assurance.REVIEWED_INDEPENDENTLY: Pair(
        "Desk review: a mark for every answer and every declared fact, by reviewers who took no part in the work, at "
        "least one of them independent of the organisation.",
        "文件審核：由沒有參與有關工作的審核員，就每項答案及每項申報事實作出評核，其中最少一人獨立於該機構。",
    ),
}
DECIDERS = {
    "signer": Pair("owner, signing for the organisation", "負責人，代表機構簽署"),
    "in_house_reviewer": Pair("reviewer within the organisation", "機構內部審核員"),
    "independent_reviewer": Pair("independent reviewer", "獨立審核員"),
}
STATUSES = (
    ("Valid", "in force.", "有效", "正在生效。"),
    ("Expiring", "in its last 30 days.", "即將屆滿", "有效期餘下不多於 30 日。"),
    ("Expired", "past its last day.", "已屆滿", "有效期已過。"),
    ("Suspended", "not to be relied on for now.", "暫停", "暫時不應依賴。"),
    ("Revoked", "withdrawn for good.", "撤銷", "已永久收回。"),
    ("Superseded", "replaced by a newer one.", "已被取代", "已由較新的證書取代。"),
)


def certificate_layouts(record: Mapping[str, Any], edition: Edition, *, public_url: str) -> tuple[str, ...]:
    """The certificate as HTML, from roomy to dense: the longer names and scopes are, the denser it is set."""
    context = _context(json.loads(json.dumps(record)), edition, public_url)
    return tuple(
        render_to_string("assessments/documents/certificate.html", context | {"density": density})
        for density in DENSITIES
    )


def certificate_pdf(record: Mapping[str, Any], edition: Edition, *, public_url: str, created: datetime) -> bytes:
    """Render the certificate on two pages; a third continues the schedule where even the densest layout is too long."""
    layouts = certificate_layouts(record, edition, public_url=public_url)
    return engine.render(*layouts, identifier=record["number"], created=created, fits=_fits)


def _fits(pages: Sequence[Any]) -> bool:
    """Tell whether the certificate itself takes one page, so that the schedule begins on the second."""
    return len(pages) > 1 and "schedule" in pages[1].anchors


def _context(record: dict[str, Any], edition: Edition, public_url: str) -> dict[str, Any]:
    tier, assurance = Tier(record["tier"]), Assurance(record["assurance"])
    parts = [PARTS[Stakeholder(part)] for part in record["system"]["parts"]]
    address = f"{public_url}/verify/{record['number']}/"
    deciders = record["deciders"]
    return {
        "c": record,
        "title": TITLE.format(version=record["edition"]["guideline_version"]),
        "guideline_month": guideline_month(edition.guideline_date),
        "guideline_month_zh": _month_zh(edition.guideline_date),
        "head_issuer": shortened(record["issuer"]),
        "checked": CHECKED[assurance],
        "how": HOW[assurance],
        "as_en": _listed([part[0] for part in parts], " and "),
        "as_zh": _listed([part[1] for part in parts], "及", "、"),
        "strip": tier_strip(tier, TIERS_EN, chinese=True),
        "tier_en": TIERS_EN[tier],
        "tier_zh": TIERS_ZH[tier],
        "meaning": Pair(*MEANINGS[tier]),
        "latest_due": _day(record["open_actions"]["latest_due"]),
        "decided": max(
            (moment(decider["at"]) for decider in deciders), default=moment(record["signed_by"]["at"])
        ).date(),
        "issued": _day(record["issued_on"]),
        "expires": _day(record["expires_on"]),
        "first_issued": _day(record["first_issued_on"]),
        "renewal": record["first_issued_on"] != record["issued_on"],
        "deciders": [{"name": one["name"], "role": DECIDERS[one["role"]]} for one in deciders],
        "signed_at": moment(record["signed_by"]["at"]).date(),
        "address": address,
        "verify_address": f"{public_url}/verify/",
        "code": drawing.qr(address, 29, f"QR code of {address}"),
        "profile": [_profile(edition, key, record["dimensions"].get(str(key))) for key in Dimension],
        "statuses": STATUSES,
        "left_out": _left_out(record),
        "promised": [
            (part.label, one["words"])
            for one in record.get("conformity", ())
            if one["words"] and (part := edition.gates.part(one["part"])) is not None
        ],
    }


def _left_out(record: Mapping[str, Any]) -> dict[str, Any]:
    """The musts that are not applicable: how many, how many accepted, and by whom; older records do not say."""
    said = record.get("not_applicable") or {"musts": 0, "accepted": 0, "by": []}
    return {**said, "by": _listed(said["by"], " and ") if said["by"] else ""}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _month_zh(text: str) -> str:
    year, month = text.split("-")
    return f"{year} 年 {int(month)} 月"


def _listed(words: list[str], last: str, between: str = ", ") -> str:
    return last.join([between.join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _profile(edition: Edition, key: Dimension, value: str | None) -> dict[str, Any]:
    """One dimension in words and as a bar; the number itself is not printed, since it would invite ranking."""
    name = edition.terms[f"dimensions.{key}"]
    row = {"name": name, "name_zh": DIMENSIONS_ZH[key]}
    if value is None:
        return row | {"bar": "", "band": "Not assessed", "band_zh": "不作評估"}
    share = Decimal(value)
    band = band_key(edition, share)
    words = edition.policy.words[f"bands.{band}"]
    return row | {
        "bar": drawing.bar(f"{name}: {words}", full=share, of=100, size=19),
        "band": words,
        "band_zh": BANDS_ZH[band],
    }
