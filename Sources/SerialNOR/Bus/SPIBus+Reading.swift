extension SPIBus {
    /// How many content bytes one batch can fetch in one read; never more than 64 KB, so that progress can be shown.
    var readChunk: Int {
        max(1, min(65536, batchCapacity - SPICommand.readOverhead))
    }

    /// Runs operations that need not share a batch, in as few batches as the adapter's capacity allows.
    func performEach(_ operations: [SPIOperation]) async throws -> [[UInt8]] {
        var answers: [[UInt8]] = []
        var batch: [SPIOperation] = []
        var cost = 0
        for operation in operations {
            if !batch.isEmpty, cost + operation.busCost > batchCapacity {
                answers += try await perform(batch)
                batch.removeAll(keepingCapacity: true)
                cost = 0
            }
            batch.append(operation)
            cost += operation.busCost
        }
        if !batch.isEmpty { answers += try await perform(batch) }
        guard answers.count == operations.count else {
            throw SPIBusError.protocolViolation(
                "the adapter returned \(answers.count) answers to \(operations.count) operations")
        }
        return answers
    }

    /// Reads `range`, handing over its bytes in order, in pieces of at most `readChunk`.
    func forEachChunk(of range: Range<Int>, _ body: ([UInt8]) throws -> Void) async throws {
        var address = range.lowerBound
        while address < range.upperBound {
            let count = min(readChunk, range.upperBound - address)
            let answer = try await perform([SPICommand.reading(at: address, count: count)])
            guard answer.count == 1, answer[0].count == count else {
                throw SPIBusError.protocolViolation(
                    "the adapter returned \(answer.first?.count ?? 0) of \(count) bytes read at \(Hexadecimal.address(address))"
                )
            }
            try body(answer[0])
            address += count
        }
    }

    /// Reads `range`.
    func read(_ range: Range<Int>) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        try await forEachChunk(of: range) { bytes.append(contentsOf: $0) }
        return bytes
    }
}
