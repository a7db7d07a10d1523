"""The fixed words of letters and status notices, in English and in Traditional Chinese. English prevails.

Written for the two documents and never taken from the interface's translations: both languages stand in every copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone, translation

from assessments.guideline.terms import Tier
from assessments.models import MarkReason, PartVerdict
from assessments.models.public_reasons import words_of


@dataclass(frozen=True, slots=True)
class Pair:
    """The same in English and in Traditional Chinese."""

    en: str
    zh: str

    def of(self, **words: Pair | str | int) -> Pair:
        """Fill in the placeholders; a pair gives each side its own words."""
        en = {key: word.en if isinstance(word, Pair) else word for key, word in words.items()}
        zh = {key: word.zh if isinstance(word, Pair) else word for key, word in words.items()}
        return Pair(self.en.format(**en), self.zh.format(**zh))


def dated(value: date | datetime) -> Pair:
    """Return a day of Hong Kong in both languages: 14 October 2026, 2026年10月14日."""
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return Pair(f"{value.day}\u00a0{value:%B}\u00a0{value.year}", f"{value.year}年{value.month}月{value.day}日")


def body_of(body: object, name_zh: str) -> Pair:
    """Return who answers appeals: the reviewing body by its names; an English name stands apart from Chinese text."""
    return Pair(str(body), name_zh or f" {body} ") if body else NO_BODY


TIERS = {
    Tier.LOW: Pair("Low risk", "低風險"),
    Tier.LIMITED: Pair("Limited risk", "有限風險"),
    Tier.HIGH: Pair("High risk", "高風險"),
    Tier.UNACCEPTABLE: Pair("Unacceptable risk", "不可接受風險"),
}
SIGNER = Pair("owner, signing for the organisation", "負責人，代表機構簽署")
INDEPENDENT = Pair("independent reviewer", "獨立審核員")
INSIDE = Pair("reviewer within the organisation", "機構內部審核員")
NO_BODY = Pair("the reviewing body", "審核機構")

# --- the decision letter ---------------------------------------------------------------------------------------------------

HEADINGS = {
    "refuse": Pair("The submission is refused; no certificate is issued for it", "提交版本不予批准，不獲發證書"),
    "declare_prohibited": Pair("This use is prohibited; no certificate is issued", "此用途屬被禁止的用途，不獲發證書"),
    "return": Pair("The tier has changed; the submission is returned", "層級有所改變，提交版本退回修改"),
    "changes": Pair("Changes are needed; the submission is returned", "須作修改，提交版本退回"),
    "approve": Pair("The submission is approved; no certificate is issued yet", "提交版本獲批准，證書尚未發出"),
    "issued": Pair("The submission is approved; the certificate is issued", "提交版本獲批准，證書已發出"),
}
DECISIONS = {
    "refuse": Pair(
        "The submission of {day} (round {round}) is refused. This decision is final.",
        "{day}的提交版本（第 {round} 輪）不予批准，此決定不再更改。",
    ),
    "declare_prohibited": Pair(
        "The organisation has declared and signed facts under which the Guideline treats this use as prohibited. "
        "The case is closed, and nobody can issue a certificate for this use.",
        "機構已申報並簽署，此用途的事實屬指引所禁止之列。個案已結束，任何人均不能就此發出證書。",
    ),
    "return": Pair(
        "The submission of {day} (round {round}) goes back to the organisation, because its tier has changed. Approvals "
        "given in this round no longer count.",
        "由於層級有所改變，{day}的提交版本（第 {round} 輪）退回機構修改。本輪已作出的批准隨即失效。",
    ),
    "changes": Pair(
        "The submission of {day} (round {round}) goes back to the organisation for changes. It is neither approved nor "
        "refused. Approvals given in this round no longer count.",
        "{day}的提交版本（第 {round} 輪）退回機構修改，既未獲批准，亦未被拒絕。本輪已作出的批准隨即失效。",
    ),
    "approve": Pair(
        "The submission of {day} (round {round}) is approved.",
        "{day}的提交版本（第 {round} 輪）獲批准。",
    ),
}
MEANS = {
    "refuse": Pair(
        "The tier of the use is still {tier}. No certificate is issued for this submission. If "
        "the use has a certificate from an earlier assessment, that certificate keeps its "
        "status. Its public page shows the status.",
        "此用途仍列為{tier}。本提交版本不獲發證書。此用途如因較早的評估而持有證書，該證書的現況不因本決定而改變，並以其公開頁面為準。",
    ),
    "raised": Pair(
        "The reviewer raised the tier from {before} to {tier}, by judgement and not by the rules. "
        "No certificate is issued for this submission.",
        "審核員在規則以外作出判斷，把此用途由{before}調高至{tier}。本提交版本不獲發證書。",
    ),
    "declare_prohibited": Pair(
        "The Guideline treats this use as prohibited. It says that those who build or deploy such a "
        "system are legally liable. The Guideline itself is not law. Ask a lawyer whether a law applies.",
        "指引視此為被禁止的用途，開發或部署者須負法律責任。指引並非法律；是否有法律適用，應由律師判斷。",
    ),
    "return_raised": Pair(
        "The reviewer raised the tier from {before} to {tier}, by judgement and not by the rules. "
        "The organisation must meet what the new tier requires and sign again.",
        "審核員在規則以外作出判斷，把此用途由{before}調高至{tier}。機構須按新層級的要求再次簽署。",
    ),
    "return_withdrawn": Pair(
        "A reviewer had raised the tier to {tier}. This decision was withdrawn. The rules alone "
        "decide the tier again, and the organisation must sign the use again at that tier.",
        "先前把層級調高至{tier}的決定已撤回。層級再次以規則的結果為準，機構須據此再次簽署。",
    ),
    "changes": Pair(
        "The returned points can be changed again. Everything else stays unchanged. The tier of "
        "the use is still {tier}. No certificate is issued for this round.",
        "退回的各項現已重新開放，其餘維持簽署時的內容。此用途仍列為{tier}。本輪不會發出證書。",
    ),
    "approve": Pair(
        "The certificate is issued when nothing blocks it any more. The page of the assessment "
        "lists what still blocks it.",
        "待再沒有任何事項阻礙發證，證書便會發出。評估頁面列出尚餘的事項。",
    ),
    "issued": Pair(
        "Certificate {number} is valid from {first} to {last}. It may be suspended or revoked. "
        "Its public page shows its current status.",
        "證書 {number} 的有效期由{first}至{last}。證書可被暫停或撤銷，現況以其公開頁面為準。",
    ),
}
NEXT = {
    "return": Pair(
        "You can now answer the new questions and change the answers that depend on them. Then an owner signs again.",
        "新提出的問題及相關答案現已開放。請作答，然後由負責人再次簽署。",
    ),
    "changes": Pair(
        "Deal with each point on the web page named below: change it, add evidence, or explain why you do "
        "not change it. Then an owner signs again, and the case goes back to the reviewers.",
        "請在下列網頁逐項處理：作出修改、補交證據，或以文字說明為何維持不變。其後由負責人再次簽署，個案交回審核員。",
    ),
    "approve": Pair(
        "Complete the actions that block the certificate, and add evidence. Each action closes when a reviewer accepts it.",
        "請完成阻礙發證的行動，並逐項附上證據，由本個案的審核員接納。",
    ),
    "issued": Pair(
        "Meet each condition by its date, with evidence that a reviewer accepts. Otherwise, the "
        "certificate is suspended.",
        "請按限期履行各項條件，並附上證據由審核員接納。逾期未履行，證書會被暫停。",
    ),
    "issued_clear": Pair(
        "You do not need to do anything now. Report any change to a fact, an answer or its evidence.",
        "目前無須為證書採取行動。如有事實、答案或其證據改變，請提出。",
    ),
    "actions": Pair(
        "Complete each action by its date, and add evidence that it is done. A reviewer of the "
        "case accepts it. A late action that is not a condition does not suspend the "
        "certificate. It stays open in the plan, marked as late.",
        "請按限期完成各項行動，並附上完成的證據，由本個案的審核員接納。不屬條件的行動逾期不會令證書暫停，但會繼續在補救計劃中列為逾期未完成。",
    ),
}
FACT, ANSWER, PART = (
    Pair("Fact", "事實"),
    Pair("Answer", "答案"),
    Pair("Part of the conformity file", "合規檔案的部分"),
)
NO_MARK_REASON = Pair("Change needed", "須修改")
MARK_REASONS = {
    MarkReason.UNCLEAR: Pair("The answer is not clear", "答案不清楚"),
    MarkReason.NOT_SHOWN: Pair("Evidence is missing", "欠缺證據"),
    MarkReason.OTHER_EVIDENCE: Pair("Other evidence is needed", "須提供其他證據"),
    MarkReason.TOO_HIGH: Pair("Less is in place than the answer says", "實際落實少於答案所述"),
    MarkReason.NOT_APPLICABLE: Pair(
        "The requirement applies, although it was marked “not applicable”", "此項適用，雖標示為「不適用」"
    ),
    MarkReason.WRONG_FACT: Pair("The fact does not match the description", "所報事實與描述不符"),
    MarkReason.OTHER: NO_MARK_REASON,  # “another reason” tells nobody which; what would be accepted stands below it
}
VERDICTS = {
    PartVerdict.SUPPORTS: Pair("Supports", "足以支持"),
    PartVerdict.PARTLY: Pair("Partly", "部分支持"),
    PartVerdict.DOES_NOT: Pair("Does not support", "未能支持"),
}
ANSWER_BY = Pair(
    "Please answer by {day}. You can still answer after that day.", "請於{day}或之前回覆；逾期亦不會鎖定。"
)
NO_CONDITIONS = Pair("None.", "沒有。")
NOT_RECORDED = Pair("not recorded", "沒有紀錄")
APPEAL = Pair(
    "An owner of the organisation can appeal against this decision once, in writing, on the "
    "page below. There is no time limit. The answer comes from a reviewer of {body} who did "
    "not review this case and is not a member of the organisation. The decision remains in "
    "force until then.",
    "機構的負責人可就本決定在下列網頁以書面上訴一次，不設期限。上訴由{body}中沒有在本個案擔任審核席位、亦非該機構成員的審核員答覆。其間本決定維持有效。",
)
COMPLAIN = Pair(
    "There is no appeal against an approval. An owner can complain about it once, in "
    "writing, on the web page named below. There is no time limit. The answer comes from a reviewer of "
    "{body} who did not review this case and is not a member of the organisation.",
    "對批准不設上訴。機構的負責人可在下列網頁以書面投訴一次，不設期限，由{body}中沒有在本個案擔任審核席位、亦非該機構成員的審核員答覆。",
)
OWN_DECLARATION = Pair(
    "This is the organisation's own declaration and not a decision by somebody else, so "
    "there is no decision to appeal against.",
    "本文件是機構本身的申報，並非他人的決定，因此沒有可上訴的決定。",
)

# --- the status notice -----------------------------------------------------------------------------------------------------

STATUS_HEADINGS = {
    "suspended": Pair("The certificate is suspended", "證書已被暫停"),
    "reinstated": Pair("The certificate is reinstated", "證書已恢復有效"),
    "revoked": Pair("The certificate is revoked", "證書已被撤銷"),
}
STATUS_MEANS = {
    "suspended": Pair(
        "Do not rely on the certificate for now. Nobody may show it as valid while it is suspended.",
        "證書暫時不應依賴。暫停期間，任何人不得把證書當作有效展示。",
    ),
    "reinstated": Pair(
        "You can rely on the certificate again. Its last day is still {last}.",
        "證書可再次依賴，最後一日仍是{last}。",
    ),
    "revoked": Pair(
        "The certificate is permanently withdrawn from this day on. Nobody may show it as valid any more.",
        "證書由當日起永久收回，任何人不得再把證書當作有效展示。",
    ),
}
STATUS_NEXT = {
    "suspended": Pair(
        "Correct the cause of the suspension, and report it on the web page named below. The certificate does not"
        " become valid again automatically. Somebody with the right to reinstate it has to decide.",
        "請糾正導致暫停的事項，並在下列網頁說明。證書不會自動恢復，須由有權恢復證書的人決定。",
    ),
    "monitoring": Pair(
        "Add the newest monitoring record to the conformity file. The certificate is valid again "
        "as soon as the record is up to date. Nothing else is needed.",
        "請把最新的監察紀錄加入合規檔案。紀錄一經更新，證書即自動恢復，無須其他步驟。",
    ),
    "reinstated": Pair("You do not need to do anything.", "無須採取行動。"),
}
STATUS_APPEAL = Pair(
    "An owner of the organisation can appeal against this change of status once, in writing, on the "
    "page below. There is no time limit. The answer comes from a reviewer of {body} who did "
    "not review the case and is not a member of the organisation.",
    "機構的負責人可由下列網頁以書面上訴一次，不設期限。上訴由{body}中沒有在本個案擔任審核席位、亦非該機構成員的審核員答覆。",
)
NO_APPEAL = Pair("There is nothing to appeal against.", "沒有可上訴的事項。")
_REASONS = {
    "A condition of the approval was not met in time.": "批准所附的條件未有按限期履行。",
    "A condition was not met in time.": "條件未有按限期履行。",
    "A condition was not met.": "條件未獲履行。",
    "Declared facts of the use changed.": "用途的申報事實有所改變。",
    "Evidence of monitoring is out of date.": "監察證據已過期。",
    "An incident is being investigated.": "正在調查一宗事故。",
    "An incident is being looked into.": "正在調查一宗事故。",  # as it was said before
    "A complaint is being investigated.": "正在處理一宗投訴。",
    "A complaint is being looked into.": "正在處理一宗投訴。",  # as it was said before
    "The holder requested the suspension.": "由證書持有機構提出。",
    "The holder requested the revocation.": "由證書持有機構提出。",
    "The holder asked for it.": "由證書持有機構提出。",  # as it was said before
    "The cause of the suspension was corrected.": "導致暫停的事項已糾正。",
    "What had led to the suspension was corrected.": "導致暫停的事項已糾正。",  # as it was said before
    "An investigation found no ground for the suspension.": "事件經審視，暫停並無理據。",
    "The matter was investigated: there was no ground for the suspension.": "事件經審視，暫停並無理據。",  # as it was said before
    "The matter was looked into, and the suspension was not founded.": "事件經審視，暫停並無理據。",  # as it was said before
    "The suspension was an error.": "暫停屬於錯誤。",
    "The declaration was untrue.": "所申報的內容與事實不符。",
    "What had been declared was not so.": "所申報的內容與事實不符。",  # as it was said before
    "The use has changed since it was assessed.": "此用途的實際運作已與評估時不同。",
    "The use is no longer run as it was assessed.": "此用途的實際運作已與評估時不同。",  # as it was said before
    "What had been assessed is no longer so.": "此用途的實際運作已與評估時不同。",  # as it was said before
    "A condition of the approval was not met.": "批准所附的條件未有履行。",
    "A certificate is not possible for this use.": "此用途不能獲發證書。",
    "The use is one that gets no certificate.": "此用途不能獲發證書。",  # as it was said before
    "Monitoring evidence is up to date again.": "監察證據已更新。",
    "Monitoring evidence is fresh again.": "監察證據已更新。",  # as it was said before
    "A reviewer raised the tier of the use.": "審核員調高了此用途的層級。",
}
_MONITORING = re.compile(r"The monitoring evidence is older than (\d+) days\.")
NO_REASON = Pair("No reason was recorded.", "沒有記錄理由。")


def public_reason(kept: str) -> Pair:
    """Return the public reason of a change of status; one that is in no list prints in English on both sides, marked so."""
    if not kept:
        return NO_REASON
    with translation.override("en"):
        words = words_of(kept)
    if old := _MONITORING.fullmatch(words):
        return Pair(words, f"監察證據距今超過 {old[1]} 日。")
    return Pair(words, _REASONS.get(words) or f"（原文）{words}")
