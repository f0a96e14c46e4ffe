// Fills the fields of a PDF with pdf-lib: node fill_pdf_lib.cjs SOURCE ANSWERS TARGET
const fs = require("fs");
const { PDFDocument, PDFCheckBox, PDFDropdown, PDFRadioGroup, PDFTextField } = require("pdf-lib");

async function main(source, list, target) {
  const document = await PDFDocument.load(fs.readFileSync(source));
  const form = document.getForm();
  for (const [name, answer] of Object.entries(JSON.parse(fs.readFileSync(list, "utf8")))) {
    const field = form.getField(name);
    if (field instanceof PDFCheckBox) field.check();
    else if (field instanceof PDFDropdown || field instanceof PDFRadioGroup) field.select(answer);
    else if (field instanceof PDFTextField) field.setText(answer);
    else throw new Error(`no way to fill ${name}`);
  }
  fs.writeFileSync(target, await document.save());
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
