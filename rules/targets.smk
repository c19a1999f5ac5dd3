# Named targets of every study: <study>, <study>_data, <study>_runs, <study>_report.


def asked(study, phase):
    """Files of a study; one that is not enabled is checked once it is asked for."""
    files = targets(PLAN, study, phase)
    return files if study in PLAN.enabled else lambda wildcards: checked(study, files)


def checked(study, files):
    """The files, unless something must stop the workflow before any job of the study."""
    try:
        check_asked(PLAN, study)
    except UserError as error:
        stop(error)
    return files


for study in PLAN.config.studies:

    rule:
        """A study: everything."""
        name:
            study
        input:
            asked(study, "all"),

    rule:
        """Its data."""
        name:
            f"{study}_data"
        input:
            asked(study, "data"),

    rule:
        """Its runs, evaluated and explained."""
        name:
            f"{study}_runs"
        input:
            asked(study, "runs"),

    rule:
        """Its report."""
        name:
            f"{study}_report"
        input:
            asked(study, "report"),
