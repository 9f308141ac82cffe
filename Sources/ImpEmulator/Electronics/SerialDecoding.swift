extension LogicTrace.Channel {
    /// A byte found on a trace.
    public struct SerialByte: Sendable, Equatable {
        /// When its start bit began.
        public var start: VirtualInstant
        public var byte: UInt8
        /// Whether a stop bit was where it belongs.
        public var isFramed: Bool
    }

    /// The net read as a serial line with eight data bits, without parity, that idles high.
    public func serialBytes(baud: Int) -> [SerialByte] {
        let edges = edges
        var found: [SerialByte] = []
        var next = 0
        // Levels at rising times are looked up along the edges, so that long traces stay linear.
        func level(at time: VirtualInstant, from index: Int) -> (Bool, Int) {
            var index = index
            while index + 1 < edges.count, edges[index + 1].time <= time { index += 1 }
            return (edges[index].level.isHigh, index)
        }
        while next < edges.count {
            guard !edges[next].level.isHigh else {
                next += 1
                continue
            }
            let start = edges[next].time
            var byte: UInt8 = 0
            var index = next
            var high = false
            for bit in 0..<10 {
                let middle = Int64(2 * bit + 1) * 500_000_000 / Int64(baud)
                (high, index) = level(
                    at: VirtualInstant(nanoseconds: start.nanoseconds + middle), from: index)
                if (1...8).contains(bit), high { byte |= 1 << UInt8(bit - 1) }
            }
            found.append(SerialByte(start: start, byte: byte, isFramed: high))
            next = index + 1
        }
        return found
    }
}
