import NORChipModel
import Testing
import TimeAndChance

@testable import SerialNOR

/// What most tests need: a part on a bus, a programmer in front of it.
let reservationEnd = 0x70000

func part(_ name: String) throws -> NORPart {
    try #require(NORPart.named(name), "no model of \(name)")
}

/// A chip whose reservation holds bytes that are worth keeping.
func chip(_ part: NORPart, seed: UInt64 = 1, timing: NORTiming = .none, userFilled: Bool = false) -> NORChip {
    let chip = NORChip(part: part, seed: seed, timing: timing)
    chip.fill(0..<min(reservationEnd, part.size), seed: seed ^ 0xA5)
    if userFilled, part.size > reservationEnd { chip.fill(reservationEnd..<part.size, seed: seed ^ 0x5A) }
    return chip
}

func bus(
    _ name: String, seed: UInt64 = 1, timing: NORTiming = .none, userFilled: Bool = false,
    capacity: Int = 65536,
    clockHertz: Int? = nil, prepare: (NORChip) -> Void = { _ in }
) throws -> EmulatedSPIBus {
    let chip = chip(try part(name), seed: seed, timing: timing, userFilled: userFilled)
    prepare(chip)
    return EmulatedSPIBus(chip: chip, clockHertz: clockHertz, batchCapacity: capacity)
}

extension EmulatedSPIBus {
    func contents(_ range: Range<Int>) -> [UInt8] { withChip { $0.contents(range) } }
}

/// A proven chip as identification would make it, without a bus.
func provenChip(
    size: Int, erases: [EraseOperation]? = nil, timing: ChipTiming = .conservative, pageSize: Int = 256
) -> ProvenChip {
    ProvenChip(
        id: JEDECID(0xEF, 0x40, UInt8(size.trailingZeroBitCount)), name: "test part", size: size,
        pageSize: pageSize,
        erases: erases ?? [
            EraseOperation(opcode: 0x20, size: 4096, largestPlausibleSize: 4096),
            EraseOperation(opcode: 0x52, size: 32768, largestPlausibleSize: 32768),
            EraseOperation(opcode: 0xD8, size: 65536, largestPlausibleSize: 65536),
        ], timing: timing, status: .winbond, evidence: .catalogue, support: .model)
}

/// Expects both to hold the same bytes, without printing megabytes when they don't.
func expectSame(
    _ left: some RandomAccessCollection<UInt8>, _ right: some RandomAccessCollection<UInt8>,
    _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let same = isSame(left, right)
    #expect(same, comment, sourceLocation: sourceLocation)
}

/// Whether both hold the same bytes; many times quicker in a debug build than `==` on megabytes.
func isSame(_ left: some RandomAccessCollection<UInt8>, _ right: some RandomAccessCollection<UInt8>) -> Bool {
    left.withContiguousStorageIfAvailable { left in
        right.withContiguousStorageIfAvailable { right in
            left.count == right.count
                && NORBytes.equal(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
        } ?? false
    } ?? false
}
