// Adds what the editor of pdf.js adds, as Firefox does: node pdfjs.mjs JOB
// JOB is {source, target, notes: [{...}]} with the values that the editor keeps.
import fs from "fs";
import { createRequire } from "module";
import { pathToFileURL } from "url";

const found = createRequire(import.meta.url).resolve("pdfjs-dist/legacy/build/pdf.mjs");
const { getDocument } = await import(pathToFileURL(found).href);
const { source, target, notes } = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const loading = getDocument({ data: new Uint8Array(fs.readFileSync(source)), verbosity: 0 });
const pdf = await loading.promise;
notes.forEach((note, index) => {
  if (note.paths) {
    note.paths = { lines: note.paths.lines.map((line) => Float32Array.from(line)), points: note.paths.points.map((line) => Float32Array.from(line)) };
  }
  pdf.annotationStorage.setValue(`pdfjs_internal_editor_${index}`, note);
});
fs.writeFileSync(target, await pdf.saveDocument());
await loading.destroy();
