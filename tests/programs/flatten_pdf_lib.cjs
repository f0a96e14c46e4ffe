// Flattens PDF forms with pdf-lib: node flatten_pdf_lib.cjs FILE... FOLDER
const fs = require("fs");
const path = require("path");
const { PDFDocument, PDFCheckBox, PDFRadioGroup } = require("pdf-lib");

async function main(...files) {
  const folder = files.pop();
  for (const file of files) {
    const document = await PDFDocument.load(fs.readFileSync(file));
    const form = document.getForm();
    for (const field of form.getFields()) {
      // it stops at a button without a picture of its state "off", which needs none
      if (field instanceof PDFCheckBox || field instanceof PDFRadioGroup) {
        field.defaultUpdateAppearances();
      }
    }
    // texts look as the filling program drew them: pdf-lib's own font knows Latin alone
    form.flatten({ updateFieldAppearances: false });
    fs.writeFileSync(path.join(folder, path.basename(file)), await document.save());
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
