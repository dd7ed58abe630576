"""Tokens taken apart, altered and put together again."""

import base64
import hashlib
import hmac
import json


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def header_of(token):
    return json.loads(unb64(token.split(".")[0]))


def claims_of(token):
    return json.loads(unb64(token.split(".")[1]))


def _part(members):
    return b64(json.dumps(members, separators=(",", ":")).encode())


def with_header(token, **changes):
    """The same token with members of its header changed (None: removed), and
    therefore a signature that does not hold."""
    header = {**header_of(token), **changes}
    header = {k: v for k, v in header.items() if v is not None}
    _, claims, signature = token.split(".")
    return f"{_part(header)}.{claims}.{signature}"


def with_claims(token, **changes):
    """The same for its claims."""
    claims = {**claims_of(token), **changes}
    claims = {k: v for k, v in claims.items() if v is not None}
    header, _, signature = token.split(".")
    return f"{header}.{_part(claims)}.{signature}"


def unsigned(token):
    """alg none, and no signature."""
    header, claims, _ = with_header(token, alg="none").split(".")
    return f"{header}.{claims}."


def hs256(token, secret):
    """Signed again with HMAC: what a confused verifier takes a public key
    for."""
    header, claims, _ = with_header(token, alg="HS256").split(".")
    signing_input = f"{header}.{claims}"
    mac = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
    return f"{signing_input}.{b64(mac)}"


def _der(tag, content):
    size = len(content)
    if size < 128:
        length = bytes([size])
    else:
        digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(digits)]) + digits
    return bytes([tag]) + length + content


def rsa_pem(jwk):
    """An RSA public key as `openssl rsa -pubout` writes it."""
    def integer(text):
        value = unb64(text)
        return _der(0x02, (b"\0" if value[0] & 0x80 else b"") + value)

    key = _der(0x30, integer(jwk["n"]) + integer(jwk["e"]))
    rsa_encryption = bytes.fromhex("300d06092a864886f70d0101010500")
    info = _der(0x30, rsa_encryption + _der(0x03, b"\0" + key))
    text = base64.b64encode(info).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines,
                      "-----END PUBLIC KEY-----", ""]).encode()
