import ContentAddress

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A folder from which a print service takes labels. A label appears in it whole or not at all.
struct LabelSpool {
    let folder: String

    /// Writes `label` `copies` times into one file.
    /// - Returns: the file's name in the folder, and the SHA-256 of its bytes.
    func add(_ label: [UInt8], named name: String, copies: Int) throws(LabelError) -> (
        name: String, digest: SHA256Digest
    ) {
        let bytes = Array(repeatElement(label, count: max(1, copies)).joined())
        let file = "\(name).zpl"
        let final = "\(folder)/\(file)"
        let draft = "\(folder)/.\(file).part"
        try makeFolder()
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(draft) }
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let error = failure(draft)
                _ = close(descriptor)
                _ = unlink(draft)
                throw error
            }
            offset += written
        }
        guard fsync(descriptor) == 0, close(descriptor) == 0, rename(draft, final) == 0 else {
            throw failure(final)
        }
        return (file, SHA256Digest(of: bytes))
    }

    private func makeFolder() throws(LabelError) {
        var path = ""
        for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
            path += part.isEmpty ? "/" : (path.hasSuffix("/") || path.isEmpty ? String(part) : "/\(part)")
            if mkdir(path, 0o755) != 0, errno != EEXIST, errno != EISDIR { throw failure(path) }
        }
    }

    private func failure(_ path: String) -> LabelError {
        .spool(path: path, reason: String(cString: strerror(errno)))
    }
}
