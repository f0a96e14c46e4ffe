"""What stored values of a kind have in common: preset dictionaries of zlib (RFC 1950, 2.2).

Never changed: rows are unpacked with the dictionary that they were packed with, which zlib tells by
its checksum. A new one gets a name of its own and is added to :data:`DICTIONARIES`.
"""

import zlib

_FIELDS = (
    "contact_name contact_department contact_email contact_phone reply_language time_zone "
    "company_legal_name country genesys_org_name genesys_org_id genesys_region "
    "phone_number phone_number_again notes company_trading_name website meta_business_id "
    "meta_business_verified genesys_licence has_messaging_permission has_whatsapp_account "
    "display_name business_vertical profile_about profile_description number_use is_m2m "
    "verification_method behind_ivr use_case opt_in_method ready_date ack_no_way_back "
    "ack_charges ack_policies current_provider current_hosting source_waba_id "
    "same_business_account source_business_verified payment_method_ready "
    "display_name_approved name_change_pending two_step_disabled code_contact "
    "preferred_slot integration_name qr_action existing_code prefilled_message "
    "image_format where_shown used_for_opt_in opt_in_wording"
)
_READING = (
    '{"candidates":[],"cell_type":"text","field":"%s","notes":[],"raw":"","value":null,'
    '"verdict":"ok","where":"Form!D%d"},'
)
_ANSWER = (
    '{"field":"%s","raw":"","where":"Form!D%d","cell_type":"text","damaged":false,'
    '"disagrees":null},'
)
#: The rules of routing in their order: those that did not match stand before the one that did.
_RULES = (
    "sender_doubtful written_by_program sender_unproven file_unreadable number_known "
    "number_active_already number_certainly_m2m short_code number_perhaps_m2m said_to_be_m2m "
    "onboarding_but_on_platform migration_but_never_on_platform problems_found no_form "
    "qr_number_not_active number_reused"
)
#: What answers are packed with now.
ANSWERS = "".join(
    pattern % (field, row)
    for pattern in (_READING, _ANSWER)
    for row, field in enumerate(_FIELDS.split(), 7)
).encode("ascii")
#: What the rules that did not match are packed with now.
MISSES = '["{}"]'.format('","'.join(_RULES.split())).encode("ascii")
#: All that rows were ever packed with, by their checksums.
DICTIONARIES = {zlib.adler32(known): known for known in (ANSWERS, MISSES)}
