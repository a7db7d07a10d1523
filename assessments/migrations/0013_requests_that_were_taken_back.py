"""A request for a seat may be taken back by whoever asked."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0012_who_once_worked_on_a_use'),
    ]

    operations = [
        migrations.AlterField(
            model_name='seatrequest',
            name='outcome',
            field=models.CharField(blank=True, choices=[('taken', 'taken'), ('declined', 'declined for a conflict of interest'), ('replaced', 'somebody else was asked or took it'), ('recalled', 'taken back by whoever asked')], max_length=8),
        ),
    ]
