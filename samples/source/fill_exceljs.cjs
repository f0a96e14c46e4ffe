// Fills the named cells of a workbook with exceljs: node fill_exceljs.cjs SOURCE ANSWERS TARGET
const fs = require("fs");
const ExcelJS = require("exceljs");

async function main(source, list, target) {
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(source);
  for (const [name, text] of Object.entries(JSON.parse(fs.readFileSync(list, "utf8")))) {
    const [place] = book.definedNames.getRanges(name).ranges;
    const [, sheet, cell] = /^'?(.+?)'?!(.+)$/.exec(place);
    book.getWorksheet(sheet).getCell(cell.replaceAll("$", "")).value = text;
  }
  await book.xlsx.writeFile(target);
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
