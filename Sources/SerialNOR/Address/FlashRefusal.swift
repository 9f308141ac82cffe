/// Why a geometry, an address, a layout or an image was turned down, before anything was sent to a chip.
public enum FlashRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// A chip size that is no power of two from 512 KB to 16 MB.
    case chipSize(Int)
    /// A reservation that is too small, off the sector grid, or leaves nothing.
    case reservation(end: Int, chipSize: Int)
    /// A range with no bytes.
    case emptyRange(at: Int)
    /// Something reaches into the reservation or past the end.
    case outsideUser(what: String, range: Range<Int>, allowed: Range<Int>)
    /// Something made for a chip with another division.
    case otherGeometry(what: String)
    /// An image without a byte.
    case emptyImage(name: String)
    /// Two images claim the same bytes.
    case imagesOverlap(String, String, at: Range<Int>)
    /// Two images have the same name.
    case duplicateImage(name: String)
    /// Two regions claim the same bytes.
    case regionsOverlap(String, String, at: Range<Int>)
    /// Two regions have the same name, or one has none.
    case regionName(String)
    /// A region without bytes or past the chip's end.
    case regionBounds(name: String, range: Range<Int>, chipSize: Int)
    /// An image reaches into a region whose content must stay.
    case imageTouchesKept(image: String, region: String, at: Range<Int>)
    /// An image is not wholly inside one writable region.
    case imageOutsideRegions(image: String, range: Range<Int>)
    /// A sector must be erased, but part of it belongs to a region whose content must stay.
    case eraseTouchesKept(sector: Range<Int>, region: String)
    /// A sector must be erased, but the chip's erase command might reach into the reservation.
    case eraseReachUnproven(sector: Range<Int>, reach: Range<Int>)
    /// A read that goes past the chip's end.
    case outsideChip(range: Range<Int>, chipSize: Int)

    public var description: String {
        switch self {
        case .chipSize(let size):
            "A flash chip of \(size) bytes can't be used: allowed are powers of two from 512 KB to 16 MB."
        case .reservation(let end, let chipSize):
            "A reservation that ends at \(Hexadecimal.address(end)) can't be used on a chip of \(chipSize) bytes: it must end on a 4096-byte boundary, at \(Hexadecimal.address(FlashGeometry.smallestReservation)) or above, and leave the user at least one sector. Check the module profile."
        case .emptyRange(let address):
            "The range at \(Hexadecimal.address(address)) has no bytes: give it at least one."
        case .outsideUser(let what, let range, let allowed):
            "The \(what) \(Hexadecimal.range(range)) is not wholly in the user's part of the flash, which is \(Hexadecimal.range(allowed)): the system's reservation below it and addresses past the chip's end are never written. Change its address."
        case .otherGeometry(let what):
            "The \(what) was made for a chip with another size or reservation: make it again with this chip's geometry."
        case .emptyImage(let name):
            "Image “\(name)” has no bytes: check the file."
        case .imagesOverlap(let first, let second, let range):
            "Images “\(first)” and “\(second)” both claim \(Hexadecimal.range(range)): move one of them."
        case .duplicateImage(let name):
            "Two images are called “\(name)”: give each its own name."
        case .regionsOverlap(let first, let second, let range):
            "Flash regions “\(first)” and “\(second)” overlap at \(Hexadecimal.range(range)): correct the layout."
        case .regionName(let name):
            "Flash region name “\(name)” is empty or used twice: each region needs its own name (“\(FlashLayout.reservationName)” is taken)."
        case .regionBounds(let name, let range, let chipSize):
            "Flash region “\(name)” (\(Hexadecimal.range(range))) must have bytes and lie on the chip, which ends at \(Hexadecimal.address(chipSize))."
        case .imageTouchesKept(let image, let region, let range):
            "Image “\(image)” would change \(Hexadecimal.range(range)) of region “\(region)”, which must stay as it is: change the image's address or the layout."
        case .imageOutsideRegions(let image, let range):
            "Image “\(image)” (\(Hexadecimal.range(range))) is not wholly inside one writable region of the layout: move it or add a region."
        case .eraseTouchesKept(let sector, let region):
            "Sector \(Hexadecimal.range(sector)) must be erased for an image, but part of it belongs to region “\(region)”, which must stay: put the image and the region into different 4096-byte sectors."
        case .eraseReachUnproven(let sector, let reach):
            "Sector \(Hexadecimal.range(sector)) must be erased, but only one source says how far this chip's erase command reaches: it could be \(Hexadecimal.range(reach)), part of which is the system's. Put the image above that block."
        case .outsideChip(let range, let chipSize):
            "The range \(Hexadecimal.range(range)) goes past the chip, which has \(chipSize) bytes."
        }
    }
}
