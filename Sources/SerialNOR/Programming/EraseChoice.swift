/// Chooses which erases a block's sectors get: the cheapest in chip time, counting what has to be programmed again.
struct EraseChoice {
    /// A sector that an image touches.
    struct Sector {
        let range: Range<Int>
        /// A zero has to become a one.
        let needsErase: Bool
        /// Pages to program if it is not erased.
        let changedPages: Int
        /// Pages to program if it is erased.
        let filledPages: Int
    }

    struct Result {
        var erases: [FlashPlan.Erase] = []
        var chipTime = Duration.zero

        static func + (left: Result, right: Result) -> Result {
            Result(erases: left.erases + right.erases, chipTime: left.chipTime + right.chipTime)
        }
    }

    let sectors: [Sector]
    let planner: FlashPlanner

    /// The cheapest way; among equally cheap ones that with the fewest erases.
    func best() -> Result {
        guard let first = sectors.first else { return Result() }
        let block = first.range.lowerBound / EraseOperation.largestErase * EraseOperation.largestErase
        return best(in: block..<block + EraseOperation.largestErase)
    }

    private func best(in node: Range<Int>) -> Result {
        let inside = sectors.filter { node.contains($0.range.lowerBound) }
        guard !inside.isEmpty else { return Result() }
        let byParts: Result
        if node.count == FlashGeometry.sectorSize {
            guard inside[0].needsErase else { return Result(chipTime: pages(inside[0].changedPages)) }
            byParts = erasing(node, inside, by: planner.chip.smallErase)
        } else {
            let part = node.count == EraseOperation.largestErase ? 32768 : FlashGeometry.sectorSize
            byParts = stride(from: node.lowerBound, to: node.upperBound, by: part).map {
                best(in: $0..<$0 + part)
            }
            .reduce(Result(), +)
            let isWhole = inside.count == node.count / FlashGeometry.sectorSize
            let isFree = planner.layout.keptRegion(overlapping: node) == nil
            if isWhole, isFree, inside.contains(where: \.needsErase),
                let operation = planner.chip.erases.first(where: { $0.size == node.count }),
                case let whole = erasing(node, inside, by: operation),
                whole.chipTime < byParts.chipTime
                    || whole.chipTime == byParts.chipTime && byParts.erases.count > 1
            {
                return whole
            }
        }
        return byParts
    }

    private func erasing(_ node: Range<Int>, _ inside: [Sector], by operation: EraseOperation) -> Result {
        let filled = inside.reduce(0) { $0 + $1.filledPages }
        return Result(
            erases: [FlashPlan.Erase(opcode: operation.opcode, address: node.lowerBound, size: node.count)],
            chipTime: planner.chip.timing.erase(size: node.count).typical + pages(filled))
    }

    private func pages(_ count: Int) -> Duration {
        planner.chip.timing.pageProgram.typical * count
    }
}
