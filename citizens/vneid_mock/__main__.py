"""`python -m citizens.vneid_mock --port N`: migrate, make the client, serve on loopback."""

import argparse
import os
import socketserver
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

REDIRECT = "vn.gov.cantho.app:/signed-in"


class ThreadingServer(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Addresses may hold codes: nothing is logged."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    os.environ["DJANGO_SETTINGS_MODULE"] = "citizens.vneid_mock.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    from allauth.idp.oidc.models import Client  # noqa: PLC0415 - needs the loaded apps

    client, _ = Client.objects.get_or_create(
        id="cantho-app",
        defaults={"name": "Can Tho Smart", "type": Client.Type.PUBLIC, "skip_consent": True},
    )
    client.set_scopes(["openid", "profile", "identity"])
    client.set_grant_types([Client.GrantType.AUTHORIZATION_CODE])
    client.set_redirect_uris([REDIRECT])
    client.save()
    server = make_server(
        "127.0.0.1",
        port,
        get_wsgi_application(),
        server_class=ThreadingServer,
        handler_class=QuietHandler,
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
