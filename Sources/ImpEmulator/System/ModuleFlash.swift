import NORChipModel
import SerialNOR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The SPI flash chip on the module's own pads, as both of its masters see it: impOS while the module runs, the
/// fixture while the module is held in reset.
public final class ModuleFlash {
    /// The chip itself; nil when none is fitted.
    public let chip: NORChip?
    /// How often the content may have changed.
    public private(set) var changes = 0
    /// Told when an erase has begun, with the time that it will take.
    var onErase: (Duration) -> Void = { _ in }
    /// Bytes at the bottom that belong to the system.
    public let reservation: Int

    private let simulation: Simulation
    private var isPowered = false

    /// Clock of the module's own bus; the figure is a choice.
    static let clockHertz = 30_000_000

    init(
        simulation: Simulation, partName: String, reservation: Int, faults: [Fault.Kind],
        content: FlashContents,
        seed: UInt64
    ) {
        self.simulation = simulation
        self.reservation = reservation
        guard !faults.contains(.flashAbsent), var part = NORPart.named(partName) else {
            chip = nil
            return
        }
        if faults.contains(.flash20hErases64K) {
            part.erases = part.erases.map { $0.opcode == 0x20 ? CataloguePart.Erase(0x20, 0x10000) : $0 }
        }
        let chip = NORChip(part: part, seed: seed)
        for (sector, bytes) in content.sectors where sector * 4096 < part.size {
            chip.load(bytes, at: sector * 4096)
        }
        for fault in faults {
            switch fault {
            case .badSector(let address): chip.faults.wearOut(sector: address / 4096, seed: seed)
            case .flashProtected: chip.statusRegister |= 0x1C
            default: break
            }
        }
        self.chip = chip
    }

    /// Bytes that Squirrel can use; 0 without a chip.
    public var userSize: Int { max((chip?.part.size ?? 0) - reservation, 0) }

    /// Whether something that looks like a chip answers to RDID.
    var answers: Bool {
        _ = exchange([0xAB], read: 0)
        let id = exchange([0x9F], read: 3)
        return !id.allSatisfy { $0 == 0xFF } && !id.allSatisfy { $0 == 0 }
    }

    func applyPower() {
        guard !isPowered else { return }
        isPowered = true
        chip?.applyPower(at: simulation.now.elapsed)
    }

    func cutPower() {
        guard isPowered else { return }
        isPowered = false
        if chip?.busyUntil != nil { changes += 1 }
        chip?.cutPower(at: simulation.now.elapsed)
    }

    /// One command with chip select low, at `time` or now. Without chip or power the line floats high.
    func exchange(_ write: [UInt8], read count: Int, at time: VirtualInstant? = nil) -> [UInt8] {
        guard isPowered, let chip else { return [UInt8](repeating: 0xFF, count: count) }
        let instant = time ?? simulation.now
        let wasBusy = chip.busyUntil.map { $0 > instant.elapsed } ?? false
        let answer = chip.exchange(write: write, readCount: count, at: instant.elapsed)
        guard !wasBusy, let end = chip.busyUntil, end > instant.elapsed, let opcode = write.first else {
            return answer
        }
        changes += 1
        if opcode != 0x02, opcode != 0x01 { onErase(end - instant.elapsed) }
        return answer
    }

    /// Until when the chip works on its last command.
    var busyUntil: VirtualInstant? {
        guard isPowered, let end = chip?.busyUntil else { return nil }
        return .start + end
    }

    /// A READ and how long it keeps the bus.
    func read(at address: Int, count: Int) -> (bytes: [UInt8], duration: Duration) {
        (exchange(Self.command(0x03, address), read: count), Self.wireTime(ofBytes: 4 + count))
    }

    static func command(_ opcode: UInt8, _ address: Int) -> [UInt8] {
        [opcode, UInt8(address >> 16 & 0xFF), UInt8(address >> 8 & 0xFF), UInt8(address & 0xFF)]
    }

    static func wireTime(ofBytes count: Int, hertz: Int = clockHertz) -> Duration {
        .nanoseconds((Int64(count) * 8 * 1_000_000_000 + Int64(hertz) - 1) / Int64(hertz))
    }

    /// Everything on the chip that is not erased.
    func contents() -> FlashContents {
        guard let chip else { return FlashContents() }
        // The chip carries out a finished command when it is next looked at.
        if isPowered { chip.settle(at: simulation.now.elapsed) }
        return FlashContents(of: chip)
    }
}

/// What lies on a flash chip, without its erased sectors.
public struct FlashContents: Sendable, Equatable {
    /// 4,096 bytes each, by sector number.
    public var sectors: [Int: [UInt8]] = [:]

    public init() {}

    init(of chip: NORChip) {
        let erased = [UInt8](repeating: 0xFF, count: 4096)
        for sector in 0..<(chip.part.size / 4096) {
            let bytes = chip.contents(sector * 4096..<(sector + 1) * 4096)
            if !bytes.isSame(as: erased) { sectors[sector] = bytes }
        }
    }
}

extension [UInt8] {
    /// Equality by one memory comparison: whole chips are compared here, in debug builds too.
    func isSame(as other: [UInt8]) -> Bool {
        guard count == other.count, !isEmpty else { return count == other.count }
        return withUnsafeBytes { mine in
            other.withUnsafeBytes { theirs in
                guard let left = mine.baseAddress, let right = theirs.baseAddress else { return false }
                return memcmp(left, right, mine.count) == 0
            }
        }
    }
}
