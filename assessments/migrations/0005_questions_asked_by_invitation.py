from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0004_freeze_evidence"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="asked",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
