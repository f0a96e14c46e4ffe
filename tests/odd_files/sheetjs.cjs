// Does something to a filled workbook with SheetJS and saves it in a format: node sheetjs.cjs JOB
// JOB is {source, target, type, steps: [[what, field, ...]]}.
const fs = require("fs");
const XLSX = require("xlsx");

const { source, target, type, steps } = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const book = XLSX.readFile(source, { cellStyles: true });

function place(field) {
  const { Ref } = book.Workbook.Names.find(({ Name }) => Name === `fld_${field}`);
  const [, sheet, cell] = /^'?(.+?)'?!(.+)$/.exec(Ref);
  return [book.Sheets[sheet], cell.replaceAll("$", ""), sheet];
}

for (const [what, field, ...rest] of steps) {
  const [sheet, cell] = place(field);
  const at = XLSX.utils.decode_cell(cell);
  if (what === "set") sheet[cell] = rest[0];
  else if (what === "comment") {
    sheet[cell].c = [{ a: "reader", t: rest[0], T: Boolean(rest[1]) }];
    sheet[cell].c.hidden = true;
  } else if (what === "beside") {
    sheet[XLSX.utils.encode_cell({ r: at.r, c: at.c + rest[0] })] = { t: "s", v: rest[1] };
    const range = XLSX.utils.decode_range(sheet["!ref"]);
    range.e.c = Math.max(range.e.c, at.c + rest[0]);
    sheet["!ref"] = XLSX.utils.encode_range(range);
  } else if (what === "sheet") {
    XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([[rest[1]]]), rest[0]);
  } else if (what === "only") {
    // the form sheet alone, as a service exports it
    const [, , name] = place(field);
    book.SheetNames = book.SheetNames.filter((one) => one === name);
    delete book.Workbook;
  } else if (what === "table") {
    // rows of questions and answers in a new workbook, as a service exports what it stored
    const rows = XLSX.utils.sheet_to_json(sheet, { header: 1, defval: null });
    const [, , name] = place(field);
    book.SheetNames = [name];
    book.Sheets = { [name]: XLSX.utils.aoa_to_sheet(rows.map((row) => row.slice(0, 4))) };
    delete book.Workbook;
  }
}
XLSX.writeFile(book, target, { bookType: type });
