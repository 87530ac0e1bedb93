"""``yinxin demo-desk``: give the demonstration's home what the console needs to be tried."""

from __future__ import annotations

import typer

from api.cli.console import HomeOption, JsonOption, err, installation, print_json, say
from api.demo_desk import furnish


def register(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command("demo-desk")(demo_desk)


def demo_desk(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """为演示家目录添加业务台的人员、芯片、申请与密钥中心 / people, a chip, a request, a key centre for the console."""
    with installation(home) as services:
        made = furnish(services, lambda line: err().print(line, style="dim"))
        address = services.settings.base_url
    if as_json:
        print_json(
            {
                "clerk_key": made.clerk_key,
                "reviewer_key": made.reviewer_key,
                "chip": made.chip,
                "enrolment": made.enrolment,
                "custodian_keys": None if made.custodian_keys is None else str(made.custodian_keys),
            }
        )
        return
    say(
        f"经办人王芳的 API 密钥：{made.clerk_key}",
        "the clerk's API key: she requests, personalises, fills the pool",
    )
    say(f"复核人赵敏的 API 密钥：{made.reviewer_key}", "the reviewer's API key: she checks, approves, issues")
    say(f"运行 yinxin serve 后打开 {address}/console", "run yinxin serve and open the console")
