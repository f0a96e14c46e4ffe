// Flattens PDF forms with pdf-lib: node flatten_pdf_lib.cjs FILE... FOLDER
const fs = require("fs");
const path = require("path");
const { PDFDocument } = require("pdf-lib");

async function main(...files) {
  const folder = files.pop();
  for (const file of files) {
    const document = await PDFDocument.load(fs.readFileSync(file));
    // the looks that the filling program drew are kept: pdf-lib's own font knows Latin alone
    document.getForm().flatten({ updateFieldAppearances: false });
    fs.writeFileSync(path.join(folder, path.basename(file)), await document.save());
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
