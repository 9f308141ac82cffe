#if canImport(Glibc)
    import Glibc
#endif

/// Attaches a device over USB/IP: imports it, and hands the connection to the kernel's `vhci_hcd`, as `usbip attach` does.
/// - Parameter hub: which of the virtual controller's high-speed ports to plug it into, from 0.
func attach(address: String, port: UInt16, busID: String, hub: Int) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    guard inet_pton(AF_INET, address, &place.sin_addr) == 1 else {
        say("\(address) is no IPv4 address")
        return 64
    }
    let connected = withUnsafePointer(to: &place) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard connected == 0 else {
        say("\(address):\(port): \(String(cString: strerror(errno)))")
        return 69
    }
    var request: [UInt8] = [0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0]
    request += Array(busID.utf8.prefix(31))
    request += [UInt8](repeating: 0, count: 40 - request.count)
    guard send(descriptor, request, request.count, 0) == request.count else { return 69 }
    var reply = [UInt8](repeating: 0, count: 8 + 312)
    var count = 0
    while count < reply.count {
        let more = reply.withUnsafeMutableBytes {
            recv(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count, 0)
        }
        guard more > 0 else { break }
        count += more
    }
    guard count == reply.count, reply[4..<8].allSatisfy({ $0 == 0 }) else {
        say("\(address): no device \(busID)")
        return 69
    }
    // Behind the path (256) and the bus ID (32): bus number, device number, speed.
    func word(_ offset: Int) -> UInt32 {
        reply[(8 + offset)..<(12 + offset)].reduce(0) { $0 << 8 | UInt32($1) }
    }
    let device = word(288) << 16 | word(292)
    guard let file = fopen("/sys/devices/platform/vhci_hcd.0/attach", "w") else {
        say("vhci_hcd is not loaded")
        return 69
    }
    // The first eight virtual ports are high-speed ones.
    fputs("\(hub) \(descriptor) \(device) \(word(296))", file)
    guard fclose(file) == 0 else {
        say("vhci_hcd refused the device: \(String(cString: strerror(errno)))")
        return 69
    }
    return 0
}

/// Sends back whatever comes on a Unix socket, to one connection after the other.
func echo(path: String) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: Array(path.utf8.prefix($0.count - 1))) }
    let bound = withUnsafePointer(to: &place) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard bound == 0, listen(descriptor, 1) == 0 else { return 69 }
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return 69 }
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0, send(connection, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        close(connection)
    }
}
