"""One confirmed address an account; a note with an invitation; refused sign-ins, counted until the log says them.

Who joined an organisation before had the invited address, so it counts as confirmed. Every further address of an account
is dropped: it may have been added by somebody else.
"""

from django.db import migrations, models
from django.db.models.functions import Lower


def keep_one_address(apps, schema_editor):
    if "account" not in apps.app_configs:  # the tables of addresses are yet to be made, so they hold none
        return
    User = apps.get_model("assessments", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    own = {pk: email for pk, email in User.objects.annotate(own=Lower("email")).values_list("pk", "own")}
    others = [
        pk
        for pk, user, email in EmailAddress.objects.values_list("pk", "user_id", "email").iterator()
        if email != own.get(user)
    ]
    for start in range(0, len(others), 500):
        EmailAddress.objects.filter(pk__in=others[start : start + 500]).delete()
    for user in User.objects.filter(memberships__isnull=False).distinct().order_by("pk").iterator():
        EmailAddress.objects.update_or_create(
            user_id=user.pk, email=own[user.pk], defaults={"verified": True, "primary": True}
        )


class Migration(migrations.Migration):
    # Not on the tables of allauth, which depend on the first migration here: the one that replaces 0001 to 0030 would
    # then depend on itself. Where accounts are, their tables are.
    dependencies = [("assessments", "0017_figures")]

    operations = [
        migrations.AddField(model_name="invitation", name="note", field=models.TextField(blank=True, default=""), preserve_default=False),
        migrations.CreateModel(
            name="RefusedSignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("count", models.PositiveIntegerField(default=0)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("last_at", models.DateTimeField()),
                ("logged_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunPython(keep_one_address, migrations.RunPython.noop),
    ]
