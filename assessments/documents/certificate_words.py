"""The fixed words of the certificate, English beside Traditional Chinese.

The Chinese follows the official text of the Guideline v1.1 where that has a word (犯罪防治, 真實可信, 維度, 風險層級, 自我認證)
and our glossary elsewhere. English prevails.
"""

from __future__ import annotations

from dataclasses import dataclass

from assessments.guideline.terms import Dimension, Stakeholder, Tier
from assessments.models.certificates import Assurance


@dataclass(frozen=True, slots=True)
class Pair:
    """The same in English and in Traditional Chinese."""

    en: str
    zh: str


NOT_RECORDED = Pair("Not recorded", "未有記錄")
"""What an older certificate prints where its record has no such row."""

LABELS = {
    "how_checked": Pair("How checked", "審核方式"),
    "organisation": Pair("Organisation", "機構"),
    "assessed_as": Pair("Assessed as", "評估身分"),
    "system": Pair("System and use", "系統及用途"),
    "scope": Pair("Scope", "範圍"),
    "outcome": Pair("Outcome", "結果"),
    "against": Pair("Assessed against", "評估依據"),
    "dates": Pair("Dates", "日期"),
    "decision": Pair("Decision by", "決定人"),
    "full_scope": Pair("Full scope", "完整範圍"),
    "covered": Pair("What was covered", "涵蓋內容"),
    "how": Pair("How it was checked", "查核方法"),
    "looked_at": Pair("Reviewed", "審核員查閱範圍"),
    "profile": Pair("Profile", "概況"),
    "conditions": Pair("Conditions", "條件"),
    "conformity": Pair("Conformity file", "合規檔案"),
    "own_words": Pair("In its own words", "機構聲明"),
    "not": Pair("What this is not", "不代表"),
    "statuses": Pair("Status words", "狀況用語"),
    "record": Pair("Record", "紀錄"),
}
FIRST_OF_SCHEDULE = "full_scope"

TIERS_EN = {
    Tier.LOW: "Low",
    Tier.LIMITED: "Limited",
    Tier.HIGH: "High",
    Tier.UNACCEPTABLE: "Unacceptable",
}
MEANINGS = {
    Tier.LOW: Pair(
        "minimal effect on people. The Guideline asks for self-certification.",
        "對人影響輕微。指引要求自我認證。",
    ),
    Tier.LIMITED: Pair(
        "moderate effect on people. The Guideline asks for openness, a way to opt out and a yearly audit.",
        "對人有中度影響。指引要求透明度、選擇退出機制及年度合規審計。",
    ),
    Tier.HIGH: Pair(
        "it affects safety, critical services or important decisions. The Guideline asks for a "
        "conformity assessment, a human in the loop and monitoring in real time.",
        "涉及安全、關鍵服務或重大決定。指引要求合規評估、人類參與監督及實時監察。",
    ),
    Tier.UNACCEPTABLE: Pair("prohibited. The Guideline asks for a full prohibition.", "禁止。指引要求全面禁止。"),
}
PARTS = {
    Stakeholder.DEVELOPER: Pair("Technology Developer", "技術開發者"),
    Stakeholder.PROVIDER: Pair("Service Provider", "服務提供者"),
    Stakeholder.ORGANISATION: Pair("Service User", "服務使用者"),
    Stakeholder.USER: Pair("Service User (a person)", "服務使用者（個人）"),
}
DIMENSIONS_ZH = {
    Dimension.PRIVACY: "個人資料私隱",
    Dimension.INTELLECTUAL_PROPERTY: "知識產權",
    Dimension.CRIME_PREVENTION: "犯罪防治",
    Dimension.RELIABILITY: "真實可信",
    Dimension.SECURITY: "系統安全",
}
BANDS_ZH = {"nearly_all": "近乎全部落實", "most": "大部分落實", "part": "部分落實", "little": "少部分落實"}
ALL_IN_PLACE = Pair("All in place", "全部落實")
NOT_ASSESSED = Pair("Not assessed", "不作評估")
TOO_FEW = Pair("Too few for a figure", "要求太少，未能評定")
CONFORMITY_ZH = {
    "tests": "測試",
    "data": "數據",
    "bias": "偏見",
    "security": "保安",
    "incident-plan": "事故應變計劃",
    "overseers": "監督人員",
    "measures": "實時指標",
    "monitoring": "監察",
}
CHECKED = {
    Assurance.SELF_DECLARED: (
        Pair("Self-declared", "自行聲明"),
        Pair("signed by the organisation itself; no reviewer has checked it.", "由機構自行簽署，未經審核員審核。"),
    ),
    Assurance.REVIEWED_INSIDE: (
        Pair("Reviewed within the organisation", "機構內部審核"),
        Pair("by the organisation's own reviewer, outside the delivery team.", "由機構內交付團隊以外的審核員審核。"),
    ),
    Assurance.REVIEWED_INDEPENDENTLY: (
        Pair("Reviewed independently", "獨立審核"),
        Pair("at least one reviewer is from outside the organisation.", "審核員當中有並非該機構成員的獨立審核員。"),
    ),
}
HOW = {
    Assurance.SELF_DECLARED: Pair(
        "One signed statement lists every mandatory point in scope with the answer given. Nobody "
        "except the signer has checked the answers.",
        "簽署人在一份聲明中逐項列出適用的必須要求及所作答案。答案未經他人查核。",
    ),
    Assurance.REVIEWED_INSIDE: Pair(
        "Desk review: a reviewer who took no part in the work marked every answer and fact.",
        "文件審核：由沒有參與有關工作的審核員就每項答案及申報事實作出評核。",
    ),
    Assurance.REVIEWED_INDEPENDENTLY: Pair(
        "Desk review: reviewers who took no part in the work marked every answer and fact.",
        "文件審核：由沒有參與有關工作的審核員就每項答案及申報事實作出評核。",
    ),
}
DECIDERS = {
    "signer": Pair("owner, signing for the organisation", "負責人，代表機構簽署"),
    "in_house_reviewer": Pair("reviewer within the organisation", "機構內部審核員"),
    "independent_reviewer": Pair("independent reviewer", "獨立審核員"),
}
KINDS = {
    "new": Pair("New", "首次"),
    "renewal": Pair("Renewal", "續期"),
    "change": Pair("Change", "變更"),
}
ISSUED_BY, REGISTERED_BY = Pair("Issued by", "發證機構"), Pair("Registered by", "登記機構")
NEVER_LOOKED = Pair(", which has not checked the answers", "，該機構並無查核答案")
GIVEN, JUDGED = Pair("Given, not judged", "已提供，未經評核"), Pair("Judged by a reviewer", "經審核員評核")
STATE_NOT_RECORDED = Pair("No record of whether it was judged", "未有記錄是否經評核")
OWN_SCOPE = Pair(
    "Both scopes are in the organisation's own words.",
    "兩項範圍均為機構本身的文字。",
)
OWN_WORDS = Pair(
    "The organisation's own words, not checked.",
    "機構本身的文字，未經查核。",
)
BAR = Pair(
    "Bar: weighted share of the Guideline's requirements in place. Weights and levels are our judgement.",
    "橫條：指引對本用途的要求中已落實的加權比例；權重及評級屬我們的判斷。",
)
NOT_THIS = Pair(
    "Not a legal opinion, product test, guarantee or finding that any law was followed.",
    "並非法律意見、產品測試或保證，亦不表示任何法例已獲遵守。",
)
"""Whose it is not, and that the Guideline is not law, stands at the foot of page 1 and of the public page."""
STATUSES = (
    Pair("Valid: in force.", "有效：正在生效。"),
    Pair("Expiring: in its last 30 days.", "即將屆滿：有效期餘下不多於 30 日。"),
    Pair("Expired: past its last day.", "已屆滿：有效期已過。"),
    Pair("Suspended: do not rely on it for now.", "暫停：暫時不應依賴。"),
    Pair("Revoked: permanently withdrawn.", "撤銷：已永久收回。"),
    Pair("Superseded: replaced by a newer one.", "已被取代：已由較新的證書取代。"),
)
