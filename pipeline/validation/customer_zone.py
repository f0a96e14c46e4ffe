"""The customer's time zone: the answer of the form, else the zone of the number, else UTC."""

_UNKNOWN_ZONE = "Etc/Unknown"


def customer_zone(answered: str | None, number: str | None) -> str:
    """Return an IANA zone: ``answered`` when given, else the first zone of ``number`` (E.164)."""
    if answered:
        return answered
    if number:
        import phonenumbers  # noqa: PLC0415 - slow to import
        from phonenumbers import timezone  # noqa: PLC0415

        zones = timezone.time_zones_for_number(phonenumbers.parse(number))
        known = [zone for zone in zones if zone != _UNKNOWN_ZONE]
        if known:
            return str(known[0])
    return "UTC"
