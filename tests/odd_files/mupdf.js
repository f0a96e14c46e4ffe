// Adds annotations to a PDF with MuPDF: mutool run mupdf.js JOB
// JOB is {source, target, steps: [{page, type, rect, words, apply}]}; places count from the top.
var job = JSON.parse(read(scriptArgs[0]));
var document = new PDFDocument(job.source);
job.steps.forEach(function (step) {
  var page = document.loadPage(step.page);
  var r = step.rect;
  var note = page.createAnnotation(step.type);
  if (step.type === "Highlight" || step.type === "StrikeOut" || step.type === "Underline")
    note.setQuadPoints([[r[0], r[1], r[2], r[1], r[0], r[3], r[2], r[3]]]);
  else if (step.type === "Ink")
    note.setInkList([[[r[0] + 2, r[1] + 4], [r[0] + 30, r[3] - 2], [r[0] + 60, r[1] + 4]]]);
  else note.setRect(r);
  if (step.words) note.setContents(step.words);
  note.update();
  if (step.apply) page.applyRedactions();
});
document.save(job.target, job.saving || "compress");
