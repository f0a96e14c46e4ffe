// Fills the fields of a PDF with pdf.js, as Firefox does: node fill_pdfjs.mjs SOURCE ANSWERS TARGET
import fs from "fs";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";

const [source, list, target] = process.argv.slice(2);
const answers = JSON.parse(fs.readFileSync(list, "utf8"));
const loading = getDocument({ data: new Uint8Array(fs.readFileSync(source)), verbosity: 0 });
const pdf = await loading.promise;
const fields = await pdf.getFieldObjects();
for (const [name, answer] of Object.entries(answers)) {
  const widgets = fields[name].filter((field) => field.type !== undefined && field.type !== "");
  for (const widget of widgets) {
    if (widget.type === "checkbox") pdf.annotationStorage.setValue(widget.id, { value: true });
    else if (widget.type === "radiobutton") {
      const chosen = widget.exportValues === answer;
      pdf.annotationStorage.setValue(widget.id, { value: chosen });
    } else pdf.annotationStorage.setValue(widget.id, { value: answer });
  }
}
fs.writeFileSync(target, await pdf.saveDocument());
await loading.destroy();
