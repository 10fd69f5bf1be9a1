// Runs the jobs in the JSON document on standard input with sharp, one after the other.
//
//   {"make": "webp", "raw": FILE, "width": W, "height": H, "out": FILE}   pixels in RGB to a source
//   {"render": FILE, "resize": {…}, "out": FILE}                          a source to pixels in RGBA, upright, in sRGB
//
// Prints a line with width and height for each job of the second kind.

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const sharp = createRequire(process.argv[2] + "/")("sharp");

const make = {
  webp: (image) => image.webp({ quality: 90 }),
  gif: (image) => image.gif(),
  cmyk: (image) => image.toColourspace("cmyk").jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  "cmyk with a profile": (image) =>
    image.toColourspace("cmyk").withIccProfile("cmyk").jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  "p3 with a profile": (image) => image.withIccProfile("p3").jpeg({ quality: 95 }),
};

for (const job of JSON.parse(await text(process.stdin))) {
  if (job.make) {
    const raw = { width: job.width, height: job.height, channels: 3 };
    await make[job.make](sharp(await readFile(job.raw), { raw })).toFile(job.out);
    continue;
  }
  // Decoded at full size first. From a JPEG or WebP of a smaller scale, sharp's result is shifted by up to half a pixel,
  // because it takes the last row and column for whole ones.
  const full = await sharp(job.render).autoOrient().toColourspace("srgb").png({ compressionLevel: 0 }).toBuffer();
  const { data, info } = await sharp(full)
    .resize({ withoutEnlargement: true, ...job.resize })
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  await writeFile(job.out, data);
  console.log(`${info.width} ${info.height}`);
}
