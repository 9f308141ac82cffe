import Fixturing
import Imp003

/// How a unit was made: who it is, which parts it has, what is wrong with it.
public struct UnitRecipe: Sendable, Equatable {
    /// From 1, in the order of the line.
    public var ordinal: Int
    /// As on its sticker.
    public var mac: MACAddress
    /// Catalogue name of its SPI flash.
    public var chipPart: String
    /// What is wrong with this unit for certain.
    public var faults: [Fault]
    /// From which all of its chances derive, together with the ordinal.
    public var seed: UInt64

    public init(ordinal: Int, mac: MACAddress, chipPart: String, faults: [Fault] = [], seed: UInt64 = 1) {
        self.ordinal = ordinal
        self.mac = mac
        self.chipPart = chipPart
        self.faults = faults
        self.seed = seed
    }
}

/// A physical unit while it has no power: all that it carries from slot to slot and from day to day.
public struct UnitState: Sendable, Equatable {
    /// Where a unit is.
    public enum Place: Sendable, Equatable {
        /// In the tray of units to do.
        case waiting
        case seated(slot: String)
        case left(Verdict)
    }

    /// How it was made.
    public var recipe: UnitRecipe
    /// Where it is.
    public var place = Place.waiting
    /// How often it was put into a slot.
    public var seatings = 0
    /// How often it came back after a failure.
    public var retests = 0
    /// Numbers of the recipe's faults that have happened and will not happen again.
    public var spentFaults: Set<Int> = []
    /// The configuration pages in its internal flash.
    public internal(set) var pages = ConfigPages()
    /// What its flash chip holds.
    public internal(set) var flash = FlashContents()

    public init(recipe: UnitRecipe) {
        self.recipe = recipe
    }

    /// The configuration that the module would find at its next start.
    public var config: ModuleConfig { pages.current ?? ModuleConfig() }

    /// The faults, by number, that are there in the present seating.
    func presentFaults() -> [(number: Int, fault: Fault)] {
        recipe.faults.enumerated().compactMap { number, fault in
            guard !spentFaults.contains(number), fault.seatings.map({ seatings <= $0 }) ?? true else {
                return nil
            }
            return (number, fault)
        }
    }
}
