"""Tells in which order older versions of the forms asked their questions, which were the same."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.model.form import FormKind

_ABOUT = """
contact_name contact_department contact_email contact_phone reply_language time_zone
company_legal_name country
"""
_ONBOARDING = f"""{_ABOUT}
company_trading_name website meta_business_id meta_business_verified
genesys_org_name genesys_org_id genesys_region genesys_licence
has_messaging_permission has_whatsapp_account
display_name business_vertical profile_about profile_description
phone_number phone_number_again number_use is_m2m verification_method behind_ivr
use_case opt_in_method ready_date
notes ack_no_way_back ack_charges ack_policies
"""
_MIGRATION = f"""{_ABOUT}
website
genesys_org_name genesys_org_id genesys_region genesys_licence
has_messaging_permission has_whatsapp_account
current_provider current_hosting source_waba_id meta_business_id
same_business_account source_business_verified payment_method_ready
display_name display_name_approved name_change_pending
phone_number phone_number_again number_use is_m2m verification_method behind_ivr
two_step_disabled code_contact preferred_slot ready_date
notes ack_no_way_back ack_charges ack_policies
"""
_QR = f"""{_ABOUT}
genesys_org_name genesys_org_id genesys_region
phone_number phone_number_again integration_name
qr_action existing_code prefilled_message image_format
where_shown used_for_opt_in opt_in_wording
notes
"""

#: Versions 1.0 and 1.1.
OLDER_ORDER: Mapping[FormKind, tuple[str, ...]] = MappingProxyType(
    {
        FormKind.ONBOARDING: tuple(_ONBOARDING.split()),
        FormKind.MIGRATION: tuple(_MIGRATION.split()),
        FormKind.QR: tuple(_QR.split()),
    }
)
