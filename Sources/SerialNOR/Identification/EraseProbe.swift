/// The proof by experiment that 20h erases 4 KB: one sector is erased and its neighbours are seen to survive.
///
/// For chips whose ID stands for parts that differ and that have no SFDP. All of it happens in the chip's last
/// 64 KB, which is read first and put back afterwards; only a power cut in between loses it, which is why the caller
/// must say explicitly that this may happen.
public enum EraseProbe {
    /// Leave to erase in the chip's last 64 KB block, whose content is lost if power fails meanwhile.
    public struct Permission: Hashable, Sendable {
        let reservationEnd: Int

        /// - Parameter reservationEnd: first byte of the user's; a probe that would reach below is refused.
        public init(lastBlockMayBeLostAbove reservationEnd: Int) {
            self.reservationEnd = max(reservationEnd, FlashGeometry.smallestReservation)
        }
    }

    /// - Returns: the block in which 20h was seen to erase 4 KB.
    /// - Throws: `ChipRefusal`: `.noUniformSmallErase` when more went than 4 KB.
    static func run(on bus: ReadingGuard, id: JEDECID, size: Int, permission: Permission) async throws
        -> Range<Int>
    {
        let block = size - EraseOperation.largestErase..<size
        guard block.lowerBound >= permission.reservationEnd else {
            throw ChipRefusal.noRoomForProbe(block: block, reservationEnd: permission.reservationEnd)
        }
        let probe = Experiment(bus: bus.probing(in: block), block: block)
        // Once begun it must come to its end, whatever becomes of the task that asked for it.
        let isSmall = try await Task { try await probe.run(id: id) }.value
        guard isSmall else { throw ChipRefusal.noUniformSmallErase(id) }
        return block
    }

    private struct Experiment: Sendable {
        let bus: ProbeGuard
        let block: Range<Int>

        private var sectors: [Range<Int>] {
            stride(from: block.lowerBound, to: block.upperBound, by: FlashGeometry.sectorSize).map {
                $0..<$0 + FlashGeometry.sectorSize
            }
        }

        /// - Returns: whether exactly the addressed 4 KB went.
        func run(id: JEDECID) async throws -> Bool {
            let original = try await bus.read(block)
            var marked = original
            for sector in sectors where original[local(sector)].allSatisfy({ $0 == 0xFF }) {
                // A blank sector can't show whether it was erased: give it something to lose.
                try await program([0x00], at: sector.lowerBound)
                marked[sector.lowerBound - block.lowerBound] = 0
            }
            let target = sectors[sectors.count / 2]
            try await erase(at: target.lowerBound)
            let after = try await bus.read(block)
            guard after[local(target)].allSatisfy({ $0 == 0xFF }) else {
                throw ChipRefusal.eraseWithoutEffect(id)
            }
            var expected = marked
            expected.replaceSubrange(local(target), with: repeatElement(0xFF, count: target.count))
            let isSmall = after == expected
            try await restore(original, from: after, isSmall: isSmall)
            return isSmall
        }

        private func local(_ range: Range<Int>) -> Range<Int> {
            range.lowerBound - block.lowerBound..<range.upperBound - block.lowerBound
        }

        private func restore(_ original: [UInt8], from current: [UInt8], isSmall: Bool) async throws {
            var erased = current
            for sector in sectors
            where !zip(erased[local(sector)], original[local(sector)]).allSatisfy({ $0 & $1 == $1 }) {
                try await erase(at: sector.lowerBound)
                erased = isSmall ? erased : try await bus.read(block)
                erased.replaceSubrange(local(sector), with: repeatElement(0xFF, count: sector.count))
            }
            for page in stride(from: block.lowerBound, to: block.upperBound, by: SPICommand.largestPage) {
                let wanted = Array(original[local(page..<page + SPICommand.largestPage)])
                guard !wanted.elementsEqual(erased[local(page..<page + SPICommand.largestPage)]) else {
                    continue
                }
                try await program(wanted, at: page)
            }
            let restored = try await bus.read(block)
            if let difference = zip(restored, original).enumerated().first(where: {
                $0.element.0 != $0.element.1
            }) {
                throw ChipRefusal.probeNotRestored(at: block.lowerBound + difference.offset)
            }
        }

        private func erase(at address: Int) async throws {
            let time = ChipTiming.conservative.erase64K
            try await write(SPICommand.frame(SPICommand.erase4K, at: address), time)
        }

        private func program(_ bytes: [UInt8], at address: Int) async throws {
            try await write(
                SPICommand.frame(SPICommand.pageProgram, at: address) + bytes,
                ChipTiming.conservative.pageProgram)
        }

        private func write(_ frame: [UInt8], _ time: OperationTime) async throws {
            _ = try await bus.perform([
                .exchange(write: [SPICommand.writeEnable], readCount: 0),
                .exchange(write: frame, readCount: 0),
                .poll(StatusPoll(typical: time.typical, limit: time.limit)),
            ])
        }
    }
}
