"""
Audits roles that moto keeps, an IAM that nobody here wrote: what it answers is read as what it is. A second opinion on the
simulated IAM, which the suite uses. `npm run moto`, with a Python that has moto[server]; where moto is missing it says that
nothing is proven, and exits 3.
"""

import gzip
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import boto3
    from moto.server import ThreadedMotoServer
except ImportError as missing:
    print(f"SKIPPED, AND NOTHING IS PROVEN: {missing}. Install moto[server] for {sys.executable}.", file=sys.stderr)
    sys.exit(3)

# Both write a line a request.
for name in ("werkzeug", "moto"):
    logging.getLogger(name).setLevel(logging.ERROR)

PROJECT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "123456789012"
ENVIRONMENT = "abcdefghijklmnopqrstuv"
PATH = f"{PROJECT}/node_modules/.bin:{os.environ['PATH']}"
KEYS = {"aws_access_key_id": "moto", "aws_secret_access_key": "moto"}

# Whom each role trusts; the last are so many that they are listed.
ROLES = {"/finspace/sound": f"arn:aws:iam::{ACCOUNT}:root", "/open": "*", "/elsewhere/moved": ACCOUNT}
MANY = [f"many-{number}" for number in range(200)]

# What fails on the roles that users have, as they are asked for; one is there under another path.
EXPECTED = {
    ("principal-trusts-outsiders", "open"),
    ("principal-missing", "moved"),
    ("principal-missing", "gone"),
}
ASKED = ["finspace/sound", "open", "moved", "gone"]


def create_roles(iam):
    for path, trusted in [*ROLES.items(), *((f"/{name}", ACCOUNT) for name in MANY)]:
        folder, name = path.rsplit("/", 1)
        statement = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
        iam.create_role(
            Path=f"{folder}/",
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )


def arn_of(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def audit(url, folder, names, more):
    """Audits a saved roster whose users have these roles; gives how many were read, and the rules that fail by the role."""
    bound = {"status": "ENABLED", "type": "APP_USER", "apiAccess": "ENABLED"}
    users = [{**bound, "userId": f"u{index}", "apiAccessPrincipalArn": arn_of(name)} for index, name in enumerate(names)]
    config = f"environments: [{{ id: {ENVIRONMENT}, enrich: {{ iamRoles: true }} }}]{more}"
    Path(folder, "users.json").write_text(json.dumps({"users": users}))
    Path(folder, "audit.yaml").write_text(config)
    keys = {"AWS_ACCESS_KEY_ID": "moto", "AWS_SECRET_ACCESS_KEY": "moto"}
    env = {**os.environ, "PATH": PATH, "AWS_ENDPOINT_URL": url, **keys}
    env.pop("AWS_SESSION_TOKEN", None)
    run = ["run", "--environment", ENVIRONMENT, "--account", ACCOUNT, "--region", REGION, "--json"]
    files = ["--config", f"{folder}/audit.yaml", "--roster", f"{folder}/users.json", "--out", f"{folder}/history"]
    word = ["--attested-by", "moto", "--statement", "made up"]
    done = subprocess.run(
        ["node", "bin/finspace-audit.js", *run, *files, *word], cwd=PROJECT, env=env, text=True, capture_output=True
    )
    if done.returncode != 0:
        sys.exit(f"run exited {done.returncode}\n{done.stdout}{done.stderr}")
    (found,) = Path(folder, "history", "findings").rglob("*.jsonl.gz")
    findings = [json.loads(line) for line in gzip.decompress(found.read_bytes()).splitlines()]
    failing = {
        (one["ruleId"], name)
        for one in findings
        for name in names
        if one["ruleId"].startswith("principal-") and one["subject"]["id"] == arn_of(name)
    }
    return json.loads(done.stdout)["enriched"]["iamRoles"]["read"], failing


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    failures = 0
    try:
        create_roles(boto3.client("iam", endpoint_url=url, region_name=REGION, **KEYS))
        for how, names, more in [
            ("asked for one by one", ASKED, ""),
            ("listed", [*ASKED, *MANY], "\nrules: { idle-principal: { enabled: false } }"),
        ]:
            with tempfile.TemporaryDirectory() as folder:
                got = audit(url, folder, names, more)
            is_so = got == (len(names), EXPECTED)
            print(f"{'ok  ' if is_so else 'FAIL'} {len(names)} roles, {how}" + ("" if is_so else f": got {got!r}"))
            failures += not is_so
    finally:
        server.stop()
    if failures:
        sys.exit(f"{failures} did not hold")


main()
