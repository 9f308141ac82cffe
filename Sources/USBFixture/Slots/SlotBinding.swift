import USBTransport

/// Which adapter belongs to a slot: by its socket, by its serial number, or by both.
///
/// By the socket alone, adapters may be exchanged freely. By the serial number alone, cables may be moved. With both,
/// neither can happen unnoticed.
public struct SlotBinding: Hashable, Sendable {
    public let slot: String
    public let path: USBPath?
    public let serial: String?

    public init(slot: String, path: USBPath?, serial: String?) throws(BindingProblem) {
        guard path != nil || !(serial ?? "").isEmpty else { throw .nothingToGoBy(slot: slot) }
        self.slot = slot
        self.path = path
        self.serial = serial.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `USB 1-4.2 (FT7XK2A1)`, as far as it is known.
    public var label: String {
        switch (path, serial) {
        case (let path?, let serial?): "USB \(path) (\(serial))"
        case (let path?, nil): "USB \(path)"
        case (nil, let serial): "USB (\(serial ?? ""))"
        }
    }
}

/// Why a slot has no adapter: one sentence each, with the slot, the socket, and what to check first.
public enum BindingProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case nothingToGoBy(slot: String)
    /// Nothing in the slot's socket.
    case emptySocket(slot: String, path: USBPath)
    /// No adapter with the slot's serial number.
    case serialNotFound(slot: String, serial: String, present: [String])
    /// Another adapter sits in the slot's socket.
    case swapped(slot: String, path: USBPath, expected: String, found: String?)
    /// The right adapter sits in another socket.
    case moved(slot: String, serial: String, expected: USBPath, found: USBPath)
    /// Several adapters have the same serial number.
    case ambiguousSerial(slot: String, serial: String, paths: [USBPath])
    /// Two slots ask for one adapter.
    case claimedTwice(slot: String, other: String, label: String)
    /// What sits there is no adapter that a slot can use.
    case wrongDevice(slot: String, label: String, identifier: String)
    case noPermission(slot: String, label: String)

    public var description: String {
        switch self {
        case .nothingToGoBy(let slot):
            "Slot \(slot): station.yaml gives neither a USB path nor a serial number. Run \"station usb bind \(slot)\"."
        case .emptySocket(let slot, let path):
            "Slot \(slot): nothing is plugged in at USB \(path). Check the cable and the hub's power."
        case .serialNotFound(let slot, let serial, let present):
            "Slot \(slot): no adapter has the serial number \(serial)"
                + (present.isEmpty
                    ? "; none is plugged in." : "; there are \(present.joined(separator: ", ")).")
                + " Check the cable and the hub's power, or bind the slot anew."
        case .swapped(let slot, let path, let expected, let found):
            "Slot \(slot): USB \(path) should hold the adapter \(expected), but there is "
                + (found.map { "\($0)" } ?? "one without a serial number")
                + ". Two cables may have been swapped: check them before any unit is put in."
        case .moved(let slot, let serial, let expected, let found):
            "Slot \(slot): the adapter \(serial) should be at USB \(expected), but it is at USB \(found). Put the cable back, "
                + "or bind the slot anew."
        case .ambiguousSerial(let slot, let serial, let paths):
            "Slot \(slot): \(paths.count) adapters have the serial number \(serial) (at "
                + paths.map(\.description).joined(separator: ", ")
                + "). Bind the slot by its USB path too, or give them "
                + "numbers of their own."
        case .claimedTwice(let slot, let other, let label):
            "Slots \(other) and \(slot) both ask for \(label). Give each slot an adapter of its own in station.yaml."
        case .wrongDevice(let slot, let label, let identifier):
            "Slot \(slot): \(label) is \(identifier), not an FT2232H, FT4232H or FT232H adapter. Check the cable (station usb list)."
        case .noPermission(let slot, let label):
            "Slot \(slot): this user may not open \(label). Install the udev rule of stations/udev (station usb bind writes it), run "
                + "\"udevadm control --reload\" and plug the adapter in again."
        }
    }
}

/// Finds each slot's adapter.
public enum SlotBindings {
    /// Whether a device can be a slot's adapter: an FTDI chip with an MPSSE and a second channel.
    public static func canServe(_ device: USBDeviceInfo) -> Bool {
        guard let family = FTDIFamily.of(device) else { return false }
        return family.mpsseChannels >= 1 && family.channels >= 2 && family.clock == .high
    }

    /// For each slot its adapter, or why it has none.
    ///
    /// One that a second slot asks for belongs to neither. What does not fit the binding exactly is refused.
    public static func resolve(
        _ bindings: [SlotBinding], among devices: [USBDeviceInfo]
    ) -> [String: Result<USBDeviceInfo, BindingProblem>] {
        var results: [String: Result<USBDeviceInfo, BindingProblem>] = [:]
        var owners: [USBPath: String] = [:]
        for binding in bindings {
            guard results[binding.slot] == nil else {
                results[binding.slot] = .failure(
                    .claimedTwice(slot: binding.slot, other: binding.slot, label: binding.label))
                continue
            }
            let result = find(binding, among: devices)
            results[binding.slot] = result
            guard case .success(let device) = result else { continue }
            if let other = owners[device.path] {
                results[binding.slot] = .failure(
                    .claimedTwice(slot: binding.slot, other: other, label: device.label))
                results[other] = .failure(
                    .claimedTwice(slot: other, other: binding.slot, label: device.label))
            } else {
                owners[device.path] = binding.slot
            }
        }
        return results
    }

    /// One slot's adapter.
    public static func adapter(
        for binding: SlotBinding, among devices: [USBDeviceInfo]
    ) throws(BindingProblem) -> USBDeviceInfo {
        try find(binding, among: devices).get()
    }

    /// Waits until a slot's adapter is plugged in; returns at once when it is.
    public static func awaitAdapter(for binding: SlotBinding, on host: any USBHost) async throws
        -> USBDeviceInfo
    {
        // Listen first, then look: an arrival in between is not lost.
        var events = host.events().makeAsyncIterator()
        while true {
            if case .success(let device) = find(binding, among: try host.devices()) { return device }
            guard await events.next() != nil else { throw CancellationError() }
            try Task.checkCancellation()
        }
    }

    private static func find(
        _ binding: SlotBinding, among devices: [USBDeviceInfo]
    ) -> Result<USBDeviceInfo, BindingProblem> {
        let slot = binding.slot
        let namesakes = binding.serial.map { serial in devices.filter { $0.serial == serial } } ?? []
        let found: USBDeviceInfo
        switch (binding.path, binding.serial) {
        case (let path?, let serial):
            guard let device = devices.first(where: { $0.path == path }) else {
                if let serial, namesakes.count == 1 {
                    return .failure(
                        .moved(slot: slot, serial: serial, expected: path, found: namesakes[0].path))
                }
                return .failure(.emptySocket(slot: slot, path: path))
            }
            if let serial, device.serial != serial {
                return .failure(.swapped(slot: slot, path: path, expected: serial, found: device.serial))
            }
            found = device
        case (nil, let serial):
            guard let device = namesakes.first else {
                return .failure(
                    .serialNotFound(
                        slot: slot, serial: serial ?? "",
                        present: devices.filter(canServe).map {
                            $0.serial ?? "one without a number at \($0.path)"
                        }))
            }
            guard namesakes.count == 1 else {
                return .failure(
                    .ambiguousSerial(slot: slot, serial: serial ?? "", paths: namesakes.map(\.path)))
            }
            found = device
        }
        guard canServe(found) else {
            return .failure(
                .wrongDevice(
                    slot: slot, label: found.label,
                    identifier: found.identifier + (found.product.map { " \"\($0)\"" } ?? "")))
        }
        guard found.access != .denied else { return .failure(.noPermission(slot: slot, label: found.label)) }
        return .success(found)
    }
}
