/// The wall at the wire: the last thing before an SPI bus. Each batch is judged whole by `WireRules` before any of it is
/// sent; what could erase or program below the reservation, past the chip's end, or change how the chip understands
/// commands, stops the batch with a `GuardRefusal`. Nothing turns this off.
///
/// It can only be made with a `ProvenChip`, since without knowing how far an erase command reaches nobody can say
/// what it would hurt.
public struct ReservationGuard: SPIBus {
    private let bus: any SPIBus
    /// The chip that the rules were made for.
    public let chip: ProvenChip
    /// The chip's division.
    public let geometry: FlashGeometry
    /// The judgement, for those who want to ask before they send.
    public let rules: WireRules

    /// - Parameters:
    ///   - bus: the adapter. Hand it to nobody else from here on.
    ///   - chip: what `ChipIdentification` found on this bus.
    ///   - reservationEnd: first byte of the user's, from the module's profile; see `FlashGeometry`.
    /// - Throws: `FlashRefusal` when chip and reservation don't go together.
    public init(wrapping bus: any SPIBus, chip: ProvenChip, reservationEnd: Int) throws(FlashRefusal) {
        geometry = try FlashGeometry(reservationEnd: reservationEnd, chipSize: chip.size)
        self.bus = bus
        self.chip = chip
        rules = WireRules(
            authority: .user(geometry, pageSize: chip.pageSize, erases: chip.erases),
            secondStatusOpcode: chip.status.secondStatusOpcode)
    }

    public var batchCapacity: Int { bus.batchCapacity }

    /// Runs the batch if every operation of it is let through.
    /// - Throws: `GuardRefusal` before anything is sent, else what the bus throws.
    public func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
        if let refusal = rules.refusal(of: batch) { throw refusal }
        return try await bus.perform(batch)
    }
}

/// The wall before the chip is known: reads go through, nothing else.
public struct ReadingGuard: SPIBus {
    let bus: any SPIBus

    /// - Parameter bus: the adapter. Hand it to nobody else from here on.
    public init(wrapping bus: any SPIBus) {
        self.bus = bus
    }

    public var batchCapacity: Int { bus.batchCapacity }

    /// Runs the batch if every operation of it only reads.
    /// - Throws: `GuardRefusal` before anything is sent, else what the bus throws.
    public func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
        if let refusal = WireRules.readOnly.refusal(of: batch) { throw refusal }
        return try await bus.perform(batch)
    }

    /// The same bus behind the guard for an identified chip.
    /// - Throws: `FlashRefusal` when chip and reservation don't go together.
    public func granting(_ chip: ProvenChip, reservationEnd: Int) throws(FlashRefusal) -> ReservationGuard {
        try ReservationGuard(wrapping: bus, chip: chip, reservationEnd: reservationEnd)
    }

    /// The same bus for an erase probe in one block.
    func probing(in block: Range<Int>) -> ProbeGuard {
        ProbeGuard(bus: bus, rules: WireRules(authority: .probe(block: block)))
    }

    /// The same bus with status register 2 readable, for a part that is known to have one.
    func reading(secondStatus opcode: UInt8) -> ProbeGuard {
        ProbeGuard(bus: bus, rules: WireRules(authority: .none, secondStatusOpcode: opcode))
    }
}

/// A guard with rules for one moment of identification.
struct ProbeGuard: SPIBus {
    let bus: any SPIBus
    let rules: WireRules

    var batchCapacity: Int { bus.batchCapacity }

    func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
        if let refusal = rules.refusal(of: batch) { throw refusal }
        return try await bus.perform(batch)
    }
}
