"""Whether the password of an account is the one that `manage.py set_up` printed. Accounts that there are have their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0021_deletion")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="password_is_initial",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
