#!/usr/bin/env python3
"""Verify a proof bundle of a blessing station, with nothing but Python: verify-proof.py BUNDLE.json [VKEY [WITNESS ...]]

Give VKEY (name+hash+base64) when you know the station's key from elsewhere; without it the bundle is only
shown to agree with the key that it carries itself. A log whose key was changed carries signed statements that lead
from key to key; VKEY may be any of them. WITNESS is a witness's key: its cosignature has to be there, and says by when
the entries existed. The format is described in docs/ledger.md.
"""
import base64, datetime, hashlib, json, sys

sha256 = lambda data: hashlib.sha256(data).digest()


def b64(text):
    data = base64.b64decode(text, validate=True)
    assert base64.b64encode(data).decode() == text, "base64 in another form"
    return data


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


# C2SP signed notes and verifier keys.
def read_key(vkey, kind=1):
    name, key_hash, material = vkey.split("+", 2)
    material = b64(material)
    expected = sha256(name.encode() + b"\n" + material)[:4]
    assert material[0] == kind and len(material) == 33 and expected.hex() == key_hash, "damaged key"
    return name, expected, material[1:]


def signed_by(note, vkey):
    """Whether the key signed the note; a wrong signature in its name is an error. Also returns the text."""
    name, key_hash, key = read_key(vkey)
    text, gap, lines = note.rpartition("\n\n")
    assert gap and lines.endswith("\n"), "not a signed note"
    signatures = []
    for line in lines.splitlines():
        mark, signer, blob = line.split(" ")
        assert mark == "\u2014", "not a signature line"
        if signer == name and b64(blob)[:4] == key_hash:
            signatures.append(b64(blob)[4:])
    for signature in signatures:
        check_signature(key, (text + "\n").encode(), signature)
    return bool(signatures), text


def witnessed_at(note, witness):
    """The earliest time at which the witness cosigned the note (C2SP tlog-cosignature, Ed25519)."""
    name, key_hash, key = read_key(witness, 4)
    text, times = note.rpartition("\n\n")[0] + "\n", []
    for line in note.rpartition("\n\n")[2].splitlines():
        signer, blob = line.split(" ")[1], b64(line.split(" ")[2])
        if signer == name and blob[:4] == key_hash:
            assert len(blob) == 76, "a cosignature has another size"
            time = int.from_bytes(blob[4:12], "big")
            check_signature(key, ("cosignature/v1\ntime %d\n%s" % (time, text)).encode(), blob[12:])
            times.append(time)
    assert times, "no cosignature of " + name
    return name, min(times)


def check_keys(notes, vkey, trusted):
    """The statements lead to vkey, and from the trusted key on each is signed by the key before it."""
    steps = []
    for note in notes:
        lines = note.partition("\n\n")[0].split("\n")
        assert len(lines) == 6 and lines[0] == "blessing-station key change", "not a statement"
        assert lines[1] in ("rotated", "replaced", "continued"), "unknown change"
        assert not steps or (steps[-1][1] == lines[4] and steps[-1][2] < int(lines[3])), "a step is missing"
        assert lines[5].split("+")[0] == lines[2] and lines[3] == str(int(lines[3])), "origin or position"
        by_old = signed_by(note, lines[4])[0]
        assert signed_by(note, lines[5])[0] and (by_old or lines[1] != "rotated"), "not signed"
        steps.append((lines[4], lines[5], int(lines[3]), by_old))
    assert not steps or steps[-1][1] == vkey, "they lead to another key"
    if trusted not in (None, vkey):
        start = [i for i, step in enumerate(steps) if step[0] == trusted]
        assert start, "the bundle is signed by another key: " + vkey
        assert all(step[3] for step in steps[start[0]:]), "a lost key did not sign for its successor " + vkey


FAULTS = (AssertionError, AttributeError, KeyError, TypeError, ValueError, IndexError)


def within(field, check, *arguments):
    """Does a check; says of what it refuses in which member of the bundle it is."""
    try:
        return check(*arguments)
    except FAULTS as error:
        raise AssertionError("%s: %s" % (field, error or type(error).__name__))


def check_checkpoint(note, vkey, name):
    is_signed, text = signed_by(note, vkey)
    origin, size, root = (text + "\n").split("\n")[:3]
    assert is_signed and origin == name, "no signature of " + name
    assert str(int(size)) == size, "the size is no number"
    return int(size), b64(root)


def check_entry(item, size, root):
    assert set(item) == {"entry", "index", "proof"}, "unknown members"
    assert type(item["index"]) is int, "the index is no number"
    entry = item["entry"].encode()
    check_inclusion(entry, item["index"], size, [b64(h) for h in item["proof"]], root)
    assert json.loads(entry)["seq"] == item["index"], "it is at another place"


def verify(bundle, trusted=None):
    keys = bundle.get("keys")
    assert set(bundle) - {"keys"} == {"checkpoint", "entries", "format", "vkey"}, "members: unknown or missing"
    assert bundle["format"] == "blessing-station-proof/" + ("1" if keys is None else "2"), "format: unknown"
    assert keys is None or (isinstance(keys, list) and keys), "keys: empty"
    vkey = bundle["vkey"]
    name = within("vkey", read_key, vkey)[0]
    within("keys", check_keys, keys or [], vkey, trusted)
    size, root = within("checkpoint", check_checkpoint, bundle["checkpoint"], vkey, name)
    assert bundle["entries"], "entries: nothing to prove"
    for item in bundle["entries"]:
        within("entries", check_entry, item, size, root)
    return len(bundle["entries"]), name, size


def main(path, trusted=None, *witnesses):
    bundle = json.load(open(path, encoding="utf-8"))
    counts = verify(bundle, trusted)
    times = [within("checkpoint", witnessed_at, bundle["checkpoint"], witness) for witness in witnesses]
    print("%d entries are in the log %s of %d entries" % counts)
    for name, time in times:
        when = datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")
        print("they existed by %s, says %s" % (when, name))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except FAULTS as error:
        sys.exit("NOT PROVED: %s" % (error or type(error).__name__))
