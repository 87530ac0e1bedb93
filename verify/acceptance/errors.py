"""What can be wrong with a department's policy, or with asking for one. Each error says in both languages what to do."""

from __future__ import annotations

from hsm.spoken import SpokenError


class AcceptanceError(SpokenError):
    """A department cannot be asked as wished."""

    zh = "无法按该部门的政策判断。"
    en = "The department's policy cannot be applied."


class DepartmentPolicyInvalid(AcceptanceError):
    """A policy file cannot be used; the place in it is named."""

    def __init__(self, place: str, zh: str, en: str) -> None:
        super().__init__(f"{place}: {en}")
        self.zh = f"部门政策 {place} 有误：{zh}；请修改后重新导入。"
        self.en = f"The department's policy, {place}: {en}. Correct it and import it again."


class DepartmentUnknown(AcceptanceError):
    """No policy is known by this name."""

    def __init__(self, asked: str, known: tuple[str, ...]) -> None:
        super().__init__(asked[:80])
        self.zh = f"没有名为“{asked[:80]}”的部门政策；可用：{'、'.join(known)}。"
        self.en = f"There is no department called {asked[:80]!r}; known are {', '.join(known)}."


class DepartmentAmbiguous(AcceptanceError):
    """Several policies are called so."""

    def __init__(self, asked: str, ids: tuple[str, ...]) -> None:
        super().__init__(asked[:80])
        self.zh = f"有多个部门政策名为“{asked[:80]}”；请改用编号：{'、'.join(ids)}。"
        self.en = f"Several policies are called {asked[:80]!r}; name one by its id: {', '.join(ids)}."


class DepartmentMissing(AcceptanceError):
    """An act is named and no department that is to be asked about it."""

    def __init__(self, act: str, known: tuple[str, ...]) -> None:
        super().__init__(act[:80])
        self.zh = f"只指定了事项 act（“{act[:80]}”），没有指定部门；请用 department 指定部门：{'、'.join(known)}；或不指定事项。"
        self.en = (
            f"An act ({act[:80]!r}) is named and no department; name one in department ({', '.join(known)}) "
            "or leave the act out."
        )


class ActUnknown(AcceptanceError):
    """The department's policy has no such act, or none is named."""

    def __init__(self, asked: str, department: str, known: tuple[str, ...]) -> None:
        super().__init__(asked[:80])
        if not asked.strip():
            self.zh = f"没有指定要向{department}办理的事项；请用 act 指定：{'、'.join(known)}。"
            self.en = f"No act is named for this department; name one in act: {', '.join(known)}."
            return
        self.zh = f"{department}没有名为“{asked[:80]}”的事项；可用：{'、'.join(known)}。"
        self.en = f"The department's policy has no act called {asked[:80]!r}; known are {', '.join(known)}."
