"""Judgements of the conformity file, what a return asks for, and evidence attached after signing.

Nothing that exists is changed: parts of cases that are decided stay as they were given, parts of open cases are judged
before the next approval. On PostgreSQL the frozen tables have a trigger of their own, which lets the deletion of an
organisation empty the columns named here (see 0021).
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

MAY_BE_EMPTIED = {
    "partmarkrevision": ["value"],
    "supplementmarkrevision": ["value"],
    "returntask": ["label", "words"],
    "supplement": ["words"],
}
CASES = " ".join(
    f"WHEN 'assessments_{table}' THEN ARRAY[{', '.join(repr(name) for name in columns)}]"
    for table, columns in MAY_BE_EMPTIED.items()
)
ON = f"""
CREATE OR REPLACE FUNCTION hkguide_refuse_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    empties text[];
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('hkguide.erasing', true) = 'organisation' THEN
        empties := CASE TG_TABLE_NAME {CASES} ELSE ARRAY[]::text[] END;
        IF (to_jsonb(NEW) - empties) = (to_jsonb(OLD) - empties) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
"""


def freeze(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(ON, params=None)
    for table in MAY_BE_EMPTIED:
        schema_editor.execute(
            f"CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_{table} "
            "FOR EACH ROW EXECUTE FUNCTION hkguide_refuse_parts();"
        )


def thaw(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in MAY_BE_EMPTIED:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_{table};")
    schema_editor.execute("DROP FUNCTION IF EXISTS hkguide_refuse_parts();")


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0024_judged_actions'),
    ]

    operations = [
        migrations.AddField(
            model_name='conformityevidence',
            name='why',
            field=models.CharField(blank=True, max_length=400),
        ),
        migrations.CreateModel(
            name='PartMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seat', models.CharField(choices=[('first', 'first reviewer'), ('second', 'second reviewer')], max_length=6)),
                ('part', models.CharField(max_length=40)),
                ('verdict', models.CharField(blank=True, choices=[('supports', 'Supports'), ('partly', 'Partly'), ('does_not', 'Does not support')], max_length=10)),
                ('words', models.TextField(blank=True, max_length=2000)),
                ('returned', models.BooleanField(default=False)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('at', models.DateTimeField(auto_now=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('carried_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.partmark')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='part_marks', to='assessments.submission')),
            ],
        ),
        migrations.CreateModel(
            name='PartMarkRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('operation', models.UUIDField(unique=True)),
                ('base', models.PositiveIntegerField()),
                ('value', models.JSONField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'stored beside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ("taken_over", "taken over from a colleague")], default='current', max_length=12)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.partmark')),
            ],
        ),
        migrations.CreateModel(
            name='ReturnTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=80)),
                ('label', models.CharField(max_length=200)),
                ('words', models.TextField(blank=True, max_length=2000)),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='assessments.reviewdecision')),
            ],
        ),
        migrations.CreateModel(
            name='Supplement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.CharField(max_length=80)),
                ('sha256', models.CharField(max_length=64)),
                ('words', models.TextField(max_length=1000)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supplements', to='assessments.assessment')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supplements', to='assessments.evidenceversion')),
            ],
        ),
        migrations.CreateModel(
            name='SupplementMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(blank=True, choices=[('supports', 'Supports'), ('partly', 'Partly'), ('does_not', 'Does not support')], max_length=10)),
                ('words', models.TextField(blank=True, max_length=2000)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('at', models.DateTimeField(auto_now=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supplement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='assessments.supplement')),
            ],
        ),
        migrations.CreateModel(
            name='SupplementMarkRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('operation', models.UUIDField(unique=True)),
                ('base', models.PositiveIntegerField()),
                ('value', models.JSONField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'stored beside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ("taken_over", "taken over from a colleague")], default='current', max_length=12)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.supplementmark')),
            ],
        ),
        migrations.AddConstraint(
            model_name='partmark',
            constraint=models.UniqueConstraint(fields=('submission', 'seat', 'part'), name='one_part_mark_a_seat'),
        ),
        migrations.AddConstraint(
            model_name='partmarkrevision',
            constraint=models.UniqueConstraint(fields=('parent', 'number'), name='one_part_mark_revision_a_number'),
        ),
        migrations.AddConstraint(
            model_name='returntask',
            constraint=models.UniqueConstraint(fields=('decision', 'key'), name='one_return_task_a_key'),
        ),
        migrations.AddConstraint(
            model_name='supplement',
            constraint=models.UniqueConstraint(fields=('assessment', 'target', 'version'), name='one_supplement_a_target'),
        ),
        migrations.AddConstraint(
            model_name='supplement',
            constraint=models.CheckConstraint(condition=models.Q(('sha256', ''), _negated=True), name='a_supplement_has_its_hash'),
        ),
        migrations.AddConstraint(
            model_name='supplementmark',
            constraint=models.UniqueConstraint(fields=('supplement', 'by'), name='one_supplement_mark_a_reviewer'),
        ),
        migrations.AddConstraint(
            model_name='supplementmarkrevision',
            constraint=models.UniqueConstraint(fields=('parent', 'number'), name='one_supplement_mark_revision_a_number'),
        ),
        migrations.RunPython(freeze, thaw),
    ]
