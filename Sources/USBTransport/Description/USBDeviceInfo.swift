/// How fast a device signals.
public enum USBSpeed: String, Sendable, Codable {
    case low, full, high, `super`, unknown
}

/// What a program may do with a device.
public enum USBAccess: Hashable, Sendable {
    /// It can be opened.
    case granted
    /// The operating system refuses this user.
    case denied
    /// Something else has it; the text says what, as far as it is known.
    case inUse(String)
}

/// One endpoint of an interface.
public struct USBEndpointInfo: Hashable, Sendable {
    /// How an endpoint moves data (USB 2.0, table 9-13, bits 1..0 of bmAttributes).
    public enum Kind: UInt8, Sendable {
        case control = 0, isochronous, bulk, interrupt
    }
    /// Bit 7 set: towards the host.
    public var address: UInt8
    public var kind: Kind
    /// Bytes in one packet.
    public var packetSize: Int

    public init(address: UInt8, kind: Kind, packetSize: Int) {
        self.address = address
        self.kind = kind
        self.packetSize = packetSize
    }

    public var isInput: Bool { address & 0x80 != 0 }
}

/// One interface, first alternate setting.
public struct USBInterfaceInfo: Hashable, Sendable {
    public var number: UInt8
    /// Class, subclass and protocol codes as usb.org lists them; FFh is the vendor's own.
    public var classCode: UInt8
    public var subclass: UInt8
    public var protocolCode: UInt8
    public var endpoints: [USBEndpointInfo]

    public init(
        number: UInt8, classCode: UInt8, subclass: UInt8, protocolCode: UInt8, endpoints: [USBEndpointInfo]
    ) {
        self.number = number
        self.classCode = classCode
        self.subclass = subclass
        self.protocolCode = protocolCode
        self.endpoints = endpoints
    }

    /// The first endpoint of a kind in a direction.
    public func endpoint(_ kind: USBEndpointInfo.Kind, input: Bool) -> USBEndpointInfo? {
        endpoints.first { $0.kind == kind && $0.isInput == input }
    }
}

/// What can be known of a device without claiming it.
public struct USBDeviceInfo: Hashable, Sendable {
    public var path: USBPath
    public var vendorID: UInt16
    public var productID: UInt16
    /// bcdDevice: the maker's release number of the device.
    public var release: UInt16
    public var manufacturer: String?
    public var product: String?
    /// nil: the device has none, or it could not be read.
    public var serial: String?
    public var speed: USBSpeed
    /// Interfaces of the active (else the first) configuration.
    public var interfaces: [USBInterfaceInfo]
    public var access: USBAccess
    /// The slot that uses it, for sentences; nil for those who only list devices.
    public var slot: String?

    public init(
        path: USBPath, vendorID: UInt16, productID: UInt16, release: UInt16, manufacturer: String? = nil,
        product: String? = nil, serial: String? = nil, speed: USBSpeed = .unknown,
        interfaces: [USBInterfaceInfo] = [], access: USBAccess = .granted
    ) {
        self.path = path
        self.vendorID = vendorID
        self.productID = productID
        self.release = release
        self.manufacturer = manufacturer
        self.product = product
        self.serial = serial
        self.speed = speed
        self.interfaces = interfaces
        self.access = access
    }

    /// `0403:6010`.
    public var identifier: String {
        Self.hex(vendorID) + ":" + Self.hex(productID)
    }

    /// `USB 1-4.2 (FT7XK2A1)`, or `Slot A, USB 1-4.2 (FT7XK2A1)`: how a person finds it.
    public var label: String {
        (slot.map { "Slot \($0), " } ?? "") + "USB \(path)" + (serial.map { " (\($0))" } ?? "")
    }

    private static func hex(_ value: UInt16) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
