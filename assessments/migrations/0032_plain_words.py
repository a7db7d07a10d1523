"""Labels and messages in plain words; nothing in the tables changes."""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0031_columns_for_lists"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterField(
            model_name="actionevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("owner", "Owner changed"),
                    ("due", "Due date changed"),
                    ("full_due", "Final due date changed"),
                    ("effort", "Effort changed"),
                    ("note", "Note"),
                    ("reported", "Reported as done"),
                    ("reopened", "Reopened"),
                    ("approved", "Accepted by one of two reviewers"),
                    ("closed", "Closed"),
                    ("risk_accepted", "Risk accepted"),
                    ("risk_ended", "Risk no longer accepted"),
                    ("attached", "Evidence attached"),
                    ("detached", "Evidence detached"),
                    ("added", "Added"),
                    ("title", "Title changed"),
                    ("steps", "Steps changed"),
                    ("started", "First step done"),
                    ("split", "Split"),
                    ("merged", "Merged"),
                    ("undone", "Split or merge undone"),
                    ("not_relevant", "Marked as not relevant"),
                    ("relevant", "Marked as relevant again"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="conformitypart",
            name="words",
            field=models.CharField(blank=True, max_length=400, verbose_name="statement for the public"),
        ),
        migrations.AlterField(
            model_name="declareduse",
            name="scope_en",
            field=models.CharField(max_length=400, verbose_name="scope, as printed on the certificate"),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="confidentiality",
            field=models.CharField(
                choices=[
                    ("internal", "Internal: for members, and for reviewers of a submission that uses it"),
                    ("confidential", "Confidential: like internal, and each reading is logged"),
                    ("on_request", "Shown on request only: no file here, only a description and a contact person"),
                ],
                default="internal",
                max_length=12,
                verbose_name="who may read it",
            ),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="held_by",
            field=models.CharField(blank=True, max_length=160, verbose_name="contact person"),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="period_from",
            field=models.DateField(blank=True, null=True, verbose_name="period covered from"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="email",
            field=models.EmailField(max_length=254, verbose_name="email address"),
        ),
        migrations.AlterField(
            model_name="user",
            name="email",
            field=models.EmailField(max_length=254, unique=True, verbose_name="email address"),
        ),
        migrations.AlterField(
            model_name="user",
            name="mail_when",
            field=models.CharField(
                choices=[
                    ("at_once", "At once, one email for each notification"),
                    ("daily", "Once a day, in the morning, in one email"),
                    ("acting", "At once, but only when I have to act"),
                ],
                default="at_once",
                max_length=8,
                verbose_name="email notifications",
            ),
        ),
        migrations.AlterConstraint(
            model_name="organisation",
            name="one_organisation_per_registration_no",
            constraint=models.UniqueConstraint(
                condition=models.Q(("registration_no", ""), _negated=True),
                fields=("registration_no",),
                name="one_organisation_per_registration_no",
                violation_error_message="This registration number is registered already. Ask an owner of that organisation to invite you.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="savedfilter",
            name="one_filter_a_name",
            constraint=models.UniqueConstraint(
                fields=("user", "name"),
                name="one_filter_a_name",
                violation_error_message="Choose another name. You already have a filter with this name.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="user",
            name="one_user_per_mail_address",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                name="one_user_per_mail_address",
                violation_error_message="This email address is already in use.",
            ),
        ),
    ]
