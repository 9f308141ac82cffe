/// Something that goes wrong on the cable, at one packet of one endpoint.
public struct BusFault: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// The endpoint answers STALL until its halt is cleared.
        case stall
        /// The packet towards the host keeps so many bytes; the rest is lost.
        case shorten(to: Int)
        /// The packet towards the host is longer than the endpoint allows.
        case babble
        /// One bit of the packet's last byte flips although the checksum is right: a device with bad memory.
        case flipBit
        /// Bytes appear in the packet that nobody sent.
        case insert([UInt8])
        /// The device is pulled out.
        case unplug
    }

    public var kind: Kind
    /// Endpoint address; 0 is the control endpoint, counted by requests.
    public var endpoint: UInt8
    /// Which packet of that endpoint, from 1.
    public var packet: Int

    public init(_ kind: Kind, endpoint: UInt8, packet: Int) {
        self.kind = kind
        self.endpoint = endpoint
        self.packet = packet
    }
}
