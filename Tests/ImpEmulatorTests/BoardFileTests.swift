import FoundationEssentials
import Testing

@testable import ImpEmulator

/// Boards as files.
@Suite struct BoardFileTests {
    private static let node: Result<ProductBoard, any Error> = Result {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: "firmware/boards/battery-sensor-node.json"))
        return try ProductBoard(json: Array(data))
    }

    @Test func theShippedBoardIsRead() throws {
        let board = try Self.node.get()
        #expect(board.name == "battery sensor node")
        #expect(board.userLED == .u)
        #expect(board.fixtureLines == ["toss"])
        let parts = board.elements.compactMap {
            if case .registers(let map) = $0 { map.address8 } else { nil }
        }
        #expect(parts == [0xBE, 0xB8, 0x32, 0x80])
    }

    /// A program of our own on that board: identities, values within sense, a scan of both buses, the tossed unit wakes.
    @Test func aProgramRunsOnIt() throws {
        let board = try Self.node.get()
        let desk = try Desk(
            program: """
                local bus = hardware.i2cAB;
                bus.configure(CLOCK_SPEED_400_KHZ);
                function word(address, register) {
                    local bytes = bus.read(address, (register | 0x80).tochar(), 2);
                    return ((bytes[1] << 8 | bytes[0]) << 16) >> 16;
                }
                if (hardware.wakereason() == WAKEREASON_PIN) {
                    server.log("woken " + (bus.read(0x32, "\\x31", 1)[0] & 0x40));
                } else {
                    local found = "";
                    foreach (each in [hardware.i2cAB, hardware.i2cFG]) {
                        each.configure(CLOCK_SPEED_400_KHZ);
                        for (local address = 2; address < 256; address += 2)
                            if (each.read(address, "", 1) != null) found += format("%02x ", address);
                    }
                    server.log(found);
                    local humidity = 30 + word(0xBE, 0x28) * 40 / 8000.0;
                    local celsius = 20 + word(0xBE, 0x2A) * 10 / 4000.0;
                    server.log((humidity > 30 && humidity < 60) + " " + (celsius > 20 && celsius < 30));
                    local p = bus.read(0xB8, "\\x28", 3);
                    local pressure = (p[2] << 16 | p[1] << 8 | p[0]) / 4096.0;
                    server.log(pressure > 950 && pressure < 1050);
                    bus.write(0x32, "\\x30\\x95");
                    hardware.pinW.configure(DIGITAL_IN_WAKEUP);
                    imp.onidle(function() { server.sleepfor(86400); });
                }
                """
        ) { $0.board = board }
        desk.run { (try? desk.module.phase) == .asleep }
        #expect(desk.log == ["32 b8 be 80 ", "true true", "true"])
        try desk.bench.drive("toss", to: true)
        desk.run { desk.log.count == 4 }
        #expect(desk.log.last == "woken 64")
    }

    static let bad: [(text: String, says: String)] = [
        ("", "JSON"), ("[]", "a map"), ("{}", "name: found nothing"),
        (#"{"name": "x", "elements": [], "colour": 1}"#, "colour"),
        (#"{"name": "x", "elements": [{}]}"#, "elements[0]"),
        (#"{"name": "x", "elements": [{"spring": {}}]}"#, "elements[0].spring"),
        (
            #"{"name": "x", "elements": [{"pull": {"pin": "I", "kilohms": 1}}]}"#,
            "elements[0].pull.pin: found `I`"
        ),
        (#"{"name": "x", "elements": [{"pull": {"pin": "A"}}]}"#, "elements[0].pull.kilohms: found nothing"),
        (
            #"{"name": "x", "elements": [{"registers": {"name": "y", "bus": "AB", "address": "0x33"}}]}"#,
            "seven bits"
        ),
        (
            #"{"name": "x", "elements": [{"registers": {"name": "y", "bus": "AB", "address": 300}}]}"#,
            "0 to 255"
        ),
        (
            #"{"name": "x", "elements": [{"registers": {"name": "y", "bus": "AB", "address": 2, "readings": [{"at": 1, "bytes": 5, "value": 1}]}}]}"#,
            "readings[0].bytes: found 5"
        ),
        (
            #"{"name": "x", "elements": [{"registers": {"name": "y", "bus": "AB", "address": 2}}, {"registers": {"name": "z", "bus": "AB", "address": 2}}]}"#,
            "z at an address that is taken"
        ),
    ]

    @Test(arguments: bad)
    func whatIsWrongIsSaidWithItsPlace(row: (text: String, says: String)) {
        let error = #expect(throws: BoardFileError.self) { try ProductBoard(json: Array(row.text.utf8)) }
        #expect(error?.description.contains(row.says) == true, "\(error?.description ?? "")")
    }
}
