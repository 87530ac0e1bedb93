"""What a scenario can do: set up stamps and cases, let people and time act, and read the end off the server."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from api.demo.main_job import APPLICANT, APPROVER, KEEPER, USCC
from api.stamps.drill.founding import Ground
from api.stamps.drill.rig import Dial, Rig
from api.stamps.drill.scenario import End
from ca.actor import Actor
from ca.certificate import CertificateRequest, SubjectName
from ca.profile import CHIP_AUTH
from hsm.algorithms import DigestAlgorithm
from seals.cases.approved import Medium
from seals.cases.case import Attachment, CaseRecord, Hand, UseRequest
from seals.devices.board import UseQuery
from seals.devices.orders import UseSetting
from seals.devices.simulator.body import Head, Parts
from seals.devices.simulator.memory import Plate, make_device, set_up
from seals.devices.stamp import GrantWish, OrderRecord, Registration
from seals.devices.state import UseStatus
from seals.devices.wire import Fence
from seals.seal import SealRecord

MODEL = "YX-SIM"
FIRST = Actor("person:wang.fang", "王芳")
SECOND = Actor("person:chen.jing", "陈静")
DESK = Actor("system:drill", "演练 / drill")
HAND = Hand(KEEPER, "drill")


@dataclass(slots=True)
class World:
    """One scenario's stamps, seals and orders over the common ground."""

    ground: Ground
    dial: Dial
    rigs: list[Rig] = field(default_factory=list)
    seals: list[SealRecord] = field(default_factory=list)
    orders: list[OrderRecord] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)

    # -- setting up ---------------------------------------------------------------------------------------------------

    def stamp(self, *, cap: int = 0, fence: Fence | None = None) -> Rig:
        """Make a stamp with a key of its own, certify it, put it on the register, mount a new seal in it by two people."""
        services, serial = self.ground.services, f"SIM-{uuid.uuid4().hex[:12].upper()}"
        folder = self.ground.folder / "devices" / serial
        chip = make_device(folder, Plate(serial))
        request = CertificateRequest(CHIP_AUTH.id, SubjectName(serial), chip.public_key)
        issued = services.authority.issue(request, request_key=f"stamp:{serial}", actor=FIRST)
        seal = self.ground.seal()
        register = services.stamps.register
        wish = Registration(serial, MODEL, USCC, issued.serial, (KEEPER.id,), fence, cap)
        register.register(wish, actor=FIRST)
        register.request_mount(serial, seal.code, actor=FIRST)
        register.confirm_mount(serial, actor=SECOND)
        set_up(folder, issued.der, services.stamps.trust().authorities, cap)
        rig = Rig(folder, self.ground.clock, self.dial, Parts(head=Head(seal.code)))
        self.rigs.append(rig)
        self.seals.append(seal)
        rig.sync()
        return rig

    def case(self, rig: Rig, copies: int = 1, title: str = "采购合同") -> CaseRecord:
        """Ask for the physical use of the stamp's seal; the rule lets its keeper do so alone, on record."""
        seal = rig.parts.head.seal
        document = DigestAlgorithm.SHA256.digest(uuid.uuid4().bytes)
        request = UseRequest(seal, Attachment(document, "contract.pdf"), title, Medium.PHYSICAL, copies)
        cases = self.ground.services.use_desk
        opened = cases.open(request, request_key=uuid.uuid4().hex, hand=HAND)
        return cases.submit(opened.id, hand=HAND)

    def order(
        self, rig: Rig, copies: int = 1, *, operators: tuple[str, ...] = (), deliver: bool = True
    ) -> OrderRecord:
        """Have a case approved and the stamp ordered to carry it out; by default it takes the order at once."""
        case = self.case(rig, copies)
        setting = UseSetting(operators=operators)
        stamps = self.ground.services.stamps
        made = stamps.orders.use(rig.stamp.serial, case.id, hand=HAND, setting=setting)
        self.orders.append(made)
        self.cases.append(case.id)
        self.dispatch()
        if deliver:
            rig.sync()
        return made

    def grant(self, rig: Rig, count: int) -> OrderRecord:
        """Have an offline allowance granted by two people, and let the stamp take it."""
        orders = self.ground.services.stamps.orders
        wish = GrantWish(count, (KEEPER.id,), self.ground.clock() + timedelta(hours=12), "外出用印")
        asked = orders.request_grant(rig.stamp.serial, wish, actor=FIRST)
        made = orders.confirm_grant(asked.id, actor=SECOND)
        self.orders.append(made)
        self.dispatch()
        rig.sync()
        return made

    # -- acting -------------------------------------------------------------------------------------------------------

    def dispatch(self) -> None:
        """Sign what is queued."""
        self.ground.services.stamps.dispatch(actor=DESK)

    def wait(self, **time: float) -> None:
        """Let time pass, and housekeeping do what it demands."""
        self.ground.clock.advance(timedelta(**time))
        self.ground.services.stamps.housekeep(actor=DESK)

    def freeze(self, rig: Rig) -> None:
        """Report the seal lost, by one person."""
        self.ground.services.seals.freeze(self.seal_of(rig), actor=APPLICANT, reason="印章遗失")
        self.dispatch()

    def resume(self, rig: Rig) -> None:
        """Bring the seal back by two people, and unlock the stamp by two people."""
        services, code, serial = self.ground.services, self.seal_of(rig), rig.stamp.serial
        services.seals.request_resume(code, actor=APPLICANT)
        services.seals.confirm_resume(code, actor=APPROVER)
        services.stamps.register.request_unlock(serial, actor=FIRST, reason="印章已找回")
        services.stamps.register.confirm_unlock(serial, actor=SECOND)
        self.dispatch()

    def seal_of(self, rig: Rig) -> str:
        """Return the code of the seal that was mounted in the stamp by two people."""
        return self.seals[self.rigs.index(rig)].code

    # -- the end ------------------------------------------------------------------------------------------------------

    def end(self) -> End:
        """Let housekeeping make a round, then read how things stand on the server."""
        self.wait(seconds=1)
        services, rig = self.ground.services, self.rigs[0]
        board, serial = services.stamps.board, rig.folder.name
        uses = board.uses(UseQuery(stamp=serial))
        first = services.stamps.orders.get(self.orders[0].id) if self.orders else None
        status = [use.status for use in uses]
        kinds = {
            alarm.kind.value
            for one in self.rigs
            for alarm in board.alarms(serial=one.folder.name, open_only=False)
        }
        return End(
            stamp=services.stamps.register.get(serial).status.value,
            seal=services.seals.get(self.seals[0].code).status.value,
            left=-1 if first is None else first.left,
            used=status.count(UseStatus.USED),
            returned=status.count(UseStatus.RETURNED),
            uncertain=status.count(UseStatus.UNCERTAIN),
            open=status.count(UseStatus.OPEN),
            pictures=" ".join(sorted(use.picture.value for use in uses if use.status.counts)),
            case=services.use_desk.get(self.cases[0]).status.value if self.cases else "",
            alarms=tuple(sorted(kinds)),
            paper=sum(one.paper() for one in self.rigs),
        )

    def shut(self) -> None:
        """Switch every stamp off."""
        for rig in self.rigs:
            rig.off()
