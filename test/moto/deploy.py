"""
Deploys the synthesised stack into moto, an emulator of AWS that nobody here wrote, as far as that takes it, and audits
into the bucket and the topic that come of it. `npm run moto`, with a Python that has moto[server].

The suite never needs it. Where moto is missing it says that nothing is proven, and exits 3.
"""

import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

try:
    import boto3
    from moto.cloudformation.parsing import resource_class_from_type
    from moto.server import ThreadedMotoServer
except ImportError as missing:
    print(f"SKIPPED, AND NOTHING IS PROVEN: {missing}. Install moto[server] for {sys.executable}.", file=sys.stderr)
    sys.exit(3)

PROJECT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "123456789012"
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
PATH = f"{PROJECT}/node_modules/.bin:{os.environ['PATH']}"

# Both write a line a request.
for name in ("werkzeug", "moto"):
    logging.getLogger(name).setLevel(logging.ERROR)

failures = []


def expect(what, got, wanted=True):
    is_so = got == wanted
    print(f"{'ok  ' if is_so else 'FAIL'} {what}" + ("" if is_so else f": got {got!r}, not {wanted!r}"))
    if not is_so:
        failures.append(what)


def synthesise():
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "CDK_OUTDIR": folder, "PATH": PATH}
        subprocess.run(["node", "bin/auditor.ts"], cwd=PROJECT, env=env, check=True, stderr=subprocess.DEVNULL)
        (template,) = Path(folder).glob("*.template.json")
        return json.loads(template.read_text())


def references(value):
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield item
            elif key == "Fn::GetAtt":
                yield item[0]
            else:
                yield from references(item)


def as_far_as_known(template):
    """Leaves out what moto's CloudFormation does not know, and what refers to that."""
    every = template["Resources"]
    known = {id: one for id, one in every.items() if resource_class_from_type(one["Type"]) is not None}

    def is_whole(value):
        return all(name in known or name not in every for name in references(value))

    while not all(is_whole(one.get("Properties")) for one in known.values()):
        known = {id: one for id, one in known.items() if is_whole(one.get("Properties"))}
    for one in known.values():
        one["DependsOn"] = [id for id in one.get("DependsOn", []) if id in known]
    outputs = {name: one for name, one in template["Outputs"].items() if is_whole(one)}
    left_out = Counter(one["Type"] for id, one in every.items() if id not in known)
    return {**template, "Resources": known, "Outputs": outputs}, left_out


def deploy(client, template):
    client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    client("s3").create_bucket(Bucket=ASSETS)
    code = io.BytesIO()
    zipfile.ZipFile(code, "w").close()
    for one in template["Resources"].values():
        key = one.get("Properties", {}).get("Code", {}).get("S3Key")
        if key is not None:
            client("s3").put_object(Bucket=ASSETS, Key=key, Body=code.getvalue())
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName="Auditor", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
    )
    (stack,) = cloudformation.describe_stacks(StackName="Auditor")["Stacks"]
    expect("the stack is created", stack["StackStatus"], "CREATE_COMPLETE")
    made = cloudformation.describe_stack_resources(StackName="Auditor")["StackResources"]
    expect("every resource that is known is made", len(made), len(template["Resources"]))
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    # The last eight characters of a logical id are a hash.
    ids = {one["LogicalResourceId"][:-8]: one["PhysicalResourceId"] for one in made}
    return outputs, ids


def rule_of(rule):
    """Writes a rule of the template in the words of the API."""
    (tag,) = rule.get("TagFilters", [None])
    moves = [{"Days": one["TransitionInDays"], "StorageClass": one["StorageClass"]} for one in rule.get("Transitions", [])]
    return {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")} if tag is None else {"Tag": tag},
        **({"Transitions": moves} if moves else {}),
        **{name: rule[name] for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload") if name in rule},
    }


def keep_as_said(s3, bucket, properties):
    """Sets what CloudFormation would: moto's makes a bucket of its encryption and its tags alone."""
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=properties["ObjectLockEnabled"])
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=properties["VersioningConfiguration"])
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=properties["ObjectLockConfiguration"])
    blocks = properties["PublicAccessBlockConfiguration"]
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocks)
    rules = [rule_of(one) for one in properties["LifecycleConfiguration"]["Rules"]]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def check_deployed(client, template, outputs, ids):
    """Asks the services themselves what has become of what guards the evidence."""
    s3, bucket = client("s3"), outputs["BucketName"]
    expect("the archive is versioned", s3.get_bucket_versioning(Bucket=bucket).get("Status"), "Enabled")
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    retention = lock.get("Rule", {}).get("DefaultRetention", {})
    expect("the archive locks for seven years", (retention.get("Mode"), retention.get("Days")), ("GOVERNANCE", 2557))
    blocks = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    expect("nothing of it is public", list(blocks.values()), [True] * 4)
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    ended = [one for one in rules if "NoncurrentVersionExpiration" in one]
    expect("old versions of hints end, and of nothing else", [one["ID"] for one in ended], ["old-hints"])
    key = ids["EncryptionKey"]
    expect("the key rotates", client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
    functions = client("lambda").list_functions()["Functions"]
    meant = [one for one in template["Resources"].values() if one["Type"] == "AWS::Lambda::Function"]
    expect("the functions are there", len(functions), len(meant))
    for one in functions:
        role = client("iam").get_role(RoleName=one["Role"].split("/")[-1])["Role"]
        trusted = [one["Principal"] for one in role["AssumeRolePolicyDocument"]["Statement"]]
        expect(f"Lambda alone takes the role of {one['FunctionName'][:40]}", trusted, [{"Service": "lambda.amazonaws.com"}])
    shared = client("ssm").get_parameters_by_path(Path="/finspace-user-auditor", Recursive=True)["Parameters"]
    meant = [one for one in template["Resources"].values() if one["Type"] == "AWS::SSM::Parameter"]
    expect("further stacks find what they share", len(shared), len(meant))


def audit(url, *words):
    """Runs the command line against moto and a simulated FinSpace; gives exit code and output."""
    simulator = subprocess.Popen(
        ["node", "bin/finspace-audit.js", "simulate", "--port", "0", "--users", "50", "--json"],
        cwd=PROJECT,
        env={**os.environ, "PATH": PATH},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        access = json.loads(simulator.stdout.readline())
        env = {
            **os.environ,
            "PATH": PATH,
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_FINSPACE_DATA": access["url"],
            "AWS_ACCESS_KEY_ID": access["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": access["secretAccessKey"],
        }
        env.pop("AWS_SESSION_TOKEN", None)
        run = ["run", "--environment", access["environmentId"], "--account", ACCOUNT, "--region", REGION]
        done = subprocess.run(
            ["node", "bin/finspace-audit.js", *run, *words], cwd=PROJECT, env=env, text=True, capture_output=True
        )
        return done.returncode, done.stdout + done.stderr
    finally:
        simulator.terminate()
        simulator.wait()


def check_audits(client, url, outputs):
    """Audits two nights into what was deployed, and asks S3 how their objects are kept."""
    s3, bucket = client("s3"), outputs["BucketName"]
    words = ["--bucket", bucket, "--topic", outputs["TopicArn"]]
    code, told = audit(url, *words)
    expect("a run that nobody would hear of exits 2, and says so", (code, "nobody hears" in told), (2, True))
    client("sqs").create_queue(QueueName="somebody")
    client("sns").subscribe(
        TopicArn=outputs["TopicArn"], Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:somebody"
    )
    code, told = audit(url, *words)
    expect("one that somebody would hear of exits 0", code, 0)
    if code != 0:
        print(told)

    versions = s3.list_object_versions(Bucket=bucket).get("Versions", [])
    kept = {}
    for one in versions:
        head = s3.head_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
        days = round((head["ObjectLockRetainUntilDate"] - head["LastModified"]).total_seconds() / 86_400)
        kept.setdefault("page" if one["Key"].endswith("/index.html") else "evidence", set()).add(days)
    expect("pages about all runs are kept for a day, evidence for years", kept, {"page": {1}, "evidence": {2557}})
    pages = [one for one in versions if one["Key"].endswith("/index.html") and one["IsLatest"]]
    tags = s3.get_object_tagging(Bucket=bucket, Key=pages[0]["Key"])["TagSet"]
    expect("the page has the tag of the rule", tags, [{"Key": "kept", "Value": "briefly"}])


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"

    def client(service):
        keys = {"aws_access_key_id": "moto", "aws_secret_access_key": "moto"}
        return boto3.client(service, endpoint_url=url, region_name=REGION, **keys)

    try:
        whole = synthesise()
        template, left_out = as_far_as_known(whole)
        outputs, ids = deploy(client, template)
        (archive,) = [one for id, one in template["Resources"].items() if id.startswith("ArchiveBucket")]
        keep_as_said(client("s3"), outputs["BucketName"], archive["Properties"])
        check_deployed(client, template, outputs, ids)
        check_audits(client, url, outputs)
    finally:
        server.stop()
    names = ", ".join(f"{count} {name}" for name, count in sorted(left_out.items()))
    print(f"{len(template['Resources'])} of {len(whole['Resources'])} resources; moto does not take, so nothing is proven of: {names}")
    if failures:
        sys.exit(f"{len(failures)} did not hold")


main()
