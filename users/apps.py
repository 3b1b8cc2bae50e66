from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        # Models can be imported only after the apps are loaded.
        from users import account_emails, account_events  # noqa: PLC0415

        account_events.listen(account_emails.enqueue_notification)
