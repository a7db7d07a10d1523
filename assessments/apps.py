from django.apps import AppConfig
from django.contrib.admin import apps as administration


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "hkguide"
    default = True

    def ready(self) -> None:
        from assessments import checks  # noqa: F401  (registers the checks)
        from assessments.accounts import happenings  # noqa: F401  (listens to sign-ins and changes of accounts)
        from assessments.core.folders import make_folders

        make_folders()


class AdminConfig(administration.AdminConfig):
    """The administration, behind the same sign-in as everything else."""

    default_site = "assessments.accounts.staff.StaffSite"
    default = False
