"""Tokens and Message-IDs: ours are known again, forged ones are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.notifications.token import (
    ReplyToken,
    is_genuine,
    is_our_message_id,
    make_token,
    message_id,
    read_tokens,
    reply_address,
)

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
REFERENCE, RECIPIENT = "WA-7K3M9Q4M", "aiko@example.jp"
MAILBOX = "GenesysCloudWhatsAppRequests@genesys.com"


def test_a_token_is_sixteen_characters_of_lower_case_base_32() -> None:
    token = make_token(KEY, REFERENCE, RECIPIENT)
    assert len(token) == 16
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_a_token_is_the_same_for_any_case_of_the_recipient() -> None:
    assert make_token(KEY, REFERENCE, "Aiko@Example.JP") == make_token(KEY, REFERENCE, RECIPIENT)


@pytest.mark.parametrize(
    ("key", "reference", "recipient"),
    [
        (OTHER_KEY, REFERENCE, RECIPIENT),
        (KEY, "WA-5H8R2C7Z", RECIPIENT),
        (KEY, REFERENCE, "taro@example.jp"),
    ],
)
def test_a_token_of_another_key_request_or_recipient_is_not_genuine(
    key: bytes, reference: str, recipient: str
) -> None:
    token = make_token(KEY, REFERENCE, RECIPIENT)
    assert is_genuine(KEY, REFERENCE, RECIPIENT, token)
    assert is_genuine(KEY, REFERENCE, RECIPIENT, token.upper())
    assert not is_genuine(key, reference, recipient, token)


@given(st.text())
def test_no_guess_is_genuine(guess: str) -> None:
    assert not is_genuine(KEY, REFERENCE, RECIPIENT, guess)


def test_parts_cannot_be_shifted_between_reference_and_recipient() -> None:
    assert make_token(KEY, "WA-1", "2a@b") != make_token(KEY, "WA-12", "a@b")


def test_the_reply_address_fits_a_mail_address_and_reads_back() -> None:
    token = make_token(KEY, REFERENCE, RECIPIENT)
    address = reply_address(MAILBOX, REFERENCE, token, "plus")
    assert len(address.partition("@")[0]) <= 64
    assert read_tokens([address], []) == (ReplyToken(REFERENCE, token),)
    assert read_tokens([address.upper()], []) == (ReplyToken(REFERENCE, token),)
    assert reply_address(MAILBOX, REFERENCE, token, "plain") == MAILBOX


def test_a_reply_address_that_would_be_too_long_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError) as raised:
        reply_address("x" * 40 + "@example.com", REFERENCE, "a" * 16, "plus")
    assert raised.value.code == "reply_address_too_long"


def test_our_message_id_is_deterministic_short_and_known_again() -> None:
    made = message_id(KEY, REFERENCE, RECIPIENT, "notice-1", "genesys.com")
    assert made == message_id(KEY, REFERENCE, RECIPIENT, "notice-1", "genesys.com")
    assert made != message_id(KEY, REFERENCE, RECIPIENT, "notice-2", "genesys.com")
    assert len(made) < 77
    assert is_our_message_id(KEY, made)
    assert is_our_message_id(KEY, made.strip("<>"))
    assert not is_our_message_id(OTHER_KEY, made)


def test_a_message_id_of_which_one_character_was_changed_is_not_ours() -> None:
    made = message_id(KEY, REFERENCE, RECIPIENT, "notice-1", "genesys.com")
    body = made[1 : made.index("@")]
    for index, character in enumerate(body):
        if character in ".-":
            continue
        other = "b" if character != "b" else "c"
        forged = f"<{body[:index]}{other}{body[index + 1 :]}@genesys.com>"
        assert not is_our_message_id(KEY, forged), forged


@given(st.text())
def test_no_text_is_taken_for_our_message_id(text: str) -> None:
    assert not is_our_message_id(KEY, text)


def test_tokens_are_read_from_message_ids_and_each_is_read_once() -> None:
    token = make_token(KEY, REFERENCE, RECIPIENT)
    ids = [
        "<foreign@example.jp>",
        message_id(KEY, REFERENCE, RECIPIENT, "a", "genesys.com"),
        message_id(KEY, REFERENCE, RECIPIENT, "b", "genesys.com"),
    ]
    address = reply_address(MAILBOX, REFERENCE, token, "plus")
    assert read_tokens([], ids) == (ReplyToken(REFERENCE, token),)
    assert read_tokens([address, "x@y"], ids) == (ReplyToken(REFERENCE, token),)


def test_a_mail_about_no_request_has_an_id_of_ours_and_no_token() -> None:
    made = message_id(KEY, "", "staff@example.com", "digest", "genesys.com")
    assert is_our_message_id(KEY, made)
    assert read_tokens([], [made]) == ()
