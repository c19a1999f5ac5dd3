# What must stop the workflow before any job: missing sources, foreign results. `prepare.smk` does without.

try:
    if internals.is_main_process(workflow):
        check_before_start(PLAN)
except UserError as error:
    stop(error)
