# What must stop the workflow before any job: missing sources, foreign results. `prepare.smk` does without.

try:
    if workflow.is_main_process:
        PLAN.check_before_start()
except UserError as error:
    sys.exit(f"error: {error}")
