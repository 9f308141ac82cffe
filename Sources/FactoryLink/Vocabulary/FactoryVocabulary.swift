/// Who are you? Answered at once, without network.
public struct Identify: FactoryRequest {
    public typealias Answer = Identity
    public static let verb = "identify"
    public init() {}
    public init(arguments: LinkReader) throws(LinkValueError) {}
    public var arguments: [String: LinkValue] { [:] }
}

/// What a module says it is. Nothing of it is checked here.
public struct Identity: FactoryAnswer {
    /// `hardware.getdeviceid()`: 16 hexadecimal digits.
    public var deviceID: String
    /// `imp.getmacaddress()`: 12 hexadecimal digits.
    public var mac: String
    /// `imp.getsoftwareversion()`, whole.
    public var release: String
    public var firmwareName: String
    public var firmwareVersion: String
    /// `hardware.spiflash.size()`: bytes that Squirrel can use, the reservation not counted; nil without flash.
    public var flashSize: Int?
    /// `hardware.spiflash.chipid()` as a number, JEDEC manufacturer in bits 16…23; nil without flash.
    public var flashChipID: Int?
    /// `hardware.wakereason()`: 0…8 in Release 30.
    public var wakeReason: Int

    public init(
        deviceID: String, mac: String, release: String, firmwareName: String, firmwareVersion: String,
        flashSize: Int?, flashChipID: Int?, wakeReason: Int
    ) {
        self.deviceID = deviceID
        self.mac = mac
        self.release = release
        self.firmwareName = firmwareName
        self.firmwareVersion = firmwareVersion
        self.flashSize = flashSize
        self.flashChipID = flashChipID
        self.wakeReason = wakeReason
    }

    public init(result: LinkReader) throws(LinkValueError) {
        deviceID = try result.field("device").text()
        mac = try result.field("mac").text()
        release = try result.field("release").text()
        firmwareName = try result.field("name").text()
        firmwareVersion = try result.field("version").text()
        flashSize = try result.optional("flash-size")?.int(in: Allowed.size)
        flashChipID = try result.optional("flash-chip")?.int(in: 0...0xFF_FFFF)
        wakeReason = try result.field("wake").int(in: 0...255)
    }

    public var result: [String: LinkValue] {
        [
            "device": .text(deviceID), "mac": .text(mac), "release": .text(release),
            "name": .text(firmwareName),
            "version": .text(firmwareVersion), "wake": .number(wakeReason),
        ].with("flash-size", flashSize.map(LinkValue.number)).with(
            "flash-chip", flashChipID.map(LinkValue.number))
    }
}

/// How is it going?
public struct ReadStatus: FactoryRequest {
    public typealias Answer = UnitStatus
    public static let verb = "status"
    public init() {}
    public init(arguments: LinkReader) throws(LinkValueError) {}
    public var arguments: [String: LinkValue] { [:] }
}

/// The unit's network and memory.
public struct UnitStatus: FactoryAnswer {
    /// `server.isconnected()`.
    public var connected: Bool
    public var ssid: String?
    /// dBm.
    public var rssi: Int?
    public var ip: String?
    /// Bytes. Doesn't show what scans leak under Release 30 (known issue K1).
    public var freeMemory: Int
    public var uptimeSeconds: Int

    public init(connected: Bool, ssid: String?, rssi: Int?, ip: String?, freeMemory: Int, uptimeSeconds: Int)
    {
        self.connected = connected
        self.ssid = ssid
        self.rssi = rssi
        self.ip = ip
        self.freeMemory = freeMemory
        self.uptimeSeconds = uptimeSeconds
    }

    public init(result: LinkReader) throws(LinkValueError) {
        connected = try result.field("connected").bool()
        ssid = try result.optional("ssid")?.name()
        rssi = try result.optional("rssi")?.int(in: Allowed.rssi)
        ip = try result.optional("ip")?.text()
        freeMemory = try result.field("memory").int(in: Allowed.size)
        uptimeSeconds = try result.field("uptime").int(in: Allowed.size)
    }

    public var result: [String: LinkValue] {
        ["connected": .bool(connected), "memory": .number(freeMemory), "uptime": .number(uptimeSeconds)]
            .with("ssid", ssid.map(LinkValue.text)).with("rssi", rssi.map(LinkValue.number))
            .with("ip", ip.map(LinkValue.text))
    }
}

/// Which functional tests does this firmware have?
public struct ListTests: FactoryRequest {
    public typealias Answer = TestList
    public static let verb = "tests"
    public init() {}
    public init(arguments: LinkReader) throws(LinkValueError) {}
    public var arguments: [String: LinkValue] { [:] }
}

/// The names of the functional tests.
public struct TestList: FactoryAnswer {
    public var names: [String]
    public init(names: [String]) { self.names = names }
    public init(result: LinkReader) throws(LinkValueError) {
        var names: [String] = []
        for name in try result.field("names").elements() { names.append(try name.text()) }
        self.names = names
    }
    public var result: [String: LinkValue] { ["names": .array(names.map(LinkValue.text))] }
}

/// Run one functional test.
public struct RunTest: FactoryRequest {
    public typealias Answer = TestOutcome
    public static let verb = "test"
    public static let patience = Duration.seconds(60)
    public var name: String
    /// What the plan hands to the test.
    public var parameters: [String: LinkValue]

    public init(name: String, parameters: [String: LinkValue] = [:]) {
        self.name = name
        self.parameters = parameters
    }

    public init(arguments: LinkReader) throws(LinkValueError) {
        name = try arguments.field("name").text()
        parameters = try arguments.optional("arguments")?.fields() ?? [:]
    }

    public var arguments: [String: LinkValue] { ["name": .text(name), "arguments": .map(parameters)] }
}

/// One measured value; the station judges it.
public enum MeasurementValue: Sendable, Equatable {
    case int(Int32)
    case float(Float)
    case bool(Bool)
    case text(String)

    /// The value on the wire.
    public var value: LinkValue {
        switch self {
        case .int(let value): .int(value)
        case .float(let value): .float(value)
        case .bool(let value): .bool(value)
        case .text(let value): .text(value)
        }
    }

    init(_ reader: LinkReader) throws(LinkValueError) {
        switch reader.value {
        case .int(let value): self = .int(value)
        case .float(let value): self = .float(value)
        case .bool(let value): self = .bool(value)
        case .text(let value): self = .text(value)
        default:
            throw .wrongType(
                path: reader.path, expected: "int, float, bool or text", found: reader.value.typeName)
        }
    }
}

/// What a test measured, and why it failed where it failed by itself.
public struct TestOutcome: FactoryAnswer {
    public var measurements: [String: MeasurementValue]
    /// The test's own reason, nil when it ran through. A test that ran through may still fail by its limits.
    public var failure: String?

    public init(measurements: [String: MeasurementValue], failure: String? = nil) {
        self.measurements = measurements
        self.failure = failure
    }

    public init(result: LinkReader) throws(LinkValueError) {
        measurements = [:]
        for (name, reader) in try result.field("measurements").entries() {
            measurements[name] = try MeasurementValue(reader)
        }
        failure = try result.optional("failure")?.text()
    }

    public var result: [String: LinkValue] {
        ["measurements": .map(measurements.mapValues(\.value))].with("failure", failure.map(LinkValue.text))
    }
}

/// Install a WiFi NVRAM image: `imp.setnvramimage(settings)`. One way: can't be undone by the station.
public struct InstallNVRAM: FactoryRequest {
    public typealias Answer = NVRAMReceipt
    public static let verb = "nvram.install"
    public static let patience = Duration.seconds(30)
    public var image: [UInt8]
    public init(image: [UInt8]) { self.image = image }
    public init(arguments: LinkReader) throws(LinkValueError) { image = try arguments.field("image").bytes() }
    public var arguments: [String: LinkValue] { ["image": .bytes(image)] }
}

/// What the module said about the NVRAM image.
public struct NVRAMReceipt: FactoryAnswer {
    /// The string that `imp.setnvramimage` returned.
    public var hash: String
    public init(hash: String) { self.hash = hash }
    public init(result: LinkReader) throws(LinkValueError) { hash = try result.field("hash").text() }
    public var result: [String: LinkValue] { ["hash": .text(hash)] }
}

/// Set the regulatory region: `imp.setcountry(code)`.
public struct SetRegion: FactoryRequest {
    public typealias Answer = Nothing
    public static let verb = "region.set"
    public var code: Int32
    public init(code: Int32) { self.code = code }
    public init(arguments: LinkReader) throws(LinkValueError) { code = try arguments.field("code").int() }
    public var arguments: [String: LinkValue] { ["code": .int(code)] }
}

/// Which region is set?
public struct GetRegion: FactoryRequest {
    public typealias Answer = RegionReading
    public static let verb = "region.get"
    public init() {}
    public init(arguments: LinkReader) throws(LinkValueError) {}
    public var arguments: [String: LinkValue] { [:] }
}

/// The region as the module reads it back.
public struct RegionReading: FactoryAnswer {
    /// `imp.getcountry()`: eight hexadecimal digits.
    public var code: String
    public init(code: String) { self.code = code }
    public init(result: LinkReader) throws(LinkValueError) { code = try result.field("code").text() }
    public var result: [String: LinkValue] { ["code": .text(code)] }
}

/// What can be heard on air? Scans leak memory under Release 30 (known issue K1): not more than the plan needs.
public struct ScanNetworks: FactoryRequest {
    public typealias Answer = NetworkList
    public static let verb = "scan"
    public static let patience = Duration.seconds(30)
    public init() {}
    public init(arguments: LinkReader) throws(LinkValueError) {}
    public var arguments: [String: LinkValue] { [:] }
}

/// One access point of a scan.
public struct NetworkSighting: Sendable, Equatable {
    /// The name; bytes that are no UTF-8 are replaced by U+FFFD.
    public var ssid: String
    /// 12 hexadecimal digits.
    public var bssid: String
    /// 1…14 at 2.4 GHz; passed on as heard, whatever it is.
    public var channel: Int
    /// dBm.
    public var rssi: Int
    /// Without encryption.
    public var open: Bool

    public init(ssid: String, bssid: String, channel: Int, rssi: Int, open: Bool) {
        self.ssid = ssid
        self.bssid = bssid
        self.channel = channel
        self.rssi = rssi
        self.open = open
    }
}

/// The access points of a scan.
public struct NetworkList: FactoryAnswer {
    public var networks: [NetworkSighting]
    public init(networks: [NetworkSighting]) { self.networks = networks }

    public init(result: LinkReader) throws(LinkValueError) {
        networks = []
        for network in try result.field("networks").elements() {
            networks.append(
                NetworkSighting(
                    ssid: try network.field("ssid").name(), bssid: try network.field("bssid").text(),
                    channel: try network.field("channel").int(in: 0...255),
                    rssi: try network.field("rssi").int(in: Allowed.rssi),
                    open: try network.field("open").bool()))
        }
    }

    public var result: [String: LinkValue] {
        let list = networks.map { network in
            LinkValue.map([
                "ssid": .text(network.ssid), "bssid": .text(network.bssid),
                "channel": .number(network.channel),
                "rssi": .number(network.rssi), "open": .bool(network.open),
            ])
        }
        return ["networks": .array(list)]
    }
}

/// Which flash does Squirrel see?
public struct FlashInfo: FactoryRequest {
    public typealias Answer = FlashDescription
    public static let verb = "flash.info"
    public init() {}
    public init(arguments: LinkReader) throws(LinkValueError) {}
    public var arguments: [String: LinkValue] { [:] }
}

/// The user part of the flash.
public struct FlashDescription: FactoryAnswer {
    /// Bytes from user address 0; the reservation is not counted.
    public var size: Int
    /// Bytes that one erase clears.
    public var sectorSize: Int
    public var chipID: Int?

    public init(size: Int, sectorSize: Int = 4096, chipID: Int?) {
        self.size = size
        self.sectorSize = sectorSize
        self.chipID = chipID
    }

    public init(result: LinkReader) throws(LinkValueError) {
        size = try result.field("size").int(in: Allowed.size)
        sectorSize = try result.field("sector").int(in: 1...0x10000)
        chipID = try result.optional("chip")?.int(in: 0...0xFF_FFFF)
    }

    public var result: [String: LinkValue] {
        ["size": .number(size), "sector": .number(sectorSize)].with("chip", chipID.map(LinkValue.number))
    }
}

/// Read user flash. Address 0 is the first byte above the reservation.
public struct ReadFlash: FactoryRequest {
    public typealias Answer = FlashContent
    public static let verb = "flash.read"
    public var address: Int
    public var length: Int

    public init(address: Int, length: Int) {
        self.address = address
        self.length = length
    }

    public init(arguments: LinkReader) throws(LinkValueError) {
        address = try arguments.field("address").int(in: Allowed.size)
        length = try arguments.field("length").int(in: 1...LinkValueLimits.standard.size)
    }

    public var arguments: [String: LinkValue] { ["address": .number(address), "length": .number(length)] }
}

/// What was read.
public struct FlashContent: FactoryAnswer {
    public var data: [UInt8]
    public init(data: [UInt8]) { self.data = data }
    public init(result: LinkReader) throws(LinkValueError) { data = try result.field("data").bytes() }
    public var result: [String: LinkValue] { ["data": .bytes(data)] }
}

/// Write user flash; can only clear bits. Address 0 is the first byte above the reservation.
public struct WriteFlash: FactoryRequest {
    public typealias Answer = Nothing
    public static let verb = "flash.write"
    public static let patience = Duration.seconds(10)
    public var address: Int
    public var data: [UInt8]
    /// `SPIFLASH_PREVERIFY`: refuse when a bit would have to be set.
    public var preVerify: Bool
    /// `SPIFLASH_POSTVERIFY`: read back and compare.
    public var postVerify: Bool

    public init(address: Int, data: [UInt8], preVerify: Bool = false, postVerify: Bool = true) {
        self.address = address
        self.data = data
        self.preVerify = preVerify
        self.postVerify = postVerify
    }

    public init(arguments: LinkReader) throws(LinkValueError) {
        address = try arguments.field("address").int(in: Allowed.size)
        data = try arguments.field("data").bytes()
        preVerify = try arguments.field("pre").bool()
        postVerify = try arguments.field("post").bool()
    }

    public var arguments: [String: LinkValue] {
        [
            "address": .number(address), "data": .bytes(data), "pre": .bool(preVerify),
            "post": .bool(postVerify),
        ]
    }
}

/// Erase sectors of user flash, one after the other.
public struct EraseFlash: FactoryRequest {
    public typealias Answer = Nothing
    public static let verb = "flash.erase"
    public static let patience = Duration.seconds(60)
    /// User address of the first sector; a multiple of its size.
    public var address: Int
    public var sectors: Int

    public init(address: Int, sectors: Int = 1) {
        self.address = address
        self.sectors = sectors
    }

    public init(arguments: LinkReader) throws(LinkValueError) {
        address = try arguments.field("address").int(in: Allowed.size)
        sectors = try arguments.field("sectors").int(in: 1...4096)
    }

    public var arguments: [String: LinkValue] { ["address": .number(address), "sectors": .number(sectors)] }
}

/// Bless, or record that the tests failed: `server.bless(passed, callback)`. Answered when the callback was called.
public struct Bless: FactoryRequest {
    public typealias Answer = BlessingAnswer
    public static let verb = "bless"
    /// No time-out of the call is documented; a minute of network trouble is not rare.
    public static let patience = Duration.seconds(120)
    public var passed: Bool
    public init(passed: Bool) { self.passed = passed }
    public init(arguments: LinkReader) throws(LinkValueError) {
        passed = try arguments.field("passed").bool()
    }
    public var arguments: [String: LinkValue] { ["passed": .bool(passed)] }
}

/// What the callback was told.
public struct BlessingAnswer: FactoryAnswer {
    public var blessed: Bool
    public init(blessed: Bool) { self.blessed = blessed }
    public init(result: LinkReader) throws(LinkValueError) { blessed = try result.field("blessed").bool() }
    public var result: [String: LinkValue] { ["blessed": .bool(blessed)] }
}

/// Forget network and enrolment: `imp.clearconfiguration()`.
public struct ClearConfiguration: FactoryRequest {
    public typealias Answer = Nothing
    public static let verb = "clear-configuration"
    public init() {}
    public init(arguments: LinkReader) throws(LinkValueError) {}
    public var arguments: [String: LinkValue] { [:] }
}

/// Start the firmware anew. Answered first, done 100 ms later; then there is another session.
public struct Restart: FactoryRequest {
    public typealias Answer = Nothing
    public static let verb = "restart"
    public init() {}
    public init(arguments: LinkReader) throws(LinkValueError) {}
    public var arguments: [String: LinkValue] { [:] }
}

/// `imp.deepsleepfor(0)`, which gives back the memory that scans leaked (known issue K1). Answered first, done
/// 100 ms later; then there is another session.
public struct SleepZero: FactoryRequest {
    public typealias Answer = Nothing
    public static let verb = "sleep-zero"
    public init() {}
    public init(arguments: LinkReader) throws(LinkValueError) {}
    public var arguments: [String: LinkValue] { [:] }
}

private enum Allowed {
    static let size = 0...Int(Int32.max)
    static let rssi = -200...200
}

extension LinkValue {
    /// A whole number; beyond 32 bits the nearest that there is.
    fileprivate static func number(_ value: Int) -> LinkValue { .int(Int32(clamping: value)) }
}

extension LinkReader {
    /// A network's name: text, or bytes where the firmware can't tell whether they are UTF-8.
    fileprivate func name() throws(LinkValueError) -> String {
        if case .bytes(let bytes) = value { return String(decoding: bytes, as: UTF8.self) }
        return try text()
    }
}

extension [String: LinkValue] {
    fileprivate func with(_ name: String, _ value: LinkValue?) -> Self {
        guard let value else { return self }
        var extended = self
        extended[name] = value
        return extended
    }
}
