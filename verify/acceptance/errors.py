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


class ActUnknown(AcceptanceError):
    """The department's policy has no such act."""

    def __init__(self, asked: str, department: str, known: tuple[str, ...]) -> None:
        super().__init__(asked[:80])
        self.zh = f"{department}没有名为“{asked[:80]}”的事项；可用：{'、'.join(known)}。"
        self.en = f"The department's policy has no act called {asked[:80]!r}; known are {', '.join(known)}."
