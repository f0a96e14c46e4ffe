// Fills the fields of PDF forms with pdf.js, as Firefox does: node fill_pdfjs.mjs JOBS
// JOBS is a list of {blank, target, entries: [{field, text, code, way}]}.
import fs from "fs";
import { createRequire } from "module";
import { pathToFileURL } from "url";

const found = createRequire(import.meta.url).resolve("pdfjs-dist/legacy/build/pdf.mjs");
const { getDocument } = await import(pathToFileURL(found).href);

function valueOf(widget, { text, code }) {
  if (widget.type === "checkbox") return true;
  if (widget.type === "radiobutton") return widget.exportValues === code;
  return widget.type === "combobox" ? code : text;
}

for (const job of JSON.parse(fs.readFileSync(process.argv[2], "utf8"))) {
  const loading = getDocument({ data: new Uint8Array(fs.readFileSync(job.blank)), verbosity: 0 });
  const pdf = await loading.promise;
  const fields = await pdf.getFieldObjects();
  for (const entry of job.entries) {
    for (const widget of fields[entry.field].filter((field) => field.type)) {
      pdf.annotationStorage.setValue(widget.id, { value: valueOf(widget, entry) });
    }
  }
  fs.writeFileSync(job.target, await pdf.saveDocument());
  await loading.destroy();
}
