"""People, filters and uses are described in plain words; nothing in the tables changes."""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0030_second_looks'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.AlterField(
            model_name='declareduse',
            name='scope_en',
            field=models.CharField(max_length=400, verbose_name='scope, as printed on the certificate'),
        ),
        migrations.AlterField(
            model_name='invitation',
            name='email',
            field=models.EmailField(max_length=254, verbose_name='email address'),
        ),
        migrations.AlterField(
            model_name='user',
            name='email',
            field=models.EmailField(max_length=254, unique=True, verbose_name='email address'),
        ),
        migrations.AlterField(
            model_name='user',
            name='mail_when',
            field=models.CharField(choices=[('at_once', 'At once, one email for each notification'), ('daily', 'Once a day, in the morning, in one email'), ('acting', 'At once, but only when I have to act')], default='at_once', max_length=8, verbose_name='email notifications'),
        ),
        migrations.AlterConstraint(
            model_name='organisation',
            name='one_organisation_per_registration_no',
            constraint=models.UniqueConstraint(condition=models.Q(('registration_no', ''), _negated=True), fields=('registration_no',), name='one_organisation_per_registration_no', violation_error_message='This registration number is registered already. Ask an owner of that organisation to invite you.'),
        ),
        migrations.AlterConstraint(
            model_name='savedfilter',
            name='one_filter_a_name',
            constraint=models.UniqueConstraint(fields=('user', 'name'), name='one_filter_a_name', violation_error_message='Choose another name. You already have a filter with this name.'),
        ),
        migrations.AlterConstraint(
            model_name='user',
            name='one_user_per_mail_address',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='one_user_per_mail_address', violation_error_message='This email address is already in use.'),
        ),
    ]
