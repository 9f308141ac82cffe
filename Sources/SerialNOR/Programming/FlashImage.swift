import ContentAddress

/// Bytes and the place on the chip where they belong.
public struct FlashImage: Sendable, Hashable {
    /// For people and for the record; unique among the images of one plan.
    public let name: String
    /// Where the bytes go.
    public let range: UserRange
    /// As many as `range` counts.
    public let bytes: [UInt8]

    /// - Parameter address: the physical address of the first byte.
    /// - Throws: `FlashRefusal.emptyImage`, or `.outsideUser` when a byte would lie in the reservation or past the end.
    public init(name: String, bytes: [UInt8], at address: Int, in geometry: FlashGeometry)
        throws(FlashRefusal)
    {
        guard !bytes.isEmpty else { throw .emptyImage(name: name) }
        let (end, overflow) = address.addingReportingOverflow(bytes.count)
        guard !overflow, address >= 0 else {
            throw .outsideUser(
                what: "image “\(name)”", range: address..<max(address, end), allowed: geometry.user)
        }
        do {
            range = try UserRange(address..<end, in: geometry)
        } catch {
            throw .outsideUser(what: "image “\(name)”", range: address..<end, allowed: geometry.user)
        }
        self.name = name
        self.bytes = bytes
    }

    /// - Parameter address: where the first byte goes.
    /// - Throws: `FlashRefusal.emptyImage`, or `.outsideUser` when a byte would lie past the end.
    public init(name: String, bytes: [UInt8], at address: FlashAddress) throws(FlashRefusal) {
        try self.init(name: name, bytes: bytes, at: address.offset, in: address.geometry)
    }

    /// SHA-256 of the bytes.
    public var digest: SHA256Digest { SHA256Digest(of: bytes) }
}
