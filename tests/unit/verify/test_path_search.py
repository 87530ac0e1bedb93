"""Chains made to exhaust the verifier or to slip past a rule: each ends in a verdict after a bounded amount of work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca import der
from ca.certificate import SubjectName
from ca.profile import ISSUING
from tests.conftest import SteppingClock
from tests.pki import Party, Pki, new_key, shared_rsa_key
from verify.certificates import paths as module
from verify.certificates.links import made_by, usable
from verify.certificates.name_constraints import (
    MAX_COMPARISONS,
    SMTP_UTF8_MAILBOX,
    NameForbidden,
    check_names,
)
from verify.certificates.names import is_self_issued, name_key
from verify.certificates.paths import MAX_VAIN_STEPS, PathFinder
from verify.errors import Finding
from verify.policy import MAX_CERTIFICATES, MAX_CHAIN_DEPTH, MAX_PATH_STEPS
from verify.trust import TrustStore
from verify.verdict import SubIndication


@pytest.fixture
def pki(clock: SteppingClock) -> Pki:
    return Pki(clock())


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Count the signatures that are checked."""
    seen: list[object] = []
    kept = made_by

    def counted(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        seen.append((certificate, issuer))
        return kept(certificate, issuer)

    monkeypatch.setattr(module, "made_by", counted)
    return seen


def sub(paths: PathFinder, leaf: x509.Certificate, extra: list[x509.Certificate], pki: Pki) -> SubIndication:
    with pytest.raises(Finding) as refused:
        paths.choose(leaf, extra, pki.now)
    return refused.value.sub


def many(pki: Pki, count: int) -> list[x509.Certificate]:
    """Make authorities of one name that all certified each other's key: every step of a search has every one to try."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "同名 TEST")])
    keys = [new_key() for _ in range(4)]
    made = []
    for number in range(count):
        above = Party(keys[number % 4], _root(name, keys[number % 4], pki))
        made.append(
            pki.make(ISSUING, name, issuer=above, key=keys[(number + 1) % 4], path_length=None).certificate
        )
    return made


def _root(name: x509.Name, key: object, pki: Pki) -> x509.Certificate:
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, pki.now, pki.now + timedelta(days=1))  # type: ignore[attr-defined]
    return builder.sign(key, hashes.SHA256())  # type: ignore[arg-type]


def test_namesakes_by_the_dozen_end_in_a_verdict(pki: Pki, checked: list[object]) -> None:
    """Each could have issued every other, and none leads to an anchor."""
    crowd = many(pki, 60)
    leaf = pki.party(issuer=Party(new_key(), crowd[0])).certificate
    assert sub(PathFinder(TrustStore([pki.root.certificate])), leaf, crowd, pki) is (
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    )
    assert len(checked) <= MAX_PATH_STEPS


def test_thousands_of_certificates_cost_no_more_than_the_limit(pki: Pki, checked: list[object]) -> None:
    crowd = many(pki, 8) * 500
    leaf = pki.party().certificate
    found = PathFinder(TrustStore([pki.root.certificate])).candidates(leaf, [pki.issuing.certificate, *crowd])
    assert [len(chain) for chain in found] == [3]
    assert len(checked) <= MAX_PATH_STEPS


def test_many_signers_with_many_namesakes_share_one_limit(pki: Pki, checked: list[object]) -> None:
    """Each signer alone stays below the limit of a search; what is in order is found all the same, and doubt tells the rest."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "同名 TEST")])
    crowd = [_root(name, new_key(), pki) for _ in range(MAX_CERTIFICATES - 1)]
    leaves = [pki.party(issuer=Party(new_key(), crowd[0])).certificate for _ in range(60)]
    finder = PathFinder(TrustStore([pki.root.certificate]))
    paths = finder.of_one_document()
    said = [sub(paths, leaf, [pki.issuing.certificate, *crowd], pki) for leaf in leaves]
    assert len(checked) <= MAX_VAIN_STEPS + MAX_CERTIFICATES + len(leaves) * MAX_CHAIN_DEPTH
    assert said[0] is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert said[-1] is SubIndication.LIMIT_REACHED
    good = pki.party().certificate
    chain, finding = paths.choose(good, [*crowd, pki.issuing.certificate], pki.now)
    assert (len(chain), finding) == (3, None)
    other = finder.of_one_document()
    assert sub(other, leaves[-1], [pki.issuing.certificate, *crowd], pki) is (
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    )


def test_strangers_by_the_hundred_are_only_strangers(pki: Pki) -> None:
    """Two hundred signers of an unknown authority: nobody is told of a limit who had all of it looked at."""
    stranger = Pki(pki.now, name="陌生 TEST")
    paths = PathFinder(TrustStore([pki.root.certificate])).of_one_document()
    key, extra = new_key(), [stranger.issuing.certificate, stranger.root.certificate]
    said = {sub(paths, stranger.party(key=key).certificate, extra, pki) for _ in range(300)}
    assert said == {SubIndication.NO_CERTIFICATE_CHAIN_FOUND}


def test_a_line_of_hundreds_is_too_deep(pki: Pki, checked: list[object]) -> None:
    above = pki.root
    line = []
    for number in range(60):
        above = pki.make(ISSUING, SubjectName(f"{number} TEST"), issuer=above, path_length=None)
        line.append(above.certificate)
    leaf = pki.party(issuer=above).certificate
    assert sub(PathFinder(TrustStore([pki.root.certificate])), leaf, line, pki) is (
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    )
    assert len(checked) < 20


def test_the_key_that_is_named_is_tried_first(pki: Pki, checked: list[object]) -> None:
    """A crowd under the issuer's name does not hide the issuer: the certificate says whose key signed it."""
    subject = pki.issuing.certificate.subject
    crowd = [pki.make(ISSUING, subject, issuer=pki.root).certificate for _ in range(30)]
    leaf = pki.party().certificate
    finder = PathFinder(TrustStore([pki.root.certificate]))
    chain, finding = finder.choose(leaf, [*crowd, pki.issuing.certificate], pki.now)
    assert finding is None
    assert chain[1] == pki.issuing.certificate
    assert checked[0] == (leaf, pki.issuing.certificate)


def test_names_match_as_rfc_5280_has_it(pki: Pki) -> None:
    """§7.1: case, blanks and string type aside; another word, another order, another part are another name."""

    def named(*parts: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, part) for part in parts])

    assert name_key(named("Good  CA ")) == name_key(named("good ca"))
    assert name_key(named("ＡＢ 机构")) == name_key(named("ab 机构"))
    assert name_key(named("a", "b")) != name_key(named("b", "a"))
    assert name_key(named("a b")) != name_key(named("ab"))
    both = x509.RelativeDistinguishedName(
        [
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "x"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "y"),
        ]
    )
    assert name_key(x509.Name([both])) != name_key(x509.Name(list(both)))
    assert is_self_issued(pki.root.certificate)
    assert not is_self_issued(pki.issuing.certificate)


def bearer(pki: Pki, *names: x509.GeneralName, mail: str = "") -> x509.Certificate:
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")]
    if mail:
        attributes.append(x509.NameAttribute(x509.NameOID.EMAIL_ADDRESS, mail))
    extra = [(x509.SubjectAlternativeName(list(names)), False)] if names else []
    return pki.party(subject=x509.Name(attributes), extra=extra).certificate


@pytest.mark.parametrize(
    ("name", "excluded"),
    [
        (
            x509.UniformResourceIdentifier("http://10.1.2.3/x"),
            x509.UniformResourceIdentifier(".evil.example"),
        ),
        (
            x509.UniformResourceIdentifier("http://[2001:db8::1]/"),
            x509.UniformResourceIdentifier(".evil.example"),
        ),
        (
            x509.UniformResourceIdentifier("http://2130706433/"),
            x509.UniformResourceIdentifier(".evil.example"),
        ),
        (
            x509.UniformResourceIdentifier("http://a.evil.example./"),
            x509.UniformResourceIdentifier(".evil.example"),
        ),
        (x509.UniformResourceIdentifier("urn:oid:1.2.3"), x509.UniformResourceIdentifier("evil.example")),
        (x509.DNSName("evil.example."), x509.DNSName("evil.example")),
        (x509.DNSName("*.example"), x509.DNSName("evil.example")),
        (x509.RFC822Name("a@evil.example."), x509.RFC822Name("evil.example")),
    ],
    ids=["address", "address 6", "number", "dot of the root", "no host", "dns dot", "wildcard", "mail dot"],
)
def test_an_excluded_name_in_another_dress_is_refused(
    pki: Pki, name: x509.GeneralName, excluded: x509.GeneralName
) -> None:
    """RFC 5280 §4.2.1.10: what cannot be compared is outside of nothing."""
    with pytest.raises(NameForbidden):
        check_names(bearer(pki, name), x509.NameConstraints(None, [excluded]))


@pytest.mark.parametrize(
    "unseen",
    [
        "\u00ad",
        "\u200b",
        "\u2060",
        "\ufe0f",
        "\ufeff",
        "\x01",
        "\u061c",
        "\u115f",
        "\u2066",
        "\u3164",
        "\uffa0",
        "\U000e0100",
    ],
)
def test_characters_that_nobody_sees_make_no_other_name(pki: Pki, unseen: str) -> None:
    """RFC 4518 §2.2: they stand for nothing, so a forbidden name with one in it is the forbidden name."""
    excluded = x509.NameConstraints(None, [x509.DirectoryName(SubjectName("税务局 TEST").x509())])
    dressed = pki.make(ISSUING, SubjectName(f"税务{unseen}局 TEST"), issuer=pki.root).certificate
    assert dressed.subject != SubjectName("税务局 TEST").x509()
    with pytest.raises(NameForbidden, match="excluded"):
        check_names(dressed, excluded)
    check_names(pki.make(ISSUING, SubjectName("工商局 TEST"), issuer=pki.root).certificate, excluded)


def test_a_mailbox_in_the_subject_is_not_hidden_by_one_beside_it(pki: Pki) -> None:
    within = x509.NameConstraints([x509.RFC822Name("good.example")], None)
    good = x509.RFC822Name("a@good.example")
    check_names(bearer(pki, good, mail="b@good.example"), within)
    with pytest.raises(NameForbidden):
        check_names(bearer(pki, good, mail="b@evil.example"), within)


def utf8_mailbox(text: str | bytes) -> x509.OtherName:
    octets = der.utf8_string(text) if isinstance(text, str) else text
    return x509.OtherName(SMTP_UTF8_MAILBOX, octets)


@pytest.mark.parametrize(
    ("mailbox", "inside"),
    [
        ("印章@good.example", True),
        ("印章@GOOD.example", True),
        ("印章@xn--fiqs8s.good.example", False),
        ("印章@evil.example", False),
        ("印章@中国.good.example", False),
        ("good.example", False),
        (b"\x0c\x02\xff\xfe", False),
        (b"\x16\x0ea@good.example", False),
    ],
)
def test_an_internationalised_mailbox_is_a_mailbox(pki: Pki, mailbox: str | bytes, inside: bool) -> None:
    """RFC 9598 §6: constraints on rfc822Name are on these as well; else they would be the way around."""
    one = bearer(pki, utf8_mailbox(mailbox))
    permitted = x509.NameConstraints([x509.RFC822Name("good.example")], None)
    if inside:
        check_names(one, permitted)
    else:
        with pytest.raises(NameForbidden):
            check_names(one, permitted)
    check_names(one, x509.NameConstraints([x509.DNSName("good.example")], None))


def test_an_excluded_internationalised_mailbox_is_refused(pki: Pki) -> None:
    excluded = x509.NameConstraints(None, [x509.RFC822Name(".evil.example")])
    check_names(bearer(pki, utf8_mailbox("印章@good.example")), excluded)
    with pytest.raises(NameForbidden, match="excluded"):
        check_names(bearer(pki, utf8_mailbox("印章@post.evil.example")), excluded)
    with pytest.raises(NameForbidden, match="form of name"):
        check_names(
            bearer(pki, utf8_mailbox("印章@good.example")),
            x509.NameConstraints(None, [utf8_mailbox("印章@good.example")]),
        )


def test_names_and_constraints_by_the_thousand_are_refused_unread(pki: Pki) -> None:
    """The product of both is what costs."""
    names = [x509.DNSName(f"{number}.example") for number in range(300)]
    subtrees = [x509.DNSName(f"{number}.invalid") for number in range(300)]
    assert len(names) * len(subtrees) > MAX_COMPARISONS
    with pytest.raises(NameForbidden, match="more names"):
        check_names(bearer(pki, *names), x509.NameConstraints(None, subtrees))


def test_keys_that_prove_nothing_carry_no_path(pki: Pki) -> None:
    """ETSI TS 119 312 §8.3: P-192 somewhere in the middle is as good as no signature."""
    weak = pki.make(
        ISSUING, SubjectName("弱 TEST"), issuer=pki.root, key=ec.generate_private_key(ec.SECP192R1())
    )
    leaf = pki.party(issuer=weak).certificate
    finder = PathFinder(TrustStore([pki.root.certificate]))
    assert sub(finder, leaf, [weak.certificate], pki) is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


@pytest.mark.parametrize(
    ("exponent", "expected"),
    [
        (3, True),
        (17, True),
        (65_537, True),
        ((1 << 32) - 1, True),
        ((1 << 32) + 1, False),
        ((1 << 64) - 59, False),
    ],
)
def test_an_exponent_that_only_costs_time_is_none(exponent: int, expected: bool) -> None:
    """With 64 bits of it a signature of 16,384 bits takes six milliseconds to refuse."""
    key = rsa.RSAPublicNumbers(exponent, shared_rsa_key().public_key().public_numbers().n).public_key()
    assert usable(key) is expected


def test_a_modulus_with_a_small_factor_is_no_key() -> None:
    """NIST SP 800-89 §5.3.3: what was damaged on its way to the authority is anybody's key."""
    numbers = shared_rsa_key().public_key().public_numbers()
    assert usable(rsa.RSAPublicNumbers(65537, numbers.n).public_key())
    for factor in (3, 11, 751):
        damaged = numbers.n - numbers.n % factor
        damaged += 0 if damaged % 2 else factor
        assert damaged.bit_length() == numbers.n.bit_length()
        assert not usable(rsa.RSAPublicNumbers(65537, damaged).public_key())


@pytest.mark.parametrize("host", ["ex%61mple.test", "[::1]", "2130706433"])
def test_a_host_that_cannot_be_compared_is_not_passed_over(pki: Pki, host: str) -> None:
    excluded = x509.NameConstraints(None, [x509.UniformResourceIdentifier("example.test")])

    def bearing(host: str) -> x509.Certificate:
        named = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"http://{host}/")])
        return pki.party(extra=[(named, False)]).certificate

    check_names(bearing("other.test"), excluded)
    with pytest.raises(NameForbidden):
        check_names(bearing(host), excluded)
