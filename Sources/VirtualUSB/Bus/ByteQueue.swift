/// Bytes in the order of their arrival, with a size that the hardware gives it.
struct ByteQueue {
    private var bytes: [UInt8] = []
    private var head = 0
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { bytes.count - head }
    var free: Int { capacity - count }
    var isEmpty: Bool { count == 0 }

    subscript(index: Int) -> UInt8 { bytes[head + index] }

    /// Whoever calls has looked at `free`.
    mutating func append(_ more: some Collection<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Takes the first `count` bytes, or all if there are fewer.
    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        let end = min(head + count, bytes.count)
        let taken = bytes[head..<end]
        head = end
        if head > 16384 || head == bytes.count {
            bytes = Array(bytes[head...])
            head = 0
        }
        return taken
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        head = 0
    }
}
