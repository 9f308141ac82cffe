import Fixturing
import Foundation
import StationConfig

extension StationFolder {
    /// Whether at least one slot is made of software.
    var hasEmulatedSlots: Bool { station.slots.contains { $0.fixture == .emulated } }

    /// The factory's WiFi network, its password found where station.yaml says.
    ///
    /// - Parameter emulated: whether only software listens, so that the stand-in password will do.
    /// - Throws: what says where the password should have been.
    func factoryNetwork(emulated: Bool) throws -> FactoryNetwork {
        FactoryNetwork(
            ssid: station.network.ssid,
            password: try station.network.password.resolve(
                environment: ProcessInfo.processInfo.environment, root: root, emulated: emulated))
    }
}
