"""Reading PDFs as a person does: the text on the pages, however the lines were broken."""

import io

import pypdf
from pypdf import PdfReader


def pages_of(pdf):
    """Return the text of each page, without the breaks of lines and words."""
    reader = PdfReader(io.BytesIO(pdf))
    texts = [page.extract_text().replace("\u200b", "") for page in reader.pages]
    return [" ".join(text.split()) for text in texts]


def text_of(pdf):
    return " ".join(pages_of(pdf))


def squeezed(text):
    """Return a text without any space, for words that a line broke in the middle."""
    return "".join(text.split()).replace("\u200b", "")


def paper(api, dossier, kind):
    """Return the PDF of the last paper of a kind, over HTTP."""
    one = api.get(f"/api/v1/dossiers/{dossier['id']}").json()
    wanted = [row for row in one["documents"] if row["kind"] == kind]
    answer = api.get(f"/api/v1/dossiers/{one['id']}/documents/{wanted[-1]['id']}/content")
    assert answer.status_code == 200, answer.content
    assert pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return answer.content
