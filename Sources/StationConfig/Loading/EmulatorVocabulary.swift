/// What line.yaml may name, as the emulator knows it: this room reads the file and knows no emulator.
public struct EmulatorVocabulary: Sendable {
    /// What is wrong with a fault, as one sentence; nil when nothing is.
    public var objection: @Sendable (_ fault: String) -> String?
    /// Catalogue names of the flash chips of which there is a model.
    public var chips: [String]

    public init(chips: [String], objection: @escaping @Sendable (_ fault: String) -> String?) {
        self.chips = chips
        self.objection = objection
    }
}
