"""Servers that receive messages, on loopback: mail over TLS with a login, mail over STARTTLS with a login, a mail server that is
gone in the middle of a mail, and HTTP over TLS. What they get lies in FOLDER; PORTS are printed when all of them listen.

    receivers.py FOLDER CERTIFICATE KEY
"""

import asyncio
import http.server
import json
import pathlib
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

folder, certificate, key = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
USER, PASSWORD = b"ada", b"correct horse"


def protection():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class Box:
    """Keeps each mail with its envelope."""

    def __init__(self, name):
        self.name, self.count = name, 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        stem = folder / f"{self.name}-{self.count}"
        stem.with_suffix(".eml").write_bytes(envelope.content)
        facts = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None}
        stem.with_suffix(".json").write_text(json.dumps(facts))
        return "250 kept"


def login(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=good, handled=False)


class Hook(http.server.BaseHTTPRequestHandler):
    """Keeps each request; `/busy` wants to be left alone."""

    count = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Hook.count += 1
        kept = {"path": self.path, "headers": dict(self.headers), "body": body.decode()}
        (folder / f"hook-{Hook.count}.json").write_text(json.dumps(kept))
        if self.path.startswith("/busy"):
            self.send_response(429)
            self.send_header("Retry-After", "120")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


async def drops(reader, writer):
    """A server whose machine dies within a mail."""
    writer.write(b"220 here\r\n")
    while line := await reader.readline():
        if line.startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            await reader.readexactly(500)
            writer.transport.abort()
            return
        writer.write(b"250 fine\r\n")


def serve(port, server):
    threading.Thread(target=server, daemon=True).start()
    return port


def dropping():
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(drops, "127.0.0.1", 0))
    return listening.sockets[0].getsockname()[1], loop.run_forever


# A free port each; aiosmtpd wants to be told.
def free():
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


common = {"hostname": "127.0.0.1", "authenticator": login, "auth_required": True}
smtps, starttls = free(), free()
Controller(Box("smtps"), port=smtps, ssl_context=protection(), auth_require_tls=False, **common).start()
Controller(Box("starttls"), port=starttls, tls_context=protection(), require_starttls=True, **common).start()
hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
hook.socket = protection().wrap_socket(hook.socket, server_side=True)
ports = {"smtps": smtps, "starttls": starttls, "drops": serve(*dropping()), "hook": serve(hook.server_port, hook.serve_forever)}
print(json.dumps(ports), flush=True)
threading.Event().wait()
