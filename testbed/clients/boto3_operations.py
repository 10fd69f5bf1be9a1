"""Performs operations with boto3: a line of JSON for each, and a line for its result.

Usage: boto3_operations.py ENDPOINT BUCKET
"""

import json
import sys

import boto3
from boto3.s3.transfer import TransferConfig

endpoint, bucket = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint)
in_parts = TransferConfig(multipart_threshold=5 * 1024 * 1024, multipart_chunksize=5 * 1024 * 1024)


def put(key, file):
    with open(file, "rb") as content:
        s3.put_object(Bucket=bucket, Key=key, Body=content)


def get(key, file):
    s3.download_file(bucket, key, file)


def list_keys(prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return "\n".join(entry["Key"] for page in pages for entry in page.get("Contents", []))


def copy(key, source):
    s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": source})


def presign(method, key):
    return s3.generate_presigned_url(method, Params={"Bucket": bucket, "Key": key}, ExpiresIn=600)


OPERATIONS = {
    "put": lambda request: put(request["key"], request["file"]),
    "get": lambda request: get(request["key"], request["file"]),
    "list": lambda request: list_keys(request["prefix"]),
    "copy": lambda request: copy(request["key"], request["from"]),
    "multipart": lambda request: s3.upload_file(request["file"], bucket, request["key"], Config=in_parts),
    "presign_get": lambda request: presign("get_object", request["key"]),
    "presign_put": lambda request: presign("put_object", request["key"]),
    "delete": lambda request: s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": request["key"]}]}),
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        result = OPERATIONS[request["do"]](request)
        answer = {"result": result if isinstance(result, str) else ""}
    except Exception as error:  # Whatever it is, the table shows it.
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
