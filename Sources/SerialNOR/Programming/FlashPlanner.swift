/// Works out the least that has to be done so that a chip holds some images. Pure: what the chip holds now comes in as
/// a value, the plan goes out as one.
///
/// Only sectors that an image touches are ever erased. A larger erase is chosen where all of its sectors are touched,
/// where no kept region reaches into it, and where erasing and programming again costs less chip time than the smaller
/// erases do.
struct FlashPlanner {
    let chip: ProvenChip
    let layout: FlashLayout

    /// What the chip holds now, as far as somebody looked.
    struct Content {
        /// A run of whole sectors.
        struct Run {
            let range: Range<Int>
            /// nil: every sample was blank, nothing more is known.
            let bytes: [UInt8]?
        }
        /// Ascending, apart from each other.
        var runs: [Run]
        /// How many bytes were read for the runs.
        var bytesRead: Int
        /// How many bytes were read as samples only.
        var bytesSampled = 0
        /// Sectors whose last erase or program may have been cut off: they may read right and not stay so.
        var distrusted: [Range<Int>] = []
    }

    // MARK: Checks

    /// The images in order of address, each compared with the layout and with each other.
    /// - Parameter restored: bytes to be put back beside the images, which may lie outside writable regions.
    func admitted(_ images: [FlashImage], restored: [FlashImage] = []) throws(FlashRefusal) -> [FlashImage] {
        let ordered = (images + restored).sorted { $0.range.lowerBound < $1.range.lowerBound }
        var names: Set<String> = []
        for image in images {
            guard image.range.geometry == layout.geometry else {
                throw .otherGeometry(what: "image “\(image.name)”")
            }
            guard names.insert(image.name).inserted else { throw .duplicateImage(name: image.name) }
            try layout.admit(image)
        }
        for (lower, upper) in zip(ordered, ordered.dropFirst())
        where lower.range.range.overlaps(upper.range.range) {
            throw .imagesOverlap(lower.name, upper.name, at: lower.range.range.clamped(to: upper.range.range))
        }
        return ordered
    }

    /// The runs of whole sectors that the images touch.
    static func touchedRuns(_ ordered: [FlashImage]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for image in ordered {
            let sectors = image.range.wideningToSectors.range
            if let last = runs.last, last.upperBound >= sectors.lowerBound {
                runs[runs.count - 1] = last.lowerBound..<max(last.upperBound, sectors.upperBound)
            } else {
                runs.append(sectors)
            }
        }
        return runs
    }

    // MARK: Planning

    /// - Parameters:
    ///   - ordered: admitted images, ascending.
    ///   - current: what the chip holds in every sector that they touch.
    /// - Throws: `FlashRefusal.eraseTouchesKept`.
    func plan(_ ordered: [FlashImage], current: Content) throws(FlashRefusal) -> FlashPlan {
        var sectors: [FlashPlan.Sector] = []
        var units: [FlashPlan.Unit] = []
        var time = Duration.zero
        var nextImage = 0
        for run in current.runs {
            for range in Self.blocks(of: run.range) {
                while nextImage < ordered.count, ordered[nextImage].range.upperBound <= range.lowerBound {
                    nextImage += 1
                }
                let images = ordered[nextImage...].prefix { $0.range.lowerBound < range.upperBound }
                let work = try BlockWork(
                    range: range, images: images, run: run, distrusted: current.distrusted, planner: self)
                sectors += work.actions
                if let unit = work.unit { units.append(unit) }
                time += work.chipTime
            }
        }
        return FlashPlan(
            chip: chip.id, geometry: layout.geometry, pageSize: chip.pageSize,
            images: ordered.map { FlashPlan.Image(name: $0.name, range: $0.range.range, bytes: $0.bytes) },
            sectors: sectors, units: units, surveyedBytes: current.bytesRead,
            sampledBytes: current.bytesSampled, chipTime: time)
    }

    /// A run of sectors cut at 64 KB boundaries.
    static func blocks(of run: Range<Int>) -> [Range<Int>] {
        var blocks: [Range<Int>] = []
        var start = run.lowerBound
        while start < run.upperBound {
            let end = min(
                run.upperBound, (start / EraseOperation.largestErase + 1) * EraseOperation.largestErase)
            blocks.append(start..<end)
            start = end
        }
        return blocks
    }
}
