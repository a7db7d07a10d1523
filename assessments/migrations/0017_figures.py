"""An answer may carry a figure: what was measured, its target, and by when the target is to be reached."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0016_board_paper")]

    operations = [
        migrations.AddField(model_name="answer", name="figure", field=models.JSONField(blank=True, default=dict)),
    ]
