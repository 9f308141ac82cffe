/// Reading a configuration descriptor as a device sends it: every length is checked, nothing is trusted.
///
/// Source: USB 2.0, 9.5 and 9.6.
public enum USBDescriptors {
    /// What is wrong with a descriptor.
    public enum Fault: Error, Equatable, CustomStringConvertible {
        /// A descriptor at `offset` claims `length` bytes, and only `available` are there.
        case longerThanBuffer(offset: Int, length: Int, available: Int)
        /// A length below 2 (or below what its type needs): nothing after it can be found.
        case tooShort(offset: Int, length: Int)
        /// An endpoint before any interface.
        case endpointWithoutInterface(offset: Int)
        /// No configuration descriptor at the start.
        case notAConfiguration

        public var description: String {
            switch self {
            case .longerThanBuffer(let offset, let length, let available):
                "The descriptor at byte \(offset) says that it is \(length) bytes long, but only \(available) follow; "
                    + "the device is broken or not what it claims to be: replace the adapter."
            case .tooShort(let offset, let length):
                "The descriptor at byte \(offset) says that it is \(length) bytes long, which no descriptor is; "
                    + "replace the adapter."
            case .endpointWithoutInterface(let offset):
                "The endpoint descriptor at byte \(offset) belongs to no interface; replace the adapter."
            case .notAConfiguration:
                "The device sent something else where its configuration descriptor should be; replace the adapter."
            }
        }
    }

    /// The interfaces (alternate setting 0) of one configuration.
    /// - Parameter bytes: configuration descriptor with everything that belongs to it.
    public static func interfaces(in bytes: [UInt8]) throws(Fault) -> [USBInterfaceInfo] {
        guard bytes.count >= 9, bytes[1] == 2 else { throw .notAConfiguration }
        let total = Int(bytes[2]) | Int(bytes[3]) << 8
        guard total <= bytes.count else {
            throw .longerThanBuffer(offset: 0, length: total, available: bytes.count)
        }
        var interfaces: [USBInterfaceInfo] = []
        var inAlternate = false
        var offset = 0
        while offset < total {
            guard total - offset >= 2 else {
                throw .longerThanBuffer(offset: offset, length: 2, available: total - offset)
            }
            let length = Int(bytes[offset])
            let type = bytes[offset + 1]
            let least = type == 4 ? 9 : type == 5 ? 7 : 2
            guard length >= least else { throw .tooShort(offset: offset, length: length) }
            guard length <= total - offset else {
                throw .longerThanBuffer(offset: offset, length: length, available: total - offset)
            }
            if type == 4 {
                inAlternate = bytes[offset + 3] != 0
                if !inAlternate {
                    interfaces.append(
                        USBInterfaceInfo(
                            number: bytes[offset + 2], classCode: bytes[offset + 5],
                            subclass: bytes[offset + 6],
                            protocolCode: bytes[offset + 7], endpoints: []))
                }
            } else if type == 5, !inAlternate {
                guard !interfaces.isEmpty else { throw .endpointWithoutInterface(offset: offset) }
                let size = Int(bytes[offset + 4]) | Int(bytes[offset + 5] & 0x07) << 8
                if let kind = USBEndpointInfo.Kind(rawValue: bytes[offset + 3] & 3) {
                    interfaces[interfaces.count - 1].endpoints.append(
                        USBEndpointInfo(address: bytes[offset + 2], kind: kind, packetSize: size))
                }
            }
            offset += length
        }
        return interfaces
    }

    /// The text of a string descriptor (UTF-16, little endian).
    /// - Returns: nil for a descriptor that is too short, too long for its buffer, or no string descriptor.
    public static func text(in bytes: [UInt8]) -> String? {
        guard bytes.count >= 2, bytes[1] == 3 else { return nil }
        let length = Int(bytes[0])
        guard length >= 2, length <= bytes.count else { return nil }
        var units: [UInt16] = []
        for index in stride(from: 2, to: length - 1, by: 2) {
            units.append(UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8)
        }
        return String(decoding: units, as: UTF16.self)
    }
}
