import USBTransport

/// The requests of USB 2.0, 9.4, that every device answers, on top of a model's descriptors.
struct StandardRequests {
    private(set) var configuration: UInt8 = 0
    private(set) var halted: Set<UInt8> = []

    mutating func halt(_ endpoint: UInt8) {
        halted.insert(endpoint)
    }

    mutating func clearHalt(_ endpoint: UInt8) {
        halted.remove(endpoint)
    }

    mutating func reset() {
        configuration = 0
        halted = []
    }

    /// - Returns: nil when the request is not a standard one.
    mutating func answer(_ setup: USBSetup, model: any DeviceModel) -> ControlAnswer? {
        guard setup.requestType & 0x60 == 0 else { return nil }
        switch setup.request {
        case 0: return .data(status(of: setup))
        case 1:
            // CLEAR_FEATURE: ENDPOINT_HALT and DEVICE_REMOTE_WAKEUP are all there is.
            if setup.requestType & 0x1F == 2 { halted.remove(UInt8(truncatingIfNeeded: setup.index)) }
            return .accepted
        case 3:
            if setup.requestType & 0x1F == 2 { halted.insert(UInt8(truncatingIfNeeded: setup.index)) }
            return .accepted
        case 5, 11: return .accepted
        case 6: return descriptor(setup, model: model)
        case 8: return .data([configuration])
        case 9:
            configuration = UInt8(truncatingIfNeeded: setup.value)
            halted = []
            return .accepted
        case 10: return .data([0])
        default: return .stall
        }
    }

    private func status(of setup: USBSetup) -> [UInt8] {
        switch setup.requestType & 0x1F {
        case 2: [halted.contains(UInt8(truncatingIfNeeded: setup.index)) ? 1 : 0, 0]
        default: [0, 0]
        }
    }

    private func descriptor(_ setup: USBSetup, model: any DeviceModel) -> ControlAnswer {
        let index = UInt8(truncatingIfNeeded: setup.value)
        let bytes: [UInt8]
        switch setup.value >> 8 {
        case 1: bytes = model.deviceDescriptor
        case 2:
            guard index == 0 else { return .stall }
            bytes = model.configurationDescriptor
        case 3:
            if index == 0 {
                bytes = [4, 3, 0x09, 0x04]
            } else {
                guard let text = model.string(index) else { return .stall }
                bytes = Self.stringDescriptor(text)
            }
        case 6:
            guard model.speed == .high, model.deviceDescriptor.count == 18 else { return .stall }
            // Device qualifier: what it would be at full speed.
            bytes = [10, 6] + model.deviceDescriptor[2..<8] + [1, 0]
        default: return .stall
        }
        return .data(Array(bytes.prefix(Int(setup.length))))
    }

    /// A string descriptor, cut after 126 UTF-16 units as its length byte demands.
    static func stringDescriptor(_ text: String) -> [UInt8] {
        let units = text.utf16.prefix(126)
        var bytes: [UInt8] = [UInt8(2 + 2 * units.count), 3]
        for unit in units { bytes += [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)] }
        return bytes
    }
}
