import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phone import Looked, NotAPhone, NotMobile, Phone, is_e164, look_up, masked, parse, region_of
from core.refusal import Refused


@pytest.mark.parametrize(
    ("number", "region", "e164"),
    [
        ("0712345678", "KE", "+254712345678"),
        ("712345678", "KE", "+254712345678"),
        ("254712345678", "KE", "+254712345678"),
        ("+254712345678", "KE", "+254712345678"),
        ("00254712345678", "KE", "+254712345678"),
        ("000254712345678", "KE", "+254712345678"),
        ("+254 712-345.678", "KE", "+254712345678"),
        ("+254 (0)712 345 678", "KE", "+254712345678"),
        ("0110000001", "KE", "+254110000001"),
        ("\u0660\u0667\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", "KE", "+254712345678"),
        ("\uff0b254712345678", "KE", "+254712345678"),
        ("\u202a+254712345678\u202c", "KE", "+254712345678"),
        ("+254700000001", "KE", "+254700000001"),
        # From elsewhere, with or without the plus.
        ("+256772123456", "KE", "+256772123456"),
        ("256772123456", "KE", "+256772123456"),
        ("254712345678", "UG", "+254712345678"),
        # Some plans do not tell a mobile from a landline.
        ("+14155552671", "KE", "+14155552671"),
    ],
)
def test_parse(number: str, region: str, e164: str) -> None:
    assert parse(number, region) == e164


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("", NotAPhone),
        ("123", NotAPhone),
        ("07123456789012", NotAPhone),
        ("071234567", NotAPhone),
        ("abc", NotAPhone),
        ("0712 FLOWER", NotAPhone),
        ("2547O0000001", NotAPhone),
        ("0712345678 ext 5", NotAPhone),
        ("0712345678;ext=5", NotAPhone),
        ("tel:0712345678", NotAPhone),
        ("++254712345678", NotAPhone),
        ("0712345678\u00b2", NotAPhone),
        ("0712345678\0", NotAPhone),
        (" " * 100 + "0712345678", NotAPhone),
        ("*384*77#", NotAPhone),
        ("020 4445555", NotMobile),
        ("0800 720000", NotMobile),
    ],
)
def test_parse_refuses(number: str, refusal: type[Refused]) -> None:
    with pytest.raises(refusal) as refused:
        parse(number, "KE")
    assert number.strip() not in str(refused.value) or not number.strip()


def test_look_up() -> None:
    assert look_up("0204445555", "KE") == Looked(Phone("+254204445555"), "KE", mobile=False)
    assert look_up("+80012345678", "KE") == Looked(Phone("+80012345678"), None, mobile=False)
    assert look_up("0712345678", "XX") == Looked()
    assert not look_up("123", "KE").valid


def test_region_of() -> None:
    assert region_of(Phone("+254700000001")) == "KE"
    assert region_of(Phone("+256772123456")) == "UG"
    assert region_of(Phone("+80012345678")) is None


@pytest.mark.parametrize(
    ("number", "yes"),
    [
        ("+254700000001", True),
        ("+12345678", True),
        ("+123456789012345", True),
        ("+1234567", False),
        ("+1234567890123456", False),
        ("+0254700000001", False),
        ("254700000001", False),
        ("+25470000000a", False),
        ("+254700000001\n", False),
        ("+\u0662\u0665\u0664700000001", False),
    ],
)
def test_is_e164(number: str, yes: bool) -> None:  # noqa: FBT001 a column of the table
    assert is_e164(number) is yes


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+254700000001", "+2547****0001"),
        ("+123456789012345", "+1234****2345"),
        ("+12345678", "+****5678"),
        ("0712345678", "****"),
        ("", "****"),
        ("4826", "****"),
    ],
)
def test_masked(number: str, shown: str) -> None:
    assert masked(number) == shown


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=50) | st.text(alphabet="+0123456789 -()", max_size=20))
def test_any_text_is_a_phone_or_refused(text: str) -> None:
    try:
        phone = parse(text, "KE")
    except (NotAPhone, NotMobile):
        return
    assert is_e164(phone)
    assert parse(phone, "UG") == phone


def test_phonenumbers_is_loaded_only_when_needed() -> None:
    code = "import sys, core.phone; core.phone.masked('+254700000001'); assert 'phonenumbers' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 our own line
