"""Seats that go over to the next round of a case, and on what the declaration of interests of each rests."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0025_judged_parts")]

    operations = [
        migrations.AddField(
            model_name="reviewseat",
            name="kept_from",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="assessments.reviewseat",
            ),
        ),
        migrations.AddField(model_name="reviewseat", name="declared_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="reviewseat", name="declared_about", field=models.JSONField(default=dict)),
        migrations.AddField(model_name="reviewseat", name="to_declare", field=models.BooleanField(default=False)),
        migrations.AddField(model_name="reviewseat", name="since_declared", field=models.JSONField(default=list)),
    ]
