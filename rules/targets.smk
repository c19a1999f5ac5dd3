# Named targets of every study: <study>, <study>_data, <study>_runs, <study>_report.

for study in PLAN.config.studies:

    rule:
        name:
            study
        input:
            PLAN.targets(study, "all"),

    rule:
        name:
            f"{study}_data"
        input:
            PLAN.targets(study, "data"),

    rule:
        name:
            f"{study}_runs"
        input:
            PLAN.targets(study, "runs"),

    rule:
        name:
            f"{study}_report"
        input:
            PLAN.targets(study, "report"),
