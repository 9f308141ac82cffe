import ContentAddress

/// Files that pages ask for: style sheets and scripts, compiled in.
enum Assets {
    struct Asset: Sendable {
        let contentType: String
        let bytes: [UInt8]
        let etag: String
    }

    /// By file name.
    static let all: [String: Asset] = {
        let script = "text/javascript; charset=utf-8"
        let style = "text/css; charset=utf-8"
        let files: [(name: String, type: String, bytes: [UInt8])] = [
            ("base.css", style, PackageResources.base_css),
            ("operator.css", style, PackageResources.operator_css),
            ("desk.css", style, PackageResources.desk_css),
            ("operator.js", script, PackageResources.operator_js),
            ("scan.js", script, PackageResources.scan_js),
            ("sounds.js", script, PackageResources.sounds_js),
            ("live.js", script, PackageResources.live_js),
            ("desk.js", script, PackageResources.desk_js),
            ("signin.js", script, PackageResources.signin_js),
            ("icon.svg", "image/svg+xml", PackageResources.icon_svg),
        ]
        return Dictionary(
            uniqueKeysWithValues: files.map { name, type, bytes in
                let digest = SHA256Digest(of: bytes).hex
                return (name, Asset(contentType: type, bytes: bytes, etag: String(digest.prefix(16))))
            })
    }()

    /// Changes whenever any asset does: an open page that sees another one loads itself again.
    static let version: String = {
        let tags = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.etag)" }.joined(separator: "\n")
        return String(SHA256Digest(of: Array(tags.utf8)).hex.prefix(12))
    }()
}
