/// What follows from a chip's answers, without asking anything more: a pure function, so that it can be tried with
/// every kind of lie.
enum ChipDecision {
    /// What the answers are good for.
    enum Outcome: Hashable {
        case proven(ProvenChip)
        /// Without SFDP, and the ID stands for parts with different erases.
        case ambiguous([CataloguePart])
    }

    static func decide(
        id: JEDECID, sfdp: SFDPBasicTable?, sfdpMinor: UInt8 = 0, candidates: [CataloguePart]
    ) throws(ChipRefusal) -> Outcome {
        guard let sfdp else { return try decideFromCatalogue(id, candidates) }
        guard sfdp.takesThreeByteAddresses else { throw .fourByteAddressesOnly }
        let size = try capacity(sfdp, id: id, candidates: candidates)
        guard sfdp.pageSize != nil || sfdp.programsPages || !candidates.isEmpty else { throw .noPageProgram }
        let erases = try erases(sfdp, id: id, candidates: candidates)
        return .proven(
            ProvenChip(
                id: id, name: name(candidates), size: size,
                // Larger pages than any command carries are no use; a page too small costs time, nothing else.
                pageSize: min(sfdp.pageSize ?? SPICommand.largestPage, SPICommand.largestPage),
                erases: erases, timing: timing(sfdp, candidates: candidates), status: status(candidates),
                evidence: .sfdp(minor: sfdpMinor, dwords: sfdp.dwords), support: support(candidates)))
    }

    /// A chip whose 20h was seen to erase 4 KB, out of candidates that differ.
    static func chip(id: JEDECID, candidates: [CataloguePart], probedIn block: Range<Int>) -> ProvenChip {
        let fitting = candidates.filter(\.hasUniformSmallErase)
        let base = catalogueChip(id, fitting, evidence: .eraseProbe(at: block))
        return base
    }

    // MARK: Without SFDP

    private static func decideFromCatalogue(_ id: JEDECID, _ candidates: [CataloguePart]) throws(ChipRefusal)
        -> Outcome
    {
        guard !candidates.isEmpty else { throw .unknownPart(id) }
        guard candidates.contains(where: \.hasUniformSmallErase) else { throw .noUniformSmallErase(id) }
        guard candidates.allSatisfy(\.hasUniformSmallErase) else { return .ambiguous(candidates) }
        return .proven(catalogueChip(id, candidates, evidence: .catalogue))
    }

    /// 20h and D8h only: 52h means 32 KB on some parts and 64 KB on others, and only SFDP can tell.
    private static func catalogueChip(
        _ id: JEDECID, _ candidates: [CataloguePart], evidence: ProvenChip.Evidence
    ) -> ProvenChip {
        let isProbed = if case .eraseProbe = evidence { true } else { false }
        let usable = [
            CataloguePart.Erase(SPICommand.erase4K, 4096), CataloguePart.Erase(SPICommand.erase64K, 65536),
        ]
        let erases = usable.filter { erase in candidates.allSatisfy { $0.erases.contains(erase) } }.map {
            erase in
            EraseOperation(
                opcode: erase.opcode, size: erase.size,
                largestPlausibleSize: isProbed ? erase.size : EraseOperation.largestErase)
        }
        return ProvenChip(
            id: id, name: name(candidates), size: candidates[0].size, pageSize: SPICommand.largestPage,
            erases: erases,
            timing: timing(nil, candidates: candidates), status: status(candidates), evidence: evidence,
            support: support(candidates))
    }

    // MARK: Facts from several sources

    private static func capacity(
        _ sfdp: SFDPBasicTable, id: JEDECID, candidates: [CataloguePart]
    ) throws(ChipRefusal) -> Int {
        guard let size = sfdp.size, size & (size - 1) == 0 else { throw .oddCapacity(bytes: sfdp.size) }
        // The size decides where addresses wrap to zero: sources that disagree prove nothing.
        if let expected = candidates.first?.size ?? id.customarySize, expected != size {
            throw .capacityDisputed(sfdp: size, id: expected)
        }
        guard size >= FlashGeometry.smallestChip else { throw .tooSmall(bytes: size) }
        guard size <= FlashGeometry.largestChip else { throw .tooLarge(bytes: size) }
        return size
    }

    private static func erases(
        _ sfdp: SFDPBasicTable, id: JEDECID, candidates: [CataloguePart]
    ) throws(ChipRefusal) -> [EraseOperation] {
        guard sfdp.erases4K else { throw .noUniformSmallErase(id) }
        var claims = sfdp.eraseTypes.map { CataloguePart.Erase($0.opcode, $0.size) }
        if let opcode = sfdp.erase4KOpcode {
            claims.append(CataloguePart.Erase(opcode, FlashGeometry.sectorSize))
        }
        for (index, claim) in claims.enumerated() {
            if let other = claims[..<index].first(where: {
                $0.opcode == claim.opcode && $0.size != claim.size
            }) {
                throw .eraseDisputed(
                    id,
                    claim:
                        "\(Hexadecimal.byte(claim.opcode))h erases both \(other.size) and \(claim.size) bytes"
                )
            }
        }
        let usable = Set(
            claims.filter { [4096, 32768, 65536].contains($0.size) && ChipCatalogue.plausible($0) })
        guard usable.contains(where: { $0.size == FlashGeometry.sectorSize }) else {
            let claim = claims.first { $0.size == FlashGeometry.sectorSize }
            guard let claim else { throw .noUniformSmallErase(id) }
            throw .eraseDisputed(id, claim: "\(Hexadecimal.byte(claim.opcode))h erases 4096 bytes")
        }
        func isKnown(_ erase: CataloguePart.Erase) -> Bool {
            candidates.isEmpty || candidates.contains { $0.erases.contains(erase) }
        }
        var agreed = usable.filter(isKnown)
        guard agreed.contains(where: { $0.size == FlashGeometry.sectorSize }) else {
            throw .noUniformSmallErase(id)
        }
        // Tables made before the standard name no larger erases; the chip table may.
        let block = CataloguePart.Erase(SPICommand.erase64K, 65536)
        if !candidates.isEmpty, candidates.allSatisfy({ $0.erases.contains(block) }),
            !claims.contains(where: { $0.opcode == block.opcode && $0.size != block.size })
        {
            agreed.insert(block)
        }
        return agreed.sorted { ($0.size, $0.opcode) < ($1.size, $1.opcode) }.map { erase in
            let isConfirmed = !candidates.isEmpty && candidates.allSatisfy { $0.erases.contains(erase) }
            return EraseOperation(
                opcode: erase.opcode, size: erase.size,
                largestPlausibleSize: isConfirmed ? erase.size : EraseOperation.largestErase)
        }
    }

    /// Typical times from SFDP where it has them; limits never below the chip table's, since waiting longer for a chip
    /// that hangs costs little and giving up on a slow one costs a unit.
    static func timing(_ sfdp: SFDPBasicTable?, candidates: [CataloguePart]) -> ChipTiming {
        var timing = candidates.first?.timing ?? .conservative
        func merge(_ time: inout OperationTime, with claim: OperationTime?) {
            guard let claim else { return }
            time = OperationTime(
                typical: claim.typical, limit: min(max(time.limit, claim.limit * 2), .seconds(60)))
        }
        merge(&timing.pageProgram, with: sfdp?.pageProgram)
        for type in sfdp?.eraseTypes ?? [] {
            switch type.size {
            case 4096: merge(&timing.erase4K, with: type.time)
            case 32768: merge(&timing.erase32K, with: type.time)
            case 65536: merge(&timing.erase64K, with: type.time)
            default: continue
            }
        }
        return timing
    }

    private static func name(_ candidates: [CataloguePart]) -> String {
        candidates.isEmpty ? "unlisted part" : candidates.map(\.name).joined(separator: " or ")
    }

    private static func status(_ candidates: [CataloguePart]) -> StatusLayout {
        guard let first = candidates.first?.status, candidates.allSatisfy({ $0.status == first }) else {
            return .common
        }
        return first
    }

    private static func support(_ candidates: [CataloguePart]) -> CataloguePart.Support {
        if candidates.isEmpty { return .unlisted }
        return candidates.contains { $0.support == .model } ? .model : .untested
    }
}
