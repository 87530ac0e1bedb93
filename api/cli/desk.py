"""``yinxin demo-desk``: give the demonstration's home what the console needs to be tried."""

from __future__ import annotations

from api.cli.console import HomeOption, JsonOption, err, installation, print_json, say
from api.demo.desk import furnish
from api.demo.seals import furnish_seals


def demo_desk(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """为演示家目录添加业务台的人员、芯片、申请、刻章任务、用印事项与智能印章 / what the console needs to be tried."""
    with installation(home) as services:
        tell = lambda line: err().print(line, style="dim")  # noqa: E731 - two lines use it
        made, seals = furnish(services, tell), furnish_seals(services, tell)
        address = services.settings.base_url
    if as_json:
        print_json(
            {
                "clerk_key": made.clerk_key,
                "reviewer_key": made.reviewer_key,
                "chip": made.chip,
                "enrolment": made.enrolment,
                "custodian_keys": None if made.custodian_keys is None else str(made.custodian_keys),
                "engraver_key": seals.engraver_key,
                "officer_key": seals.officer_key,
                "manager_key": seals.manager_key,
                "manager_pin_file": str(seals.manager_pin_file),
                "open_job": seals.open_job,
                "waiting_job": seals.waiting_job,
                "case": seals.case,
                "stamp": seals.stamp,
            }
        )
        return
    say(
        f"经办人王芳的 API 密钥：{made.clerk_key}",
        "the clerk's API key: she requests, personalises, fills the pool",
    )
    say(f"复核人赵敏的 API 密钥：{made.reviewer_key}", "the reviewer's API key: she checks, approves, issues")
    say(
        f"刻章师傅吴刚的 API 密钥：{seals.engraver_key}",
        "the engraver's API key: he makes and delivers seals",
    )
    say(f"备案民警高峰的 API 密钥：{seals.officer_key}", "the filing officer's API key")
    say(
        f"审批人孙丽的 API 密钥：{seals.manager_key}（PIN 在 {seals.manager_pin_file}）",
        "the API key of an approver of seal use; her PIN is in that file",
    )
    say(f"运行 yinxin serve 后打开 {address}/console", "run yinxin serve and open the console")
