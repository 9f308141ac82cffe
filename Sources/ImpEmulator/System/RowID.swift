/// One statement of the Release 30 notes: R1 to R43 for the list's bullets, N1 to N10 for what the running text says,
/// K1 and K2 for the known issues.
///
/// It names what the emulator does, what `Release30.broken` undoes, and what the conformance plan measures.
public enum RowID: String, Sendable, Codable, CaseIterable, Comparable, CustomStringConvertible {
    // Wireless and connectivity.
    case r1 = "R1", r2 = "R2", r3 = "R3"
    // Hardware input and output.
    case r4 = "R4", r5 = "R5", r6 = "R6", r7 = "R7", r8 = "R8", r9 = "R9", r10 = "R10"
    // System.
    case r11 = "R11", r12 = "R12", r13 = "R13", r14 = "R14", r15 = "R15"
    // Mended: wireless.
    case r16 = "R16", r17 = "R17", r18 = "R18", r19 = "R19", r20 = "R20", r21 = "R21"
    // Mended: hardware input and output.
    case r22 = "R22", r23 = "R23", r24 = "R24", r25 = "R25", r26 = "R26", r27 = "R27", r28 = "R28"
    // Mended: Squirrel.
    case r29 = "R29", r30 = "R30", r31 = "R31", r32 = "R32", r33 = "R33", r34 = "R34", r35 = "R35"
    // BlinkUp.
    case r36 = "R36", r37 = "R37", r38 = "R38", r39 = "R39", r40 = "R40"
    // Other.
    case r41 = "R41", r42 = "R42", r43 = "R43"
    // Statements of the running text.
    case n1 = "N1", n2 = "N2", n3 = "N3", n4 = "N4", n5 = "N5"
    case n6 = "N6", n7 = "N7", n8 = "N8", n9 = "N9", n10 = "N10"
    // Known issues.
    case k1 = "K1", k2 = "K2"

    /// - Parameter text: a row's name in either case, such as `r8`.
    /// - Returns: nil when there is no such row.
    public init?(parsing text: some StringProtocol) {
        self.init(rawValue: text.uppercased())
    }

    public var description: String { rawValue }

    /// Where the row stands in the table, from 0.
    public var position: Int { Self.positions[self] ?? 0 }

    private static let positions = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

    public static func < (left: RowID, right: RowID) -> Bool { left.position < right.position }
}
