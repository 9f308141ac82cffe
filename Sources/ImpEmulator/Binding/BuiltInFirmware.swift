import Squirrel

/// What the program brings along for `#require` and `@include`: the libraries of `firmware/libraries`, and the factory
/// firmware for those who add to it.
public struct BuiltInLibraries: SourceProvider, Sendable {
    private static let sources: [String: [UInt8]] = [
        "CBOR.lib.nut": PackageResources.CBOR_lib_nut,
        "FactoryLink.lib.nut": PackageResources.FactoryLink_lib_nut,
        "factory.device.nut": PackageResources.factory_device_nut,
    ]

    /// Their names, as `#require` and `@include` give them.
    public static var names: [String] { sources.keys.sorted() }

    public init() {}

    public func source(named name: String) -> [UInt8]? {
        Self.sources[name]
    }
}

extension DeviceProgram {
    /// Factory firmware of the sensor node, `firmware/factory.device.nut`.
    public static let factory = builtIn("factory.device.nut", PackageResources.factory_device_nut)
    /// An application that prints a line now and then, `firmware/application.device.nut`.
    public static let application = builtIn("application.device.nut", PackageResources.application_device_nut)
    /// The fixture's firmware, `firmware/fixture.device.nut`; its network stands at its top.
    public static let fixture = builtIn("fixture.device.nut", PackageResources.fixture_device_nut)
    /// Agents of units and of the fixture.
    public static let factoryAgent = builtIn(
        "factory.agent.nut", PackageResources.factory_agent_nut, AgentNames.constants)
    public static let fixtureAgent = builtIn(
        "fixture.agent.nut", PackageResources.fixture_agent_nut, AgentNames.constants)
    /// An application that does nothing.
    public static let silence = builtIn("silence.device.nut", [])

    /// A program that comes with this package: that it compiles is checked by a test. One that does not would be
    /// replaced by one that raises the compiler's sentence when it starts, so that the module's log tells.
    private static func builtIn(
        _ name: String, _ source: [UInt8], _ constants: [String: SquirrelData] = DeviceConstants.all
    ) -> DeviceProgram {
        do {
            return try DeviceProgram(name: name, source: source, constants: constants)
        } catch {
            return DeviceProgram(name: name, failingWith: "\(error)")
        }
    }
}

extension FirmwareLibrary {
    /// The factory firmware of this package and an application that prints a line now and then.
    public static let standard = squirrel(factory: .factory, application: .application)
    /// Everything of `firmware/`: units, fixture, and the agents of both.
    public static let pair = squirrel(
        factory: .factory, application: .application, fixture: .fixture,
        agents: [.factory: .factoryAgent, .fixture: .fixtureAgent])
    /// The same with an application that leaves the console silent.
    public static let silentApplication = squirrel(factory: .factory, application: .silence)
}
