"""What the desk agent refuses, and in which words the page is told."""

from __future__ import annotations

from api.errors import ApiError


class AgentError(ApiError):
    """The agent does not do what was asked; ``code`` is for the page's program."""

    code = "refused"
    zh = "本机签名助手拒绝了请求。"
    en = "The desk agent refused the request."


class BindRefused(AgentError):
    """Asked to listen on an address that others can reach."""

    code = "bind"
    zh = "本机签名助手只监听本机地址 127.0.0.1，不接受其他地址。"
    en = "The desk agent listens on this machine alone (127.0.0.1) and on no other address."


class NothingToServe(AgentError):
    """No token library and no page were named."""

    code = "nothing"
    zh = "请用 --pkcs11 或 --skf 指定令牌的驱动库，并用 --allow 指定允许使用的网站地址。"
    en = "Name the token's library with --pkcs11 or --skf, and the web site that may use it with --allow."


class OriginInvalid(AgentError):
    """An address given with ``--allow`` is no origin."""

    code = "origin"
    zh = "--allow 应为网站地址，如 https://yinxin.example:8443，不带路径。"
    en = "--allow takes the address of a web site such as https://yinxin.example:8443, without a path."


class PortTaken(AgentError):
    """Somebody listens there already."""

    code = "port"

    def __init__(self, port: int) -> None:
        super().__init__(str(port))
        self.zh = f"端口 {port} 已被占用，本机签名助手可能已在运行；也可用 --port 换一个端口。"
        self.en = (
            f"Port {port} is taken: the desk agent may be running already, or choose another with --port."
        )


class NobodyToAsk(AgentError):
    """There is neither a terminal nor a desktop, and no program was named."""

    code = "nobody"
    zh = "没有可用的终端或桌面供确认，请在终端中运行，或用 --confirm 指定确认方式。"
    en = "There is neither a terminal nor a desktop to confirm at; run it in a terminal or name one with --confirm."


class PairingRefused(AgentError):
    """A wrong pairing code."""

    code = "pairing"
    zh = "配对码不正确，请输入本机签名助手窗口中显示的配对码；输错数次后会更换。"
    en = "The pairing code is wrong; type the one that the desk agent shows. It changes after several wrong ones."


class NotPaired(AgentError):
    """The page did not show a pairing of its own origin, or the login of its own connection."""

    code = "not-paired"
    zh = "该页面尚未与本机签名助手配对，请先输入配对码。"
    en = "This page is not paired with the desk agent; type the pairing code first."


class RequestMalformed(AgentError):
    """A message that is not in the agent's form."""

    code = "malformed"
    zh = "页面发来的请求格式不正确，请刷新页面后重试。"
    en = "The page sent a request that cannot be read; reload it and try again."


class RequestRepeated(AgentError):
    """A message that was used before, or is not the next one."""

    code = "repeated"
    zh = "该请求已使用过，不能重复；请刷新页面后重新发起。"
    en = "This request was used before and is not repeated; reload the page and begin anew."


class CertificateAbsent(AgentError):
    """No token here holds the certificate."""

    code = "absent"
    zh = "本机令牌中没有该印章的证书，请插入对应的令牌。"
    en = "No token in this computer holds the certificate of this seal; insert the right one."


class RefusedByPerson(AgentError):
    """The person at the computer said no, or did not answer in time."""

    code = "declined"
    zh = "本机上的确认未通过（已拒绝或超时），没有签名。"
    en = "It was not confirmed at the computer (declined, or no answer in time); nothing was signed."


class AgentBusy(AgentError):
    """Another request waits for the person's answer."""

    code = "busy"
    zh = "正在等待上一个请求的确认，请先在本机上处理。"
    en = "An earlier request waits for its confirmation; answer it at the computer first."
