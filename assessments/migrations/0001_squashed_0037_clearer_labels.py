"""All tables as migrations 0001 to 0037 leave them, made at once in a new database.

It stands in the place of those 36 migrations (there is no 0026) where none of them has run. One that makes a table and
many that alter it cost a new installation twelve seconds on SQLite, which copies a table to alter it; and those that only
change labels cost four more, since Django builds the models anew after each. A database that has run some of them goes on
with the others, which stay beside this file as they are; one that has run all of them notes this one as run too. Later
migrations may name either.

Four of the 36 change rows: 0018 keeps one address for each account, 0023 gives marks to seats, 0031 and 0035 fill columns
of uses. A new database has none of these rows, so nothing of them is left here. Triggers are those that 0002 to 0030
leave, on PostgreSQL alone; 0010 says why SQLite has none.
"""

from contextlib import suppress

import assessments.models.base
import assessments.models.certificates
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# Frozen tables with the columns that the deletion of an organisation may empty, by the function of their trigger.
FROZEN = {
    "hkguide_refuse": {
        "edition": [],
        "editiontext": [],
        "auditentry": [],
        "involvement": [],
        "factrevision": ["value"],
        "answerrevision": ["value"],
        "reviewmarkrevision": ["value"],
        "evidencemarkrevision": ["value"],
        "markreplyrevision": ["value"],
        "conformityrevision": ["value"],
        "submission": ["snapshot"],
        "reviewdecision": ["statement"],
        "certificateevent": ["private_reason"],
        "evidenceversion": ["link", "storage_key", "file_name"],
        "actionevent": ["old", "new", "words"],
        "signedworst": ["facts", "statement"],
        "statedchange": ["words"],
        "interest": ["words"],
        "casemessage": ["text"],
        "appeal": ["reasons"],
        "appealanswer": ["words"],
    },
    "hkguide_refuse_parts": {
        "partmarkrevision": ["value"],
        "supplementmarkrevision": ["value"],
        "returntask": ["label", "words"],
        "supplement": ["words"],
    },
}
REFUSE_BY_TABLE = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    empties text[];
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('hkguide.erasing', true) = 'organisation' THEN
        empties := CASE TG_TABLE_NAME {cases} ELSE ARRAY[]::text[] END;
        IF (to_jsonb(NEW) - empties) = (to_jsonb(OLD) - empties) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
"""
OTHER_FUNCTIONS = """
CREATE OR REPLACE FUNCTION hkguide_erase_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.salt = '' AND NEW.detail = ''
        AND NEW.id = OLD.id AND NEW.entry_id = OLD.entry_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are erased as a whole, or never changed', TG_TABLE_NAME;
END $$;
CREATE OR REPLACE FUNCTION hkguide_forward_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.chain = OLD.chain AND (NEW.seq > OLD.seq OR (NEW.seq = OLD.seq AND NEW.hash = OLD.hash)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed but to go forward', TG_TABLE_NAME;
END $$;
CREATE OR REPLACE FUNCTION hkguide_as_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.number = OLD.number AND NEW.submission_id = OLD.submission_id AND NEW.tier = OLD.tier
        AND NEW.assurance = OLD.assurance AND NEW.public_record = OLD.public_record THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed in what they say', TG_TABLE_NAME;
END $$;
CREATE OR REPLACE FUNCTION hkguide_refuse_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('hkguide.erasing', true) = 'organisation'
        AND (to_jsonb(NEW) - ARRAY['words', 'pieces']) = (to_jsonb(OLD) - ARRAY['words', 'pieces']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
CREATE OR REPLACE FUNCTION hkguide_refuse_second_looks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('hkguide.erasing', true) = 'organisation'
        AND (to_jsonb(NEW) - ARRAY['text']) = (to_jsonb(OLD) - ARRAY['text']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
"""
TRIGGERS = {name: function for function, tables in FROZEN.items() for name in tables} | {
    "auditdetail": "hkguide_erase_only",
    "audithead": "hkguide_forward_only",
    "certificate": "hkguide_as_issued",
    "actionverdict": "hkguide_refuse_closing",
    "closedpractice": "hkguide_refuse_closing",
    "secondlookwords": "hkguide_refuse_second_looks",
}


def freeze(apps, schema_editor):
    """Let PostgreSQL refuse changes of frozen rows, whatever runs the SQL; SQLite has the models' refusal."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for function, tables in FROZEN.items():
        cases = " ".join(
            f"WHEN 'assessments_{table}' THEN ARRAY[{', '.join(repr(name) for name in columns)}]"
            for table, columns in tables.items()
            if columns
        )
        schema_editor.execute(REFUSE_BY_TABLE.format(function=function, cases=cases), params=None)
    schema_editor.execute(OTHER_FUNCTIONS, params=None)
    for table, function in TRIGGERS.items():
        schema_editor.execute(
            f"CREATE TRIGGER hkguide_frozen BEFORE UPDATE OR DELETE ON assessments_{table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}();"
        )


def thaw(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS hkguide_frozen ON assessments_{table};")
    for function in sorted(set(TRIGGERS.values())):
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {function}();")


class MakeTables(migrations.SeparateDatabaseAndState):
    """Make the tables of all models of a list at once.

    Of a list of operations Django builds the classes of all models anew after each, which took half of the time.
    """

    def __init__(self, created):
        super().__init__(state_operations=created)

    def state_forwards(self, app_label, state):
        with suppress(AttributeError):  # without the classes made so far: they are made once, after the last model
            del state.apps
        super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for operation in self.state_operations:
            model = to_state.apps.get_model(app_label, operation.name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.create_model(model)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for operation in reversed(self.state_operations):
            model = from_state.apps.get_model(app_label, operation.name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.delete_model(model)


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("assessments", "0001_initial"),
        ("assessments", "0002_freeze_rows"),
        ("assessments", "0003_answering_together"),
        ("assessments", "0004_freeze_evidence"),
        ("assessments", "0005_questions_asked_by_invitation"),
        ("assessments", "0006_reviewers_work"),
        ("assessments", "0007_marks_and_replies"),
        ("assessments", "0008_conformity_file_and_signed_sentences"),
        ("assessments", "0009_holds_and_changes"),
        ("assessments", "0010_audit"),
        ("assessments", "0011_remediation"),
        ("assessments", "0012_who_once_worked_on_a_use"),
        ("assessments", "0013_requests_that_were_taken_back"),
        ("assessments", "0014_fact_drafts"),
        ("assessments", "0015_people_change_the_plan"),
        ("assessments", "0016_board_paper"),
        ("assessments", "0017_figures"),
        ("assessments", "0018_accounts"),
        ("assessments", "0019_log_names_rows"),
        ("assessments", "0020_second_factor"),
        ("assessments", "0021_deletion"),
        ("assessments", "0022_initial_passwords"),
        ("assessments", "0023_own_marks"),
        ("assessments", "0024_judged_actions"),
        ("assessments", "0025_judged_parts"),
        ("assessments", "0027_kept_seats"),
        ("assessments", "0028_letters"),
        ("assessments", "0029_desk_words"),
        ("assessments", "0030_second_looks"),
        ("assessments", "0031_columns_for_lists"),
        ("assessments", "0032_plain_words"),
        ("assessments", "0033_jobs_in_hand"),
        ("assessments", "0034_sealed_emails"),
        ("assessments", "0035_portfolio_orders"),
        ("assessments", "0036_plainer_labels"),
        ("assessments", "0037_clearer_labels"),
    ]

    dependencies = [("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        MakeTables(
            [
                migrations.CreateModel(
                    name='User',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('password', models.CharField(max_length=128, verbose_name='password')),
                        ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                        ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                        ('email', models.EmailField(max_length=254, unique=True, verbose_name='email address')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('language', models.CharField(default='en', max_length=8)),
                        ('is_staff', models.BooleanField(default=False)),
                        ('is_active', models.BooleanField(default=True)),
                        ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                        ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                        ('shortcuts', models.BooleanField(default=False, verbose_name='keyboard shortcuts')),
                        ('away_from', models.DateField(blank=True, null=True, verbose_name='first day of absence')),
                        ('away_until', models.DateField(blank=True, null=True, verbose_name='last day of absence')),
                        ('digest_on', models.DateField(editable=False, null=True)),
                        ('mail_when', models.CharField(choices=[('at_once', 'At once, one email for each notification'), ('daily', 'Once a day, in the morning, in one email'), ('acting', 'At once, but only when I have to act')], default='at_once', max_length=8, verbose_name='email notifications')),
                        ('deleted_at', models.DateTimeField(editable=False, null=True)),
                        ('signed_name', models.CharField(blank=True, editable=False, max_length=120)),
                        ('password_is_initial', models.BooleanField(default=False, editable=False)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='one_user_per_mail_address', violation_error_message='This email address is already in use.')],
                    },
                ),
                migrations.CreateModel(
                    name='AuditEntry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('chain', models.CharField(max_length=32)),
                        ('seq', models.PositiveBigIntegerField()),
                        ('at', models.DateTimeField()),
                        ('actor', models.BigIntegerField(null=True)),
                        ('kind', models.CharField(max_length=40)),
                        ('object', models.CharField(max_length=80)),
                        ('detail_digest', models.CharField(max_length=64)),
                        ('previous', models.CharField(max_length=64)),
                        ('hash', models.CharField(max_length=64)),
                        ('rows', models.TextField(blank=True, default='')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('chain', 'seq'), name='one_entry_a_place')],
                        'indexes': [models.Index(fields=['chain', 'object', 'seq'], name='audit_by_object'), models.Index(fields=['chain', 'actor', 'seq'], name='audit_by_person')],
                    },
                ),
                migrations.CreateModel(
                    name='Edition',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=40)),
                        ('release', models.PositiveIntegerField()),
                        ('checksum', models.CharField(max_length=64, unique=True)),
                        ('published_at', models.DateTimeField(auto_now_add=True)),
                        ('content', models.TextField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('key', 'release'), name='one_record_per_release')],
                    },
                ),
                migrations.CreateModel(
                    name='StepRun',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=40, unique=True)),
                        ('day', models.DateField()),
                    ],
                ),
                migrations.CreateModel(
                    name='RefusedSignIn',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('email', models.EmailField(max_length=254, unique=True)),
                        ('count', models.PositiveIntegerField(default=0)),
                        ('address', models.CharField(blank=True, max_length=45)),
                        ('last_at', models.DateTimeField()),
                        ('logged_at', models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name='AuditHead',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('chain', models.CharField(max_length=32, unique=True)),
                        ('seq', models.PositiveBigIntegerField(default=0)),
                        ('hash', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
                        ('verified_at', models.DateTimeField(null=True)),
                        ('verified_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('verified_seq', models.PositiveBigIntegerField(default=0)),
                        ('verified_hash', models.CharField(blank=True, max_length=64)),
                        ('faults', models.PositiveIntegerField(default=0)),
                        ('key', models.CharField(blank=True, default='', max_length=16)),
                        ('signature', models.CharField(blank=True, default='', max_length=100)),
                    ],
                ),
                migrations.CreateModel(
                    name='AuditDetail',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('salt', models.CharField(max_length=32)),
                        ('detail', models.TextField()),
                        ('erased_at', models.DateTimeField(null=True)),
                        ('erased_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='detail', to='assessments.auditentry')),
                    ],
                ),
                migrations.CreateModel(
                    name='EditionText',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('language', models.CharField(max_length=8)),
                        ('revision', models.PositiveIntegerField()),
                        ('content', models.TextField()),
                        ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='texts', to='assessments.edition')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('edition', 'language', 'revision'), name='one_text_a_revision')],
                    },
                ),
                migrations.CreateModel(
                    name='Message',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(max_length=24)),
                        ('object', models.CharField(max_length=80)),
                        ('day', models.DateField()),
                        ('subject', models.CharField(max_length=200)),
                        ('text', models.TextField()),
                        ('link', models.CharField(max_length=300)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('read_at', models.DateTimeField(null=True)),
                        ('mailed_at', models.DateTimeField(null=True)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='inbox', to=settings.AUTH_USER_MODEL)),
                        ('unmailed_at', models.DateTimeField(null=True)),
                        ('sending_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['recipient', 'read_at'], name='assessments_recipie_9ab274_idx'), models.Index(condition=models.Q(('mailed_at', None), ('sending_at', None), ('unmailed_at', None)), fields=['attempts'], name='messages_to_mail')],
                        'constraints': [models.UniqueConstraint(fields=('recipient', 'kind', 'object', 'day'), name='one_message_a_day')],
                    },
                ),
                migrations.CreateModel(
                    name='Organisation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                        ('name_en', models.CharField(max_length=200, verbose_name='legal name in English')),
                        ('name_zh', models.CharField(blank=True, max_length=200, verbose_name='legal name in Chinese')),
                        ('registration_no', models.CharField(blank=True, max_length=40, verbose_name='registration number')),
                        ('place', models.CharField(max_length=120, verbose_name='place of registration or office')),
                        ('contact', models.EmailField(blank=True, max_length=254, verbose_name='contact address')),
                        ('is_reviewing_body', models.BooleanField(default=False, editable=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('requires_second_factor', models.BooleanField(default=False, verbose_name='second factor for every member')),
                        ('deleted_at', models.DateTimeField(editable=False, null=True)),
                        ('deletion_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('deletion_on', models.DateField(editable=False, null=True)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('registration_no', ''), _negated=True), fields=('registration_no',), name='one_organisation_per_registration_no', violation_error_message='An organisation with this registration number is already registered. Ask one of its owners to invite you.'), models.UniqueConstraint(condition=models.Q(('is_reviewing_body', True)), fields=('is_reviewing_body',), name='one_reviewing_body')],
                    },
                ),
                migrations.CreateModel(
                    name='Questionnaire',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=40)),
                        ('order', models.PositiveSmallIntegerField()),
                        ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='assessments.edition')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('edition', 'key'), name='one_questionnaire_a_key')],
                    },
                ),
                migrations.CreateModel(
                    name='Section',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=60)),
                        ('order', models.PositiveSmallIntegerField()),
                        ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='assessments.edition')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('edition', 'key'), name='one_section_a_key')],
                    },
                ),
                migrations.CreateModel(
                    name='HeldPost',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('token_digest', models.CharField(max_length=64, unique=True)),
                        ('path', models.CharField(max_length=300)),
                        ('body', models.TextField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['at'], name='assessments_at_9a1f79_idx')],
                    },
                ),
                migrations.CreateModel(
                    name='SavedFilter',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=80, verbose_name='name of the filter')),
                        ('query', models.CharField(max_length=400)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='filters', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('user', 'name'), name='one_filter_a_name', violation_error_message='Choose another name. You already have a filter with this name.')],
                    },
                ),
                migrations.CreateModel(
                    name='OwnText',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('title', models.CharField(max_length=120)),
                        ('mark', models.CharField(choices=[('accepted_with_action', 'Accepted with action'), ('change_needed', 'Change needed')], max_length=20)),
                        ('reason', models.CharField(blank=True, choices=[('unclear', 'The answer is not clear'), ('not_shown', 'Evidence is missing'), ('other_evidence', 'Other evidence is needed'), ('too_high', 'Less is in place than the answer says'), ('not_applicable', 'The requirement applies, although it was marked “not applicable”'), ('wrong_fact', 'The fact does not match the description'), ('other', 'Another reason')], max_length=16)),
                        ('words', models.TextField(blank=True, max_length=4000)),
                        ('would_satisfy', models.TextField(blank=True, max_length=4000)),
                        ('action_title', models.CharField(blank=True, max_length=200)),
                        ('revision', models.PositiveIntegerField(default=1)),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('deleted_at', models.DateTimeField(null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='review_texts', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('deleted_at', None)), fields=('user', 'title'), name='one_own_text_a_title')],
                    },
                ),
                migrations.CreateModel(
                    name='AISystem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                        ('name', models.CharField(max_length=160, verbose_name='name')),
                        ('version', models.CharField(blank=True, max_length=60, verbose_name='version')),
                        ('description', models.TextField(blank=True, max_length=2000, verbose_name='what it does')),
                        ('suppliers', models.CharField(blank=True, max_length=400, verbose_name='suppliers of models and services')),
                        ('is_developer', models.BooleanField(default=False, verbose_name='Technology Developer')),
                        ('is_provider', models.BooleanField(default=False, verbose_name='Service Provider')),
                        ('is_user', models.BooleanField(default=False, verbose_name='Service User')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('retired_at', models.DateTimeField(blank=True, null=True)),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='systems', to='assessments.organisation')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['organisation', 'name'], name='assessments_organis_a05de6_idx')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('is_developer', True), ('is_provider', True), ('is_user', True), _connector='OR'), name='a_system_has_a_part', violation_error_message='Choose at least one part that your organisation plays in the system.')],
                    },
                ),
                migrations.CreateModel(
                    name='Membership',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('role', models.CharField(choices=[('owner', 'Owner'), ('contributor', 'Contributor'), ('viewer', 'Viewer'), ('reviewer', 'Reviewer')], max_length=12)),
                        ('sees', models.CharField(choices=[('all', 'everything'), ('assigned', 'assigned work only')], default='all', max_length=8)),
                        ('joined_at', models.DateTimeField(auto_now_add=True)),
                        ('left_at', models.DateTimeField(blank=True, null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='assessments.organisation')),
                        ('leads', models.BooleanField(default=False)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('user', 'organisation'), name='one_membership_per_organisation'), models.CheckConstraint(condition=models.Q(('sees', 'all'), ('role', 'contributor'), _connector='OR'), name='only_contributors_see_less')],
                    },
                ),
                migrations.CreateModel(
                    name='Invitation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('email', models.EmailField(max_length=254, verbose_name='email address')),
                        ('role', models.CharField(choices=[('owner', 'Owner'), ('contributor', 'Contributor'), ('viewer', 'Viewer'), ('reviewer', 'Reviewer')], default='contributor', max_length=12)),
                        ('sees', models.CharField(choices=[('all', 'everything'), ('assigned', 'assigned work only')], default='all', max_length=8)),
                        ('token_digest', models.CharField(max_length=64, unique=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('expires_at', models.DateTimeField()),
                        ('accepted_at', models.DateTimeField(blank=True, null=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='assessments.organisation')),
                        ('asked', models.JSONField(blank=True, default=dict)),
                        ('note', models.TextField(blank=True)),
                    ],
                ),
                migrations.CreateModel(
                    name='Question',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=60)),
                        ('order', models.PositiveSmallIntegerField()),
                        ('kind', models.CharField(max_length=10)),
                        ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='assessments.edition')),
                        ('section', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='assessments.section')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('edition', 'key'), name='one_question_a_key')],
                    },
                ),
                migrations.CreateModel(
                    name='Evidence',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                        ('title', models.CharField(max_length=160, verbose_name='title')),
                        ('proves', models.TextField(max_length=1000, verbose_name='what it proves')),
                        ('period_from', models.DateField(blank=True, null=True, verbose_name='covers the period from')),
                        ('period_to', models.DateField(blank=True, null=True, verbose_name='to')),
                        ('confidentiality', models.CharField(choices=[('internal', 'Internal: for members, and for the reviewers of a submission that uses the evidence'), ('confidential', 'Confidential: like internal, and each viewing is logged'), ('on_request', 'Shown on request only: no file here, only a description and a contact person')], default='internal', max_length=12, verbose_name='who may read it')),
                        ('held_by', models.CharField(blank=True, max_length=160, verbose_name='contact person')),
                        ('expires_on', models.DateField(blank=True, null=True, verbose_name='expires on')),
                        ('version', models.PositiveIntegerField(default=0)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='assessments.organisation')),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['organisation', 'expires_on'], name='assessments_organis_fe8370_idx'), models.Index(fields=['organisation', 'title'], name='assessments_organis_6824f5_idx')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('period_from', None), ('period_to', None), ('period_from__lte', models.F('period_to')), _connector='OR'), name='evidence_period_in_order', violation_error_message='The period ends before it begins.')],
                    },
                ),
                migrations.CreateModel(
                    name='ImportDraft',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                        ('file_name', models.CharField(max_length=255)),
                        ('rows', models.JSONField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('taken_at', models.DateTimeField(null=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='assessments.organisation')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='SharedText',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('title', models.CharField(max_length=120)),
                        ('mark', models.CharField(choices=[('accepted_with_action', 'Accepted with action'), ('change_needed', 'Change needed')], max_length=20)),
                        ('reason', models.CharField(blank=True, choices=[('unclear', 'The answer is not clear'), ('not_shown', 'Evidence is missing'), ('other_evidence', 'Other evidence is needed'), ('too_high', 'Less is in place than the answer says'), ('not_applicable', 'The requirement applies, although it was marked “not applicable”'), ('wrong_fact', 'The fact does not match the description'), ('other', 'Another reason')], max_length=16)),
                        ('words', models.TextField(blank=True, max_length=4000)),
                        ('would_satisfy', models.TextField(blank=True, max_length=4000)),
                        ('action_title', models.CharField(blank=True, max_length=200)),
                        ('revision', models.PositiveIntegerField(default=1)),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('deleted_at', models.DateTimeField(null=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='review_texts', to='assessments.organisation')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('deleted_at', None)), fields=('organisation', 'title'), name='one_shared_text_a_title')],
                    },
                ),
                migrations.CreateModel(
                    name='Item',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=120)),
                        ('order', models.PositiveSmallIntegerField()),
                        ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='assessments.edition')),
                        ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='assessments.question')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('edition', 'key'), name='one_item_a_key')],
                    },
                ),
                migrations.CreateModel(
                    name='EvidenceVersion',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('link', models.URLField(blank=True, max_length=1000)),
                        ('storage_key', models.CharField(blank=True, max_length=200)),
                        ('file_name', models.CharField(blank=True, max_length=255)),
                        ('media_type', models.CharField(blank=True, max_length=100)),
                        ('size', models.PositiveBigIntegerField(default=0)),
                        ('sha256', models.CharField(blank=True, max_length=64)),
                        ('scan', models.CharField(choices=[('clean', 'Scanned, nothing found'), ('not_scanned', 'Not checked for malware')], default='not_scanned', max_length=12)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='assessments.evidence')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('evidence', 'number'), name='one_evidence_version_a_number'), models.CheckConstraint(condition=models.Q(models.Q(('link', ''), models.Q(('storage_key', ''), _negated=True)), models.Q(models.Q(('link', ''), _negated=True), ('storage_key', '')), _connector='OR'), name='evidence_version_is_file_or_link')],
                    },
                ),
                migrations.CreateModel(
                    name='DeclaredUse',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                        ('title', models.CharField(max_length=120, verbose_name='name of the use')),
                        ('purpose', models.CharField(max_length=400, verbose_name='purpose')),
                        ('setting', models.CharField(max_length=400, verbose_name='setting')),
                        ('people_affected', models.CharField(max_length=400, verbose_name='people affected')),
                        ('scope_en', models.CharField(max_length=400, verbose_name='scope, as printed on the certificate')),
                        ('scope_zh', models.CharField(blank=True, max_length=400, verbose_name='scope in Chinese')),
                        ('exclusions', models.CharField(blank=True, max_length=400, verbose_name='what is left out')),
                        ('assigned_tier', models.CharField(blank=True, choices=[('low', 'Low'), ('limited', 'Limited'), ('high', 'High'), ('unacceptable', 'Unacceptable')], max_length=12)),
                        ('text_tier', models.CharField(blank=True, choices=[('low', 'Low'), ('limited', 'Limited'), ('high', 'High'), ('unacceptable', 'Unacceptable')], max_length=12)),
                        ('provisional', models.BooleanField(default=False)),
                        ('open_holds', models.PositiveSmallIntegerField(default=0)),
                        ('tier_checksum', models.CharField(blank=True, max_length=64)),
                        ('action_count', models.PositiveIntegerField(default=0)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('retired_at', models.DateTimeField(blank=True, null=True)),
                        ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='assessments.aisystem')),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='assessments.organisation')),
                        ('raised_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.reviewdecision')),
                        ('raised_tier', models.CharField(blank=True, choices=[('low', 'Low'), ('limited', 'Limited'), ('high', 'High'), ('unacceptable', 'Unacceptable')], max_length=12)),
                        ('rules_tier', models.CharField(blank=True, choices=[('low', 'Low'), ('limited', 'Limited'), ('high', 'High'), ('unacceptable', 'Unacceptable')], max_length=12)),
                        ('people_word', models.CharField(blank=True, max_length=40, verbose_name='word for the people affected')),
                        ('newest_assessment', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.assessment')),
                        ('newest_state', models.CharField(blank=True, max_length=10)),
                        ('changed_at', models.DateTimeField(auto_now_add=True)),
                        ('in_use', models.BooleanField(default=True)),
                        ('newest_progress', models.SmallIntegerField(default=-1)),
                        ('system_name', models.CharField(blank=True, max_length=160)),
                        ('tier_rank', models.SmallIntegerField(default=0)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['organisation', '-changed_at', '-id', 'in_use'], name='uses_by_last_change'), models.Index(fields=['organisation', 'newest_state', '-changed_at', '-id', 'in_use'], name='uses_by_state_and_change'), models.Index(fields=['organisation', 'assigned_tier', '-changed_at', '-id', 'in_use'], name='uses_by_tier_and_change'), models.Index(fields=['organisation', '-tier_rank', '-id', 'in_use'], name='uses_by_tier'), models.Index(fields=['organisation', 'newest_progress', 'id', 'in_use'], name='uses_by_progress'), models.Index(fields=['organisation', 'system_name', 'id', 'in_use'], name='uses_by_system'), models.Index(models.F('organisation'), django.db.models.functions.text.Lower('title'), models.F('id'), models.F('in_use'), name='uses_by_title')],
                    },
                ),
                migrations.CreateModel(
                    name='Hold',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('open_question', 'open question'), ('legal_review', 'legal review'), ('exception_evidence', 'evidence of the exception')], max_length=20)),
                        ('fact', models.CharField(max_length=60)),
                        ('due', models.DateField(null=True)),
                        ('opened_at', models.DateTimeField(auto_now_add=True)),
                        ('closed_at', models.DateTimeField(null=True)),
                        ('decision', models.TextField(blank=True)),
                        ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='assessments.declareduse')),
                        ('outcome', models.CharField(blank=True, choices=[('answered', 'answered'), ('stands', 'the facts stay as declared'), ('correct', 'the facts have to be corrected'), ('accepted', 'the evidence is accepted'), ('gone', 'the facts changed')], max_length=10)),
                        ('rule', models.CharField(blank=True, max_length=20)),
                        ('answered_at', models.DateTimeField(null=True)),
                        ('sent_back_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('use', 'kind', 'fact'), name='one_open_hold_a_fact')],
                    },
                ),
                migrations.CreateModel(
                    name='RemediationAction',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('question', models.CharField(max_length=60)),
                        ('requirements', models.JSONField(default=list)),
                        ('title', models.CharField(max_length=200)),
                        ('suggested_owner', models.CharField(max_length=40)),
                        ('due', models.DateField()),
                        ('effort', models.CharField(max_length=1)),
                        ('priority', models.CharField(max_length=24)),
                        ('status', models.CharField(choices=[('open', 'Open'), ('done', 'Done, to be checked'), ('accepted', 'Risk accepted'), ('not_relevant', 'Not relevant'), ('closed', 'Closed')], default='open', max_length=12)),
                        ('note', models.TextField(blank=True, max_length=4000)),
                        ('opened_at', models.DateTimeField(auto_now_add=True)),
                        ('closed_at', models.DateTimeField(null=True)),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='assessments.organisation')),
                        ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='actions', to=settings.AUTH_USER_MODEL)),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='assessments.declareduse')),
                        ('verified_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('asked', models.TextField(blank=True, max_length=8000)),
                        ('risk_at', models.DateTimeField(null=True)),
                        ('risk_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('risk_reason', models.TextField(blank=True, max_length=4000)),
                        ('risk_review', models.DateField(null=True)),
                        ('risk_until', models.DateField(null=True)),
                        ('set_by_hand', models.JSONField(default=list)),
                        ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('clause', models.CharField(blank=True, max_length=60)),
                        ('first_step_on', models.DateField(null=True)),
                        ('full_due', models.DateField(null=True)),
                        ('irrelevant_at', models.DateTimeField(null=True)),
                        ('irrelevant_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('irrelevant_reason', models.TextField(blank=True, max_length=4000)),
                        ('merged_into', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='assessments.remediationaction')),
                        ('original_title', models.CharField(blank=True, max_length=200)),
                        ('package', models.CharField(blank=True, max_length=40)),
                        ('part_of', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='assessments.remediationaction')),
                        ('placed', models.CharField(blank=True, max_length=24)),
                        ('whole_organisation', models.BooleanField(default=False)),
                        ('rank', models.PositiveSmallIntegerField(default=0)),
                        ('steps', models.TextField(blank=True)),
                        ('stopgap', models.TextField(blank=True)),
                        ('undo', models.JSONField(default=dict)),
                        ('why_here', models.TextField(blank=True)),
                        ('accepted_at', models.DateTimeField(null=True)),
                        ('accepted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['organisation', 'status', 'due'], name='assessments_organis_6bb3c9_idx')],
                        'constraints': [models.UniqueConstraint(fields=('use', 'number'), name='one_action_a_number'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'accepted'), _negated=True), models.Q(models.Q(('risk_reason', ''), _negated=True), ('risk_by__isnull', False), ('risk_review__isnull', False), ('risk_until__isnull', False)), _connector='OR'), name='an_accepted_risk_says_why_by_whom_until_when'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'accepted'), _negated=True), models.Q(('risk_by', models.F('owner')), _negated=True), _connector='OR'), name='a_risk_is_accepted_by_another_than_owner'), models.UniqueConstraint(condition=models.Q(models.Q(('status', 'closed'), _negated=True), models.Q(('question', ''), _negated=True), ('part_of', None)), fields=('use', 'question'), name='one_open_action_a_question'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'not_relevant'), _negated=True), models.Q(models.Q(('irrelevant_reason', ''), _negated=True), ('irrelevant_by__isnull', False)), _connector='OR'), name='an_action_that_is_not_relevant_says_why'), models.CheckConstraint(condition=models.Q(('full_due', None), ('full_due__gte', models.F('due')), _connector='OR'), name='all_of_it_is_due_after_the_first_step')],
                    },
                ),
                migrations.CreateModel(
                    name='FactSuggestion',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=60)),
                        ('value', models.JSONField()),
                        ('source', models.CharField(max_length=160)),
                        ('quote', models.CharField(max_length=400)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('settled_at', models.DateTimeField(null=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='suggestions', to='assessments.declareduse')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('settled_at', None)), fields=('use', 'key'), name='one_open_suggestion_a_fact')],
                    },
                ),
                migrations.CreateModel(
                    name='ConformityPart',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=40)),
                        ('rows', models.JSONField(default=list)),
                        ('words', models.CharField(blank=True, max_length=400, verbose_name='statement for the public')),
                        ('revision', models.PositiveIntegerField(default=0)),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conformity', to='assessments.declareduse')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('use', 'key'), name='one_conformity_part_a_key')],
                    },
                ),
                migrations.CreateModel(
                    name='SignedWorst',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('facts', models.JSONField(default=list)),
                        ('statement', models.TextField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signed_worst', to='assessments.declareduse')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Involvement',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('owned', 'owned an action'), ('assigned', 'was asked to answer'), ('attached', 'attached or supplied evidence'), ('agreed', 'agreed to a fact')], max_length=8)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='involvements', to='assessments.declareduse')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('use', 'user', 'kind'), name='one_involvement_a_person_and_kind')],
                    },
                ),
                migrations.CreateModel(
                    name='FactDraft',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('group', models.CharField(max_length=40)),
                        ('fields', models.JSONField(default=dict)),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fact_drafts', to='assessments.declareduse')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('use', 'user', 'group'), name='one_draft_a_page_and_person')],
                    },
                ),
                migrations.CreateModel(
                    name='DeclaredFact',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=60)),
                        ('value', models.JSONField()),
                        ('reason', models.TextField(blank=True, max_length=2000)),
                        ('agreed_at', models.DateTimeField(null=True)),
                        ('agreed_reason', models.TextField(blank=True, max_length=2000)),
                        ('revision', models.PositiveIntegerField(default=0)),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('agreed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='facts', to='assessments.aisystem')),
                        ('use', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='facts', to='assessments.declareduse')),
                        ('signed_worst', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.signedworst')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('use', None)), fields=('system', 'key'), name='one_fact_a_system'), models.UniqueConstraint(fields=('use', 'key'), name='one_fact_a_use'), models.CheckConstraint(condition=models.Q(('agreed_by', None), models.Q(('agreed_by', models.F('by')), _negated=True), _connector='OR'), name='agreed_by_a_second_person')],
                    },
                ),
                migrations.CreateModel(
                    name='ConformityEvidence',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conformity_uses', to='assessments.evidence')),
                        ('part', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence_uses', to='assessments.conformitypart')),
                        ('why', models.CharField(blank=True, max_length=400)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('part', 'evidence'), name='one_conformity_evidence_a_part')],
                    },
                ),
                migrations.CreateModel(
                    name='ConformityRevision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('operation', models.UUIDField(unique=True)),
                        ('base', models.PositiveIntegerField()),
                        ('value', models.JSONField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'kept alongside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ('taken_over', 'adopted from a colleague')], default='current', max_length=12)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.conformitypart')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('parent', 'number'), name='one_conformity_revision_a_number')],
                    },
                ),
                migrations.CreateModel(
                    name='ActionEvent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('owner', 'Owner changed'), ('due', 'Due date changed'), ('full_due', 'Final due date changed'), ('effort', 'Effort changed'), ('note', 'Note'), ('reported', 'Reported as done'), ('reopened', 'Reopened'), ('approved', 'Accepted by one of two reviewers'), ('closed', 'Closed'), ('risk_accepted', 'Risk accepted'), ('risk_ended', 'Risk no longer accepted'), ('attached', 'Evidence attached'), ('detached', 'Evidence detached'), ('added', 'Added'), ('title', 'Title changed'), ('steps', 'Steps changed'), ('started', 'First step done'), ('split', 'Split'), ('merged', 'Merged'), ('undone', 'Split or merge undone'), ('not_relevant', 'Marked as not relevant'), ('relevant', 'Marked as relevant again')], max_length=16)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('old', models.CharField(blank=True, max_length=200)),
                        ('new', models.CharField(blank=True, max_length=200)),
                        ('words', models.TextField(blank=True, max_length=4000)),
                        ('batch', models.UUIDField(db_index=True, null=True)),
                        ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='assessments.remediationaction')),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['action', 'at'], name='assessments_action__1d9252_idx')],
                    },
                ),
                migrations.CreateModel(
                    name='ActionVerdict',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('version', models.PositiveIntegerField()),
                        ('sha256', models.CharField(blank=True, max_length=64)),
                        ('verdict', models.CharField(choices=[('supports', 'Supports the answer'), ('partly', 'Partly supports the answer'), ('does_not', 'Does not support the answer')], max_length=10)),
                        ('words', models.CharField(blank=True, max_length=400)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='verdicts', to='assessments.remediationaction')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.evidence')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['action', 'by'], name='assessments_action__547f6f_idx')],
                    },
                ),
                migrations.CreateModel(
                    name='ClosedPractice',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('question', models.CharField(max_length=60)),
                        ('pieces', models.JSONField(default=list)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='closed_practices', to='assessments.remediationaction')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='closed_practices', to='assessments.declareduse')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['use', 'at'], name='assessments_use_id_031a4c_idx')],
                    },
                ),
                migrations.CreateModel(
                    name='FactRevision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('operation', models.UUIDField(unique=True)),
                        ('base', models.PositiveIntegerField()),
                        ('value', models.JSONField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'kept alongside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ('taken_over', 'adopted from a colleague')], default='current', max_length=12)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.declaredfact')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('parent', 'number'), name='one_fact_revision_a_number')],
                    },
                ),
                migrations.CreateModel(
                    name='Assessment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                        ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('in_review', 'In review'), ('returned', 'Changes needed'), ('approved', 'Approved'), ('certified', 'Certificate issued'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('superseded', 'Superseded')], default='draft', max_length=10)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('updated_at', models.DateTimeField(auto_now=True)),
                        ('state_at', models.DateTimeField(auto_now_add=True)),
                        ('answered', models.PositiveSmallIntegerField(default=0)),
                        ('applicable', models.PositiveSmallIntegerField(default=0)),
                        ('unknown', models.PositiveSmallIntegerField(default=0)),
                        ('not_applicable', models.PositiveSmallIntegerField(default=0)),
                        ('blocking', models.PositiveSmallIntegerField(default=0)),
                        ('readiness_privacy', models.PositiveSmallIntegerField(null=True)),
                        ('readiness_intellectual_property', models.PositiveSmallIntegerField(null=True)),
                        ('readiness_crime_prevention', models.PositiveSmallIntegerField(null=True)),
                        ('readiness_reliability', models.PositiveSmallIntegerField(null=True)),
                        ('readiness_security', models.PositiveSmallIntegerField(null=True)),
                        ('progress', models.JSONField(default=dict)),
                        ('stale_since', models.DateTimeField(null=True)),
                        ('stale_reasons', models.JSONField(default=list)),
                        ('follows', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='assessments.assessment')),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='assessments.declareduse')),
                        ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='assessments.edition')),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='assessments.organisation')),
                        ('current_submission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.submission')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['organisation', 'state', 'updated_at'], name='assessments_organis_69d66d_idx'), models.Index(fields=['state', 'updated_at'], name='assessments_state_8da8e7_idx')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('draft', 'submitted', 'in_review', 'returned', 'approved'))), fields=('use',), name='one_open_assessment_a_use')],
                    },
                ),
                migrations.CreateModel(
                    name='Answer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('choice', models.CharField(choices=[('in_place', 'In place'), ('partly', 'Partly'), ('planned', 'Planned for a date'), ('not_in_place', 'Not in place'), ('ticked', 'What is ticked'), ('none', 'None of these'), ('unknown', 'Do not know yet'), ('not_applicable', 'Not applicable')], max_length=16)),
                        ('items', models.JSONField(blank=True, default=dict)),
                        ('text', models.TextField(blank=True, max_length=20000)),
                        ('text_second_language', models.TextField(blank=True, max_length=20000)),
                        ('planned_for', models.DateField(blank=True, null=True)),
                        ('reason', models.TextField(blank=True, max_length=4000)),
                        ('revision', models.PositiveIntegerField(default=1)),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('language', models.CharField(default='en', max_length=8)),
                        ('to_confirm', models.BooleanField(default=False)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('carried_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.answer')),
                        ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='assessments.assessment')),
                        ('question', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.question')),
                        ('closed_action', models.PositiveIntegerField(null=True)),
                        ('figure', models.JSONField(blank=True, default=dict)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('assessment', 'question'), name='one_answer_a_question')],
                    },
                ),
                migrations.CreateModel(
                    name='Assignment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('section', models.CharField(max_length=60)),
                        ('question', models.CharField(blank=True, max_length=60)),
                        ('due', models.DateField(blank=True, null=True)),
                        ('done_at', models.DateTimeField(blank=True, null=True)),
                        ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='assessments.assessment')),
                        ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='assessments.membership')),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('note', models.CharField(blank=True, max_length=400)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('assessment', 'section', 'question', 'member'), name='one_assignment_a_target')],
                    },
                ),
                migrations.CreateModel(
                    name='Submission',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                        ('round', models.PositiveSmallIntegerField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('route', models.CharField(blank=True, choices=[('inside', 'a reviewer within the organisation'), ('independent', 'an independent reviewer from the reviewing body')], max_length=12)),
                        ('snapshot', models.TextField()),
                        ('sha256', models.CharField(max_length=64)),
                        ('edition_checksum', models.CharField(max_length=64)),
                        ('assigned_tier', models.CharField(choices=[('low', 'Low'), ('limited', 'Limited'), ('high', 'High'), ('unacceptable', 'Unacceptable')], max_length=12)),
                        ('text_tier', models.CharField(blank=True, choices=[('low', 'Low'), ('limited', 'Limited'), ('high', 'High'), ('unacceptable', 'Unacceptable')], max_length=12)),
                        ('readiness_privacy', models.PositiveSmallIntegerField(null=True)),
                        ('readiness_intellectual_property', models.PositiveSmallIntegerField(null=True)),
                        ('readiness_crime_prevention', models.PositiveSmallIntegerField(null=True)),
                        ('readiness_reliability', models.PositiveSmallIntegerField(null=True)),
                        ('readiness_security', models.PositiveSmallIntegerField(null=True)),
                        ('applicable', models.PositiveSmallIntegerField(default=0)),
                        ('findings', models.PositiveSmallIntegerField(default=0)),
                        ('blocking', models.PositiveSmallIntegerField(default=0)),
                        ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='assessments.assessment')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='assessments.organisation')),
                        ('changed', models.PositiveSmallIntegerField(null=True)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['organisation', 'at'], name='assessments_organis_aae6dd_idx')],
                        'constraints': [models.UniqueConstraint(fields=('assessment', 'round'), name='one_submission_a_round')],
                    },
                ),
                migrations.CreateModel(
                    name='Flag',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('question', models.CharField(max_length=60)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='flags', to='assessments.assessment')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('assessment', 'question', 'user'), name='one_flag_a_question_and_person')],
                    },
                ),
                migrations.CreateModel(
                    name='Comment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('question', models.CharField(max_length=60)),
                        ('text', models.TextField(max_length=4000, verbose_name='comment')),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('resolved_at', models.DateTimeField(blank=True, null=True)),
                        ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='assessments.assessment')),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('reply_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='assessments.comment')),
                        ('resolved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['assessment', 'question'], name='assessments_assessm_8d914d_idx')],
                    },
                ),
                migrations.CreateModel(
                    name='Interest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('words', models.CharField(blank=True, max_length=400)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='interests', to='assessments.assessment')),
                        ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='StatedChange',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kinds', models.JSONField(default=list)),
                        ('words', models.TextField(max_length=4000)),
                        ('happened_on', models.DateField()),
                        ('to_confirm', models.JSONField(default=list)),
                        ('suspends', models.BooleanField(default=False)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('approval', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stated_changes', to='assessments.assessment')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('opened', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opened_by', to='assessments.assessment')),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stated_changes', to='assessments.declareduse')),
                    ],
                    options={
                        'abstract': False,
                    },
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
                    options={
                        'constraints': [models.UniqueConstraint(fields=('assessment', 'target', 'version'), name='one_supplement_a_target'), models.CheckConstraint(condition=models.Q(('sha256', ''), _negated=True), name='a_supplement_has_its_hash')],
                    },
                ),
                migrations.CreateModel(
                    name='CaseNote',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('text', models.TextField(max_length=4000)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('changed_at', models.DateTimeField(null=True)),
                        ('revision', models.PositiveIntegerField(default=1)),
                        ('shared_at', models.DateTimeField(null=True)),
                        ('deleted_at', models.DateTimeField(null=True)),
                        ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='case_notes', to='assessments.assessment')),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['assessment', 'at'], name='assessments_assessm_17089e_idx')],
                    },
                ),
                migrations.CreateModel(
                    name='AnswerRevision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('operation', models.UUIDField(unique=True)),
                        ('base', models.PositiveIntegerField()),
                        ('value', models.JSONField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'kept alongside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ('taken_over', 'adopted from a colleague')], default='current', max_length=12)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.answer')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('parent', 'number'), name='one_answer_revision_a_number')],
                    },
                ),
                migrations.CreateModel(
                    name='Certificate',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.CharField(default=assessments.models.certificates.new_number, editable=False, max_length=16, unique=True)),
                        ('assurance', models.CharField(choices=[('self_declared', 'Self-declared'), ('reviewed_inside', 'Reviewed within the organisation'), ('reviewed_independently', 'Reviewed independently')], max_length=24)),
                        ('tier', models.CharField(choices=[('low', 'Low'), ('limited', 'Limited'), ('high', 'High'), ('unacceptable', 'Unacceptable')], max_length=12)),
                        ('issued_at', models.DateTimeField(auto_now_add=True)),
                        ('issued_on', models.DateField()),
                        ('expires_on', models.DateField()),
                        ('first_issued_on', models.DateField()),
                        ('public_record', models.TextField()),
                        ('listed', models.BooleanField(default=False)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('supersedes', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='assessments.certificate')),
                        ('use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='assessments.declareduse')),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='assessments.organisation')),
                        ('submission', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='certificate', to='assessments.submission')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('use',), name='one_running_certificate_a_use')],
                    },
                ),
                migrations.CreateModel(
                    name='ReviewDecision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('return', 'Returned for changes'), ('approve', 'Approved'), ('refuse', 'Refused'), ('self_certify', 'Self-certified'), ('declare_prohibited', 'Declared as a prohibited use'), ('withdraw', 'Withdrawn'), ('raise_tier', 'Tier raised'), ('withdraw_raise', 'Tier no longer raised'), ('take_back', 'Approval withdrawn')], max_length=20)),
                        ('independent', models.BooleanField(default=False)),
                        ('statement', models.TextField(blank=True, max_length=8000)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to=settings.AUTH_USER_MODEL)),
                        ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='assessments.submission')),
                        ('answer_by', models.DateField(null=True)),
                        ('signed', models.TextField(blank=True)),
                        ('tier', models.CharField(blank=True, choices=[('low', 'Low'), ('limited', 'Limited'), ('high', 'High'), ('unacceptable', 'Unacceptable')], max_length=12)),
                        ('attempt', models.PositiveSmallIntegerField(default=1)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'approve')), fields=('submission', 'by', 'attempt'), name='one_approval_a_person')],
                    },
                ),
                migrations.CreateModel(
                    name='ReviewMark',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('target', models.CharField(max_length=80)),
                        ('mark', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('accepted_with_action', 'Accepted with action'), ('change_needed', 'Change needed')], max_length=20)),
                        ('reason', models.CharField(blank=True, choices=[('unclear', 'The answer is not clear'), ('not_shown', 'Evidence is missing'), ('other_evidence', 'Other evidence is needed'), ('too_high', 'Less is in place than the answer says'), ('not_applicable', 'The requirement applies, although it was marked “not applicable”'), ('wrong_fact', 'The fact does not match the description'), ('other', 'Another reason')], max_length=16)),
                        ('words', models.TextField(blank=True, max_length=4000)),
                        ('would_satisfy', models.TextField(blank=True, max_length=4000)),
                        ('private_note', models.TextField(blank=True, max_length=4000)),
                        ('revision', models.PositiveIntegerField(default=1)),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('carried_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.reviewmark')),
                        ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='assessments.submission')),
                        ('action_due', models.DateField(blank=True, null=True)),
                        ('action_title', models.CharField(blank=True, max_length=200)),
                        ('together', models.BooleanField(default=False)),
                        ('seat', models.CharField(choices=[('first', 'first reviewer'), ('second', 'second reviewer')], default='first', max_length=6)),
                        ('shown_at', models.DateTimeField(null=True)),
                        ('taken_over_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('submission', 'seat', 'target'), name='one_mark_a_seat_and_target')],
                    },
                ),
                migrations.CreateModel(
                    name='ReviewSeat',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('seat', models.CharField(choices=[('first', 'first reviewer'), ('second', 'second reviewer')], max_length=6)),
                        ('independent', models.BooleanField()),
                        ('conflict_declared', models.CharField(blank=True, max_length=400)),
                        ('taken_at', models.DateTimeField(auto_now_add=True)),
                        ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seats', to=settings.AUTH_USER_MODEL)),
                        ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='assessments.submission')),
                        ('kept_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.reviewseat')),
                        ('declared_at', models.DateTimeField(null=True)),
                        ('declared_about', models.JSONField(default=dict)),
                        ('to_declare', models.BooleanField(default=False)),
                        ('since_declared', models.JSONField(default=list)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('submission', 'seat'), name='one_reviewer_a_seat'), models.UniqueConstraint(fields=('submission', 'reviewer'), name='one_seat_a_reviewer')],
                    },
                ),
                migrations.CreateModel(
                    name='CaseMessage',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('from_reviewer', models.BooleanField()),
                        ('text', models.TextField(max_length=4000)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='talk', to='assessments.submission')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='SeatRequest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('seat', models.CharField(choices=[('first', 'first reviewer'), ('second', 'second reviewer')], max_length=6)),
                        ('note', models.TextField(blank=True, max_length=2000)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('outcome', models.CharField(blank=True, choices=[('taken', 'taken'), ('declined', 'declined because of a conflict of interest'), ('replaced', 'somebody else was asked or took the case'), ('recalled', 'withdrawn by the person who asked')], max_length=8)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('holder', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='assessments.submission')),
                        ('to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('submission', 'seat'), name='one_open_request_a_seat')],
                    },
                ),
                migrations.CreateModel(
                    name='EvidenceMark',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('question', models.CharField(max_length=60)),
                        ('piece', models.CharField(max_length=12)),
                        ('version', models.PositiveIntegerField()),
                        ('verdict', models.CharField(blank=True, choices=[('supports', 'Supports the answer'), ('partly', 'Partly supports the answer'), ('does_not', 'Does not support the answer')], max_length=10)),
                        ('note', models.CharField(blank=True, max_length=400)),
                        ('revision', models.PositiveIntegerField(default=1)),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('carried_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.evidencemark')),
                        ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence_marks', to='assessments.submission')),
                        ('seat', models.CharField(choices=[('first', 'first reviewer'), ('second', 'second reviewer')], default='first', max_length=6)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('submission', 'seat', 'question', 'piece'), name='one_evidence_mark_a_seat_and_piece')],
                    },
                ),
                migrations.CreateModel(
                    name='MarkReply',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('target', models.CharField(max_length=80)),
                        ('words', models.TextField(blank=True, max_length=4000)),
                        ('revision', models.PositiveIntegerField(default=1)),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='assessments.submission')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('submission', 'target'), name='one_reply_a_target')],
                    },
                ),
                migrations.CreateModel(
                    name='EvidenceOpening',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('piece', models.CharField(max_length=12)),
                        ('version', models.PositiveIntegerField()),
                        ('content', models.CharField(max_length=80)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='openings', to='assessments.submission')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('submission', 'reviewer', 'piece', 'version'), name='one_opening_a_reviewer_and_piece')],
                    },
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
                    options={
                        'constraints': [models.UniqueConstraint(fields=('submission', 'seat', 'part'), name='one_part_mark_a_seat')],
                    },
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
                    options={
                        'constraints': [models.UniqueConstraint(fields=('supplement', 'by'), name='one_supplement_mark_a_reviewer')],
                    },
                ),
                migrations.CreateModel(
                    name='SecondLook',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('independent', models.BooleanField()),
                        ('rules', models.JSONField(default=dict)),
                        ('drawn_at', models.DateTimeField(auto_now_add=True)),
                        ('reason', models.CharField(blank=True, max_length=400)),
                        ('taken_at', models.DateTimeField(null=True)),
                        ('given_at', models.DateTimeField(null=True)),
                        ('reported_at', models.DateTimeField(null=True)),
                        ('reported_words', models.TextField(blank=True, max_length=4000)),
                        ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('reported_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('reviewer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='second_looks', to=settings.AUTH_USER_MODEL)),
                        ('submission', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='second_look', to='assessments.submission')),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('given_at', None)), fields=['reviewer'], name='second_looks_being_given')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('given_at', None), ('reviewer__isnull', False), _connector='OR'), name='a_second_look_is_given_by_somebody')],
                    },
                ),
                migrations.CreateModel(
                    name='CertificateEvent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(max_length=12)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('public_reason', models.CharField(blank=True, max_length=400)),
                        ('private_reason', models.TextField(blank=True)),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('certificate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='assessments.certificate')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Condition',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('question', models.CharField(max_length=60)),
                        ('requirements', models.JSONField(default=list)),
                        ('words', models.TextField(max_length=2000)),
                        ('due_on', models.DateField()),
                        ('met_at', models.DateTimeField(null=True)),
                        ('met_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conditions', to='assessments.reviewdecision')),
                        ('missed_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('met_at', None)), fields=['due_on'], name='open_conditions_by_date')],
                    },
                ),
                migrations.CreateModel(
                    name='ReviewMarkRevision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('operation', models.UUIDField(unique=True)),
                        ('base', models.PositiveIntegerField()),
                        ('value', models.JSONField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'kept alongside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ('taken_over', 'adopted from a colleague')], default='current', max_length=12)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.reviewmark')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('parent', 'number'), name='one_mark_revision_a_number')],
                    },
                ),
                migrations.CreateModel(
                    name='Document',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                        ('kind', models.CharField(choices=[('certificate', 'Certificate'), ('plan', 'Remediation plan'), ('decision_letter', 'Decision letter'), ('board_paper', 'Board paper'), ('plan_annex', 'Annex to the plan: every action in full'), ('results', 'Results'), ('status_notice', 'Status notice')], max_length=16)),
                        ('language', models.CharField(default='en', max_length=8)),
                        ('version', models.PositiveSmallIntegerField(default=1)),
                        ('state', models.CharField(choices=[('pending', 'waiting'), ('running', 'being created'), ('ready', 'ready'), ('failed', 'failed')], default='pending', max_length=8)),
                        ('lease_until', models.DateTimeField(null=True)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('error', models.TextField(blank=True)),
                        ('file', models.FileField(blank=True, upload_to='documents/%Y/%m')),
                        ('sha256', models.CharField(blank=True, db_index=True, max_length=64)),
                        ('size', models.PositiveIntegerField(default=0)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('certificate', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='assessments.certificate')),
                        ('submission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='assessments.submission')),
                        ('assessment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='assessments.assessment')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['state', 'lease_until'], name='documents_by_state')],
                        'constraints': [models.UniqueConstraint(fields=('submission', 'kind', 'language', 'version'), name='one_document_a_submission'), models.UniqueConstraint(fields=('certificate', 'kind', 'language', 'version'), name='one_document_a_certificate'), models.CheckConstraint(condition=models.Q(models.Q(('assessment', None), ('certificate', None), ('submission__isnull', False)), models.Q(('assessment', None), ('certificate__isnull', False), ('submission', None)), models.Q(('assessment__isnull', False), ('certificate', None), ('submission', None)), _connector='OR'), name='a_document_has_one_parent'), models.UniqueConstraint(fields=('assessment', 'kind', 'language', 'version'), name='one_draft_document_a_version')],
                    },
                ),
                migrations.CreateModel(
                    name='EvidenceMarkRevision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('operation', models.UUIDField(unique=True)),
                        ('base', models.PositiveIntegerField()),
                        ('value', models.JSONField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'kept alongside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ('taken_over', 'adopted from a colleague')], default='current', max_length=12)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.evidencemark')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('parent', 'number'), name='one_evidence_mark_revision_a_number')],
                    },
                ),
                migrations.CreateModel(
                    name='MarkReplyRevision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('operation', models.UUIDField(unique=True)),
                        ('base', models.PositiveIntegerField()),
                        ('value', models.JSONField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'kept alongside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ('taken_over', 'adopted from a colleague')], default='current', max_length=12)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.markreply')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('parent', 'number'), name='one_reply_revision_a_number')],
                    },
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
                        ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'kept alongside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ('taken_over', 'adopted from a colleague')], default='current', max_length=12)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.partmark')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('parent', 'number'), name='one_part_mark_revision_a_number')],
                    },
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
                    options={
                        'constraints': [models.UniqueConstraint(fields=('decision', 'key'), name='one_return_task_a_key')],
                    },
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
                        ('outcome', models.CharField(choices=[('current', 'current'), ('conflict', 'kept alongside a newer version'), ('suggestion', 'suggestion'), ('restored', 'restored'), ('carried', 'carried over'), ('taken_over', 'adopted from a colleague')], default='current', max_length=12)),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='assessments.supplementmark')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('parent', 'number'), name='one_supplement_mark_revision_a_number')],
                    },
                ),
                migrations.CreateModel(
                    name='SecondLookMark',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('target', models.CharField(max_length=80)),
                        ('mark', models.CharField(choices=[('accepted', 'Accepted'), ('accepted_with_action', 'Accepted with action'), ('change_needed', 'Change needed')], max_length=20)),
                        ('words', models.TextField(blank=True, max_length=4000)),
                        ('shown_at', models.DateTimeField()),
                        ('at', models.DateTimeField(auto_now=True)),
                        ('look', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='assessments.secondlook')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('look', 'target'), name='one_mark_a_second_look_and_target')],
                    },
                ),
                migrations.CreateModel(
                    name='SecondLookWords',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('text', models.TextField(max_length=4000)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('look', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='talk', to='assessments.secondlook')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='EvidenceUse',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('version', models.PositiveIntegerField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('answer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence_uses', to='assessments.answer')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('condition', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence_uses', to='assessments.condition')),
                        ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='assessments.evidence')),
                        ('fact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence_uses', to='assessments.declaredfact')),
                        ('hold', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence_uses', to='assessments.hold')),
                        ('action', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence_uses', to='assessments.remediationaction')),
                        ('taken_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assessments.answer')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('evidence', 'answer'), name='one_evidence_use_a_answer'), models.UniqueConstraint(fields=('evidence', 'fact'), name='one_evidence_use_a_fact'), models.UniqueConstraint(fields=('evidence', 'hold'), name='one_evidence_use_a_hold'), models.UniqueConstraint(fields=('evidence', 'condition'), name='one_evidence_use_a_condition'), models.CheckConstraint(condition=models.Q(models.Q(('action__isnull', True), ('answer__isnull', False), ('condition__isnull', True), ('fact__isnull', True), ('hold__isnull', True)), models.Q(('action__isnull', True), ('answer__isnull', True), ('condition__isnull', True), ('fact__isnull', False), ('hold__isnull', True)), models.Q(('action__isnull', True), ('answer__isnull', True), ('condition__isnull', True), ('fact__isnull', True), ('hold__isnull', False)), models.Q(('action__isnull', True), ('answer__isnull', True), ('condition__isnull', False), ('fact__isnull', True), ('hold__isnull', True)), models.Q(('action__isnull', False), ('answer__isnull', True), ('condition__isnull', True), ('fact__isnull', True), ('hold__isnull', True)), _connector='OR'), name='evidence_use_has_one_target'), models.UniqueConstraint(fields=('evidence', 'action'), name='one_evidence_use_a_action')],
                    },
                ),
                migrations.CreateModel(
                    name='Appeal',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(default=assessments.models.base.new_reference, editable=False, max_length=12, unique=True)),
                        ('kind', models.CharField(choices=[('appeal', 'Appeal'), ('complaint', 'Complaint')], max_length=9)),
                        ('reasons', models.TextField(max_length=8000)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='assessments.assessment')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('decision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='assessments.reviewdecision')),
                        ('event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='assessments.certificateevent')),
                        ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='assessments.submission')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('decision__isnull', False)), fields=('decision', 'kind'), name='one_appeal_a_decision'), models.UniqueConstraint(condition=models.Q(('event__isnull', False)), fields=('event', 'kind'), name='one_appeal_an_event'), models.UniqueConstraint(condition=models.Q(('decision', None), ('event', None)), fields=('submission', 'kind'), name='one_complaint_a_submission'), models.CheckConstraint(condition=models.Q(('decision', None), ('event', None), _connector='OR'), name='an_appeal_is_about_one_thing'), models.CheckConstraint(condition=models.Q(('kind', 'complaint'), ('decision__isnull', False), ('event__isnull', False), _connector='OR'), name='an_appeal_is_against_a_decision')],
                    },
                ),
                migrations.CreateModel(
                    name='AppealAnswer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('upheld', models.BooleanField()),
                        ('words', models.TextField(max_length=8000)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('appeal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='answer', to='assessments.appeal')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='SealedEmail',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('sealed', models.TextField()),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('expires_at', models.DateTimeField()),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('sending_at', models.DateTimeField(null=True)),
                        ('invitation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='assessments.invitation')),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('sending_at', None)), fields=['attempts'], name='sealed_emails_to_send')],
                    },
                ),
                migrations.CreateModel(
                    name='SearchWord',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('word', models.TextField()),
                        ('uses', models.TextField()),
                        ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.organisation')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('organisation', 'word'), name='one_search_word')],
                    },
                ),
            ]
        ),
        migrations.RunPython(freeze, thaw),
    ]
