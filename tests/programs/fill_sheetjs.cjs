// Fills the named cells of workbooks with SheetJS: node fill_sheetjs.cjs JOBS
const fs = require("fs");
const XLSX = require("xlsx");

for (const { blank, target, entries } of JSON.parse(fs.readFileSync(process.argv[2], "utf8"))) {
  const book = XLSX.readFile(blank);
  const places = new Map(book.Workbook.Names.map(({ Name, Ref }) => [Name, Ref]));
  for (const { field, text } of entries) {
    const [, sheet, cell] = /^'?(.+?)'?!(.+)$/.exec(places.get(`fld_${field}`));
    book.Sheets[sheet][cell.replaceAll("$", "")] = { t: "s", v: text };
  }
  XLSX.writeFile(book, target);
}
