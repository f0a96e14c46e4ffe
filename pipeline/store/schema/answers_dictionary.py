"""What stored answers have in common: a preset dictionary of zlib (RFC 1950, 2.2).

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
#: What rows are packed with now.
ANSWERS = "".join(
    pattern % (field, row)
    for pattern in (_READING, _ANSWER)
    for row, field in enumerate(_FIELDS.split(), 7)
).encode("ascii")
#: All that rows were ever packed with, by their checksums.
DICTIONARIES = {zlib.adler32(known): known for known in (ANSWERS,)}
