"""Throw-away certificates: an authority, a server on loopback, a client by its common name."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_START = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


class Authority:
    """Signs certificates. ``file`` holds its own, for whoever is to trust it; all are valid from 2020 to 2090."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("mlflow-grc test authority")
        basic = x509.BasicConstraints(ca=True, path_length=0)
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        own = self._begun(self._name, self._key.public_key()).add_extension(basic, critical=True)
        signed = own.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())
        self.file = directory / "authority.pem"
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def server(self) -> Path:
        """A file with key and certificate for a server at 127.0.0.1 and localhost."""
        names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
        return self._issue("server", x509.SubjectAlternativeName(names))

    def client(self, common_name: str) -> Path:
        """A file with key and certificate for a client."""
        return self._issue(common_name, None)

    def _issue(self, common_name: str, also: x509.SubjectAlternativeName | None) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        begun = self._begun(_named(common_name), key.public_key())
        begun = begun.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        if also is not None:
            begun = begun.add_extension(also, critical=False)
        signed = begun.sign(self._key, hashes.SHA256())
        file = self._directory / f"{common_name}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
        return file

    def _begun(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        serial = x509.random_serial_number()
        builder = x509.CertificateBuilder(self._name, subject, key, serial, _START, _START.replace(year=2090))
        return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
