"""Columns of a use that lists read: its newest assessment, that one's state, the last change, and whether it is in use."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    """Fill the columns of all uses: one statement."""
    Assessment = apps.get_model("assessments", "Assessment")
    newest = Assessment.objects.filter(use=OuterRef("pk")).order_by("-pk")
    system = apps.get_model("assessments", "AISystem").objects.filter(pk=OuterRef("system"), retired_at=None)
    apps.get_model("assessments", "DeclaredUse").objects.update(
        newest_assessment=Subquery(newest.values("pk")[:1]),
        newest_state=Coalesce(Subquery(newest.values("state")[:1]), Value(""), output_field=models.CharField()),
        changed_at=Coalesce(Subquery(newest.values("updated_at")[:1]), F("created_at")),
        in_use=Case(When(Q(retired_at=None) & Exists(system), then=True), default=False),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0030_second_looks'),
    ]

    operations = [
        migrations.AddField(
            model_name='declareduse',
            name='newest_assessment',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.assessment'),
        ),
        migrations.AddField(
            model_name='declareduse',
            name='newest_state',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name='declareduse',
            name='changed_at',
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='declareduse',
            name='in_use',
            field=models.BooleanField(default=True),
        ),
        migrations.AddIndex(
            model_name='declareduse',
            index=models.Index(fields=['organisation', '-changed_at', '-id', 'in_use'], name='uses_by_last_change'),
        ),
        migrations.AddIndex(
            model_name='declareduse',
            index=models.Index(fields=['organisation', 'newest_state', '-changed_at', '-id', 'in_use'], name='uses_by_state_and_change'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
