import CSyncFS
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The folder of a published log, written so that whoever reads it sees a whole log at every instant, and that what the
/// checkpoint covers is on the disk before the checkpoint is.
///
/// Nobody asks for a tile that no checkpoint covers yet. So tiles are written straight into place, which is what makes
/// hundreds of thousands of entries a second possible; ``place(_:at:)`` comes last, and waits for the disk.
final class PublishedFolder: Sendable {
    let path: String
    /// A few files are brought to the disk one by one; many are together, with all that others have in the file system's
    /// hands, which would be too much for a few.
    private let syncsEach: Bool
    private let files = Mutex(0)

    /// - Parameter count: about how many files will be written.
    init(_ path: String, expecting count: Int64) {
        self.path = path
        syncsEach = count <= 64
    }

    /// Files written so far.
    var written: Int { files.withLock { $0 } }

    /// Writes a file that no checkpoint covers yet. One that is there already, from a publication that was cut short or of the
    /// same size, may be in a reader's hands: it is replaced in one step.
    /// - Throws: `PublicationFault.unwritable`
    func add(_ bytes: UnsafeRawBufferPointer, at name: String) throws(PublicationFault) {
        let place = path + "/" + name
        var file = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        if file < 0, errno == ENOENT {
            try makeFolder(of: place)
            file = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        }
        if file < 0, errno == EEXIST { return try replace(place, with: bytes, isDurable: syncsEach) }
        try fill(file, bytes, place, isDurable: syncsEach)
        files.withLock { $0 += 1 }
    }

    /// Puts a file in the place of another, in one step, when everything before it is on the disk.
    /// - Throws: `PublicationFault.unwritable`
    func place(_ bytes: [UInt8], at name: String) throws(PublicationFault) {
        let place = path + "/" + name
        try makeFolder(of: place)
        try settle(isAlone: syncsEach)
        do { try bytes.withUnsafeBytes { try replace(place, with: $0, isDurable: true) } } catch {
            throw (error as? PublicationFault) ?? .unwritable(path: place, reason: "\(error)")
        }
        try settle(isAlone: true)
    }

    /// Waits until what was written is on the disk.
    /// - Parameter isAlone: only names in the folder are missing there.
    private func settle(isAlone: Bool) throws(PublicationFault) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.fault(path) }
        defer { close(folder) }
        guard (isAlone ? fsync(folder) : syncfs(folder)) == 0 else { throw Self.fault(path) }
    }

    private func replace(_ place: String, with bytes: UnsafeRawBufferPointer, isDurable: Bool)
        throws(PublicationFault)
    {
        let beside = place + ".\(getpid()).new"
        let file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        do throws(PublicationFault) {
            try fill(file, bytes, place, isDurable: isDurable)
            guard rename(beside, place) == 0 else { throw Self.fault(place) }
        } catch {
            unlink(beside)
            throw error
        }
        files.withLock { $0 += 1 }
    }

    /// Writes everything into an open file and closes it.
    private func fill(_ file: Int32, _ bytes: UnsafeRawBufferPointer, _ place: String, isDurable: Bool)
        throws(PublicationFault)
    {
        guard file >= 0 else { throw Self.fault(place) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let fault = Self.fault(place)
                close(file)
                throw fault
            }
            rest = rest.dropFirst(count)
        }
        if isDurable, fsync(file) != 0 {
            let fault = Self.fault(place)
            close(file)
            throw fault
        }
        guard close(file) == 0 else { throw Self.fault(place) }
    }

    private func makeFolder(of place: String) throws(PublicationFault) {
        let folder = (place as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            let posix = (error as? CocoaError)?.underlying as? POSIXError
            throw .unwritable(
                path: folder, reason: posix.map { String(cString: strerror($0.code.rawValue)) } ?? "\(error)")
        }
    }

    /// What `errno` says of a path.
    private static func fault(_ place: String) -> PublicationFault {
        .unwritable(path: place, reason: String(cString: strerror(errno)))
    }
}
