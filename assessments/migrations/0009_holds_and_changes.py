"""Holds with their rule and outcome, tiers that a reviewer raised, worst answers that were signed, stated changes.

The two new kinds of record are frozen as others are (see 0002).
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FROZEN = ("signedworst", "statedchange")


def freeze(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in FROZEN:
            schema_editor.execute(
                f"CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_{name} "
                "FOR EACH ROW EXECUTE FUNCTION hkguide_refuse();"
            )


def thaw(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in FROZEN:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_{name};")


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0008_conformity_file_and_signed_sentences"),
    ]

    operations = [
        migrations.AddField(
            model_name="declareduse",
            name="raised_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="assessments.reviewdecision",
            ),
        ),
        migrations.AddField(
            model_name="declareduse",
            name="raised_tier",
            field=models.CharField(
                blank=True,
                choices=[("low", "Low"), ("limited", "Limited"), ("high", "High"), ("unacceptable", "Unacceptable")],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="declareduse",
            name="rules_tier",
            field=models.CharField(
                blank=True,
                choices=[("low", "Low"), ("limited", "Limited"), ("high", "High"), ("unacceptable", "Unacceptable")],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("answered", "answered"),
                    ("stands", "the facts stand"),
                    ("correct", "the facts have to be corrected"),
                    ("accepted", "the evidence is accepted"),
                    ("gone", "the facts changed"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="rule",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="reviewdecision",
            name="tier",
            field=models.CharField(
                blank=True,
                choices=[("low", "Low"), ("limited", "Limited"), ("high", "High"), ("unacceptable", "Unacceptable")],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="reviewdecision",
            name="kind",
            field=models.CharField(
                choices=[
                    ("return", "Returned for changes"),
                    ("approve", "Approved"),
                    ("refuse", "Refused"),
                    ("self_certify", "Self-certified"),
                    ("declare_prohibited", "Declared as a prohibited use"),
                    ("withdraw", "Withdrawn"),
                    ("raise_tier", "Tier raised"),
                    ("withdraw_raise", "Raise of the tier withdrawn"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="SignedWorst",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("facts", models.JSONField(default=list)),
                ("statement", models.TextField()),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "use",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signed_worst",
                        to="assessments.declareduse",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="declaredfact",
            name="signed_worst",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assessments.signedworst"
            ),
        ),
        migrations.CreateModel(
            name="StatedChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kinds", models.JSONField(default=list)),
                ("words", models.TextField(max_length=4000)),
                ("happened_on", models.DateField()),
                ("to_confirm", models.JSONField(default=list)),
                ("suspends", models.BooleanField(default=False)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "approval",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stated_changes",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "opened",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opened_by",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "use",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stated_changes",
                        to="assessments.declareduse",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RunPython(freeze, thaw),
    ]
