"""The words of the public pages, in Chinese and in English; joined with the others in :mod:`api.pages.words`."""

from __future__ import annotations

from typing import Final

PUBLIC_WORDS: Final[dict[str, tuple[str, str]]] = {
    "nav.lookup": ("查章", "Look up"),
    "lookup.title": ("查询印章", "Look up a seal"),
    "lookup.heading": ("这枚印章，现在有效吗？", "Is this seal in force?"),
    "lookup.lede": (
        "输入印章下沿的 13 位编码，或电子印章的 14 位编码；扫描二维码也到这里。",
        "Enter the 13 digits at the foot of a seal, or the 14 digits of an electronic one; a QR code leads here too.",
    ),
    "lookup.code": ("印章编码", "Seal code"),
    "lookup.go": ("查询", "Look up"),
    "lookup.malformed": (
        "印章编码应为 13 位或 14 位数字，请核对后重新输入。",
        "A seal code has 13 or 14 digits; check it and enter it again.",
    ),
    "lookup.shown": ("会显示", "What is shown"),
    "lookup.shown.text": (
        "状态、种类、所有者名称、有效期，以及更名前后的编码。",
        "State, kind, the owner's name, validity, and the codes that a change of name links.",
    ),
    "lookup.hidden": ("不会显示", "What is not"),
    "lookup.hidden.text": (
        "印模图样、保管人、名章姓名等个人信息。",
        "The imprint, its keepers, the name on a name seal: nothing personal.",
    ),
    "lookup.signed": ("可以核对", "How it is proved"),
    "lookup.signed.text": (
        "每次答复都由制章者签名，可下载后离线核对。",
        "Each answer is signed by the seal maker and can be checked offline.",
    ),
    "lookup.answer": ("查询结果", "Answer"),
    "lookup.state.unknown": ("未查到", "Not found"),
    "lookup.why.active": (
        "此印章登记在案，正在使用。",
        "This seal is on record and in use.",
    ),
    "lookup.why.frozen": (
        "此印章已挂失，实物与电子同时停用。挂失之后盖出的文件不应接受。",
        "This seal was reported lost; its physical and its electronic side stopped at once. Accept nothing sealed since.",
    ),
    "lookup.why.suspended": (
        "此印章暂停使用，可能恢复；停用期间盖出的文件不应接受。",
        "This seal is suspended and may come back. Accept nothing sealed meanwhile.",
    ),
    "lookup.why.revoked": (
        "此印章已注销，不再使用；注销之前盖出的文件不因此失效。",
        "This seal was revoked for good. What was sealed before is not undone by that.",
    ),
    "lookup.why.superseded": (
        "此印章已由新印章替换；替换之前盖出的文件不因此失效。",
        "Another seal took this one's place. What was sealed before is not undone by that.",
    ),
    "lookup.why.expired": (
        "此印章已过有效期，不应再使用。",
        "This seal is past its last day and should not be used.",
    ),
    "lookup.why.closed": (
        "此印章制作后无人领取，已关闭，从未启用。",
        "This seal was never collected and its file was closed; it was never in use.",
    ),
    "lookup.why.making": (
        "此印章尚未启用：正在制作、交付或备案，盖出的文件不应接受。",
        "This seal is not in use yet: it is being made, delivered or filed. Accept nothing sealed with it.",
    ),
    "lookup.why.unknown": (
        "登记中没有这个编码的印章。请核对每一位数字；若编码无误，请向盖章单位或公安机关核实。",
        "No seal on record has this code. Check every digit; if the code is right, ask the enterprise or the police.",
    ),
    "lookup.fact.asked": ("查询编码", "Code asked about"),
    "lookup.fact.since": ("此状态自", "In this state since"),
    "lookup.fact.validity": ("有效期", "Validity"),
    "lookup.as_of": ("截至 {when}（北京时间）", "As of {when} (Beijing time)"),
    "lookup.fact.not_yet": ("尚未启用", "not in force yet"),
    "lookup.fact.predecessor": ("替换了", "It replaced"),
    "lookup.fact.successor": ("已换为", "Replaced by"),
    "lookup.renamed": ("更名前后的印章各自保留记录。", "Both seals keep their records."),
    "lookup.to": ("至", "to"),
    "lookup.past": ("查询过去某一时间", "Ask about a moment in the past"),
    "lookup.past.at": ("北京时间", "Beijing time"),
    "lookup.past.malformed": (
        "时间应为过去的日期与时刻，例如 2026-03-01T08:00。",
        "Give a date and time that is past, like 2026-03-01T08:00.",
    ),
    "lookup.past.now": ("回到现在", "Back to now"),
    "lookup.another": ("查询另一枚", "Another seal"),
    "lookup.document": ("核验文件", "Verify a document"),
    "lookup.jws": ("下载签名答复", "Download the signed answer"),
    "lookup.qr": ("本页二维码", "QR code of this page"),
    "lookup.qr.text": (
        "二维码可以被复制到别的纸上：它只说明这个编码的状态，不证明纸上的印文。",
        "Anyone can copy a QR code onto another sheet: it tells the state of this code and proves nothing about an imprint on paper.",
    ),
    "lookup.check": (
        "答复由制章者签名，{until} 前有效。核对：yinxin seal lookup {code} --url {base}",
        "Signed by the seal maker, good until {until}. To check it: yinxin seal lookup {code} --url {base}",
    ),
    "card.title": ("企业名片", "Enterprise card"),
    "card.none": ("没有登记这个统一社会信用代码的企业。", "No enterprise with this code is registered."),
    "card.none.next": ("请核对 18 位代码。", "Check its 18 characters."),
    "card.number": ("企号", "Enterprise number"),
    "card.names": ("名称变更", "Names"),
    "card.until_now": ("现用名称", "present name"),
    "card.seals": ("印章", "Seals"),
    "card.seals.none": ("没有登记印章。", "No seals on record."),
    "card.licences": ("证照", "Licences"),
    "card.licences.none": ("没有登记证照。", "No licences on record."),
    "card.licences.by": ("{issuer} 颁发", "granted by {issuer}"),
    "card.licences.endless": ("长期", "without end"),
    "card.certificates": ("证书", "Certificates"),
    "card.certificates.count": ("现在有效 {valid} 张", "{valid} in force now"),
    "card.qr": ("扫码查看这家企业的公开信息", "Scan for what is public about this enterprise"),
    "card.note": (
        "此处只列公开信息，不含人员、印模与案卷。",
        "Only what is public: no people, no imprints, no cases.",
    ),
}
"""Key → (Chinese, English)."""
