extension FlashPlan {
    /// What the erased units of this plan were to put back beside their images, as images of their own.
    ///
    /// A sector that an image covers in part is erased with all it holds; until it is programmed again the rest of it
    /// exists only in the plan. Whoever still has the plan after a power cut can save it with this.
    /// - Parameters:
    ///   - images: what the next plan writes; their bytes are left out.
    ///   - ranges: the sectors that may have been caught half-done.
    func bytesBeside(_ images: [FlashImage], in ranges: [Range<Int>]) throws(FlashRefusal) -> [FlashImage] {
        let taken = images.map(\.range.range).sorted { $0.lowerBound < $1.lowerBound }
        var restored: [FlashImage] = []
        for unit in units where !unit.erases.isEmpty && ranges.contains(where: { $0.overlaps(unit.range) }) {
            for run in unit.verified {
                for part in Self.parts(of: run, without: taken) {
                    restored.append(
                        try FlashImage(
                            name: "bytes to keep at \(Hexadecimal.address(part.lowerBound))",
                            bytes: Array(unit.target(part)), at: part.lowerBound, in: geometry))
                }
            }
        }
        return restored
    }

    /// What is left of `run` when the ascending ranges `taken` are cut out.
    private static func parts(of run: Range<Int>, without taken: [Range<Int>]) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = run.lowerBound
        for range in taken where range.overlaps(run) {
            if start < range.lowerBound { parts.append(start..<range.lowerBound) }
            start = max(start, range.upperBound)
        }
        if start < run.upperBound { parts.append(start..<run.upperBound) }
        return parts
    }
}
