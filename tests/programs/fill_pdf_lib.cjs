// Fills the fields of PDF forms with pdf-lib: node fill_pdf_lib.cjs JOBS FONT
// JOBS is a list of {blank, target, entries: [{field, text, code, way}]}; FONT draws what the
// fourteen fonts of every PDF reader cannot.
const fs = require("fs");
const { PDFDocument, PDFCheckBox, PDFDropdown, PDFRadioGroup, PDFTextField } = require("pdf-lib");
const fontkit = require("@pdf-lib/fontkit");

async function fill(job, font) {
  const document = await PDFDocument.load(fs.readFileSync(job.blank));
  const form = document.getForm();
  for (const { field: name, text, code } of job.entries) {
    const field = form.getField(name);
    if (field instanceof PDFCheckBox) field.check();
    else if (field instanceof PDFDropdown) field.select(text);
    else if (field instanceof PDFRadioGroup) field.select(code);
    else if (field instanceof PDFTextField) field.setText(text);
    else throw new Error(`no way to fill ${name}`);
  }
  try {
    form.updateFieldAppearances();
  } catch {
    // "WinAnsi cannot encode": a font of one's own is needed, whole, for cut ones lose letters
    document.registerFontkit(fontkit);
    form.updateFieldAppearances(await document.embedFont(font));
  }
  fs.writeFileSync(job.target, await document.save());
}

async function main(jobs, fontFile) {
  const font = fs.readFileSync(fontFile);
  for (const job of JSON.parse(fs.readFileSync(jobs, "utf8"))) await fill(job, font);
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
