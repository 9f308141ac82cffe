import NORChipModel
import Testing
import USBTransport

@testable import VirtualUSB

#if canImport(Glibc)
    import Glibc
#endif

/// The servers as their clients see them, over real sockets of this machine.
@Suite struct ExportTests {
    static func fixture(_ serial: String = "FT7XK2A1") throws -> VirtualPort {
        let part = try #require(NORPart.named("W25Q32"))
        let model = VirtualFT2232H(
            unit: BenchUnit(chip: NORChip(part: part)), serial: serial, serviceJumper: true)
        return VirtualPort(model, scheduler: RealTimeScheduler())
    }

    static func connectTCP(_ port: UInt16) throws -> StreamSocket {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return try patient(descriptor, result)
    }

    static func connectPath(_ path: String) throws -> StreamSocket {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_un()
        place.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return try patient(descriptor, result)
    }

    private static func patient(_ descriptor: Int32, _ result: Int32) throws -> StreamSocket {
        try #require(result == 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return StreamSocket(descriptor: descriptor)
    }

    // MARK: USB/IP

    static func words(_ values: UInt32...) -> [UInt8] {
        var writer = WireWriter()
        for value in values { writer.big(value) }
        return writer.bytes
    }

    static func importDevice(_ busID: String, _ socket: StreamSocket) throws -> [UInt8]? {
        var writer = WireWriter()
        writer.raw([0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0])
        writer.text(busID, in: 32)
        socket.write(writer.bytes)
        let head = try #require(socket.read(8))
        guard head == [0x01, 0x11, 0x00, 0x03, 0, 0, 0, 0] else { return nil }
        return socket.read(312)
    }

    @Test func aDeviceIsListedAndImported() throws {
        let server = try USBIPServer(exporting: [Self.fixture()], port: 0)
        server.start()
        defer { server.stop() }
        let socket = try Self.connectTCP(server.port)
        socket.write([0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0])
        let list = try #require(socket.read(12 + 312 + 8))
        #expect(list.prefix(12).elementsEqual([0x01, 0x11, 0x00, 0x05, 0, 0, 0, 0, 0, 0, 0, 1]))
        #expect(try Self.importDevice("9-9", socket) == nil)
        let device = try #require(try Self.importDevice("1-1", socket))
        #expect(String(decoding: device[256..<259], as: UTF8.self) == "1-1")
        // Bus, device, speed high, vendor, product, release, classes, configuration, interfaces.
        #expect(
            device[288...].elementsEqual([
                0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 0x04, 0x03, 0x60, 0x10, 0x07, 0x00, 0, 0, 0, 1, 1, 2,
            ]))
    }

    @Test func transfersStallsAndUnlinksFollowTheKernelsRules() throws {
        let server = try USBIPServer(exporting: [Self.fixture()], port: 0)
        server.start()
        defer { server.stop() }
        let socket = try Self.connectTCP(server.port)
        _ = try #require(try Self.importDevice("1-1", socket))
        func submit(
            _ sequence: UInt32, input: Bool, endpoint: UInt32, length: UInt32, setup: [UInt8]?,
            data: [UInt8] = []
        ) {
            socket.write(
                Self.words(1, sequence, 0x10001, input ? 1 : 0, endpoint, 0, length, 0, 0, 0)
                    + (setup ?? [UInt8](repeating: 0, count: 8)) + data)
        }
        // GET_DESCRIPTOR of the device.
        submit(1, input: true, endpoint: 0, length: 18, setup: [0x80, 6, 0, 1, 0, 0, 18, 0])
        #expect(try #require(socket.read(48)) == Self.words(3, 1, 0, 0, 0, 0, 18, 0, 0, 0, 0, 0))
        #expect(try #require(socket.read(18)).prefix(2).elementsEqual([18, 1]))
        // A request that no FTDI chip has.
        submit(2, input: true, endpoint: 0, length: 4, setup: [0xC0, 0x77, 0, 0, 0, 0, 4, 0])
        #expect(
            try #require(socket.read(48))
                == Self.words(3, 2, 0, 0, 0, UInt32(bitPattern: -32), 0, 0, 0, 0, 0, 0))
        // MPSSE on, then a command that does not exist: FA and the command come back behind two status bytes.
        submit(3, input: false, endpoint: 0, length: 0, setup: [0x40, 11, 0, 2, 1, 0, 0, 0])
        #expect(try #require(socket.read(48)) == Self.words(3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        submit(4, input: false, endpoint: 2, length: 2, setup: nil, data: [0xAA, 0x87])
        #expect(try #require(socket.read(48)) == Self.words(3, 4, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0))
        var echo: [UInt8] = []
        for sequence: UInt32 in 5..<200 {
            submit(sequence, input: true, endpoint: 1, length: 512, setup: nil)
            var head = WireReader(try #require(socket.read(48)))
            _ = head.raw(24)
            echo += try #require(socket.read(Int(head.big32()))).dropFirst(2)
            if echo.count >= 2 { break }
        }
        #expect(echo == [0xFA, 0xAA])
        // A transfer whose buffer the device's silence (2 status bytes every 255 ms) leaves pending, unlinked.
        submit(200, input: false, endpoint: 0, length: 0, setup: [0x40, 9, 255, 0, 1, 0, 0, 0])
        _ = socket.read(48)
        submit(201, input: true, endpoint: 1, length: 512, setup: nil)
        socket.write(Self.words(2, 202, 0x10001, 0, 0, 201, 0, 0, 0, 0, 0, 0))
        #expect(
            try #require(socket.read(48))
                == Self.words(4, 202, 0, 0, 0, UInt32(bitPattern: -104), 0, 0, 0, 0, 0, 0))
        socket.write(Self.words(2, 203, 0x10001, 0, 0, 1, 0, 0, 0, 0, 0, 0))
        #expect(try #require(socket.read(48)) == Self.words(4, 203, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    }

    @Test(arguments: [
        [UInt8](repeating: 0xFF, count: 8), [0x01, 0x11, 0x12, 0x34, 0, 0, 0, 0],
    ])
    func nonsenseEndsTheConnectionAndNothingElse(bytes: [UInt8]) throws {
        let server = try USBIPServer(exporting: [Self.fixture()], port: 0)
        server.start()
        defer { server.stop() }
        let hostile = try Self.connectTCP(server.port)
        hostile.write(bytes)
        #expect(hostile.read(1) == nil)
        let importer = try Self.connectTCP(server.port)
        _ = try #require(try Self.importDevice("1-1", importer))
        // Two gigabytes are announced.
        importer.write(Self.words(1, 1, 0x10001, 1, 1, 0, 0x8000_0000, 0, 0, 0, 0, 0))
        #expect(importer.read(1) == nil)
        let friend = try Self.connectTCP(server.port)
        #expect(try Self.importDevice("1-1", friend) != nil)
    }

    @Test func pullingTheDeviceOutEndsTheConnection() throws {
        let port = try Self.fixture()
        let server = try USBIPServer(exporting: [port], port: 0)
        server.start()
        defer { server.stop() }
        let socket = try Self.connectTCP(server.port)
        _ = try #require(try Self.importDevice("1-1", socket))
        port.unplug()
        #expect(socket.read(1) == nil)
        let again = try Self.connectTCP(server.port)
        #expect(try Self.importDevice("1-1", again) == nil)
        port.replug()
        #expect(try Self.importDevice("1-1", again) != nil)
    }

    // MARK: usb-redir

    @Test func aGuestIsToldWhatTheDeviceIs() throws {
        let path = "/tmp/usb-redir-test-\(getpid())"
        let server = try USBRedirServer(exporting: Self.fixture(), path: path)
        server.start()
        defer { server.stop() }
        let socket = try Self.connectPath(path)
        func packet(_ header: Int) throws -> (kind: UInt32, body: [UInt8]) {
            var reader = WireReader(try #require(socket.read(header)))
            let kind = reader.little32()
            return (kind, try #require(socket.read(Int(reader.little32()))))
        }
        let hello = try packet(12)
        #expect(hello.kind == 0)
        var capabilities = WireReader(Array(hello.body[64...]))
        #expect(capabilities.little32() == 0x72)
        var writer = WireWriter()
        writer.little(UInt32(0))
        writer.little(UInt32(68))
        writer.little(UInt32(0))
        writer.text("test", in: 64)
        writer.little(UInt32(0xFF))
        socket.write(writer.bytes)
        let interfaces = try packet(16)
        #expect(interfaces.kind == 4 && interfaces.body.count == 132 && interfaces.body[0] == 2)
        let endpoints = try packet(16)
        #expect(endpoints.kind == 5 && endpoints.body.count == 160)
        #expect(
            endpoints.body[2] == 2 && endpoints.body[4] == 2 && endpoints.body[17] == 2
                && endpoints.body[19] == 2)
        let connect = try packet(16)
        #expect(connect.kind == 1)
        #expect(connect.body == [2, 0, 0, 0, 0x03, 0x04, 0x10, 0x60, 0x00, 0x07])
        // A control transfer: the product string.
        var control = WireWriter()
        control.little(UInt32(100))
        control.little(UInt32(10))
        control.little(UInt64(7))
        control.raw([0x80, 6, 0x80, 0, 2, 3, 9, 4, 255, 0])
        socket.write(control.bytes)
        let answer = try packet(16)
        #expect(answer.kind == 100 && answer.body[3] == 0)
        #expect(USBDescriptors.text(in: Array(answer.body[10...])) == "Fixture")
    }

    @Test func aPlaceThatCantBeHadIsASentence() throws {
        let first = try USBIPServer(exporting: [], port: 0)
        let error = #expect(throws: ExportError.self) { _ = try USBIPServer(exporting: [], port: first.port) }
        #expect(error?.description.contains("TCP port \(first.port)") == true)
        #expect(throws: ExportError.self) {
            _ = try USBRedirServer(
                exporting: Self.fixture(), path: "/nowhere/\(String(repeating: "x", count: 200))")
        }
    }
}
