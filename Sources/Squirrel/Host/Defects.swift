extension SquirrelVM {
    /// Faults of the language that Release 30 mended, brought back: so that a test can see that it would notice.
    public struct Defects: OptionSet, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// A metamethod that uses what it stands for calls itself, until the native stack is full.
        public static let metamethodsEnterThemselves = Defects(rawValue: 1)
        /// Setting a property of a class object is refused in the words for any other object.
        public static let classPropertiesHaveNoMessage = Defects(rawValue: 2)
        /// A generator that was made and never resumed keeps variables of its caller alive.
        public static let generatorsHoldTheirCaller = Defects(rawValue: 4)
    }

    /// None unless set.
    public var defects: Defects {
        get { machine.state.pointee.defects }
        set { machine.state.pointee.defects = newValue }
    }
}
