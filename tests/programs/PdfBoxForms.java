// Fills and flattens PDF forms with PDFBox:
//   java -cp pdfbox.jar PdfBoxForms.java fill FONT JOBS
//   java -cp pdfbox.jar PdfBoxForms.java flatten JOBS
// JOBS has a line for each file: the path to read, the path to write and, after further tabs, pairs of
// the name of a field and its value as UTF-8 in Base64. FONT draws what Helvetica cannot.
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.font.PDType0Font;
import org.apache.pdfbox.pdmodel.interactive.form.PDAcroForm;
import org.apache.pdfbox.pdmodel.interactive.form.PDField;
import org.apache.pdfbox.pdmodel.interactive.form.PDVariableText;

class PdfBoxForms {
    public static void main(String[] arguments) throws Exception {
        boolean fills = arguments[0].equals("fill");
        for (String line : Files.readAllLines(Path.of(arguments[arguments.length - 1]))) {
            String[] parts = line.split("\t");
            try (PDDocument document = PDDocument.load(new File(parts[0]))) {
                PDAcroForm form = document.getDocumentCatalog().getAcroForm();
                if (fills) {
                    COSName font = null;
                    for (int at = 2; at + 1 < parts.length; at += 2) {
                        byte[] value = Base64.getDecoder().decode(parts[at + 1]);
                        String text = new String(value, StandardCharsets.UTF_8);
                        font = set(document, form.getField(parts[at]), text, arguments[1], font);
                    }
                } else if (form != null) {
                    form.flatten();
                }
                document.save(parts[1]);
            }
        }
    }

    /** Set a value; where the font of the field has no glyph for it, with a font of one's own. */
    private static COSName set(
            PDDocument document, PDField field, String text, String file, COSName font)
            throws Exception {
        try {
            field.setValue(text);
            return font;
        } catch (IllegalArgumentException error) {
            if (!(field instanceof PDVariableText)) throw error;
        }
        if (font == null) {
            PDType0Font whole = PDType0Font.load(document, Files.newInputStream(Path.of(file)), false);
            font = document.getDocumentCatalog().getAcroForm().getDefaultResources().add(whole);
        }
        ((PDVariableText) field).setDefaultAppearance("/" + font.getName() + " 10 Tf 0 g");
        field.setValue(text);
        return font;
    }
}
