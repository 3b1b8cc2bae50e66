from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "clinic"

    def ready(self) -> None:
        # Models can be imported only after all apps are loaded.
        from clinic.notifications import own_accounts  # noqa: PLC0415
        from clinic.people.invitations import can_still_invite  # noqa: PLC0415
        from users import account_events, invitations  # noqa: PLC0415

        account_events.listen_to_first_passwords(own_accounts.enqueue_notifications)
        invitations.require(can_still_invite)
