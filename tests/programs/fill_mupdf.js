// Fills the fields of PDF forms with MuPDF: mutool run fill_mupdf.js JOBS
// JOBS is a list of {blank, target, steps: [{page, index, way, text}]}: places instead of names,
// which this program does not tell. Written in its own old JavaScript.
JSON.parse(read(scriptArgs[0])).forEach(function (job) {
  var document = new PDFDocument(job.blank);
  for (var number = 0; number < document.countPages(); ++number) {
    var page = document.loadPage(number);
    var widgets = page.getWidgets();
    job.steps.forEach(function (step) {
      if (step.page !== number) return;
      var widget = widgets[step.index];
      if (step.way === "text") widget.setTextValue(step.text);
      else if (step.way === "list") widget.setChoiceValue(step.text);
      else widget.toggle();
      widget.update();
    });
  }
  document.save(job.target, "compress");
});
