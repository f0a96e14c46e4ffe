// Fills the named cells of workbooks with exceljs: node fill_exceljs.cjs JOBS
const fs = require("fs");
const ExcelJS = require("exceljs");

async function fill({ blank, target, entries }) {
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(blank);
  for (const { field, text } of entries) {
    const [place] = book.definedNames.getRanges(`fld_${field}`).ranges;
    const [, sheet, cell] = /^'?(.+?)'?!(.+)$/.exec(place);
    book.getWorksheet(sheet).getCell(cell.replaceAll("$", "")).value = text;
  }
  await book.xlsx.writeFile(target);
}

async function main(list) {
  for (const job of JSON.parse(fs.readFileSync(list, "utf8"))) await fill(job);
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
