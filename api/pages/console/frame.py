"""What every console page needs: somebody logged in, with the scope that the page asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from api.access.scopes import Principal, Scope
from api.pages.desk import desk_of
from api.pages.paper import language_of, visitor_of
from api.pages.words import Language
from api.services import Services
from api.web.authorisation import services_of
from ca.clock import BEIJING
from ca.profile import PROFILES
from verify.civil_time import civil_day


@dataclass(frozen=True, slots=True)
class Tab:
    """A section of the console: its word, its address, the scopes of which one opens it."""

    key: str
    url: str
    scopes: tuple[Scope, ...]


TABS: Final = (
    Tab("overview", "/console", (Scope.CA_READ, Scope.RA_REQUEST, Scope.RA_APPROVE, Scope.TOKEN_READ)),
    Tab(
        "seals",
        "/console/seals",
        (Scope.SEAL_READ, Scope.SEAL_APPLY, Scope.SEAL_APPROVE, Scope.SEAL_FREEZE, Scope.SEAL_REVOKE),
    ),
    Tab("cases", "/console/cases", (Scope.CASE_REQUEST, Scope.CASE_APPROVE)),
    Tab("batches", "/console/batches", (Scope.SEAL_USE,)),
    Tab("orders", "/console/verification-orders", (Scope.VERIFICATION_ORDER,)),
    Tab("rounds", "/console/rounds", (Scope.CASE_REQUEST, Scope.CASE_APPROVE, Scope.SEAL_USE)),
    Tab("workshop", "/console/workshop", (Scope.SEAL_ENGRAVE,)),
    Tab("filing", "/console/filing", (Scope.SEAL_FILE,)),
    Tab("stamps", "/console/stamps", (Scope.STAMP_READ, Scope.STAMP_MANAGE)),
    Tab("enterprises", "/console/enterprises", (Scope.CA_READ,)),
    Tab("enrolments", "/console/enrolments", (Scope.RA_REQUEST, Scope.RA_APPROVE)),
    Tab("certificates", "/console/certificates", (Scope.CA_READ,)),
    Tab("chips", "/console/chips", (Scope.TOKEN_READ, Scope.TOKEN_MANAGE)),
    Tab("trust", "/console/trust", (Scope.TRUST_READ, Scope.TRUST_PROPOSE, Scope.TRUST_CONFIRM)),
    Tab("recognition", "/console/recognition", (Scope.TRUST_READ,)),
    Tab("keys", "/console/keys", (Scope.KEY_CENTRE, Scope.ESCROW_CUSTODIAN, Scope.KEY_RECOVER)),
    Tab("audit", "/console/audit", (Scope.AUDIT_READ,)),
)


WORK: Final = ("workshop", "filing", "cases")
"""Sections where things wait for a person: where one who has no overview begins."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A page about to be written for somebody who may see it."""

    request: Request
    caller: Principal
    doors: Services
    language: Language
    tab: str

    def page(self, template: str, **context: Any) -> Response:
        """Write the page with the console's tabs."""
        tabs = [tab for tab in TABS if self.caller.scopes.intersection(tab.scopes)]
        return desk_of(self.request).paper.page(
            self.request,
            f"console/{template}",
            here="console",
            tabs=tabs,
            tab=self.tab,
            opens={tab.key for tab in tabs},
            day=day,
            moment=moment,
            may={scope.value for scope in self.caller.scopes},
            me=self.caller.actor.id,
            **context,
        )

    def names(self, *subjects: str) -> dict[str, str]:
        """Return the names of those who acted on any of ``subjects``, as the audit trail has them, by their ids."""
        with self.doors.reading() as connection:
            return self.doors.audit.names(connection, subjects)

    def gone(self, said: str) -> Response:
        """Say that what was asked for is not there."""
        return desk_of(self.request).paper.gone(self.request, said, "console")


def enter(request: Request, tab: str) -> Frame | Response:
    """Return a frame, or the way to the log-in, or the refusal that names the scope."""
    visitor = visitor_of(request)
    if visitor is None:
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)
    needed = next(one for one in TABS if one.key == tab)
    if not visitor.caller.scopes.intersection(needed.scopes):
        others = [one for one in TABS if visitor.caller.scopes.intersection(one.scopes)]
        if tab == TABS[0].key and others:
            return RedirectResponse(min(others, key=lambda one: one.key not in WORK).url, 303)
        scope = " / ".join(one.value for one in needed.scopes)
        return desk_of(request).paper.page(
            request, "console/forbidden.html", status=403, here="console", scope=scope, tabs=others
        )
    return Frame(request, visitor.caller, services_of(request), language_of(request), tab)


def by_whom(person: str, names: dict[str, str]) -> dict[str, str]:
    """Return a person as histories show them: by name, with the id beside it; by the id where no name is known."""
    name = names.get(person, "")
    return {"by": name, "id": person} if name else {"by": person, "id": ""}


def day(when: datetime | None) -> str:
    """Write a day as it is in Beijing."""
    return "" if when is None else civil_day(when)


def moment(when: datetime | None) -> str:
    """Write a moment as it is in Beijing."""
    return "" if when is None else f"{when.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def profile_title(profile: str, language: Language) -> str:
    """Return a profile's title in the reader's language; one that is not there any more keeps its name."""
    found = PROFILES.get(profile)
    return found.title.split(" / ")[0 if language == "zh" else -1] if found else profile
