"""Opens a mail as a mail program does: writes its HTML with its pictures beside it, and says what its head and parts are.

    open.py MAIL FOLDER
"""

import email.policy
import email.parser
import json
import pathlib
import re
import sys

mail = email.parser.BytesParser(policy=email.policy.default).parsebytes(pathlib.Path(sys.argv[1]).read_bytes())
folder = pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
html = mail.get_body(("html",)).get_content()
pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
for number, picture in enumerate(pictures, 1):
    name = f"picture-{number}.png"
    (folder / name).write_bytes(picture.get_content())
    html = html.replace("cid:" + picture["Content-ID"].strip("<>"), name)
(folder / "mail.html").write_text(html)
# The same in a frame as wide as a telephone, and what a script sees in it.
(folder / "phone.html").write_text(
    """<!DOCTYPE html><title>?</title><body style="margin:0">
<iframe src="mail.html" style="border:0;width:400px;height:900px"></iframe>
<script>
document.querySelector("iframe").onload = event => {
  const page = event.target.contentDocument;
  const widths = [...page.images].map(image => image.naturalWidth);
  document.title = `pictures ${widths.join(" ")} width ${page.documentElement.scrollWidth}`;
};
</script>"""
)
text = mail.get_body(("plain",)).get_content()
(folder / "mail.txt").write_text(text)
facts = {
    "subject": mail["Subject"],
    "from": mail["From"],
    "to": mail["To"],
    "id": mail["Message-ID"],
    "auto": mail["Auto-Submitted"],
    "defects": [str(defect) for part in mail.walk() for defect in part.defects],
    "structure": [part.get_content_type() for part in mail.walk()],
    "pictures": len(pictures),
    "strangers": re.findall(r'(?:src|href)="(?!picture-)([^"]*)', html),
}
print(json.dumps(facts, ensure_ascii=False))
