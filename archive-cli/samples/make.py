"""Makes the sample documents of `chartrier demo`. Everything in them is invented. Needs Pillow for the photographs.

    python3 make.py        writes into fr/ and en/ beside this file
"""

import io
import math
import pathlib
import random
import zipfile
from email.message import EmailMessage
from email.utils import format_datetime
from datetime import datetime, timedelta, timezone

from PIL import Image, ImageDraw, ImageFilter

HERE = pathlib.Path(__file__).parent


def pdf(title, author, lines):
    """One page of Helvetica, in the encoding that every reader knows."""
    def text(value):
        return value.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")

    content = b"BT /F1 20 Tf 72 760 Td (" + text(title) + b") Tj /F1 11 Tf 0 -14 Td\n"
    for line in lines:
        content += b"0 -18 Td (" + text(line) + b") Tj\n"
    content += b"ET\n0.2 0.4 0.3 RG 2 w 72 745 m 523 745 l S\n"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Title (" + text(title) + b") /Author (" + text(author) + b") /CreationDate (D:20260504090000+02'00') >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer << /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def docx(title, author, paragraphs):
    """The smallest Word document that Word opens."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    escape = lambda value: value.replace("&", "&amp;").replace("<", "&lt;")
    body = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in [title, *paragraphs])
    files = {
        "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
        '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
        "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        '<Relationship Id="b" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>',
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
        "docProps/core.xml": '<?xml version="1.0"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<dc:title>{escape(title)}</dc:title><dc:creator>{escape(author)}</dc:creator>'
        '<dcterms:modified xsi:type="dcterms:W3CDTF">2026-03-02T08:00:00Z</dcterms:modified></cp:coreProperties>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in files.items():
            container.writestr(zipfile.ZipInfo(name, (2026, 3, 2, 8, 0, 0)), content)
    return out.getvalue()


def message(sender, to, subject, when, body, attachment=None):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"], mail["Message-ID"] = format_datetime(when), f"<{int(when.timestamp())}@maison.example>"
    mail.set_content(body)
    if attachment:
        name, kind, content = attachment
        mail.add_attachment(content, maintype="application", subtype=kind, filename=name)
        mail.set_boundary("=-limite-=")
    return mail.as_bytes()


def photo(seed, description, when):
    """A garden that nobody has planted: sky, lawn, flowers."""
    draw_of = random.Random(seed)
    picture = Image.new("RGB", (960, 640))
    draw = ImageDraw.Draw(picture)
    for row in range(640):
        sky = (135 + row // 8, 180 + row // 12, 225)
        lawn = (60 + row // 10, 120 + row // 14, 50)
        draw.line([(0, row), (960, row)], fill=sky if row < 300 else lawn)
    for _ in range(260):
        x, y = draw_of.randrange(960), draw_of.randrange(320, 640)
        size = 2 + (y - 300) // 30
        colour = draw_of.choice([(200, 30, 60), (240, 200, 60), (230, 120, 180), (250, 250, 250)])
        for petal in range(6):
            angle = petal * math.pi / 3
            px, py = x + size * math.cos(angle), y + size * math.sin(angle)
            draw.ellipse([px - size, py - size, px + size, py + size], fill=colour)
    picture = picture.filter(ImageFilter.GaussianBlur(1))
    exif = Image.Exif()
    exif[0x010E], exif[0x010F], exif[0x0110], exif[0x0132] = description, "Chambre", "Obscura 2", when
    exif.get_ifd(0x8769)[0x9003] = when
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=72, exif=exif)
    return out.getvalue()


PARIS = timezone(timedelta(hours=2))

SAMPLES = {
    "fr/note-jardins.txt": (
        "Note du service des jardins\n\nLes massifs de l'allée centrale seront replantés avant la fête d'été : pivoines, œillets et\n"
        "sauges. L'arrosage des jardins a lieu avant sept heures. Les jardiniers demandent que les camions de\n"
        "livraison n'empruntent pas la pelouse, fragilisée par la sécheresse.\n\nLe chef jardinier\n"
    ).encode(),
    "fr/inventaire-vaisselle.csv": (
        "pièce;service;quantité;état\nassiette plate;Grand Service bleu;240;bon\nassiette à dessert;Grand Service bleu;236;quatre ébréchées\n"
        "verre à eau;Cristal gravé;300;bon\nsoupière;Grand Service bleu;6;une restaurée en 2019\n"
    ).encode("cp1252"),
    "fr/programme-visite-etat.pdf": pdf("Programme de la visite d'État", "Service du protocole", [
        "9 h 30   Arrivée à l'aéroport, honneurs militaires", "10 h 45  Entretien en tête-à-tête, salon doré",
        "12 h 30  Déjeuner de travail, jardin d'hiver", "16 h 00  Dépôt de gerbe", "20 h 00  Dîner d'État, salle des fêtes",
        "Les fleuristes livrent les compositions la veille avant 18 h."]),
    "fr/note-verbale.docx": docx("Note verbale relative aux décorations", "Service du protocole", [
        "Le service du protocole présente ses compliments et a l'honneur de communiquer la liste des décorations remises à l'occasion de la visite d'État.",
        "Les insignes sont déposés au vestiaire du personnel avant l'arrivée des délégations."]),
    "fr/menu-diner.eml": message("Hélène Marchand <helene.marchand@maison.example>", "Cuisines <cuisines@maison.example>", "Menu du dîner d'État",
        datetime(2026, 5, 4, 17, 20, tzinfo=PARIS),
        "Bonjour à tous,\n\nVoici le menu retenu pour le dîner : asperges vertes, bar de ligne, fromages, fraises.\n"
        "Attention aux allergies signalées par la délégation (fruits à coque).\n\nHélène\n",
        ("menu.pdf", "pdf", pdf("Menu du dîner d'État", "Cuisines", ["Asperges vertes, sauce mousseline", "Bar de ligne, fenouil confit", "Fromages affinés", "Fraises gariguettes, sorbet verveine"]))),
    "fr/reperage-jardin.jpg": photo(7, "Reperage du jardin, allee centrale", "2026:05:02 10:15:00"),
    "en/welcome.html": (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Welcome to the gardeners' community</title></head><body>"
        "<h1>Welcome</h1><p>Know-how is shared here: pruning the old roses, feeding the lawn after a garden party, and what grows in the shade of the "
        "lime trees.</p><p>Questions are answered by those who have done it.</p></body></html>\n").encode(),
    "en/security-briefing.pdf": pdf("Security briefing for the official trip", "Security service", [
        "Badges are worn visibly at all times.", "Vehicles assemble in the north courtyard at 07:15.", "Luggage is screened the evening before departure.",
        "The advance team reports road works on the airport route."]),
    "en/trip-agenda.docx": docx("Agenda of the official trip", "Travel office", [
        "Day one: arrival, walk through the botanical garden, dinner at the residence.", "Day two: working session on heritage and archives, press conference, return flight."]),
    "en/flowers-order.eml": message("Thomas Bell <thomas.bell@house.example>", "Florists <florists@house.example>", "Flowers for the reception",
        datetime(2026, 5, 3, 9, 5, tzinfo=PARIS),
        "Dear all,\n\nThe ambassador's reception needs twelve table arrangements in white and green, peonies if they are in season.\nPlease deliver before noon.\n\nThomas\n"),
    "en/supplies.csv": b"item,quantity,supplier\npeonies,120,Les Serres\nlawn seed (kg),40,Greenfields\ntable linen,60,Maison Textile\n",
    "en/rose-garden.jpg": photo(21, "Rose garden after the rain", "2026:06:11 08:40:00"),
}

for path, content in SAMPLES.items():
    (HERE / path).write_bytes(content)
