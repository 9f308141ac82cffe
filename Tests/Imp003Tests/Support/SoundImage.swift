/// An image without any finding, as lines that a test can change.
enum SoundImage {
    static let settings: [(key: String, value: String)] = [
        ("manfid", "0x2d0"), ("prodid", "0x4336"), ("vendid", "0x14e4"), ("devid", "0x4343"),
        ("boardtype", "0x0598"),
        ("boardrev", "0x1207"), ("sromrev", "3"), ("xtalfreq", "26000"), ("boardflags", "0xa00"),
        ("aa2g", "1"),
        ("ag0", "2"), ("maxp2ga0", "72"), ("pa0b0", "0x14B8"), ("pa0b1", "0xFD5C"), ("pa0b2", "-217"),
        ("ofdm2gpo", "0x54321111"), ("cck2gpo", "0"), ("ccode", "GB"), ("regrev", "0"),
        ("swctrlmap_2g", "0x0c050c05,0x0a030a03,0x0a030a03,0x0,0x1ff"),
    ]

    /// The text with some keys given other values, some left out, and with more text at the end.
    static func text(
        _ changes: [String: String] = [:], without left: Set<String> = [], adding tail: String = ""
    ) -> String {
        settings.filter { !left.contains($0.key) }.map { "\($0.key)=\(changes[$0.key] ?? $0.value)\n" }
            .joined() + tail
    }

    /// The line on which a key stands.
    static func line(of key: String) -> Int? {
        settings.firstIndex { $0.key == key }.map { $0 + 1 }
    }
}
