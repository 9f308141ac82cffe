/// Finds out what chip is on a bus, with reads only, and refuses chips that can't be used safely.
///
/// Order: wake and read the ID, wait until ready, read SFDP, decide, look at protection, look whether the capacity is
/// real. Everything that a decision rests on is read twice.
public enum ChipIdentification {
    /// A chip may still be busy with the longest erase when a unit is taken over.
    static let readyLimit = Duration.seconds(10)

    /// - Parameters:
    ///   - bus: a guarded bus on which the module is held in reset.
    ///   - permission: allows the erase probe where ID and SFDP leave open what 20h erases; without it such chips are
    ///     refused.
    /// - Throws: `ChipRefusal`, or what the bus throws.
    public static func identify(on bus: ReadingGuard, probing permission: EraseProbe.Permission? = nil)
        async throws
        -> ProvenChip
    {
        let id = try await readID(on: bus)
        try await waitUntilReady(bus)
        let (table, minor) = try await readSFDP(on: bus)
        let candidates = ChipCatalogue.candidates(for: id)
        let chip: ProvenChip
        switch try ChipDecision.decide(id: id, sfdp: table, sfdpMinor: minor, candidates: candidates) {
        case .proven(let decided):
            chip = decided
            try await refuseProtected(chip.status, on: bus)
            try await refuseAliased(size: chip.size, on: bus)
        case .ambiguous(let parts):
            guard let permission else { throw ChipRefusal.ambiguous(id, candidates: parts.map(\.name)) }
            try await refuseProtected(.common, on: bus)
            try await refuseAliased(size: parts[0].size, on: bus)
            let block = try await EraseProbe.run(on: bus, id: id, size: parts[0].size, permission: permission)
            chip = ChipDecision.chip(id: id, candidates: parts, probedIn: block)
        }
        return chip
    }

    // MARK: Readings

    /// The ID, read twice; a chip in deep power-down is woken first.
    static func readID(on bus: some SPIBus) async throws -> JEDECID {
        let idOperation = SPIOperation.exchange(write: [SPICommand.readID], readCount: 3)
        var answers = try await bus.performEach([idOperation, idOperation])
        if answers[0].allSatisfy({ $0 == 0xFF }), try await isBusy(bus) {
            // A busy chip answers nothing but its status: the module may have been stopped in the middle of an erase.
            try await waitUntilReady(bus)
            answers = try await bus.performEach([idOperation, idOperation])
        }
        if answers[0].allSatisfy({ $0 == 0xFF }) {
            // Parts take up to 35 µs from this command until they listen again (W25Q: 3 µs, MX25R: 35 µs).
            answers = try await bus.performEach([
                .exchange(write: [SPICommand.wake], readCount: 0), .pause(.microseconds(100)), idOperation,
                idOperation,
            ]).suffix(2)
        }
        guard let first = JEDECID(bytes: answers[0]), let second = JEDECID(bytes: answers[1]) else {
            throw SPIBusError.protocolViolation(
                "the adapter returned \(answers[0].count) bytes for an ID of 3")
        }
        guard first == second else {
            throw ChipRefusal.unstable(what: "ID", first: first.description, second: second.description)
        }
        if first.bytes.allSatisfy({ $0 == 0xFF }) { throw ChipRefusal.noAnswer }
        if first.bytes.allSatisfy({ $0 == 0 }) { throw ChipRefusal.shorted }
        return first
    }

    /// Whether the status register says so. All ones is no status: nothing drives the wire.
    private static func isBusy(_ bus: some SPIBus) async throws -> Bool {
        let status = try await bus.perform([.exchange(write: [SPICommand.readStatus], readCount: 1)])[0]
        return status.first.map { $0 & 1 == 1 && $0 != 0xFF } ?? false
    }

    private static func waitUntilReady(_ bus: some SPIBus) async throws {
        do {
            _ = try await bus.perform([.poll(StatusPoll(typical: .zero, limit: readyLimit))])
        } catch SPIBusError.stillBusy(let status, _) {
            throw ChipRefusal.staysBusy(status: status)
        }
    }

    private static func readSFDP(on bus: ReadingGuard) async throws -> (SFDPBasicTable?, minor: UInt8) {
        let start = try await readTwice("SFDP header", at: 0, count: SFDPHeader.fixedSize, on: bus)
        guard let header = SFDPHeader(start) else { return (nil, 0) }
        let tables = try await readTwice(
            "SFDP table list", at: SFDPHeader.fixedSize,
            count: min(header.tableCount, SFDPHeader.mostTables) * SFDPHeader.tableHeaderSize, on: bus)
        guard let location = SFDPHeader.basicTable(among: tables) else { return (nil, 0) }
        let bytes = try await readTwice(
            "SFDP basic table", at: location.pointer,
            count: min(location.length, SFDPBasicTable.usefulLength) * 4, on: bus)
        return (SFDPBasicTable(bytes), location.minor)
    }

    private static func readTwice(_ what: String, at address: Int, count: Int, on bus: ReadingGuard)
        async throws -> [UInt8]
    {
        let operation = SPIOperation.exchange(
            write: SPICommand.frame(SPICommand.readSFDP, at: address) + [0], readCount: count)
        let answers = try await bus.performEach([operation, operation])
        guard answers[0] == answers[1] else {
            let position = zip(answers[0], answers[1]).enumerated().first { $0.element.0 != $0.element.1 }
            throw ChipRefusal.unstable(
                what: "\(what), byte \(position?.offset ?? 0)",
                first: Hexadecimal.byte(position?.element.0 ?? 0),
                second: Hexadecimal.byte(position?.element.1 ?? 0))
        }
        return answers[0]
    }

    // MARK: Refusals

    private static func refuseProtected(_ layout: StatusLayout, on bus: ReadingGuard) async throws {
        let status = try await bus.perform([.exchange(write: [SPICommand.readStatus], readCount: 1)])[0]
        if let first = status.first, first & layout.blockProtectMask != 0 {
            throw ChipRefusal.protected(register: 1, status: first, mask: layout.blockProtectMask)
        }
        guard let opcode = layout.secondStatusOpcode else { return }
        let second = try await bus.reading(secondStatus: opcode).perform([
            .exchange(write: [opcode], readCount: 1)
        ])[0]
        if let byte = second.first, byte & layout.complementMask != 0 {
            throw ChipRefusal.protected(register: 2, status: byte, mask: layout.complementMask)
        }
    }

    /// Where a chip is smaller than it says, high addresses come out at low ones. Samples of the system's part are
    /// compared with what lies a power of two above them. A blank reservation gives no sample, and has nothing to lose.
    private static func refuseAliased(size: Int, on bus: ReadingGuard) async throws {
        let sampleSize = 32
        let places = stride(from: 0, to: FlashGeometry.smallestReservation, by: 0x4000)
        let base = try await bus.performEach(places.map { SPICommand.reading(at: $0, count: sampleSize) })
        let samples = zip(places, base).filter { Set($0.1).count > 2 }
        guard !samples.isEmpty else { return }
        var distance = FlashGeometry.smallestChip
        while distance < size {
            let above = try await bus.performEach(
                samples.map { SPICommand.reading(at: $0.0 + distance, count: sampleSize) })
            if zip(samples, above).allSatisfy({ $0.1 == $1 }) {
                throw ChipRefusal.capacityAliased(claimed: size, real: distance)
            }
            distance *= 2
        }
    }
}
