"""An organisation may ask every member for a second factor."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0019_log_names_rows")]  # and not on allauth's tables: see 0018

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="requires_second_factor",
            field=models.BooleanField(default=False, verbose_name="second factor for every member"),
        ),
    ]
