#!/usr/bin/env python3
"""Verify a proof bundle of a blessing station, with nothing but Python: verify-proof.py BUNDLE.json [VKEY]

Give VKEY (name+hash+base64) when you know the station's key from elsewhere; without it the bundle is only
shown to agree with the key that it carries itself. The format is described in docs/ledger.md.
"""
import base64, hashlib, json, sys

sha256 = lambda data: hashlib.sha256(data).digest()
b64 = lambda text: base64.b64decode(text, validate=True)

# Ed25519 (RFC 8032), slow and plain.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if x * x % P != x2:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert y < P and x * x % P == x2 and not (x == 0 and sign), "no point of the curve"
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(n, p):
    total = (0, 1, 1, 0)
    while n:
        total, p, n = add(total, p) if n & 1 else total, add(p, p), n >> 1
    return total


def check_signature(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    assert len(signature) == 64 and s < L, "signature out of range"
    base = recover(((4 * pow(5, P - 2, P)) % P).to_bytes(32, "little"))
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    a, b = multiply(s, base), add(recover(signature[:32]), multiply(h, recover(key)))
    assert (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0, "signature is wrong"


# Merkle tree (RFC 9162 section 2.1.3.2).
def check_inclusion(entry, index, size, proof, root):
    assert 0 <= index < size, "index outside the tree"
    node, last, value = index, size - 1, sha256(b"\0" + entry)
    for sibling in proof:
        assert last, "proof is too long"
        if node & 1 or node == last:
            value = sha256(b"\1" + sibling + value)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            value = sha256(b"\1" + value + sibling)
        node, last = node >> 1, last >> 1
    assert last == 0 and value == root, "entry %d is not in the tree" % index


def main(path, trusted=None):
    bundle = json.load(open(path, encoding="utf-8"))
    assert bundle["format"] == "blessing-station-proof/1", "unknown format"
    vkey = bundle["vkey"]
    assert trusted in (None, vkey), "signed by another key: " + vkey
    name, key_hash, material = vkey.split("+", 2)
    material = b64(material)
    expected = sha256(name.encode() + b"\n" + material)[:4]
    assert material[0] == 1 and len(material) == 33 and expected.hex() == key_hash, "damaged key"
    text, _, lines = bundle["checkpoint"].rpartition("\n\n")
    origin, size, root = (text + "\n").split("\n")[:3]
    signatures = [b64(l.split(" ")[2]) for l in lines.splitlines() if l.split(" ")[:2] == ["\u2014", name]]
    mine = [s[4:] for s in signatures if s[:4] == expected]
    assert mine and origin == name, "no signature of " + name
    for signature in mine:
        check_signature(material[1:], (text + "\n").encode(), signature)
    assert bundle["entries"], "nothing to prove"
    for item in bundle["entries"]:
        entry = item["entry"].encode()
        check_inclusion(entry, item["index"], int(size), [b64(h) for h in item["proof"]], b64(root))
        assert json.loads(entry)["seq"] == item["index"], "entry is at another place"
    print("%d entries are in the log %s of %s entries" % (len(bundle["entries"]), name, size))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except (AssertionError, KeyError, TypeError, ValueError, IndexError) as error:
        sys.exit("NOT PROVED: %s" % (error or type(error).__name__))
