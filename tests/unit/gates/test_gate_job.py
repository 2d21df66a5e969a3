"""What a gate process may use, and what it says when that is not enough."""

import json
import pathlib
import subprocess
import sys

from homeroom.gates import job

SPENDS = """
import sys
from homeroom.gates import job
def spend(*_, **__):
    while True:
        pass
job.CPU_SECONDS, job._run = 1, spend
sys.exit(job.main(sys.argv[1:]))
"""


def test_run_that_needs_too_much_time_is_refused_and_not_tried_again(tmp_path: pathlib.Path) -> None:
    """Rule: a killed run is tried again; one that would always be killed has to say what to change."""
    done = subprocess.run([sys.executable, "-c", SPENDS, str(tmp_path)], check=False, capture_output=True, timeout=60)

    assert done.returncode == job.BAD_INPUT
    assert "1 s of CPU time" in json.loads((tmp_path / "error.json").read_text())["message"]
