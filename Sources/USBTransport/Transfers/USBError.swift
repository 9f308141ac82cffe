/// Why something could not be done with a USB device: one sentence each, with the device and what to check first.
public enum USBError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The operating system refuses this user.
    case noPermission(device: String)
    /// Another program has the interface.
    case claimedElsewhere(device: String, interface: UInt8)
    /// Nothing is plugged in there.
    case notFound(path: USBPath)
    /// It was unplugged, or its hub lost power.
    case disconnected(device: String)
    case stalled(device: String, what: String)
    /// More data than was asked for.
    case babble(device: String, what: String)
    case timedOut(device: String, what: String, after: Duration)
    /// The task was cancelled.
    case cancelled(device: String)
    /// The device's descriptors make no sense.
    case badDescriptor(device: String, fault: USBDescriptors.Fault)
    /// USB itself can't be used on this machine.
    case unavailable(reason: String)
    case failed(device: String, what: String, reason: String)

    /// The same trouble with the device called by another label: a slot tells its own name along.
    public func naming(_ label: String) -> USBError {
        switch self {
        case .noPermission: .noPermission(device: label)
        case .claimedElsewhere(_, let interface): .claimedElsewhere(device: label, interface: interface)
        case .disconnected: .disconnected(device: label)
        case .stalled(_, let what): .stalled(device: label, what: what)
        case .babble(_, let what): .babble(device: label, what: what)
        case .timedOut(_, let what, let after): .timedOut(device: label, what: what, after: after)
        case .cancelled: .cancelled(device: label)
        case .badDescriptor(_, let fault): .badDescriptor(device: label, fault: fault)
        case .failed(_, let what, let reason): .failed(device: label, what: what, reason: reason)
        case .notFound, .unavailable: self
        }
    }

    public var description: String {
        switch self {
        case .noPermission(let device):
            "\(device): this user may not open it. Install the udev rule of stations/udev (station usb bind writes it), "
                + "run \"udevadm control --reload\" and plug the adapter in again."
        case .claimedElsewhere(let device, let interface):
            "\(device): another program has interface \(interface). Close terminal programs, flashrom or a second station "
                + "on this adapter, then try again."
        case .notFound(let path):
            "USB \(path): nothing is plugged in there. Check the cable and the hub's power, then see \"station usb list\"."
        case .disconnected(let device):
            "\(device): the adapter is gone. Check the cable and the hub's power; the slot goes on when it is back."
        case .stalled(let device, let what):
            "\(device): the adapter refused \(what). Unplug it and plug it in again; replace it if that does not help."
        case .babble(let device, let what):
            "\(device): the adapter sent more than it may in \(what). Check cable and hub; replace the adapter if it "
                + "happens again."
        case .timedOut(let device, let what, let after):
            "\(device): no end of \(what) within \(after). Check that the hub is not overloaded and plug the adapter in again."
        case .cancelled(let device):
            "\(device): the transfer was given up because its work was stopped."
        case .badDescriptor(let device, let fault):
            "\(device): \(fault)"
        case .unavailable(let reason):
            "USB can't be used on this machine: \(reason). Check that /dev/bus/usb exists and that this is not a container "
                + "without devices."
        case .failed(let device, let what, let reason):
            "\(device): \(what) failed: \(reason). Plug the adapter in again; replace cable or adapter if it comes back."
        }
    }
}
