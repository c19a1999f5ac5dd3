# Named targets of every study: <study>, <study>_data, <study>_runs, <study>_report.

for study in PLAN.config.studies:

    rule:
        name:
            study
        input:
            targets(PLAN, study, "all"),

    rule:
        name:
            f"{study}_data"
        input:
            targets(PLAN, study, "data"),

    rule:
        name:
            f"{study}_runs"
        input:
            targets(PLAN, study, "runs"),

    rule:
        name:
            f"{study}_report"
        input:
            targets(PLAN, study, "report"),
