/// A received request by its type: what firmware switches over.
public enum FactoryCall: Sendable, Equatable {
    case identify(Identify)
    case status(ReadStatus)
    case tests(ListTests)
    case test(RunTest)
    case installNVRAM(InstallNVRAM)
    case setRegion(SetRegion)
    case getRegion(GetRegion)
    case scan(ScanNetworks)
    case flashInfo(FlashInfo)
    case readFlash(ReadFlash)
    case writeFlash(WriteFlash)
    case eraseFlash(EraseFlash)
    case bless(Bless)
    case clearConfiguration(ClearConfiguration)
    case restart(Restart)
    case sleepZero(SleepZero)

    private typealias Reading = @Sendable (LinkReader) throws(LinkValueError) -> FactoryCall

    private static let readings: [String: Reading] = [
        Identify.verb: { reader throws(LinkValueError) in .identify(try Identify(arguments: reader)) },
        ReadStatus.verb: { reader throws(LinkValueError) in .status(try ReadStatus(arguments: reader)) },
        ListTests.verb: { reader throws(LinkValueError) in .tests(try ListTests(arguments: reader)) },
        RunTest.verb: { reader throws(LinkValueError) in .test(try RunTest(arguments: reader)) },
        InstallNVRAM.verb: { reader throws(LinkValueError) in
            .installNVRAM(try InstallNVRAM(arguments: reader))
        },
        SetRegion.verb: { reader throws(LinkValueError) in .setRegion(try SetRegion(arguments: reader)) },
        GetRegion.verb: { reader throws(LinkValueError) in .getRegion(try GetRegion(arguments: reader)) },
        ScanNetworks.verb: { reader throws(LinkValueError) in .scan(try ScanNetworks(arguments: reader)) },
        FlashInfo.verb: { reader throws(LinkValueError) in .flashInfo(try FlashInfo(arguments: reader)) },
        ReadFlash.verb: { reader throws(LinkValueError) in .readFlash(try ReadFlash(arguments: reader)) },
        WriteFlash.verb: { reader throws(LinkValueError) in .writeFlash(try WriteFlash(arguments: reader)) },
        EraseFlash.verb: { reader throws(LinkValueError) in .eraseFlash(try EraseFlash(arguments: reader)) },
        Bless.verb: { reader throws(LinkValueError) in .bless(try Bless(arguments: reader)) },
        ClearConfiguration.verb: { reader throws(LinkValueError) in
            .clearConfiguration(try ClearConfiguration(arguments: reader))
        },
        Restart.verb: { reader throws(LinkValueError) in .restart(try Restart(arguments: reader)) },
        SleepZero.verb: { reader throws(LinkValueError) in .sleepZero(try SleepZero(arguments: reader)) },
    ]

    /// All verbs of the vocabulary.
    public static var verbs: [String] { readings.keys.sorted() }

    /// The typed form of a received request.
    /// - Throws: the `RemoteError` to answer with: unknown verb, or arguments that aren't what the verb takes.
    public init(_ request: LinkRequest) throws(RemoteError) {
        guard let reading = Self.readings[request.verb] else {
            throw RemoteError(
                code: FactoryErrorCode.unknownVerb,
                message: "no verb '\(request.verb.prefix(utf8Bytes: 40))'; see the firmware's documentation")
        }
        do {
            self = try reading(LinkReader(.map(request.arguments)))
        } catch {
            throw RemoteError(code: FactoryErrorCode.badArguments, message: "\(request.verb): \(error)")
        }
    }
}
