import NORChipModel

/// Data-sheet page times.
enum NORPages {
    static func typical(_ part: String) -> Duration? {
        NORPart.named(part)?.timing.pageProgram.typical
    }
}
