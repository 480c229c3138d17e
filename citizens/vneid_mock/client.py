"""What the mobile app does with the identity provider: code flow with PKCE, in a browser."""

import base64
import hashlib
import re
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from citizens.vneid_mock.people import PASSWORD

CLIENT = "cantho-app"
REDIRECT = "vn.gov.cantho.app:/signed-in"
TIMEOUT = 10


def id_token(issuer: str, number: str) -> str:
    """Sign in at the mock as the person with `number` and return the id_token for the app."""
    browser = requests.Session()
    browser.trust_env = False
    about = browser.get(f"{issuer}/.well-known/openid-configuration", timeout=TIMEOUT).json()
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "scope": "openid profile identity",
        "state": secrets.token_urlsafe(8),
        "nonce": secrets.token_urlsafe(8),
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    address = f"{about['authorization_endpoint']}?{urlencode(query)}"
    page = browser.get(address, timeout=TIMEOUT)
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if found is None:
        raise RuntimeError("the mock shows no sign-in page")
    answer = browser.post(
        page.url,
        data={
            "csrfmiddlewaretoken": found[1],
            "username": number,
            "password": PASSWORD,
        },
        headers={"Referer": page.url},
        allow_redirects=False,
        timeout=TIMEOUT,
    )
    while answer.status_code in {301, 302, 303} and answer.headers["Location"].startswith("/"):
        answer = browser.get(
            issuer + answer.headers["Location"], allow_redirects=False, timeout=TIMEOUT
        )
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    tokens = browser.post(
        about["token_endpoint"],
        data={
            "grant_type": "authorization_code",
            "code": code,
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "code_verifier": verifier,
        },
        timeout=TIMEOUT,
    )
    tokens.raise_for_status()
    return str(tokens.json()["id_token"])
