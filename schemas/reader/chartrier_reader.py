#!/usr/bin/env python3
"""An independent reader of chartrier archives, format 1 (FORMAT.md beside this folder). Python 3.11 and the `age` and
`zstd` commands; nothing of chartrier.

    chartrier_reader.py verify STORE                   every signature, chain and stored byte; without keys
    chartrier_reader.py list STORE SHEET               every record, one JSON line each
    chartrier_reader.py restore STORE SHEET FOLDER     every original, as FOLDER/<record>/<name>

STORE is a local copy of the store, SHEET the recovery sheet (an age identity file). Exit code 1 if anything is wrong.
"""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

FORMAT = 1
# Ed25519 (RFC 8032), verification only.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(one, other):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, other
    a, b, c, d = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P, 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor, point):
    total = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def point(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(key, body, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(key) != 32 or len(signature) != 64 or a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + body).digest(), "little") % L
    (x1, y1, z1, _), (x2, y2, z2, _) = times(s, BASE), add(r, times(k, a))
    return (x1 * z2 - x2 * z1) % P == 0 and (y1 * z2 - y2 * z1) % P == 0


class Wrong(Exception):
    """Something in the store is not as the format says."""


def split(envelope):
    """The signed bytes and the signature of an envelope."""
    if (envelope[:8], envelope[-145:-131], envelope[-3:]) != (b'{"body":', b',"signature":"', b'"}\n'):
        raise Wrong("not a signed envelope")
    return envelope[8:-145], bytes.fromhex(envelope[-131:-3].decode("ascii"))


def opened(envelope, key, where="archive.json"):
    body, signature = split(envelope)
    if not signed_by(bytes.fromhex(key), body, signature):
        raise Wrong(f"{where}: its signature does not match")
    value = json.loads(body)
    if value["format"] != FORMAT:
        raise Wrong(f"{where}: it is of format {value['format']}: use a later reader")
    return value


class Store:
    """What the segments say is in the archive, and what lies in the folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        claimed = json.loads(split(self.read("archive.json"))[0])
        self.deed = opened(self.read("archive.json"), claimed["root_key"])
        self.segments, self.late, self.files, self.retired, self.places = [], [], {}, set(), {}
        self.follow()

    def read(self, name):
        try:
            return (self.folder / name).read_bytes()
        except OSError as why:
            raise Wrong(f"{name}: {why.strerror}")

    def follow(self):
        """Reads the chains in their order, beginning at the root key."""
        segment = re.compile("[0-9]{10}-[0-9a-f]{64}").fullmatch
        chains = {node.name: sorted(filter(segment, os.listdir(node))) for node in (self.folder / "journal").iterdir()}
        chains = {node: names for node, names in chains.items() if names}
        starts = {}
        for node, names in chains.items():
            first = json.loads(split(self.read(f"journal/{node}/{names[0]}"))[0])
            word = opened(first["appointment"].encode(), self.deed["root_key"])
            if (word["registrar"], word["archive"]) != (node, self.deed["archive"]):
                raise Wrong(f"journal/{node}: the root key names another node")
            after = word["succeeds"]
            starts[(after["node"], after["seq"], after["hash"]) if after else None] = (node, word["signing_key"])
        head = None
        while head in starts:
            node, key = starts.pop(head)
            end = next((place[1] for place in starts if place and place[0] == node), None)
            previous = None
            names = chains.pop(node)
            self.late += [f"journal/{node}/{name}" for name in names[end or len(names):]]
            for number, name in enumerate(names[:end], 1):
                previous = self.admit(node, number, name, key, previous)
                head = (node, number, previous)
        if chains or head is None:
            raise Wrong(f"chains that continue nothing: {sorted(chains)}")
        self.head = head

    def admit(self, node, number, name, key, previous):
        where = f"journal/{node}/{name}"
        digest = hashlib.sha256(data := self.read(where)).hexdigest()
        if name != f"{number:010}-{digest}":
            raise Wrong(f"{where}: missing before it, or not the bytes that its name promises")
        segment = opened(data, key, where)
        place = (segment["archive"], segment["node"], segment["seq"], segment["previous"])
        if place != (self.deed["archive"], node, number, previous):
            raise Wrong(f"{where}: it does not continue the segment before")
        nodes = segment.get("declares", {}).get("nodes", [])
        if segment.get("accepts") or segment.get("refuses") or any(one["role"] == "depositor" for one in nodes):
            raise Wrong(f"{where}: it speaks of depositors: use a later reader")
        for pack in segment.get("packs", []):
            if sum(size for _, size in pack["objects"]) != sum(size for _, size in pack["blobs"]):
                raise Wrong(f"{where}: its lists do not add up")
            objects = [(f"objects/{name[:2]}/{name}", size) for name, size in pack["objects"]]
            self.files.update(objects)
            start = 0
            for blob, size in pack["blobs"]:
                self.places[blob] = (objects, start, size)
                start += size
        self.files.update((f"keys/{page['label']}/{page['name']}", page["size"]) for page in segment.get("pages", []))
        self.files.update((f"grants/{grant['name']}", grant["size"]) for grant in segment.get("grants", []))
        if unknown := [gone for gone in segment.get("retires", []) if self.files.pop(gone, None) is None]:
            raise Wrong(f"{where}: it retires {unknown}, which is not there")
        self.retired.update(segment.get("retires", []))
        for blob in segment.get("drops", []):
            self.places.pop(blob, None)
        self.retired -= self.files.keys()
        self.segments.append(segment)
        return digest

    def faults(self):
        """Every stored file against its name and its size."""
        yield from (f"{name}: written after another registrar had taken over" for name in self.late)
        for name, size in sorted(self.files.items()):
            try:
                with open(self.folder / name, "rb") as file:
                    seen, digest = os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256")
            except OSError as why:
                yield f"{name}: {why.strerror}"
                continue
            if seen != size or digest.hexdigest() != name.rsplit("/", 1)[1]:
                yield f"{name}: not the bytes that its name promises"
        yield from (f"{name}: it was retired and is there" for name in sorted(self.retired) if (self.folder / name).exists())

    def blob(self, name):
        """The stored bytes of a blob, piece by piece."""
        objects, start, size = self.places[name]
        for path, length in objects:
            if start < length and size:
                with open(self.folder / path, "rb") as file:
                    file.seek(start)
                    left = min(size, length - start)
                    size -= left
                    while left:
                        piece = file.read(min(left, 1 << 20))
                        left = left - len(piece) if piece else 0
                        yield piece
            start = max(0, start - length)


def unseal(pieces, identity, target=None, coding=None):
    """Runs age, and zstd where the bytes were compressed. The identity goes through a pipe, never to a disk."""
    if coding not in (None, "zstd"):
        raise Wrong(f"coding {coding}: use a later reader")
    read, write = os.pipe()
    os.write(write, identity.strip().encode() + b"\n")
    os.close(write)
    direct = target if target and not coding else subprocess.PIPE
    age = subprocess.Popen(["age", "-d", "-i", f"/dev/fd/{read}"], stdin=subprocess.PIPE, stdout=direct, stderr=subprocess.DEVNULL, pass_fds=[read])
    zstd = subprocess.Popen(["zstd", "-dcq"], stdin=age.stdout, stdout=target) if coding else None
    os.close(read)
    plain = age.communicate(b"".join(pieces))[0] if target is None else None
    if target is not None:
        for piece in pieces:
            age.stdin.write(piece)
        age.stdin.close()
    if age.wait() or (zstd and zstd.wait()):
        raise Wrong("a blob does not open")
    return plain


class Archive:
    """What one identity can open of a store."""

    def __init__(self, store, sheet):
        self.store = store
        lines = pathlib.Path(sheet).read_text().splitlines()
        identity = next(line for line in lines if line.startswith("AGE-SECRET-KEY-1"))
        holder = next(line.split(":")[1].strip() for line in lines if line.startswith("# recovery:"))
        labels, subjects, guides = {}, {}, {}
        for segment in store.segments:
            for grant in segment.get("grants", []):
                if grant["to"] == holder and f"grants/{grant['name']}" in store.files:
                    body = json.loads(unseal([store.read(f"grants/{grant['name']}")], identity))
                    labels[body["label"]] = body
        for name in sorted(store.files):
            kind, label, *_ = name.split("/")
            if kind == "keys" and label in labels:
                page = json.loads(unseal([store.read(name)], labels[label]["identity"]))
                guides.update({(label, segment): key for segment, key in page["segments"].items()})
                for subject, keys in page["subjects"].items():
                    subjects.setdefault(subject, []).extend(keys)
        self.records = {}
        for segment in store.segments:
            for label, blob in segment.get("guides", []):
                key = guides.get((label, f"{segment['node']}/{segment['seq']}"))
                if key and blob in store.places:
                    guide = json.loads(unseal(store.blob(blob), key))
                    described = [*guide["descriptions"], *((one["subject"], one["description"]) for one in guide.get("arrives", []))]
                    self.records.update((subject, blob) for subject, blob in described if subject.startswith("rec-"))
        self.keys = subjects

    def record(self, subject):
        blob = self.records[subject]
        for key in dict.fromkeys(reversed(self.keys.get(subject, []))):
            try:
                return json.loads(unseal(self.store.blob(blob), key))["notice"]["record"]
            except Wrong:
                pass
        raise Wrong(f"{subject}: none of its keys opens its description")


def restore(archive, folder):
    wrong = 0
    for subject in sorted(archive.records):
        record = archive.record(subject)
        for number, component in enumerate(record["components"], 1):
            if not (stored := component["bytes"].get("stored")):
                continue  # A part of another component: it is inside that one's bytes.
            place = pathlib.Path(folder) / subject
            place.mkdir(parents=True, exist_ok=True)
            name = component["name"].replace("/", "_").replace("\0", "_").encode()[:200].decode(errors="ignore")
            target = place / (name if number == 1 and name not in ("", ".", "..") else f"component-{number}")
            with open(target, "wb") as file:
                unseal(archive.store.blob(stored["blob"]), stored["key"], file, stored.get("coding"))
            with open(target, "rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != component["content"]:
                    print(f"{target}: not the bytes that were captured", file=sys.stderr)
                    wrong += 1
    return wrong


def main(verb="", folder="", sheet="", target=""):
    if verb not in ("verify", "list", "restore") or not folder or (verb != "verify" and not sheet) or (verb == "restore" and not target):
        sys.exit(__doc__)
    store = Store(folder)
    if verb == "verify":
        print(*(faults := list(store.faults())), sep="\n", end="\n" if faults else "")
        print(f"{len(store.segments)} segments, {len(store.files)} files, {len(faults)} faults; head {store.head[2]}")
        return 1 if faults else 0
    archive = Archive(store, sheet)
    if verb == "restore":
        return 1 if restore(archive, target) else 0
    for subject, record in ((subject, archive.record(subject)) for subject in sorted(archive.records)):
        content, size = (record["components"][0][name] for name in ("content", "size"))
        known_as = {"title": record["title"], **record.get("said", {})}["title"]
        print(json.dumps({"id": subject, "title": known_as, "name": record["name"], "content": content, "size": size}))


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:5]))
    except (Wrong, ValueError, KeyError, OSError) as why:
        sys.exit(f"{type(why).__name__}: {why}")
