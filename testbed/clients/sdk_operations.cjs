// Performs operations with the AWS SDK for JavaScript: a line of JSON for each, and a line for its result.
//
// Usage: node sdk_operations.cjs ENDPOINT BUCKET

const fs = require('node:fs');
const readline = require('node:readline');
const { pipeline } = require('node:stream/promises');
const {
  S3Client, PutObjectCommand, GetObjectCommand, ListObjectsV2Command, CopyObjectCommand, DeleteObjectsCommand,
} = require('@aws-sdk/client-s3');
const { Upload } = require('@aws-sdk/lib-storage');
const { getSignedUrl } = require('@aws-sdk/s3-request-presigner');

const [endpoint, Bucket] = process.argv.slice(2);
const s3 = new S3Client({ endpoint, forcePathStyle: true });
const encoded = (key) => key.split('/').map(encodeURIComponent).join('/');

const OPERATIONS = {
  // A stream, whose checksum comes as a trailer.
  put: ({ key, file }) => s3.send(new PutObjectCommand({
    Bucket, Key: key, Body: fs.createReadStream(file), ContentLength: fs.statSync(file).size,
  })),
  get: async ({ key, file }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
    await pipeline(Body, fs.createWriteStream(file));
  },
  list: async ({ prefix }) => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
    return Contents.map((entry) => entry.Key).join('\n');
  },
  copy: ({ key, from }) => s3.send(new CopyObjectCommand({
    Bucket, Key: key, CopySource: `${Bucket}/${encoded(from)}`,
  })),
  multipart: ({ key, file }) => new Upload({
    client: s3, params: { Bucket, Key: key, Body: fs.createReadStream(file) }, partSize: 5 * 1024 * 1024,
  }).done(),
  presign_get: ({ key }) => getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: key }), { expiresIn: 600 }),
  presign_put: ({ key }) => getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: key }), { expiresIn: 600 }),
  delete: ({ key }) => s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: key }] } })),
};

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      const result = await OPERATIONS[request.do](request);
      answer = { result: typeof result === 'string' ? result : '' };
    } catch (error) {
      answer = { error: `${error.name}: ${error.message}` };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

main();
