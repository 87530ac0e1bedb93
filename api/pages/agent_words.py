"""Words of sealing with the token in the keeper's own computer."""

from __future__ import annotations

from typing import Final

AGENT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "agent.use": ("改用本机令牌", "Use the token in this computer"),
    "agent.title": ("使用本机令牌", "The token in this computer"),
    "agent.looking": ("正在联系本机签名助手…", "Looking for the desk agent…"),
    "agent.missing": (
        "没有找到本机签名助手。请在本机运行：yinxin agent --allow {site} --pkcs11 驱动库路径，然后再试一次。",
        "The desk agent does not answer. Run on this computer: yinxin agent --allow {site} --pkcs11 LIBRARY, then try again.",
    ),
    "agent.code": ("配对码", "Pairing code"),
    "agent.code.hint": (
        "请输入本机签名助手窗口中显示的 8 位数字，配对一次即可。",
        "Type the eight digits that the desk agent shows; once is enough.",
    ),
    "agent.pair": ("配对", "Pair"),
    "agent.preparing": ("正在准备待签数据…", "Preparing what is to be signed…"),
    "agent.digest": ("摘要末八位", "Digest ends in"),
    "agent.compare": (
        "请在本机弹出的确认窗口中核对这八位，一致再输入令牌 PIN。PIN 不经过网页和服务器。",
        "Compare these digits with those in the desk agent's question; type the PIN there only if they agree. "  # noqa: ISC004
        "Neither this page nor the service sees the PIN.",
    ),
    "agent.completing": ("签名已返回，正在完成文件…", "The signature is back; completing the document…"),
    "agent.cancel": ("取消", "Cancel"),
    "agent.cancelled": ("已取消，没有盖章。", "Cancelled; nothing was sealed."),
    "agent.lost": ("与本机签名助手的连接中断，请再试一次。", "The desk agent hung up; try again."),
}
