import Fixturing
import Imp003

/// The form of a unit in its JSON file.
struct StoredUnit: Codable {
    var ordinal: Int
    var mac: String
    var chipPart: String
    var faults: [String]
    var seed: UInt64
    var place: String
    var slot: String?
    var verdict: Verdict?
    var seatings: Int
    var retests: Int
    var spentFaults: [Int]
    /// The two configuration pages, hexadecimal, erased ends left out.
    var pages: [String]
    var flashFile: String?
    var flashChecksum: UInt32 = 0
    var generation = 0

    init(_ state: UnitState) {
        ordinal = state.recipe.ordinal
        mac = state.recipe.mac.bareHex
        chipPart = state.recipe.chipPart
        faults = state.recipe.faults.map(\.description)
        seed = state.recipe.seed
        switch state.place {
        case .waiting: place = "waiting"
        case .seated(let name):
            place = "seated"
            slot = name
        case .left(let result):
            place = "left"
            verdict = result
        }
        seatings = state.seatings
        retests = state.retests
        spentFaults = state.spentFaults.sorted()
        pages = state.pages.pages.map { page in
            let used = page.lastIndex { $0 != 0xFF }.map { $0 + 1 } ?? 0
            return page[..<used].bareHex
        }
    }

    /// - Returns: nil when something in it is not what `init(_:)` writes.
    func state() throws(ShelfError) -> UnitState? {
        guard let mac = try? MACAddress(parsing: mac) else { return nil }
        var parsed: [Fault] = []
        for text in faults {
            guard let fault = try? Fault(parsing: text) else { return nil }
            parsed.append(fault)
        }
        var state = UnitState(
            recipe: UnitRecipe(ordinal: ordinal, mac: mac, chipPart: chipPart, faults: parsed, seed: seed))
        switch place {
        case "waiting": state.place = .waiting
        case "seated":
            guard let slot else { return nil }
            state.place = .seated(slot: slot)
        case "left":
            guard let verdict else { return nil }
            state.place = .left(verdict)
        default: return nil
        }
        state.seatings = seatings
        state.retests = retests
        state.spentFaults = Set(spentFaults)
        let bytes = pages.compactMap { [UInt8](bareHex: $0) }
        guard let pages = ConfigPages(pages: bytes) else { return nil }
        state.pages = pages
        return state
    }
}

extension FlashContents {
    /// `NORF`, then for each sector that is not erased its number and its 4,096 bytes.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = Array("NORF".utf8)
        bytes.reserveCapacity(4 + sectors.count * 4100)
        for (number, content) in sectors.sorted(by: { $0.key < $1.key }) {
            bytes += UInt32(number).littleEndianBytes
            bytes += content
        }
        return bytes
    }

    init?(decoding bytes: [UInt8]) {
        guard bytes.starts(with: "NORF".utf8), (bytes.count - 4) % 4100 == 0 else { return nil }
        for start in stride(from: 4, to: bytes.count, by: 4100) {
            let number = Int(UInt32(littleEndian: bytes[start..<(start + 4)]))
            sectors[number] = Array(bytes[(start + 4)..<(start + 4100)])
        }
    }
}

extension [UInt8] {
    /// The bytes of an even number of hexadecimal digits.
    init?(bareHex text: String) {
        let digits = Array<UInt8>(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        self = []
        reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Character(Unicode.Scalar(digits[index])).hexDigitValue,
                let low = Character(Unicode.Scalar(digits[index + 1])).hexDigitValue
            else { return nil }
            append(UInt8(high << 4 | low))
        }
    }
}
