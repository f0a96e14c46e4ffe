// Does something to a filled PDF form with pdf-lib: node pdf_lib.cjs JOB
// JOB is {source, target, steps: [[what, ...]]}; places are those of the file.
const fs = require("fs");
const { PDFDocument, PDFHexString, PDFName, StandardFonts, degrees, rgb } = require("pdf-lib");

const STEPS = {
  async text(document, page, x, y, words, size) {
    const font = await document.embedFont(StandardFonts.Helvetica);
    document.getPage(page).drawText(words, { x, y, size: size || 10, font, color: rgb(0, 0, 0.6) });
    return document;
  },
  async everywhere(document, x, fromTop, words, turn) {
    const font = await document.embedFont(StandardFonts.Helvetica);
    for (const page of document.getPages()) {
      const look = { x, y: page.getHeight() - fromTop, size: turn ? 60 : 8, font, opacity: turn ? 0.2 : 1 };
      page.drawText(words, turn ? { ...look, rotate: degrees(turn) } : look);
    }
    return document;
  },
  async box(document, page, x, y, width, height) {
    document.getPage(page).drawRectangle({ x, y, width, height, color: rgb(1, 1, 1) });
    return document;
  },
  async picture(document, page, x, y, file) {
    const image = await document.embedPng(fs.readFileSync(file));
    document.getPage(page).drawImage(image, { x, y, width: 120, height: 24 });
    return document;
  },
  async set(document, field, words) {
    document.getForm().getTextField(field).setText(words);
    return document;
  },
  async hint(document, field, words) {
    const dict = document.getForm().getTextField(field).acroField.dict;
    dict.set(PDFName.of("TU"), PDFHexString.fromText(words));
    return document;
  },
  async flatten(document) {
    document.getForm().flatten();
    return document;
  },
  async turn(document, angle) {
    for (const page of document.getPages()) page.setRotation(degrees(angle));
    return document;
  },
  async crop(document, x, y, width, height) {
    for (const page of document.getPages()) page.setCropBox(x, y, width, height);
    return document;
  },
  async cover(document, words) {
    const font = await document.embedFont(StandardFonts.Helvetica);
    document.insertPage(0, [595, 842]).drawText(words, { x: 60, y: 700, size: 12, font });
    return document;
  },
  async copied(document) {
    const other = await PDFDocument.create();
    for (const page of await other.copyPages(document, document.getPageIndices())) other.addPage(page);
    return other;
  },
  async two(document) {
    document.getForm().flatten();
    const flat = await PDFDocument.load(await document.save());
    const other = await PDFDocument.create();
    const pages = await other.embedPdf(flat, flat.getPageIndices());
    for (let at = 0; at < pages.length; at += 2) {
      const sheet = other.addPage([842, 595]);
      pages.slice(at, at + 2).forEach((page, n) => sheet.drawPage(page, { x: n * 421, y: 0, width: 421, height: 595 }));
    }
    return other;
  },
  async attach(document, name, words) {
    await document.attach(Buffer.from(words), name, { mimeType: "text/plain" });
    return document;
  },
  async subject(document, words) {
    document.setSubject(words);
    return document;
  },
};

async function main(path) {
  const { source, target, steps } = JSON.parse(fs.readFileSync(path, "utf8"));
  let document = await PDFDocument.load(fs.readFileSync(source));
  for (const [what, ...rest] of steps) document = await STEPS[what](document, ...rest);
  fs.writeFileSync(target, await document.save({ updateFieldAppearances: false }));
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
