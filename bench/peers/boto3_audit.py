"""What a script would do instead: list the users with boto3, and judge each by three rules written by hand.

It compares with no earlier night and writes one file. Prints what it took as JSON.
"""

import json
import os
import sys
import tempfile
import time

import boto3

url, as_of_ms = sys.argv[1], int(sys.argv[2])
DAY_MS = 86_400_000
started = time.perf_counter()
client = boto3.client(
    "finspace-data",
    region_name="us-east-1",
    endpoint_url=url,
    aws_access_key_id="AKIDBENCH",
    aws_secret_access_key="secret",
)


def milliseconds(value):
    """boto3 gives times as numbers or as datetimes, by its version."""
    return value.timestamp() * 1000 if hasattr(value, "timestamp") else value


users, findings, token = 0, [], None
while True:
    page = client.list_users(maxResults=100, **({"nextToken": token} if token else {}))
    for user in page["users"]:
        users += 1
        if user.get("status") == "ENABLED" and user.get("lastLoginTime"):
            if as_of_ms - milliseconds(user["lastLoginTime"]) > 90 * DAY_MS:
                findings.append({"rule": "stale-login", "user": user["userId"]})
        if user.get("type") == "SUPER_USER" and user.get("apiAccess") == "ENABLED":
            findings.append({"rule": "super-user-api-access", "user": user["userId"]})
        if user.get("status") == "DISABLED" and user.get("apiAccess") == "ENABLED":
            findings.append({"rule": "disabled-user-api-access", "user": user["userId"]})
    token = page.get("nextToken")
    if not token:
        break

with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "findings.json"), "w", encoding="utf-8") as file:
        json.dump(findings, file)
print(json.dumps({"users": users, "wallSeconds": time.perf_counter() - started}))
