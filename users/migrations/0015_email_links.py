"""Add one-time links, invitations to addresses in use, and addresses that staff entered."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0014_people_without_account"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_entered_by_staff",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="Emails are sent to the address before its owner has verified it.",
                verbose_name="email address entered by staff",
            ),
        ),
        migrations.CreateModel(
            name="AddressConflict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="created at"
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="has the address",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited by",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation to an address in use",
                "verbose_name_plural": "invitations to addresses in use",
                "ordering": ("-created_at", "-pk"),
                "constraints": [
                    models.UniqueConstraint(fields=("user", "holder"), name="address_conflict_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="EmailLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("verify", "Verify the email address"),
                            ("change", "Change to this email address"),
                            ("stop", "Stop a change from this email address"),
                            ("invitation", "Choose a password"),
                        ],
                        max_length=16,
                    ),
                ),
                ("address", models.CharField(max_length=254)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="email_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "email link",
                "verbose_name_plural": "email links",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "purpose", "address"), name="email_link_once_per_purpose"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("purpose__in", ["verify", "change", "stop", "invitation"])
                        ),
                        name="email_link_purpose_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="email_link_expires_after_creation",
                    ),
                ],
            },
        ),
    ]
