"""How a phone number is shown to people."""

import phonenumbers


def international(e164: str) -> str:
    """Return ``e164`` in the international writing of its country: ``+81 3-1234-5678``.

    What cannot be parsed comes back as it is (it is shown, never dialled).
    """
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
