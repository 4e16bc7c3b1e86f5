"""A server is trusted by the authority that signed it, and by nothing else."""

import datetime
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.httpclient import HttpClient, HttpSettings
from connector.model.errors import Retriable, Unreachable
from tests.adapters.raw_server import JSON_OK, raw_server

FAST = {"retry": {"max_attempts": 3, "max_wait_seconds": 0}, "timeout_seconds": 10}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mock GRC")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, start, start.replace(year=2090))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def url(certificate):
    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_authority_is_refused_with_the_remedy_and_not_tried_again(url, method, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    client = HttpClient(url, http=HttpSettings(**FAST))
    with pytest.raises(Unreachable, match="no secure connection") as caught:
        client.request(method, "/x")
    assert "http.ca_bundle" in caught.value.remedy
    assert client.requests_sent == 1


def test_the_authority_named_is_trusted(url, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    client = HttpClient(url, http=HttpSettings(ca_bundle=certificate, **FAST))
    assert client.request("GET", "/x").json() == {}


def test_the_environment_may_name_the_authority(url, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert HttpClient(url, http=HttpSettings(**FAST)).request("GET", "/x").json() == {}


def test_http_where_https_is_spoken_is_told_with_the_scheme(url):
    client = HttpClient(url.replace("https", "http"), http=HttpSettings(**FAST))
    with pytest.raises(Retriable) as caught:
        client.request("GET", "/x")
    assert "url's scheme and port" in caught.value.remedy


def test_https_where_http_is_spoken_is_told_with_the_scheme():
    with raw_server(*[JSON_OK] * 3) as server:
        client = HttpClient(server.url.replace("http", "https"), http=HttpSettings(**FAST))
        with pytest.raises(Unreachable, match="no secure connection") as caught:
            client.request("GET", "/x")
    assert "correct the scheme (http://) or the port of url" in caught.value.remedy
