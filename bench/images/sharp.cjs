// What `cargo xtask bench images` compares with: sharp, with one thread. Modules are found through NODE_PATH.
//
//   version           prints the versions of sharp and libvips
//   render FILE       renders the variant without end, with a line for each
//   encode FILE Q OUT renders the variant with this quality into a file, and prints its bytes
//   pixels FILE OUT   decodes a picture at full size into a file of RGB bytes, and prints width and height
const fs = require("node:fs");
const sharp = require("sharp");

sharp.concurrency(1);
sharp.cache(false);

const render = (source, quality) => sharp(source).resize(320).jpeg({ quality }).toBuffer();

const commands = {
  version: () => console.log(`sharp ${sharp.versions.sharp} with libvips ${sharp.versions.vips}`),
  render: async (file) => {
    const source = fs.readFileSync(file);
    for (;;) {
      const variant = await render(source, 80);
      fs.writeSync(1, `${variant.length}\n`);
    }
  },
  encode: async (file, quality, out) => {
    const variant = await render(file, Number(quality));
    fs.writeFileSync(out, variant);
    console.log(variant.length);
  },
  pixels: async (file, out) => {
    const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    fs.writeFileSync(out, data);
    console.log(`${info.width} ${info.height}`);
  },
};

const [, , command, ...args] = process.argv;
commands[command](...args);
