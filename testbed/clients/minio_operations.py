"""Performs operations with minio-py: a line of JSON for each, and a line for its result.

Usage: minio_operations.py ENDPOINT BUCKET
"""

import datetime
import json
import os
import sys
import urllib.parse

import minio
import urllib3
from minio.commonconfig import CopySource

endpoint, bucket = sys.argv[1:]
url = urllib.parse.urlparse(endpoint)
s3 = minio.Minio(
    url.netloc,
    access_key=os.environ["AWS_ACCESS_KEY_ID"],
    secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    region=os.environ["AWS_REGION"],
    secure=url.scheme == "https",
    http_client=urllib3.PoolManager(ca_certs=os.environ["AWS_CA_BUNDLE"]),
)
PART_SIZE = 5 * 1024 * 1024
VALID_FOR = datetime.timedelta(minutes=10)


def list_keys(prefix):
    return "\n".join(entry.object_name for entry in s3.list_objects(bucket, prefix=prefix, recursive=True))


OPERATIONS = {
    "put": lambda request: s3.fput_object(bucket, request["key"], request["file"]),
    "get": lambda request: s3.fget_object(bucket, request["key"], request["file"]),
    "list": lambda request: list_keys(request["prefix"]),
    "copy": lambda request: s3.copy_object(bucket, request["key"], CopySource(bucket, request["from"])),
    "multipart": lambda request: s3.fput_object(bucket, request["key"], request["file"], part_size=PART_SIZE),
    "presign_get": lambda request: s3.presigned_get_object(bucket, request["key"], expires=VALID_FOR),
    "presign_put": lambda request: s3.presigned_put_object(bucket, request["key"], expires=VALID_FOR),
    "delete": lambda request: s3.remove_object(bucket, request["key"]),
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        result = OPERATIONS[request["do"]](request)
        answer = {"result": result if isinstance(result, str) else ""}
    except Exception as error:  # Whatever it is, the table shows it.
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
