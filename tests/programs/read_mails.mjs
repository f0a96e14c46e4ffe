// Read mails with postal-mime: a JSON list of paths in, a JSON list of what each says out.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";

const require = createRequire(`${process.env.NODE_PATH}/`);
const PostalMime = require("postal-mime").default ?? require("postal-mime");
const [paths, target] = process.argv.slice(2);
const read = [];
for (const path of JSON.parse(readFileSync(paths, "utf8"))) {
  const mail = await new PostalMime().parse(readFileSync(path));
  read.push({
    subject: mail.subject,
    from: mail.from,
    to: mail.to,
    text: mail.text,
    html: mail.html,
    files: mail.attachments.map(file => ({
      name: file.filename,
      type: file.mimeType,
      size: file.content.byteLength,
    })),
  });
}
writeFileSync(target, JSON.stringify(read));
