import FactoryLink
import Imp003

/// Factory firmware as a thin script over the imp API: it carries the link on the console port, does what the
/// station asks, and knows nothing about what is right.
public final class FactoryFirmware: Firmware {
    /// As the link and `Identify` give it.
    public static let name = "factory"
    /// As the link and `Identify` give it.
    public static let version = "1.0"

    let imp: ImpAPI
    let hardware: HardwareAPI
    let server: ServerAPI
    private let console: UARTAPI
    private let baud: Int
    private var link: LinkServer
    private var outgoing: [[UInt8]] = []
    private var isSending = false
    private var keepAlive: WakeupTimer?

    /// - Parameters:
    ///   - console: the port that leads to the fixture.
    ///   - baud: the bit rate there.
    ///   - session: a number of this start, for the link.
    public init(_ interface: ImpInterface, console: UARTName, baud: Int, session: UInt32) {
        imp = interface.imp
        hardware = interface.hardware
        server = interface.server
        self.console = interface.hardware.uart(console)
        self.baud = baud
        link = LinkServer(
            session: session, limits: .firmwareWithFlowControl, firmware: "\(Self.name) \(Self.version)")
    }

    private var now: Duration { .milliseconds(Int64(hardware.millis())) }

    public func start() throws {
        server.setSendTimeoutPolicy(.returnOnError)
        imp.enableBlinkUp(true)
        hardware.spiFlash.enable()
        try console.setReceiveFIFOSize(256)
        try console.configure(UARTAPI.Settings(baud: baud, flowControl: true)) { [unowned self] _ in
            try carryOut(link.receive(console.readBytes(256), now: now))
        }
        try carryOut(link.start(now: now))
        server.onUnexpectedDisconnect { [unowned self] _ in try stayConnected() }
        try stayConnected()
    }

    /// A start from deep sleep has no connection, and one that stood may break.
    private func stayConnected() throws {
        guard !server.isConnected() else { return }
        try server.connect { [unowned self] reason in
            guard reason != ConnectionReason.serverConnected.rawValue else { return }
            _ = imp.wakeup(after: 1) { [unowned self] in try stayConnected() }
        }
    }

    private func carryOut(_ actions: [LinkServer.Action]) throws {
        for action in actions {
            switch action {
            case .send(let bytes): outgoing.append(bytes)
            case .execute(let sequence, let request): try execute(sequence, request)
            case .abandoned: break
            }
        }
        try sendNext()
        scheduleKeepAlive()
    }

    private func sendNext() throws {
        guard !isSending, !outgoing.isEmpty else { return }
        isSending = true
        try console.write(outgoing.removeFirst()) { [unowned self] _ in
            isSending = false
            try sendNext()
        }
    }

    private func scheduleKeepAlive() {
        if let keepAlive { imp.cancelWakeup(keepAlive) }
        keepAlive = link.nextTick.map { due in
            imp.wakeup(after: max((due - now).inSeconds, 0.001)) { [unowned self] in
                try carryOut(link.tick(now: now))
            }
        }
    }

    private func execute(_ sequence: UInt16, _ request: LinkRequest) throws {
        let answer: (LinkAnswer) throws -> Void = { [unowned self] answer in
            try carryOut(link.respond(to: sequence, with: answer, now: now))
        }
        do {
            try perform(FactoryCall(request), answer)
        } catch let error as RemoteError {
            try answer(.failure(error))
        }
    }

    private func perform(_ call: FactoryCall, _ answer: @escaping (LinkAnswer) throws -> Void) throws {
        switch call {
        case .identify: try answer(identity().answer)
        case .status: try answer(status().answer)
        case .tests: try answer(TestList(names: FunctionalTests.names).answer)
        case .test(let test):
            try FunctionalTests.run(test, on: self) { try answer($0) }
        case .installNVRAM(let install):
            try refusable {
                try self.imp.setNVRAMImage(install.image) { try answer($0.answer { NVRAMReceipt(hash: $0) }) }
            }
        case .setRegion(let region):
            try refusable { try self.imp.setCountry(region.code) { try answer($0.answer { Nothing() }) } }
        case .getRegion: try answer(RegionReading(code: imp.getCountry()).answer)
        case .scan:
            try imp.scanWiFiNetworks { result in
                try answer(result.answer { NetworkList(networks: $0.map(NetworkSighting.init)) })
            }
        case .flashInfo, .readFlash, .writeFlash, .eraseFlash: try performFlash(call, answer)
        case .bless(let blessing):
            guard server.isConnected() else {
                throw RemoteError(FactoryErrorCode.notReady, "not connected to the server")
            }
            try server.bless(blessing.passed) { try answer(BlessingAnswer(blessed: $0).answer) }
        case .clearConfiguration: try imp.clearConfiguration { try answer($0.answer { Nothing() }) }
        case .restart:
            try answer(Nothing().answer)
            _ = imp.wakeup(after: 0.1) { throw SquirrelError("restart asked for by the station") }
        case .sleepZero:
            try answer(Nothing().answer)
            _ = imp.wakeup(after: 0.1) { [unowned self] in try imp.deepSleepFor(0) }
        }
    }

    private func performFlash(_ call: FactoryCall, _ answer: @escaping (LinkAnswer) throws -> Void) throws {
        let flash = hardware.spiFlash
        switch call {
        case .flashInfo:
            try refusable { try answer(FlashDescription(size: flash.size(), chipID: flash.chipID()).answer) }
        case .readFlash(let read):
            try outOfRangeIsRefused {
                try flash.read(read.address, read.length) { try answer($0.answer { FlashContent(data: $0) }) }
            }
        case .writeFlash(let write):
            var flags: SPIFlashAPI.WriteFlags = []
            if write.preVerify { flags.insert(.preVerify) }
            if write.postVerify { flags.insert(.postVerify) }
            try outOfRangeIsRefused {
                try flash.write(write.address, write.data, flags) { result in
                    guard try result.get() != 0 else { return try answer(Nothing().answer) }
                    try answer(
                        .failure(
                            RemoteError(FactoryErrorCode.verifyFailed, "flash at \(write.address) differs")))
                }
            }
        case .eraseFlash(let erase):
            try eraseSectors(erase.address, erase.sectors, answer)
        default: break
        }
    }

    private func eraseSectors(_ address: Int, _ count: Int, _ answer: @escaping (LinkAnswer) throws -> Void)
        throws
    {
        guard count > 0 else { return try answer(Nothing().answer) }
        let sectorSize = SPIFlashAPI.sectorSize
        try outOfRangeIsRefused {
            try self.hardware.spiFlash.eraseSector(address) { [unowned self] result in
                if case .failure(let error) = result {
                    return try answer(.failure(RemoteError(FactoryErrorCode.failed, error.message)))
                }
                do {
                    try eraseSectors(address + sectorSize, count - 1, answer)
                } catch let error as RemoteError {
                    try answer(.failure(error))
                }
            }
        }
    }

    private func identity() -> Identity {
        let flash = hardware.spiFlash
        return Identity(
            deviceID: hardware.getDeviceID(), mac: imp.getMACAddress(), release: imp.getSoftwareVersion(),
            firmwareName: Self.name, firmwareVersion: Self.version, flashSize: try? flash.size(),
            flashChipID: try? flash.chipID(), wakeReason: hardware.wakeReason())
    }

    private func status() -> UnitStatus {
        let joined = !imp.getSSID().isEmpty
        return UnitStatus(
            connected: server.isConnected(), ssid: joined ? imp.getSSID() : nil,
            rssi: joined ? imp.rssi() : nil,
            ip: nil, freeMemory: imp.getMemoryFree(), uptimeSeconds: Int(hardware.millis()) / 1000)
    }

    /// What the station asked for is impossible: that is an answer, not a reason to restart.
    private func refusable(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as SquirrelError {
            throw RemoteError(FactoryErrorCode.refused, error.message)
        }
    }

    private func outOfRangeIsRefused(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as SquirrelError {
            throw RemoteError(FactoryErrorCode.outOfRange, error.message)
        }
    }
}

extension RemoteError {
    init(_ code: String, _ message: String) {
        self.init(code: code, message: message)
    }
}

extension NetworkSighting {
    init(_ result: ScanResult) {
        self.init(
            ssid: result.ssid, bssid: result.bssid, channel: result.channel, rssi: result.rssi,
            open: result.open)
    }
}

extension Result where Failure == SquirrelError {
    /// The link's answer: the value's own, or that it failed.
    func answer(_ form: (Success) -> some FactoryAnswer) -> LinkAnswer {
        switch self {
        case .success(let value): form(value).answer
        case .failure(let error): .failure(RemoteError(FactoryErrorCode.failed, error.message))
        }
    }
}
