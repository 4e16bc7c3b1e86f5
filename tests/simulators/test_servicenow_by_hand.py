"""Started by hand: it says where it is and how to sign in, has something to look at, and stops when it is told."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.simulators.servicenow.tenant import ISSUES, MODELS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("options", [[], ["--tls", "--basic"]])
def test_started_by_hand(options):
    command = [sys.executable, "-m", "tests.simulators.servicenow", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            told = {}
            while "password" not in told or ("--tls" in options and "ca bundle" not in told):
                line = process.stdout.readline()
                assert line, "it ended"
                name, value = line.rstrip("\n").split("  ", 1)
                told[name] = value.strip()
            assert told["url"].startswith("https" if "--tls" in options else "http:")
            verify = told.get("ca bundle", True)
            form = {
                "grant_type": "client_credentials",
                "client_id": told["client_id"],
                "client_secret": told["client_secret"],
            }
            signed_in = requests.post(f"{told['url']}/oauth_token.do", data=form, verify=verify, timeout=10)
            token = signed_in.json()["access_token"]
            headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
            for table, count in ((MODELS, 3), (ISSUES, 3)):
                url = f"{told['url']}/api/now/table/{table}"
                assert len(requests.get(url, headers=headers, verify=verify, timeout=10).json()["result"]) == count
            basic = requests.get(
                url, headers={"Accept": "application/json"}, auth=("admin", told["password"]), verify=verify, timeout=10
            )
            assert basic.status_code == (200 if "--basic" in options else 401)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
