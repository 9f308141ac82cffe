import USBTransport

/// The far end of the cable: what a device does, packet by packet.
///
/// A model belongs to one `VirtualPort`, which calls it under its lock and tells it the time. Times never go back.
public protocol DeviceModel: AnyObject {
    var speed: USBSpeed { get }
    var deviceDescriptor: [UInt8] { get }
    /// The configuration descriptor with its interfaces and endpoints.
    var configurationDescriptor: [UInt8] { get }
    /// Text of a string descriptor, index from 1.
    func string(_ index: UInt8) -> String?

    /// A class or vendor request.
    func control(_ setup: USBSetup, data: [UInt8], at time: Duration) -> ControlAnswer

    /// Lets the device live until `time`.
    func advance(to time: Duration)

    /// One packet from the host.
    func accept(_ packet: ArraySlice<UInt8>, endpoint: UInt8, at time: Duration) -> PacketAnswer

    /// The host asks for a packet. Nil: nothing to send now (NAK).
    func offer(endpoint: UInt8, at time: Duration) -> [UInt8]?

    /// When this endpoint might take a packet that it refused, or have one to offer, later than `time`; nil when only
    /// the host can change that.
    func nextChange(endpoint: UInt8, after time: Duration) -> Duration?

    /// Bus reset: everything as after power-up.
    func reset(at time: Duration)
}

/// Answer to a class or vendor request.
public enum ControlAnswer: Equatable, Sendable {
    case accepted
    case data([UInt8])
    case stall
}

/// Handshake for a packet from the host.
public enum PacketAnswer: Equatable, Sendable {
    case ack, nak, stall
}
