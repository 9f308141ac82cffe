/// Reads what a chip holds where images will go.
struct FlashSurveyor {
    let bus: ReservationGuard
    /// Admitted, ascending.
    let images: [FlashImage]
    /// Whole sectors.
    let distrusted: [Range<Int>]

    /// Bytes of one sample.
    private var sampleSize: Int { min(4, bus.readChunk) }

    /// - Parameter sampling: whether runs of sectors in which every sample is blank may be left unread.
    func look(sampling: Bool, progress: FlashProgressSink?) async throws -> FlashPlanner.Content {
        let ranges = FlashPlanner.touchedRuns(images)
        let total = ranges.reduce(0) { $0 + $1.count }
        var content = FlashPlanner.Content(runs: [], bytesRead: 0, distrusted: distrusted)
        var done = 0
        for range in ranges {
            if sampling, !distrusted.contains(where: { $0.overlaps(range) }) {
                let (isBlank, bytesRead) = try await looksBlank(range)
                content.bytesSampled += bytesRead
                if isBlank {
                    done += range.count
                    content.runs.append(FlashPlanner.Content.Run(range: range, bytes: nil))
                    try await progress?(.surveyed(bytes: done, of: total))
                    continue
                }
            }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(range.count)
            var address = range.lowerBound
            while address < range.upperBound {
                try Task.checkCancellation()
                let end = min(range.upperBound, address + max(bus.readChunk, EraseOperation.largestErase))
                try await bus.forEachChunk(of: address..<end) { bytes.append(contentsOf: $0) }
                address = end
                try await progress?(.surveyed(bytes: done + bytes.count, of: total))
            }
            done += range.count
            content.bytesRead += range.count
            content.runs.append(FlashPlanner.Content.Run(range: range, bytes: bytes))
        }
        return content
    }

    /// Looks at one place in each sector, chosen where the image has something to say: a chip that holds an earlier version
    /// of it will hardly be blank just there.
    private func looksBlank(_ run: Range<Int>) async throws -> (Bool, bytesRead: Int) {
        var places: [Range<Int>] = []
        for image in images where image.range.range.overlaps(run) {
            for sector in stride(
                from: image.range.wideningToSectors.lowerBound, to: image.range.upperBound,
                by: FlashGeometry.sectorSize)
            {
                let part = image.range.range.clamped(to: sector..<sector + FlashGeometry.sectorSize)
                places.append(samplePlace(in: part, of: image))
            }
        }
        let atOnce = max(1, bus.batchCapacity / (SPICommand.readOverhead + sampleSize))
        var bytesRead = 0
        for start in stride(from: 0, to: places.count, by: atOnce) {
            try Task.checkCancellation()
            let some = places[start..<min(places.count, start + atOnce)]
            let answers = try await bus.perform(
                some.map { SPICommand.reading(at: $0.lowerBound, count: $0.count) })
            bytesRead += answers.reduce(0) { $0 + $1.count }
            for answer in answers where !answer.withUnsafeBytes({ NORBytes.isBlank($0) }) {
                return (false, bytesRead)
            }
        }
        return (true, bytesRead)
    }

    private func samplePlace(in part: Range<Int>, of image: FlashImage) -> Range<Int> {
        let start = part.lowerBound - image.range.lowerBound
        let first = image.bytes[start..<start + part.count].firstIndex { $0 != 0xFF } ?? start
        let offset = min(first, max(start, start + part.count - sampleSize))
        let address = image.range.lowerBound + offset
        return address..<min(part.upperBound, address + sampleSize)
    }
}
