import ContentAddress

/// What will be done to a chip, as a value: made by reading only, printed by a dry run, executed as it stands, and named
/// in the record by its digest.
public struct FlashPlan: Sendable, Hashable {
    /// An image as the plan knows it.
    public struct Image: Sendable, Hashable {
        public let name: String
        /// Physical addresses.
        public let range: Range<Int>
        let bytes: [UInt8]

        /// SHA-256 of the image, worked out when asked for.
        public var digest: SHA256Digest { SHA256Digest(of: bytes) }
    }

    /// What becomes of one 4096-byte sector.
    public enum SectorAction: Sendable, Hashable {
        /// Already right; not touched.
        case identical
        /// Only ones become zeros.
        case program
        /// Samples were blank; programmed without an erase, and the plan fails there if the sector was not blank.
        case programPresumedBlank
        /// Erased by an operation of `size` bytes, then programmed.
        case erase(size: Int)
    }

    /// A sector that an image touches.
    public struct Sector: Sendable, Hashable {
        /// First byte.
        public let address: Int
        public let action: SectorAction
    }

    /// One erase command.
    public struct Erase: Sendable, Hashable {
        public let opcode: UInt8
        public let address: Int
        /// Bytes, the address being the first.
        public let size: Int
    }

    /// A piece of work that is never left half-done on purpose: erases, then programs, then the read-back of all of it.
    public struct Unit: Sendable, Hashable {
        /// Whole sectors of one 64 KB block.
        public let range: Range<Int>
        /// In the order in which they are sent.
        public let erases: [Erase]
        /// Runs of bytes to program, ascending; cut at page boundaries when sent.
        public let programs: [Range<Int>]
        /// Runs of bytes to read back and compare.
        public let verified: [Range<Int>]
        /// Whether it rests on samples instead of a full reading.
        public let isPresumedBlank: Bool
        /// What the chip holds afterwards, for `range`; bytes in neither `programs` nor `verified` have no meaning.
        let content: ArraySlice<UInt8>

        /// The bytes to be found in `range` afterwards.
        func target(_ part: Range<Int>) -> ArraySlice<UInt8> {
            let start = content.startIndex + part.lowerBound - range.lowerBound
            return content[start..<start + part.count]
        }
    }

    /// The chip's ID when the plan was made.
    public let chip: JEDECID
    /// The chip's division.
    public let geometry: FlashGeometry
    /// The most bytes that one page program carries.
    public let pageSize: Int
    /// In order of address.
    public let images: [Image]
    /// Each sector that an image touches, ascending.
    public let sectors: [Sector]
    /// The work, ascending; none when everything is right already.
    public let units: [Unit]
    /// Bytes that were read to make the plan, samples apart.
    public let surveyedBytes: Int
    /// Bytes that were read as samples, 4 of each sector at most.
    public let sampledBytes: Int
    /// Chip time by typical figures, without the wire.
    public let chipTime: Duration

    /// Whether there is nothing to do.
    public var isEmpty: Bool { units.isEmpty }

}

extension FlashPlan {
    /// A plan in figures.
    public struct Summary: Sendable, Hashable, Codable {
        public var imageBytes = 0
        public var surveyedBytes = 0
        public var identicalSectors = 0
        public var programmedSectors = 0
        public var presumedBlankSectors = 0
        public var erasedSectors = 0
        /// Erase commands by size.
        public var erases4K = 0
        public var erases32K = 0
        public var erases64K = 0
        public var programmedBytes = 0
        public var verifiedBytes = 0
        /// Chip time by typical figures, in milliseconds, without the wire.
        public var chipMilliseconds = 0
        /// SHA-256 of the plan's canonical text, in hexadecimal.
        public var digest = ""
    }

    /// The plan in figures, with its digest.
    public var summary: Summary {
        var summary = Summary()
        summary.imageBytes = images.reduce(0) { $0 + $1.range.count }
        summary.surveyedBytes = surveyedBytes
        for sector in sectors {
            switch sector.action {
            case .identical: summary.identicalSectors += 1
            case .program: summary.programmedSectors += 1
            case .programPresumedBlank: summary.presumedBlankSectors += 1
            case .erase: summary.erasedSectors += 1
            }
        }
        for unit in units {
            for erase in unit.erases {
                switch erase.size {
                case 4096: summary.erases4K += 1
                case 32768: summary.erases32K += 1
                default: summary.erases64K += 1
                }
            }
            summary.programmedBytes += unit.programs.reduce(0) { $0 + $1.count }
            summary.verifiedBytes += unit.verified.reduce(0) { $0 + $1.count }
        }
        let (seconds, attoseconds) = chipTime.components
        summary.chipMilliseconds = Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        summary.digest = digest.hex
        return summary
    }

    /// SHA-256 of `canonicalText`.
    public var digest: SHA256Digest { SHA256Digest(of: canonicalText.utf8) }

    /// Everything that the execution depends on, one fact a line, the same bytes for the same plan on every machine.
    /// Content is named by its SHA-256.
    public var canonicalText: String {
        var lines = ["flash-plan 1"]
        lines.append(
            "chip \(chip) size \(geometry.chipSize) reservation \(Hexadecimal.address(geometry.reservationEnd)) page \(pageSize)"
        )
        for image in images {
            lines.append(
                "image \(Hexadecimal.address(image.range.lowerBound))+\(image.range.count) \(image.digest) \(image.name)"
            )
        }
        for unit in units {
            let basis = unit.isPresumedBlank ? "sampled" : "read"
            lines.append(
                "unit \(Hexadecimal.address(unit.range.lowerBound))+\(unit.range.count) \(basis) \(SHA256Digest(of: unit.content))"
            )
            for erase in unit.erases {
                lines.append(
                    "erase \(Hexadecimal.byte(erase.opcode)) \(Hexadecimal.address(erase.address))+\(erase.size)"
                )
            }
            for span in unit.programs {
                lines.append("program \(Hexadecimal.address(span.lowerBound))+\(span.count)")
            }
            for span in unit.verified {
                lines.append("verify \(Hexadecimal.address(span.lowerBound))+\(span.count)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension FlashPlan: CustomStringConvertible {
    /// For a dry run: what becomes of which sectors, runs of the same put together, and the sum.
    public var description: String {
        var lines: [String] = []
        for image in images {
            lines.append("image \(image.name): \(Hexadecimal.range(image.range)), SHA-256 \(image.digest)")
        }
        var index = 0
        while index < sectors.count {
            let action = sectors[index].action
            let start = sectors[index].address
            var end = start
            while index < sectors.count, sectors[index].address == end, sectors[index].action == action {
                end += FlashGeometry.sectorSize
                index += 1
            }
            lines.append("  \(Hexadecimal.range(start..<end))  \(Self.words(action))")
        }
        let sum = summary
        lines.append(
            "erases: \(sum.erases4K) x 4 KB, \(sum.erases32K) x 32 KB, \(sum.erases64K) x 64 KB; \(sum.programmedBytes) bytes to program, \(sum.verifiedBytes) to read back; about \(sum.chipMilliseconds) ms of chip time"
        )
        lines.append("plan SHA-256 \(sum.digest)")
        return lines.joined(separator: "\n")
    }

    private static func words(_ action: SectorAction) -> String {
        switch action {
        case .identical: "identical"
        case .program: "program, no erase needed"
        case .programPresumedBlank: "program, presumed blank"
        case .erase(let size): "erase by \(size / 1024) KB, program"
        }
    }
}
