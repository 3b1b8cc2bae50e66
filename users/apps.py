from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from users import account_emails, account_events  # noqa: PLC0415 - models must be loaded first

        account_events.listen(account_emails.enqueue_notification)
