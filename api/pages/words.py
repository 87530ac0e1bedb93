"""Every word of the pages, in Chinese and in English, in one table; templates and scripts ask for them by key."""

from __future__ import annotations

from typing import Final, Literal, get_args

from api.pages.agent_words import AGENT_WORDS
from api.pages.answer_words import ANSWER_WORDS
from api.pages.card_words import CARD_WORDS
from api.pages.console.batch_words import BATCH_WORDS
from api.pages.console.order_words import ORDER_WORDS
from api.pages.console.round_words import ROUND_WORDS
from api.pages.console.seal_words import SEAL_WORDS
from api.pages.console.trust_words import TRUST_WORDS
from api.pages.console.words import CONSOLE_WORDS
from api.pages.place_words import PLACE_WORDS
from api.pages.public.printed_words import PRINTED_WORDS
from api.pages.public.words import PUBLIC_WORDS

Language = Literal["zh", "en"]
DEFAULT_LANGUAGE: Final[Language] = "zh"
LANGUAGE_COOKIE: Final = "yinxin_lang"

_PAGE_WORDS: Final[dict[str, tuple[str, str]]] = {
    "brand": ("印信", "Yinxin"),
    "nav.label": ("主导航", "Main"),
    "nav.skip": ("跳到正文", "Skip to content"),
    "nav.verify": ("验章", "Verify"),
    "nav.seal": ("用印", "Seal"),
    "nav.language": ("English", "中文"),
    "nav.logout": ("退出", "Log out"),
    "notice": ("演示证书，不具法律效力", "Demonstration certificates, without legal effect"),
    "footer.about": (
        "印信：开放的数字印章与电子证书服务",
        "Yinxin: an open service for digital seals and certificates",
    ),
    "footer.offline": (
        "也可离线核验：python -m verify 文件.pdf",
        "Also offline: python -m verify FILE.pdf",
    ),
    "noscript": (
        "此页面需要 JavaScript；也可使用命令行：python -m verify 文件.pdf",
        "This page needs JavaScript; the command line does the same: python -m verify FILE.pdf",
    ),
    "error.network": (
        "网络中断，文件没有送达；请检查连接后再试一次。",
        "The network failed and the file did not arrive; check the connection and try again.",
    ),
    "error.unknown": (
        "服务没有给出可读的答复，请稍后再试。",
        "The service gave no readable answer; try again later.",
    ),
    "verify.title": ("核验印章", "Verify a seal"),
    "verify.heading": ("这份文件上的章，是真的吗？", "Is the seal on this file genuine?"),
    "verify.lede": (
        "放入一份盖过章的文件。先给一个词的结论，再讲清楚理由。",
        "Give us a sealed file. One word first, then the reasons, in plain language.",
    ),
    "verify.paper": ("手里是打印件？输入纸边的验证码", "Only a printed copy? Enter the code on its edge"),
    "drop.title": ("把 PDF 或 OFD 拖到这里", "Drop a PDF or an OFD here"),
    "drop.any": ("把文件拖到这里", "Drop a file here"),
    "drop.or": ("或按此选择文件", "or press to choose a file"),
    "drop.release": ("松手即可上传", "Let go to upload"),
    "drop.limit": ("最大 {size}", "up to {size}"),
    "drop.privacy": (
        "文件只在本服务器核验，{hours} 小时后自动删除",
        "checked on this server only, deleted after {hours} hours",
    ),
    "drop.too_large": (
        "文件有 {size}，超过上限 {limit}。请缩小后再试。",
        "The file has {size}; the limit is {limit}. Make it smaller and try again.",
    ),
    "drop.empty": ("这个文件是空的，请另选一个。", "This file is empty; choose another."),
    "drop.one": ("一次核验一份文件，已取第一份。", "One file at a time: the first was taken."),
    "progress.uploading": ("正在上传", "Uploading"),
    "progress.checking": (
        "正在核验签名、证书与印章状态",
        "Checking signatures, certificates and seal states",
    ),
    "progress.drawing": ("正在打开文件", "Opening the file"),
    "asks.who": ("谁盖的", "Who"),
    "asks.who.text": (
        "单位、统一社会信用代码、由谁发证，一直核到信任的根证书。",
        "The organisation, its code and its issuer, followed up to a root we trust.",
    ),
    "asks.changed": ("改过没有", "Changed or not"),
    "asks.changed.text": (
        "盖章之后哪怕动过一个字节，都会指出在哪里。",
        "One byte altered after sealing is found, and shown where.",
    ),
    "asks.then": ("当时与现在", "Then and now"),
    "asks.then.text": (
        "盖章那一刻证书与印章是否有效，今天又是什么状态。",
        "Were certificate and seal in force at that moment, and are they today?",
    ),
    "verdict.label": ("核验结论", "Verdict"),
    "verdict.passed": ("有效", "Valid"),
    "verdict.failed": ("无效", "Invalid"),
    "verdict.indeterminate": ("无法判定", "Indeterminate"),
    "verdict.unreadable": ("无法读取", "Unreadable"),
    "result.another": ("核验另一份", "Verify another"),
    "result.remove": ("立即删除", "Delete now"),
    "result.json": ("下载报告（JSON）", "Download report (JSON)"),
    "result.checked_at": ("核验于 {when}", "Verified at {when}"),
    "result.evidence_as_of": ("状态证据截至 {when}", "Status evidence as of {when}"),
    "result.size": ("大小", "Size"),
    "result.technical": ("技术细节", "Technical details"),
    "result.signatures": ("文件中的 {count} 个签章", "{count} signatures in this file"),
    "result.one_signature": ("文件中的签章", "The signature in this file"),
    "result.facts": ("谁、何时、当时与现在", "Who, when, then and now"),
    "result.file": ("这份文件", "This file"),
    "result.number": ("第 {number} 个签章", "Signature {number}"),
    "result.show_on_page": ("在页面上查看", "Show on the page"),
    "result.invisible": ("此签章在页面上不可见", "This signature does not show on any page"),
    "result.gone": ("这份核验结果已经过期或被删除。", "This result has expired or was deleted."),
    "result.gone.next": ("请重新放入文件再核验一次。", "Drop the file again to verify it once more."),
    "result.waiting": ("正在核验 {name}", "Verifying {name}"),
    "result.failed": ("这次没有核验成", "The check could not be carried out"),
    "page.refused": ("不能显示这一页", "This page cannot be shown"),
    "result.interrupted": (
        "核验被中断（服务重新启动），请重新放入文件。",
        "The check was interrupted by a restart; drop the file again.",
    ),
    "password.label": ("文件口令", "File password"),
    "password.why": (
        "这份 PDF 设有口令。输入打开口令后即可继续；口令不会保存。",
        "This PDF is encrypted. Enter its password to go on; it is not kept.",
    ),
    "password.wrong": ("口令不对，请再试一次。", "That password does not open the file; try again."),
    "password.go": ("打开", "Open"),
    **CARD_WORDS,
    **ANSWER_WORDS,
    "viewer.label": ("文件页面", "Pages of the file"),
    "viewer.page": ("页码", "Page"),
    "viewer.of": ("共 {count} 页", "of {count}"),
    "viewer.previous": ("上一页", "Previous page"),
    "viewer.next": ("下一页", "Next page"),
    "viewer.picture": ("第 {page} 页的图像", "Picture of page {page}"),
    "viewer.zoom_in": ("放大", "Zoom in"),
    "viewer.zoom_out": ("缩小", "Zoom out"),
    "viewer.fit": ("适合窗口", "Fit"),
    "viewer.true_size": ("实际大小", "True size"),
    "viewer.failed": (
        "这一页画不出来，但不影响核验结论。",
        "This page cannot be drawn; the verdict does not depend on it.",
    ),
    "viewer.none": ("没有可显示的页面。", "There is no page to show."),
    "viewer.mark": ("第 {number} 个签章的位置", "Place of signature {number}"),
    "login.title": ("登录", "Log in"),
    "login.heading": ("登录后用印", "Log in to seal"),
    "login.lede": (
        "用印需要知道您是谁。请输入管理员发给您的 API 密钥；它只用来换取一次会话，不会留在页面里。",
        "Sealing needs to know who you are. Enter the API key from your administrator; it buys one session and does not stay here.",
    ),
    "login.key": ("API 密钥", "API key"),
    "login.show": ("显示", "Show"),
    "login.hide": ("隐藏", "Hide"),
    "login.go": ("登录", "Log in"),
    "login.refused": (
        "这个密钥不对、已过期或已停用。请核对后再试，或请管理员另发一个。",
        "This key is wrong, expired or revoked. Check it and try again, or ask your administrator for another.",
    ),
    "login.demo": (
        "演示环境的密钥显示在运行 yinxin serve 的终端里。",
        "In the demonstration, the terminal that runs 'yinxin serve' shows the key.",
    ),
    "login.expired": (
        "会话已结束，请重新登录；文件与位置都还在。",
        "Your session ended; log in again. Your file and the place are kept.",
    ),
    "seal.title": ("用印", "Seal a document"),
    "seal.heading": ("给文件盖章", "Seal a document"),
    "seal.lede": (
        "四步：上传、放置、确认、完成。章按实际毫米大小落在页面上。",
        "Four steps: upload, place, confirm, done. The seal lands on the page at its true size in millimetres.",
    ),
    "step.upload": ("上传", "Upload"),
    "step.place": ("放置", "Place"),
    "step.confirm": ("确认", "Confirm"),
    "step.done": ("完成", "Done"),
    "step.label": ("步骤", "Steps"),
    "seal.mine": ("我的印章", "My seals"),
    "seal.none": ("您名下还没有可用的印章。", "There is no seal of yours yet."),
    "seal.none.next": (
        "请先申请：yinxin seal apply，经另一人批准后即可使用。",
        "Apply for one with 'yinxin seal apply'; a second person approves it.",
    ),
    "seal.ofd.sheet": (
        "OFD 预览只示意文字、线条和图片的位置（虚线框未画出），字体与阅读器不同；盖章前请用 OFD 阅读器看过全文。",
        "A sketch of the OFD: it shows where things stand (dashed: not drawn). Read it in an OFD reader before you seal.",
    ),
    "done.ofd.sheet": (
        "OFD 预览只示意内容与印章的位置（虚线框未画出）；成品请用 OFD 阅读器查看。",
        "A sketch of the OFD: where its content and the seals stand (dashed: not drawn). Look at it in an OFD reader.",
    ),
    "seal.privacy": ("草稿保留 {hours} 小时", "drafts are kept for {hours} hours"),
    "seal.cannot": ("不可用", "not usable"),
    "seal.status.applied": ("待审批", "awaiting approval"),
    "seal.status.making": ("制作中", "being made"),
    "seal.status.made": ("已制作", "made"),
    "seal.status.personalised": ("已个人化", "personalised"),
    "seal.status.awaiting": ("待交付", "waiting to be fetched"),
    "seal.status.delivered": ("已交付", "delivered, to be filed"),
    "seal.status.returned": ("已退回", "returned by the filing officer"),
    "seal.status.active": ("启用", "in use"),
    "seal.status.suspended": ("停用", "suspended"),
    "seal.status.frozen": ("挂失", "frozen (reported lost)"),
    "seal.status.revoked": ("已注销", "revoked"),
    "seal.status.superseded": ("已换发", "superseded"),
    "seal.status.rejected": ("已驳回", "rejected"),
    "seal.status.closed": ("已关闭", "closed"),
    "seal.status.expired": ("已过期", "expired"),
    "seal.move": (
        "印章“{name}”。拖动，或用方向键每次移动 1 毫米，按住 Shift 为 10 毫米。",
        "Seal “{name}”. Drag it, or move it 1 mm with an arrow key, 10 mm with Shift.",
    ),
    "seal.hint": (
        "拖动印章，或点按页面放置。方向键 1 毫米，Shift 加方向键 10 毫米。",
        "Drag the seal, or press on the page. Arrow keys move it 1 mm, with Shift 10 mm.",
    ),
    "seal.hint.touch": ("拖动印章，或点按页面放置。", "Drag the seal, or tap on the page."),
    "seal.place": ("位置", "Place"),
    "seal.x": ("距左边", "From the left"),
    "seal.y": ("距上边", "From the top"),
    "seal.mm": ("毫米", "mm"),
    "seal.size": ("印章大小", "Seal size"),
    "seal.file": ("文件", "File"),
    "seal.page_size": ("页面大小", "Page size"),
    "seal.too_small": (
        "这一页比印章还小，请换一页或换一枚章。",
        "This page is smaller than the seal; choose another page or seal.",
    ),
    "seal.readout": (
        "第 {page} 页，距左 {x} 毫米，距上 {y} 毫米",
        "Page {page}, {x} mm from the left, {y} mm from the top",
    ),
    "seal.readout.short": ("第 {page} 页 · 左 {x} · 上 {y}", "Page {page} · {x}, {y} mm"),
    "seal.next": ("下一步：确认", "Next: confirm"),
    "seal.choose_first": ("请先选择一枚可用的印章。", "Choose a usable seal first."),
    "seal.change_file": ("换一份文件", "Another file"),
    "confirm.heading": ("确认用印", "Confirm sealing"),
    "confirm.text": (
        "盖章后不能撤回。请核对文件、印章与位置，再输入印章令牌的 PIN。",
        "A seal cannot be taken back. Check the file, the seal and the place, then enter the PIN of the seal's token.",
    ),
    "confirm.pin": ("令牌 PIN", "Token PIN"),
    "confirm.pin.hint": (
        "PIN 只用于这一次签名，不会保存；输错会计数。",
        "The PIN serves this one signature and is not kept; wrong tries are counted.",
    ),
    "confirm.pin.demo": (
        "演示环境：PIN 在主文件夹的 {path} 中。",
        "Demonstration: the PIN is in {path} of the home folder.",
    ),
    "confirm.go": ("盖章", "Seal"),
    "confirm.back": ("返回放置", "Back to placing"),
    "work.title": ("正在盖章", "Sealing"),
    "work.reload": (
        "可以刷新或离开此页，进度不会丢失。",
        "You may reload or leave this page; nothing is lost.",
    ),
    "work.begun": ("核对权限，登记用印意图", "Checking the permit and recording the intent"),
    "work.reserved": ("准备文件", "Preparing the document"),
    "work.prepared": ("领取一次性用印许可", "Taking the single-use permit"),
    "work.permitted": ("用令牌中的密钥签名", "Signing with the key in the token"),
    "work.signed": ("加盖时间戳", "Time-stamping"),
    "work.stamped": ("写入证据", "Adding the evidence"),
    "work.completed": ("自行核验成品", "Verifying the result ourselves"),
    "work.verified": ("归档", "Archiving"),
    "work.archived": ("登记结果", "Recording the outcome"),
    "work.recorded": ("即将完成", "Almost done"),
    "work.interrupted": (
        "盖章被中断（服务重新启动）。请再按一次“盖章”：不会重复用印。",
        "Sealing was interrupted by a restart. Press Seal again: the document is never sealed twice.",
    ),
    "done.heading": ("已盖章", "Sealed"),
    "done.text": (
        "{name} 已由“{seal}”盖章，并已通过本系统核验。",
        "{name} was sealed with “{seal}” and passed our own verification.",
    ),
    "done.download": ("下载已盖章文件", "Download the sealed file"),
    "done.verify": ("核验这份文件", "Verify this file"),
    "done.another": ("再盖一份", "Seal another"),
    "done.number": ("用印编号", "Sealing number"),
    "done.digest": ("成品 SHA-256", "SHA-256 of the result"),
    "done.readers": ("可核验的阅读器", "Readers"),
    "draft.gone": ("这份草稿已经过期或被删除。", "This draft has expired or was deleted."),
    "draft.gone.next": ("请重新上传文件。", "Upload the file again."),
    "shown.damaged": (
        "这不是 PDF 或 OFD，或者文件已损坏；请换一份完好的文件。",
        "This is neither a PDF nor an OFD, or it is damaged; choose an intact file.",
    ),
    "shown.encryption": (
        "这份 PDF 用证书加密，这里打不开；请先另存为未加密的文件。",
        "This PDF is encrypted for a certificate and cannot be opened here; save it without encryption first.",
    ),
    "shown.ofd": (
        "这是压缩包，但不是完好的 OFD（找不到 OFD.xml，或文件不完整）；请换一份完好的 OFD 或 PDF。",
        "This is a package but no intact OFD (there is no OFD.xml, or the file is cut short); choose an intact OFD or PDF.",
    ),
    "shown.no-pages": ("这份 PDF 没有页面。", "This PDF has no pages."),
    "shown.too-many-pages": (
        "这份 PDF 超过 5000 页，请拆分后再试。",
        "This PDF has more than 5,000 pages; split it and try again.",
    ),
    "shown.too-slow": (
        "这份 PDF 在 20 秒内画不出来；可改用命令行 yinxin seal-pdf。",
        "This PDF cannot be drawn within 20 seconds; use the command line, yinxin seal-pdf.",
    ),
    "shown.too-large": (
        "这份 PDF 展开后太大，无法显示；可改用命令行 yinxin seal-pdf。",
        "This PDF is too large to show; use the command line, yinxin seal-pdf.",
    ),
    "shown.no-such-page": ("没有这一页。", "There is no such page."),
    "busy": (
        "正在处理的文件太多，请一分钟后再试。",
        "Too many files are being worked on; try again in a minute.",
    ),
}
WORDS: Final = {
    **_PAGE_WORDS,
    **ROUND_WORDS,
    **TRUST_WORDS,
    **PRINTED_WORDS,
    **AGENT_WORDS,
    **PLACE_WORDS,
    **PUBLIC_WORDS,
    **CONSOLE_WORDS,
    **BATCH_WORDS,
    **ORDER_WORDS,
    **SEAL_WORDS,
}
"""Key → (Chinese, English). ``{…}`` are filled by name."""

SCRIPT_PREFIXES: Final = (
    "making.step.",
    "error.",
    "drop.",
    "progress.",
    "viewer.",
    "seal.",
    "work.",
    "login.",
    "password.",
    "confirm.",
    "agent.",
    "console.",
)
"""What the scripts may say; the rest is written by the templates."""


def as_language(text: str | None) -> Language | None:
    """Return ``text`` as a language that we speak, or None."""
    return text if text in get_args(Language) else None  # type: ignore[return-value]


def say(language: Language, key: str, **values: object) -> str:
    """Return the words for ``key`` with its places filled; an unknown key is a ``KeyError``."""
    sentence = WORDS[key][0 if language == "zh" else 1]
    return sentence.format(**values) if values else sentence


def script_words(language: Language) -> dict[str, str]:
    """Return the words that the page's scripts need."""
    chosen = 0 if language == "zh" else 1
    return {key: both[chosen] for key, both in WORDS.items() if key.startswith(SCRIPT_PREFIXES)}
