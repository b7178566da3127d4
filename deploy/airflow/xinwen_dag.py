"""Xinwen in Airflow 3: every ten minutes the sources that are due, then compact and digest.

Needs apache-airflow-providers-standard, and a pool a site, in which one task runs at a time. In the DAG folder:
``python xinwen_dag.py >pools.json && airflow pools import pools.json``.
"""

import json
import sys
from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROGRAM = "/opt/xinwen"
PYTHON = "/opt/xinwen/.venv/bin/python"
DATA = "/var/lib/xinwen"
SITES = {
    "semi": "www.semi.org",
    "sia": "www.semiconductors.org",
    "wsts": "www.wsts.org",
    "tsmc": "investor.tsmc.com",
    "samsung": "www.samsung.com",
    "intel": "www.intc.com",
    "smic": "www.smics.com",
    "mckinsey": "www.mckinsey.com",
    "pwc": "www.pwc.com",
    "accenture": "www.accenture.com",
    "goldman_sachs": "www.goldmansachs.com",
    "kpmg": "home.kpmg",
    "seeking_alpha": "seekingalpha.com",
    "bloomberg": "www.bloomberg.com",
    "semiinsights": "semiinsights.com",
}

SECRETS = "set -a; [ ! -e /etc/xinwen/xinwen.env ] || . /etc/xinwen/xinwen.env; set +a; "  # such as MONGODB_URI

with DAG(
    dag_id="xinwen",
    schedule="*/10 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "cwd": PROGRAM,
        "env": {"XINWEN_DATA": DATA, "PYTHON": PYTHON},
        "append_env": True,
        # A source that failed is due again after ten minutes; before that a retry would find nothing to do.
        "retries": 1,
        "retry_delay": timedelta(minutes=11),
        "execution_timeout": timedelta(hours=2),
    },
) as dag:
    crawls = [
        BashOperator(
            task_id=key,
            bash_command=f'{SECRETS}exec "$PYTHON" -m xinwen crawlall --due {key}',
            pool=f"xinwen {site}",
        )
        for key, site in SITES.items()
    ]
    compact = BashOperator(
        task_id="compact", bash_command=f'{SECRETS}exec "$PYTHON" -m xinwen compact', trigger_rule="all_done"
    )
    digest = BashOperator(
        task_id="digest",  # the last 24 hours, in a file that is always whole
        bash_command=f'{SECRETS}"$PYTHON" -m xinwen digest --format html >"$XINWEN_DATA/digest.tmp" && '
        'exec mv "$XINWEN_DATA/digest.tmp" "$XINWEN_DATA/digest.html"',
    )
    # The state of a run is that of its last tasks, and the digest is made even where a source failed.
    failed = BashOperator(
        task_id="a_source_failed",
        bash_command='echo "a source failed: its task says which and why" >&2; exit 1',
        trigger_rule="one_failed",
        retries=0,
    )
    crawls >> compact >> digest
    crawls >> failed

if __name__ == "__main__":
    pools = {f"xinwen {site}": {"slots": 1, "description": "crawls of this site"} for site in SITES.values()}
    json.dump(pools, sys.stdout, indent=1)
