// Does something to a filled workbook with exceljs: node exceljs.cjs JOB
// JOB is {source, target, steps: [[what, field, ...]]}.
const fs = require("fs");
const ExcelJS = require("exceljs");

const STEPS = {
  set: (book, cell, value) => (cell.value = value),
  note: (book, cell, words) => (cell.note = { texts: [{ font: { bold: true }, text: "Reader:\n" }, { text: words }] }),
  beside: (book, cell, offset, value) => (sideways(cell, offset).value = value),
  rich: (book, cell, gone, kept) =>
    (cell.value = { richText: [{ font: { strike: true }, text: gone }, { text: kept }] }),
  strike: (book, cell) => (cell.style = { ...cell.style, font: { strike: true } }),
  link: (book, cell, text, target, tip) => (cell.value = { text, hyperlink: target, tooltip: tip }),
  formula: (book, cell, formula, result) => (cell.value = { formula, result }),
  error: (book, cell, error) => (cell.value = { error }),
  date: (book, cell, iso) => (cell.value = new Date(iso)),
  format: (book, cell, value, numFmt) => Object.assign(cell, { value, numFmt }),
  prompt: (book, cell, title, words) =>
    (cell.dataValidation = { type: "textLength", operator: "greaterThan", formulae: [0], allowBlank: true,
      showInputMessage: true, promptTitle: title, prompt: words }),
  picture: (book, cell, file) => {
    const image = book.addImage({ filename: file, extension: "png" });
    cell.worksheet.addImage(image, { tl: { col: cell.col - 1, row: cell.row - 1 }, ext: { width: 80, height: 20 } });
  },
  header: (book, cell, words) => (cell.worksheet.headerFooter.oddHeader = `&C${words}`),
  sheet: (book, cell, title, state, words) => {
    const sheet = book.addWorksheet(title, { state });
    sheet.getCell("A1").value = words;
  },
  insert: (book, cell, rows) => cell.worksheet.insertRows(cell.row, Array(rows).fill([])),
};

function sideways(cell, offset) {
  return cell.worksheet.getCell(cell.row, cell.col + offset);
}

function find(book, field) {
  const [place] = book.definedNames.getRanges(`fld_${field}`).ranges;
  const [, sheet, cell] = /^'?(.+?)'?!(.+)$/.exec(place);
  return book.getWorksheet(sheet).getCell(cell.replaceAll("$", ""));
}

async function main(path) {
  const { source, target, steps } = JSON.parse(fs.readFileSync(path, "utf8"));
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(source);
  for (const [what, field, ...rest] of steps) STEPS[what](book, find(book, field), ...rest);
  await book.xlsx.writeFile(target);
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
