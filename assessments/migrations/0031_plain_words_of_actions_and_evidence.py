"""Plainer labels of the history of actions and of evidence. No column and no row is changed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0030_second_looks"),
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
    ]
