import Testing

@testable import FactoryLink

@Suite("Vocabulary") struct FactoryVocabularyTests {
    private let vectors: VectorFile

    init() throws { vectors = try VectorFile.load() }

    @Test func requestsOfTheVectorFile() throws {
        for vector in vectors.messages {
            let request = try LinkRequest(decoding: bytes(vector.request.cbor))
            #expect(request.verb == vector.request.verb)
            #expect(LinkValue.map(request.arguments) == vector.request.arguments.value)
            #expect(try hex(request.encoded()) == vector.request.cbor)
            #expect(try reencoded(FactoryCall(request)) == request, "\(vector.name)")
        }
        #expect(Set(vectors.messages.map(\.request.verb)) == Set(FactoryCall.verbs))
    }

    private func reencoded(_ call: FactoryCall) -> LinkRequest {
        switch call {
        case .identify(let call): call.request
        case .status(let call): call.request
        case .tests(let call): call.request
        case .test(let call): call.request
        case .installNVRAM(let call): call.request
        case .setRegion(let call): call.request
        case .getRegion(let call): call.request
        case .scan(let call): call.request
        case .flashInfo(let call): call.request
        case .readFlash(let call): call.request
        case .writeFlash(let call): call.request
        case .eraseFlash(let call): call.request
        case .bless(let call): call.request
        case .clearConfiguration(let call): call.request
        case .restart(let call): call.request
        case .sleepZero(let call): call.request
        }
    }

    @Test func answersOfTheVectorFile() throws {
        for vector in vectors.messages {
            guard case .result(let result) = try LinkAnswer(decoding: bytes(vector.answer.cbor)) else {
                Issue.record("\(vector.name) is a failure")
                continue
            }
            #expect(LinkValue.map(result) == vector.answer.result.value)
            let again = try answer(of: vector.name, LinkReader(.map(result)))
            #expect(try hex(again.answer.encoded()) == vector.answer.cbor, "\(vector.name)")
        }
    }

    private func answer(of verb: String, _ result: LinkReader) throws -> any FactoryAnswer {
        switch verb {
        case Identify.verb: try Identity(result: result)
        case ReadStatus.verb: try UnitStatus(result: result)
        case ListTests.verb: try TestList(result: result)
        case RunTest.verb: try TestOutcome(result: result)
        case InstallNVRAM.verb: try NVRAMReceipt(result: result)
        case GetRegion.verb: try RegionReading(result: result)
        case ScanNetworks.verb: try NetworkList(result: result)
        case FlashInfo.verb: try FlashDescription(result: result)
        case ReadFlash.verb: try FlashContent(result: result)
        case Bless.verb: try BlessingAnswer(result: result)
        default: try Nothing(result: result)
        }
    }

    @Test func failuresOfTheVectorFile() throws {
        for vector in vectors.failures {
            let expected = RemoteError(code: vector.code, message: vector.message, data: vector.data?.value)
            #expect(try LinkAnswer(decoding: bytes(vector.cbor)) == .failure(expected))
            #expect(try hex(LinkAnswer.failure(expected).encoded()) == vector.cbor)
        }
        #expect(vectors.failures.count == 2)
    }

    @Test func wordsThatTheFirmwareDoesNotKnow() {
        let unknown = #expect(throws: RemoteError.self) { try FactoryCall(LinkRequest(verb: "format-disk")) }
        #expect(unknown?.code == FactoryErrorCode.unknownVerb)
        let bad = #expect(throws: RemoteError.self) {
            try FactoryCall(LinkRequest(verb: "bless", arguments: ["passed": "yes"]))
        }
        #expect(
            bad
                == RemoteError(
                    code: FactoryErrorCode.badArguments, message: "bless: passed: expected bool, found text"))
    }

    @Test func argumentsOutOfRange() {
        for arguments: [String: LinkValue] in [
            ["address": -1, "length": 4], ["address": 0, "length": 0], ["address": 0, "length": 65_536],
        ] {
            #expect(throws: RemoteError.self, "\(arguments)") {
                try FactoryCall(LinkRequest(verb: "flash.read", arguments: arguments))
            }
        }
        #expect(throws: RemoteError.self) {
            try FactoryCall(LinkRequest(verb: "flash.erase", arguments: ["address": 0, "sectors": 0]))
        }
    }

    @Test func optionalPartsMayBeAbsent() throws {
        let status = UnitStatus(
            connected: false, ssid: nil, rssi: nil, ip: nil, freeMemory: 1, uptimeSeconds: 2)
        #expect(status.result.keys.sorted() == ["connected", "memory", "uptime"])
        #expect(try UnitStatus(result: LinkReader(.map(status.result))) == status)
        let failed = TestOutcome(measurements: ["v": .float(3.3)], failure: "short")
        #expect(try TestOutcome(result: LinkReader(.map(failed.result))) == failed)
    }

    @Test func aNetworkNameMayBeAnyBytes() throws {
        let network: LinkValue = [
            "ssid": .bytes([0x61, 0xFF]), "bssid": "00", "channel": 1, "rssi": -50, "open": true,
        ]
        let list = try NetworkList(result: LinkReader(["networks": [network]]))
        #expect(list.networks.map(\.ssid) == ["a\u{FFFD}"])
    }
}
