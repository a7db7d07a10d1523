"""Marks of each seat, which evidence a reviewer opened, approvals that may be taken back.

Existing data: on a case that is under review or returned, a mark goes to the seat of its author in that submission (of an
author without a seat: the first), and the second seat begins with what its own holder had marked. Decided cases keep theirs
in the first seat, as the one set that they had.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Exists, OuterRef

SEATS = [("first", "first reviewer"), ("second", "second reviewer")]
OPEN = ("submitted", "in_review", "returned")
OUTCOMES = [
    ("current", "current"),
    ("conflict", "stored beside a newer version"),
    ("suggestion", "suggestion"),
    ("restored", "restored"),
    ("carried", "carried over"),
    ("taken_over", "taken over from a colleague"),
]
REVISIONS = (
    "answerrevision",
    "conformityrevision",
    "evidencemarkrevision",
    "factrevision",
    "markreplyrevision",
    "reviewmarkrevision",
)


def to_the_seat_of_their_author(apps, schema_editor):
    seats = apps.get_model("assessments", "ReviewSeat").objects.filter(
        submission=OuterRef("submission"), reviewer=OuterRef("by"), seat="second"
    )
    for name in ("ReviewMark", "EvidenceMark"):
        rows = apps.get_model("assessments", name)._base_manager.filter(submission__assessment__state__in=OPEN)
        rows.filter(Exists(seats)).update(seat="second")


class Migration(migrations.Migration):
    dependencies = [("assessments", "0022_initial_passwords")]

    operations = [
        migrations.CreateModel(
            name="EvidenceOpening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("piece", models.CharField(max_length=12)),
                ("version", models.PositiveIntegerField()),
                ("content", models.CharField(max_length=80)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="openings",
                        to="assessments.submission",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("submission", "reviewer", "piece", "version"), name="one_opening_a_reviewer_and_piece"
                    )
                ]
            },
        ),
        migrations.RemoveConstraint("reviewmark", "one_mark_a_target"),
        migrations.RemoveConstraint("evidencemark", "one_evidence_mark_a_piece"),
        migrations.RemoveConstraint("reviewdecision", "one_approval_a_person"),
        migrations.AddField("reviewmark", "seat", models.CharField(choices=SEATS, default="first", max_length=6)),
        migrations.AddField("evidencemark", "seat", models.CharField(choices=SEATS, default="first", max_length=6)),
        migrations.AddField("reviewmark", "shown_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "reviewmark",
            "taken_over_from",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("reviewdecision", "attempt", models.PositiveSmallIntegerField(default=1)),
        migrations.AlterField(
            "reviewdecision",
            "kind",
            models.CharField(
                choices=[
                    ("return", "Returned for changes"),
                    ("approve", "Approved"),
                    ("refuse", "Refused"),
                    ("self_certify", "Self-certified"),
                    ("declare_prohibited", "Declared as a prohibited use"),
                    ("withdraw", "Withdrawn"),
                    ("raise_tier", "Tier raised"),
                    ("withdraw_raise", "Raise of the tier withdrawn"),
                    ("take_back", "Approval taken back"),
                ],
                max_length=20,
            ),
        ),
        *(
            migrations.AlterField(name, "outcome", models.CharField(choices=OUTCOMES, default="current", max_length=12))
            for name in REVISIONS
        ),
        migrations.AddConstraint(
            "reviewmark",
            models.UniqueConstraint(fields=("submission", "seat", "target"), name="one_mark_a_seat_and_target"),
        ),
        migrations.AddConstraint(
            "evidencemark",
            models.UniqueConstraint(
                fields=("submission", "seat", "question", "piece"), name="one_evidence_mark_a_seat_and_piece"
            ),
        ),
        migrations.AddConstraint(
            "reviewdecision",
            models.UniqueConstraint(
                condition=models.Q(("kind", "approve")),
                fields=("submission", "by", "attempt"),
                name="one_approval_a_person",
            ),
        ),
        migrations.RunPython(to_the_seat_of_their_author, migrations.RunPython.noop),
    ]
