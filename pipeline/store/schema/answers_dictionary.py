"""What stored values of a kind have in common: preset dictionaries of zlib (RFC 1950, 2.2).

Never changed: rows are unpacked with the dictionary that they were packed with, which zlib tells by
its checksum. A new one gets a name of its own and is added to :data:`DICTIONARIES`.
"""

import zlib

_OLD_FIELDS = (
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
_OLD_READING = (
    '{"candidates":[],"cell_type":"text","field":"%s","notes":[],"raw":"","value":null,'
    '"verdict":"ok","where":"Form!D%d"},'
)
_OLD_ANSWER = (
    '{"field":"%s","raw":"","where":"Form!D%d","cell_type":"text","damaged":false,'
    '"disagrees":null},'
)
#: What answers and whole submissions were packed with at first.
OLD_ANSWERS = "".join(
    pattern % (field, row)
    for pattern in (_OLD_READING, _OLD_ANSWER)
    for row, field in enumerate(_OLD_FIELDS.split(), 7)
).encode("ascii")
_READ = (
    '{"candidates":[],"cell_type":"text","field":"%s","notes":[],"raw":"","value":"",'
    '"verdict":"ok","where":"Form!D%s"},'
)
_BLANK = (
    '{"candidates":[],"cell_type":"text","field":"%s","notes":[],"raw":"","value":null,'
    '"verdict":"blank","where":"Form!D%s"},'
)
#: The fields of the forms in their order, with their rows; most leave those with ``?`` blank.
_FIELDS = (
    # qr
    "contact_name:7 contact_department:8 contact_email:9 contact_phone:10 reply_language:11 "
    "time_zone:12 company_legal_name:14 country:15 genesys_org_name:17 genesys_org_id:18 "
    "genesys_region:19 phone_number:21 phone_number_again:22 integration_name:23 qr_action:25 "
    "?existing_code:26 ?prefilled_message:27 image_format:28 where_shown:30 "
    "used_for_opt_in:31 opt_in_wording:32 ?notes:34 "
    # migration
    "contact_name:7 contact_department:8 contact_email:9 contact_phone:10 reply_language:11 "
    "time_zone:12 company_legal_name:14 country:15 ?website:16 genesys_org_name:18 "
    "genesys_org_id:19 genesys_region:20 genesys_licence:21 has_messaging_permission:22 "
    "has_whatsapp_account:23 current_provider:25 current_hosting:26 source_waba_id:27 "
    "meta_business_id:28 same_business_account:29 source_business_verified:30 "
    "payment_method_ready:31 display_name:33 display_name_approved:34 name_change_pending:35 "
    "phone_number:37 phone_number_again:38 number_use:39 is_m2m:40 verification_method:41 "
    "?behind_ivr:42 two_step_disabled:44 code_contact:45 ?preferred_slot:46 ready_date:47 "
    "?notes:49 ack_no_way_back:58 ack_charges:59 ack_policies:60 "
    # onboarding
    "contact_name:7 contact_department:8 contact_email:9 contact_phone:10 reply_language:11 "
    "time_zone:12 company_legal_name:14 country:15 ?company_trading_name:16 website:17 "
    "meta_business_id:18 meta_business_verified:19 genesys_org_name:21 genesys_org_id:22 "
    "genesys_region:23 genesys_licence:24 has_messaging_permission:25 has_whatsapp_account:26 "
    "display_name:28 business_vertical:29 ?profile_about:30 ?profile_description:31 "
    "phone_number:33 phone_number_again:34 number_use:35 is_m2m:36 verification_method:37 "
    "?behind_ivr:38 use_case:40 ?opt_in_method:41 ready_date:42 ?notes:44 ack_no_way_back:53 "
    "ack_charges:54 ack_policies:55"
)
#: What answers are packed with now.
ANSWERS = "".join(
    (_BLANK if field.startswith("?") else _READ) % tuple(field.removeprefix("?").split(":"))
    for field in _FIELDS.split()
).encode("ascii")
#: The rules of routing in their order: those that did not match stand before the one that did.
_RULES = (
    "sender_doubtful written_by_program sender_unproven file_unreadable number_known "
    "number_active_already number_certainly_m2m short_code number_perhaps_m2m said_to_be_m2m "
    "onboarding_but_on_platform migration_but_never_on_platform problems_found no_form "
    "qr_number_not_active number_reused"
)
#: What the rules that did not match are packed with now.
MISSES = '["{}"]'.format('","'.join(_RULES.split())).encode("ascii")
#: All that rows were ever packed with, by their checksums.
DICTIONARIES = {zlib.adler32(known): known for known in (OLD_ANSWERS, ANSWERS, MISSES)}
