"""Good tokens, altered at random: a table of ways.

Each way takes (random, token, another good token) and returns text that is no
token any provider ever made.
"""

from . import tokens

_ALPHABET = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
             "0123456789-_")
_ALGORITHMS = ["none", "None", "", "HS256", "HS512", "RS256", "RS512", "PS256",
               "ES256", "ES384", "EdDSA", "Ed25519", "Ed448", "dir", 7, None]


def _bit(random, token, _):
    at = random.randrange(len(token))
    flipped = chr(ord(token[at]) ^ (1 << random.randrange(7)))
    return token[:at] + flipped + token[at + 1:]


def _character(random, token, _):
    at = random.randrange(len(token))
    return token[:at] + random.choice(_ALPHABET) + token[at + 1:]


def _byte_of(part):
    def spoil(random, token, _):
        parts = token.split(".")
        data = bytearray(tokens.unb64(parts[part]))
        data[random.randrange(len(data))] ^= random.randrange(1, 256)
        parts[part] = tokens.b64(data)
        return ".".join(parts)
    return spoil


def _cut(random, token, _):
    return token[:random.randrange(1, len(token))]


def _cut_out(random, token, _):
    start = random.randrange(len(token))
    return token[:start] + token[start + random.randrange(1, 40):]


def _insert(random, token, _):
    at = random.randrange(len(token) + 1)
    return token[:at] + random.choice([".", "=", " ", "\n", "A", "%", "\u00e9"]
                                      ) + token[at:]


def _swap(random, token, other):
    parts, others = token.split("."), other.split(".")
    return ".".join(random.choice(pair) for pair in zip(parts, others))


def _turn(random, token, _):
    parts = token.split(".")
    random.shuffle(parts)
    return ".".join(parts)


def _claim(random, token, other):
    changes = random.choice([
        {"sub": "root"}, {"exp": 32503680000}, {"exp": None}, {"aud": None},
        {"aud": ["orders", "admin"]}, {"scope": "admin"}, {"iat": 0},
        {"iss": tokens.claims_of(other)["iss"]}, {"nbf": None}, {"x": [[]]}])
    return tokens.with_claims(token, **changes)


def _header(random, token, other):
    changes = random.choice([
        {"kid": None}, {"kid": "k2"}, {"kid": ["k1"]}, {"typ": "jwt"},
        {"crit": []}, {"b64": False, "crit": ["b64"]}, {"x": 1},
        {"kid": tokens.header_of(other).get("kid"), "y": 2},
        {"jwk": {"kty": "oct", "k": "AA"}}, {"zip": "DEF"},
        {"jku": "https://elsewhere.example/jwks"}])
    return tokens.with_header(token, **changes)


def _algorithm(random, token, _):
    return tokens.with_header(token, alg=random.choice(_ALGORITHMS))


def _no_signature(random, token, _):
    head = token.rsplit(".", 1)[0]
    return head + random.choice(
        [".", "", ".AA", "." + "A" * 342, "." + "A" * 86])


def _zero_signature(random, token, _):
    head, signature = token.rsplit(".", 1)
    return head + "." + tokens.b64(bytes(len(tokens.unb64(signature))))


def _hmac(random, token, other):
    return tokens.hs256(token, other.encode()[:random.randrange(1, 200)])


def _twice(random, token, other):
    return token + random.choice([token, "." + token, other, "~", ".."])


WAYS = {
    "a bit flipped": _bit,
    "a character changed": _character,
    "a byte of the header changed": _byte_of(0),
    "a byte of the claims changed": _byte_of(1),
    "a byte of the signature changed": _byte_of(2),
    "cut off": _cut,
    "a piece cut out": _cut_out,
    "a character put in": _insert,
    "parts swapped between tokens": _swap,
    "parts in another order": _turn,
    "claims edited, old signature": _claim,
    "header edited, old signature": _header,
    "algorithm changed": _algorithm,
    "signature taken away": _no_signature,
    "signature of zeros": _zero_signature,
    "signed with HMAC": _hmac,
    "joined with another": _twice,
}
