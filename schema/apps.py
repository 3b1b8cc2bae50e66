from django.apps import AppConfig


class SchemaConfig(AppConfig):
    name = "schema"

    def ready(self) -> None:
        # Models can be imported only after all apps are loaded.
        from clinic import events  # noqa: PLC0415
        from schema.transport.publisher import publish  # noqa: PLC0415

        events.listen(publish)
