/// What a programmer tells while it works.
public enum FlashEvent: Sendable {
    /// So much of what the images touch has been read, to see what is to be done.
    case surveyed(bytes: Int, of: Int)
    /// What will be done; nothing was written yet.
    case planned(FlashPlan)
    /// Writing in these sectors begins. If power fails from here on before the next event, they are not to be trusted
    /// whatever they read: hand them to the next plan as `distrusting`.
    case working(Range<Int>)
    /// Sums so far.
    case progress(FlashProgress)
    /// Everything is written and read back.
    case finished(FlashReport)
}

/// How far an execution is; bytes against the plan's totals.
public struct FlashProgress: Sendable, Hashable {
    public var erased = 0
    public var toErase = 0
    public var programmed = 0
    public var toProgram = 0
    public var verified = 0
    public var toVerify = 0

    /// 0 to 1 by bytes.
    public var fraction: Double {
        let total = toErase + toProgram + toVerify
        return total == 0 ? 1 : Double(erased + programmed + verified) / Double(total)
    }
}

/// What was done.
public struct FlashReport: Sendable, Hashable, Codable {
    /// Bytes of all images.
    public var imageBytes = 0
    /// Bytes read to make the plan, samples apart.
    public var surveyedBytes = 0
    /// Bytes read as samples: at most 4 of each sector, a thousandth.
    public var sampledBytes = 0
    public var erasedBytes = 0
    public var programmedBytes = 0
    public var verifiedBytes = 0
    /// Batches sent while executing.
    public var batches = 0
    /// How many plans it took: 2 when a range that looked blank in samples was not.
    public var plans = 1

    /// Content bytes that went over the wire, either way, for each byte of the images; samples and commands apart.
    public var wirePasses: Double {
        imageBytes == 0 ? 0 : Double(surveyedBytes + programmedBytes + verifiedBytes) / Double(imageBytes)
    }
}

/// Where a chip differs from an image.
public struct FlashMismatch: Sendable, Hashable {
    public let image: String
    /// First byte that differs.
    public let address: Int
    public let expected: UInt8
    public let found: UInt8
    /// How many bytes of the image differ.
    public let count: Int
}

/// Receives events in order. What it throws stops the work at the next safe point; what it waits for, the work waits for.
public typealias FlashProgressSink = @Sendable (FlashEvent) async throws -> Void
