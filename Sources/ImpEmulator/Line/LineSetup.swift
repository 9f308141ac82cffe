import Imp003
import TimeAndChance

/// Everything that makes an emulated line, as one value.
public struct LineSetup: Sendable {
    /// When a failed unit comes back.
    public enum RetestOrder: String, Sendable {
        /// After all new units.
        case afterNewUnits
        /// As the very next unit.
        case immediately
    }

    /// Everything by chance derives from it and a unit's ordinal.
    public var seed: UInt64
    /// How many units the feed holds.
    public var units: Int
    /// Catalogue name of the SPI flash.
    public var chipPart: String
    /// The product around the module.
    public var board: ProductBoard
    /// What goes wrong, and with which units.
    public var faults: FaultPlan
    /// How often a failed or aborted unit is put back into the feed.
    public var retests: Int
    /// When those come.
    public var retestOrder: RetestOrder
    /// What is on the air.
    public var radio: RadioEnvironment
    /// What becomes of BlinkUp's light on its way to the module.
    public var light = LightConditions.fixture
    /// How blessings are answered.
    public var cloud: CloudBehaviour
    /// What agents and webhooks can reach.
    public var internet = EmulatedInternet.empty
    /// Told of each webhook that the cloud fires; here a post can leave the simulation.
    public var onWebhook: @Sendable (WebhookDelivery) -> Void = { _ in }
    /// Every figure and switch of the operating system.
    public var release: Release30
    /// Which programs the cloud hands out.
    public var firmware: FirmwareLibrary
    /// Real seconds per virtual second; 0 = as fast as possible.
    public var pace: Double
    /// What the operator takes to change units, in virtual time.
    public var handling: Duration

    public init(
        seed: UInt64 = 1, units: Int, chipPart: String = "W25Q16", board: ProductBoard = .sensorNode,
        faults: FaultPlan = .none, retests: Int = 0, retestOrder: RetestOrder = .afterNewUnits,
        radio: RadioEnvironment = .factoryFloor, cloud: CloudBehaviour = CloudBehaviour(),
        release: Release30 = Release30(), firmware: FirmwareLibrary = .standard, pace: Double = 0,
        handling: Duration = .seconds(4)
    ) {
        self.seed = seed
        self.units = units
        self.chipPart = chipPart
        self.board = board
        self.faults = faults
        self.retests = retests
        self.retestOrder = retestOrder
        self.radio = radio
        self.cloud = cloud
        self.release = release
        self.firmware = firmware
        self.pace = pace
        self.handling = handling
    }

    /// The recipes of all units.
    public var recipes: [UnitRecipe] {
        var dice = SeededGenerator.derived(from: seed, label: "MAC addresses")
        // Electric Imp's OUI, and a run of consecutive numbers as a reel of modules has them.
        let first = Int(dice.next() % 0xF0_0000)
        return (1...max(units, 1)).prefix(units).compactMap { ordinal in
            let number = (first + ordinal) & 0xFF_FFFF
            let bytes = [
                0x0C, 0x2A, 0x69, UInt8(number >> 16), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF),
            ]
            return MACAddress(bytes: bytes).map {
                UnitRecipe(
                    ordinal: ordinal, mac: $0, chipPart: chipPart,
                    faults: faults.faults(forUnit: ordinal, seed: seed), seed: seed)
            }
        }
    }
}
