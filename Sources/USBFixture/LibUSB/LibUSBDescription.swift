import CLibUSB
import USBTransport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What libusb and the kernel know of a device, without any I/O to it.
enum LibUSBDescription {
    static func path(of device: OpaquePointer) -> USBPath {
        var ports = [UInt8](repeating: 0, count: 7)
        let count = libusb_get_port_numbers(device, &ports, 7)
        return USBPath(
            bus: Int(libusb_get_bus_number(device)), ports: ports.prefix(Int(max(count, 0))).map(Int.init))
    }

    /// - Returns: nil for root hubs and for devices whose descriptor libusb can't give.
    static func info(of device: OpaquePointer) -> USBDeviceInfo? {
        let path = path(of: device)
        var descriptor = libusb_device_descriptor()
        guard !path.ports.isEmpty, libusb_get_device_descriptor(device, &descriptor) == 0 else { return nil }
        let label = "USB \(path)"
        return USBDeviceInfo(
            path: path, vendorID: descriptor.idVendor, productID: descriptor.idProduct,
            release: descriptor.bcdDevice,
            manufacturer: attribute("manufacturer", of: path), product: attribute("product", of: path),
            serial: attribute("serial", of: path), speed: speed(of: device),
            interfaces: (try? interfaces(of: device, label: label)) ?? [], access: access(to: device))
    }

    /// Interfaces of the active configuration, or of the first.
    static func interfaces(of device: OpaquePointer, label: String) throws(USBError) -> [USBInterfaceInfo] {
        var pointer: UnsafeMutablePointer<libusb_config_descriptor>?
        var result = libusb_get_active_config_descriptor(device, &pointer)
        if result != 0 { result = libusb_get_config_descriptor(device, 0, &pointer) }
        guard result == 0, let pointer else {
            // libusb refuses descriptors that claim more than there is.
            if result == LIBUSB_ERROR_IO.rawValue || result == LIBUSB_ERROR_OVERFLOW.rawValue {
                throw .badDescriptor(device: label, fault: .notAConfiguration)
            }
            throw .failed(device: label, what: "reading its descriptors", reason: LibUSBHost.words(result))
        }
        defer { libusb_free_config_descriptor(pointer) }
        var found: [USBInterfaceInfo] = []
        let configuration = pointer.pointee
        for index in 0..<Int(configuration.bNumInterfaces) {
            let interface = configuration.interface[index]
            guard interface.num_altsetting > 0 else { continue }
            let setting = interface.altsetting[0]
            var endpoints: [USBEndpointInfo] = []
            for position in 0..<Int(setting.bNumEndpoints) {
                let endpoint = setting.endpoint[position]
                guard let kind = USBEndpointInfo.Kind(rawValue: endpoint.bmAttributes & 3) else { continue }
                endpoints.append(
                    USBEndpointInfo(
                        address: endpoint.bEndpointAddress, kind: kind,
                        packetSize: Int(endpoint.wMaxPacketSize & 0x7FF)))
            }
            found.append(
                USBInterfaceInfo(
                    number: setting.bInterfaceNumber, classCode: setting.bInterfaceClass,
                    subclass: setting.bInterfaceSubClass, protocolCode: setting.bInterfaceProtocol,
                    endpoints: endpoints))
        }
        return found
    }

    private static func speed(of device: OpaquePointer) -> USBSpeed {
        switch UInt32(libusb_get_device_speed(device)) {
        case LIBUSB_SPEED_LOW.rawValue: .low
        case LIBUSB_SPEED_FULL.rawValue: .full
        case LIBUSB_SPEED_HIGH.rawValue: .high
        case LIBUSB_SPEED_SUPER.rawValue, LIBUSB_SPEED_SUPER_PLUS.rawValue: .super
        default: .unknown
        }
    }

    /// A string that the kernel read when the device was plugged in: no permission is needed to see it.
    private static func attribute(_ name: String, of path: USBPath) -> String? {
        guard let file = fopen("/sys/bus/usb/devices/\(path)/\(name)", "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        while let last = bytes.prefix(count).last, last == 0x0A { return clean(bytes.prefix(count - 1)) }
        return clean(bytes.prefix(count))
    }

    private static func clean(_ bytes: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.isEmpty ? nil : text
    }

    /// Whether this user may open the device's node.
    private static func access(to device: OpaquePointer) -> USBAccess {
        func padded(_ number: UInt8) -> String {
            let digits = String(number)
            return String(repeating: "0", count: 3 - digits.count) + digits
        }
        let bus = padded(libusb_get_bus_number(device))
        let address = padded(libusb_get_device_address(device))
        return Glibc.access("/dev/bus/usb/\(bus)/\(address)", R_OK | W_OK) == 0 ? .granted : .denied
    }
}
