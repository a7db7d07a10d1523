"""Entries of the log name the rows that their move wrote; the end of a chain is signed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0018_accounts'),
    ]

    operations = [
        migrations.AddField(
            model_name='auditentry',
            name='rows',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='audithead',
            name='key',
            field=models.CharField(blank=True, default='', max_length=16),
        ),
        migrations.AddField(
            model_name='audithead',
            name='signature',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
    ]
