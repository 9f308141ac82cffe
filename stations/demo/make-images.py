#!/usr/bin/env python3
"""Makes the two flash images of the demo line, the same bytes on every machine.

    ./make-images.py            writes images/config.bin and images/assets.bin, prints their SHA-256
    ./make-images.py --check    compares the files that are there with what would be written

Both are little-endian. Integer arithmetic only, so that no C library's sine can change a byte.

config.bin: settings of the product
    0   4  magic "BSCF"
    4   2  version of this layout, 1
    6   2  number of records
    8   4  bytes of the whole file, a multiple of 256 (filled with FF)
    12  4  CRC-32 (IEEE 802.3) of everything from offset 16 to the end
    16     records: u8 type, u8 length of name, u16 length of value, name (ASCII), value
           type 1 = u32, 2 = i32 in thousandths, 3 = UTF-8 text, 4 = table of i16

assets.bin: sprites, sounds, fonts and texts
    0   4  magic "BSAP"
    4   2  version of this layout, 2
    6   2  number of entries
    8   4  bytes of the whole file, a multiple of 4096 (filled with FF)
    12  4  CRC-32 of everything from offset 16 to the end
    16     directory: per entry 32 bytes: name (20, NUL-filled), type (1), pad (3), offset (4), length (4)
           type 1 = sprite (u16 width, u16 height, then 4-bit grey, two pixels a byte, rows padded to a byte)
           type 2 = sound (u16 rate in Hz, u16 0, then unsigned 8-bit PCM)
           type 3 = texts (u16 count, then count x u16 offset, then NUL-terminated UTF-8)
           type 4 = font (u8 first code, u8 count, u8 width, u8 height, then 1-bit rows padded to a byte)
"""
import hashlib
import os
import struct
import sys
import zlib

SEED = 0x1B1E55


class Dice:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        return mixed ^ (mixed >> 31)

    def below(self, limit):
        return self.next() % limit


def sealed(magic, version, count, body, step):
    total = (16 + len(body) + step - 1) // step * step
    body += b"\xff" * (total - 16 - len(body))
    return struct.pack("<4sHHII", magic, version, count, total, zlib.crc32(body)) + body


# ---------------------------------------------------------------------------------------------- config.bin

def config_image():
    records = []

    def add(kind, name, value):
        records.append(struct.pack("<BBH", kind, len(name), len(value)) + name.encode() + value)

    def number(name, value):
        add(1, name, struct.pack("<I", value))

    def thousandths(name, value):
        add(2, name, struct.pack("<i", value))

    def text(name, value):
        add(3, name, value.encode())

    def table(name, values):
        add(4, name, struct.pack("<%dh" % len(values), *values))

    text("product.family", "env-sensor")
    text("agent.path", "/v2/readings")
    number("report.interval.s", 300)
    number("report.batch", 12)
    number("report.retry.s", 20)
    number("led.brightness", 96)
    number("button.long-press.ms", 1500)
    number("accelerometer.rate.hz", 25)
    number("accelerometer.wake.mg", 180)
    thousandths("temperature.alarm.low", -5000)
    thousandths("temperature.alarm.high", 45000)
    thousandths("temperature.hysteresis", 500)
    thousandths("humidity.alarm.high", 85000)
    thousandths("battery.low", 2350)
    thousandths("battery.critical", 2100)
    for channel in range(4):
        # Counts at 65 points of a 10k thermistor's curve, in sixteenths of a degree.
        table("thermistor.%d" % channel, [1600 - 40 * i + (i * i) // 5 + 3 * channel for i in range(65)])
    for hour in range(24):
        # Expected light over the day, for the tamper alarm: dark, rising, noon, falling.
        day = max(0, 36 - (hour - 12) * (hour - 12))
        table("light.day.%02d" % hour, [day * 700 + minute * (12 - hour) * 2 for minute in range(0, 60, 5)])
    for locale, words in WORDS.items():
        text("text.%s.low-battery" % locale, words[0])
        text("text.%s.alarm" % locale, words[1])
    return sealed(b"BSCF", 1, len(records), b"".join(records), 256)


# ---------------------------------------------------------------------------------------------- assets.bin

WORDS = {
    "en": ["battery low", "alarm", "ready", "no network", "open", "closed", "temperature", "humidity"],
    "de": ["Batterie schwach", "Alarm", "bereit", "kein Netz", "offen", "zu", "Temperatur", "Luftfeuchte"],
    "fr": ["pile faible", "alarme", "prêt", "pas de réseau", "ouvert", "fermé", "température", "humidité"],
    "es": ["batería baja", "alarma", "listo", "sin red", "abierto", "cerrado", "temperatura", "humedad"],
    "ja": ["電池残量低下", "警報", "準備完了", "ネットワークなし", "開", "閉", "温度", "湿度"],
    "zh": ["电量低", "警报", "就绪", "无网络", "开", "关", "温度", "湿度"],
    "ms": ["bateri lemah", "penggera", "sedia", "tiada rangkaian", "buka", "tutup", "suhu", "kelembapan"],
    "id": ["baterai lemah", "alarm", "siap", "tidak ada jaringan", "buka", "tutup", "suhu", "kelembapan"],
}
RULES = ["above {0} for {1} minutes", "below {0} for {1} minutes", "changed by {0} in {1} minutes"]


def isqrt(value):
    root = 0
    while (root + 1) * (root + 1) <= value:
        root += 1
    return root


def sprite(width, height, shade):
    rows = bytearray()
    for y in range(height):
        pixels = [min(15, max(0, shade(x, y))) for x in range(width)] + [0]
        rows += bytes(pixels[x] << 4 | pixels[x + 1] for x in range(0, width, 2))
    return struct.pack("<HH", width, height) + bytes(rows)


def gauge(size, level):
    """A ring that is filled clockwise up to level of 16."""
    middle = size // 2

    def shade(x, y):
        dx, dy = x - middle, y - middle
        radius = isqrt(dx * dx + dy * dy)
        if not size * 3 // 10 <= radius <= size * 9 // 20:
            return 0
        if dx >= 0:
            turn = 4 * (middle + dy) // max(size, 1) if dx else (0 if dy < 0 else 8)
            turn = turn * 2
        else:
            turn = 8 + 8 * (middle - dy) // max(size, 1)
        return 15 if turn < level else 4

    return sprite(size, size, shade)


def weather(width, height, dice):
    """Clouds: blocks of noise, smoothed twice, over a sky that darkens downwards."""
    cells = [[dice.below(16) for _ in range(width // 8 + 2)] for _ in range(height // 8 + 2)]

    def shade(x, y):
        cx, cy, fx, fy = x // 8, y // 8, x % 8, y % 8
        top = cells[cy][cx] * (8 - fx) + cells[cy][cx + 1] * fx
        low = cells[cy + 1][cx] * (8 - fx) + cells[cy + 1][cx + 1] * fx
        cloud = (top * (8 - fy) + low * fy) // 64
        return cloud if cloud > 7 else 3 + y * 6 // height

    return sprite(width, height, shade)


def wave(phase):
    """A sine of sorts: two parabolas, phase 0..255, result -127..127."""
    half = phase % 128
    height = half * (128 - half) * 127 // 4096
    return height if phase < 128 else -height


def sound(rate, notes):
    samples = bytearray()
    for frequency, milliseconds in notes:
        count = rate * milliseconds // 1000
        for index in range(count):
            fade = min(index, count - index, 200) * 256 // 200
            value = wave(index * frequency * 256 // rate % 256) + wave(index * frequency * 512 // rate % 256) // 3
            samples.append(128 + value * fade // 256 * 3 // 5)
    return struct.pack("<HH", rate, 0) + bytes(samples)


def texts(strings):
    offsets, body = [], b""
    start = 2 + 2 * len(strings)
    for string in strings:
        offsets.append(start + len(body))
        body += string.encode() + b"\0"
    return struct.pack("<H%dH" % len(offsets), len(strings), *offsets) + body


def font(width, height):
    """Seven-segment digits and letters by their segments, for the small display."""
    segments = [0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F, 0x77, 0x7C, 0x39, 0x5E, 0x79, 0x71]
    body = b""
    for bits in segments:
        for y in range(height):
            row = 0
            for x in range(width):
                edge_x, edge_y = x in (0, width - 1), y in (0, height // 2, height - 1)
                upper = y < height // 2
                lit = (
                    (y == 0 and bits & 0x01) or (y == height - 1 and bits & 0x08) or (y == height // 2 and bits & 0x40)
                    or (x == width - 1 and bits & (0x02 if upper else 0x04))
                    or (x == 0 and bits & (0x20 if upper else 0x10)))
                row = row << 1 | (1 if lit and (edge_x or edge_y) else 0)
            stride = (width + 7) // 8
            body += (row << (stride * 8 - width)).to_bytes(stride, "big")
    return struct.pack("<BBBB", 0, len(segments), width, height) + body


def assets_image():
    dice = Dice(SEED)
    entries = []
    for size in (32, 48, 64):
        for level in range(0, 17, 2):
            entries.append(("gauge-%d-%02d" % (size, level), 1, gauge(size, level)))
    for index in range(12):
        entries.append(("weather-%02d" % index, 1, weather(128, 96, dice)))
    for name, notes in (
        ("start", [(523, 120), (659, 120), (784, 240)]), ("alarm", [(880, 180), (660, 180)] * 6),
        ("button", [(1200, 60)]), ("low-battery", [(440, 200), (349, 200), (294, 500)]),
        ("connected", [(659, 100), (880, 300)]), ("lost", [(880, 100), (440, 400)]),
        ("melody", [(262 + 33 * dice.below(16), 110 + 30 * dice.below(4)) for _ in range(60)]),
    ):
        entries.append(("sound-" + name, 2, sound(16000, notes)))
    for locale, words in WORDS.items():
        rules = ["%s: %s" % (word, rule.format(5 * i, 5 + i)) for word in words for rule in RULES for i in range(1, 7)]
        entries.append(("texts-" + locale, 3, texts(words + rules)))
    for width, height in ((7, 11), (11, 19), (17, 31)):
        entries.append(("font-%dx%d" % (width, height), 4, font(width, height)))

    offset = 16 + 32 * len(entries)
    directory, body = b"", b""
    for name, kind, content in entries:
        assert len(name) < 20
        directory += struct.pack("<20sB3xII", name.encode(), kind, offset + len(body), len(content))
        body += content + b"\xff" * (-len(content) % 4)
    return sealed(b"BSAP", 2, len(entries), directory + body, 4096)


def main():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "images")
    differences = 0
    for name, content in (("config.bin", config_image()), ("assets.bin", assets_image())):
        path = os.path.join(folder, name)
        if "--check" in sys.argv[1:]:
            with open(path, "rb") as file:
                same = file.read() == content
            differences += not same
            print("%s  %s" % ("same     " if same else "DIFFERENT", name))
        else:
            os.makedirs(folder, exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
            print("%s  %s  %d bytes" % (hashlib.sha256(content).hexdigest(), name, len(content)))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
