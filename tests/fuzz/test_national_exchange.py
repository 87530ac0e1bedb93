"""Files of the national platform are foreign bytes: whatever they hold, they are read or refused by name."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seals.filing import national
from seals.filing.errors import ExchangeError, ExchangeUnproven, ExchangeUnreadable
from seals.filing.national import FIELDS, MAX_FILE, MAX_MESSAGES, Interface, civil, moment

NOW = datetime(2026, 5, 1, tzinfo=UTC)
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
GOOD = {
    "sealCode": "44030100000042",
    "sealName": "深圳某某科技有限公司",
    "useUnitCode": "12100000000018032A",
    "sealZone": "440301",
    "validStartTime": "2026-01-01 00:00:00",
    "validEndTime": "2027-01-01 00:00:00",
    "parentSealCode": "",
    "createTime": "2026-01-01 00:00:00",
    "creater": "深圳制章",
    "legalType": "01",
    "certStartTime": "2026-01-01 00:00:00",
    "certEndTime": "2027-01-01 00:00:00",
    "cancelReason": "挂失",
    "cancelDescribe": "",
    "applyDate": "2026-01-01 00:00:00",
    "invalidType": "2",
    "invalidEffectTime": "2026-01-01 00:00:00",
    "signCert": base64.b64encode(b"certificate").decode(),
    "signature": base64.b64encode(b"signature").decode(),
}


def whole(*messages: Any, **changes: Any) -> bytes:
    told = {
        "format": national.FORMAT,
        "version": national.VERSION,
        "exportedAt": civil(NOW),
        "messages": list(messages),
        **changes,
    }
    return json.dumps(told).encode()


def good(interface: Interface) -> dict[str, str]:
    return {"interface": interface.value, **{name: GOOD[name] for name in FIELDS[interface]}}


@pytest.mark.parametrize("interface", list(Interface))
def test_a_sound_message_is_read_and_written_the_same(interface: Interface) -> None:
    (message,) = national.read_file(whole(good(interface)))
    assert message.as_object() == good(interface)
    assert national.read_file(national.write_file((message,), NOW))[0].digest == message.digest
    with pytest.raises(ExchangeUnproven):
        national.check_signature(message, {})


@pytest.mark.parametrize("interface", list(Interface))
def test_every_field_is_demanded_and_judged(interface: Interface) -> None:
    sound = good(interface)
    for name in FIELDS[interface]:
        for bad in (None, 7, True, [], {}, "\0", "x" * 20_000, " ", "\ud800"):
            with pytest.raises(ExchangeUnreadable) as wrong:
                national.read_file(whole({**sound, name: bad}))
            assert name in wrong.value.where or wrong.value.where == "file"
        with pytest.raises(ExchangeUnreadable):
            national.read_file(whole({key: text for key, text in sound.items() if key != name}))
    with pytest.raises(ExchangeUnreadable):
        national.read_file(whole({**sound, "extra": "x"}))


@QUIET
@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    with pytest.raises(ExchangeUnreadable):
        national.read_file(octets)


@QUIET
@given(
    st.sampled_from(list(Interface)),
    st.data(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=3),
    ),
)
def test_any_value_in_any_field_is_read_or_refused(
    interface: Interface, data: st.DataObject, value: Any
) -> None:
    name = data.draw(st.sampled_from([*FIELDS[interface], "interface"]))
    try:
        (message,) = national.read_file(whole({**good(interface), name: value}))
    except ExchangeUnreadable:
        return
    assert message.fields[name] == value if name != "interface" else message.interface == value
    with pytest.raises(ExchangeError):
        national.check_signature(message, {})


@QUIET
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_flipped_octet_is_another_message_or_none(place: int, mask: int) -> None:
    octets = bytearray(whole(good(Interface.RELEASE)))
    before = national.read_file(bytes(octets))[0]
    octets[place % len(octets)] ^= mask
    try:
        after = national.read_file(bytes(octets))[0]
    except ExchangeUnreadable:
        return
    same = (after.digest, after.fields["signature"]) == (before.digest, before.fields["signature"])
    outside = json.loads(bytes(octets))["messages"][0] == good(Interface.RELEASE)
    assert same == outside


def test_limits_are_held_before_the_work() -> None:
    for octets in (
        b"[" * 100_000,
        b"{" + b'"a":{' * 50_000,
        b" " * (MAX_FILE + 1),
        whole(*[good(Interface.RENEW)] * (MAX_MESSAGES + 1)),
        whole(),
        whole(good(Interface.RENEW), version=2),
        whole(good(Interface.RENEW), version=True),
        whole(good(Interface.RENEW), format="other"),
        whole("not a message"),
        whole(good(Interface.RENEW))[:-1] + b',"format":"again"}',
    ):
        with pytest.raises(ExchangeUnreadable):
            national.read_file(octets)


@QUIET
@given(st.datetimes(datetime(1971, 1, 1), datetime(9990, 1, 1)))  # noqa: DTZ001 - a zone is put on below
def test_times_are_civil_and_come_back(when: datetime) -> None:
    aware = when.replace(tzinfo=UTC)
    assert moment(civil(aware)) == aware.replace(microsecond=0)
