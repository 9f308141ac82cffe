/// What every page has around it: language, who looks, which links there are.
struct PageFrame {
    let words: Words
    let languages: [Language]
    let viewer: Viewer?
    /// The address of this page without its language, for the language links: `/line`.
    let path: String
    let query: [String: String]
    /// UTC, milliseconds since 1970.
    let now: Int64

    /// Pages of the desk, in the order of their links.
    static let pages = [
        "line", "pareto", "measurements", "units", "skus", "gauge", "golden",
    ]

    var languageCode: String { words.language.code }

    func view(title: String) -> [String: Any] {
        var view: [String: Any] = [
            "t": words, "lang": languageCode, "title": title, "assets": Assets.version,
            "csrf": viewer?.csrfToken ?? "", "viewer": false, "deskLink": false,
            "languages": languages.map { language -> [String: Any] in
                [
                    "code": language.code, "name": language.name, "current": language.code == languageCode,
                    "href": Link.to(path, query.merging(["lang": language.code], uniquingKeysWith: { $1 })),
                ]
            },
            "nav": Self.pages.map { page -> [String: Any] in
                [
                    "href": "/\(page)", "text": words.say("nav_\(page)"),
                    "current": path == "/\(page)" || path.hasPrefix("/\(page)/"),
                ]
            },
            "blank": [
                "slot": "", "name": "", "phase": "empty", "word": words.say("phase_empty"), "serial": "",
                "step": "", "time": "", "takt": "", "progress": "0", "reason": "", "code": "",
                "advice": "none", "adviceText": "", "isLate": false,
            ] as [String: Any],
        ]
        if let viewer {
            view["viewer"] =
                ["name": viewer.name, "role": words.say("role_\(viewer.role)")] as [String: Any]
            view["deskLink"] = viewer.role != "operator"
        }
        return view
    }
}

/// Addresses with queries.
enum Link {
    /// - Parameter query: empty values are left out; the order is that of the names, so that equal pages have equal
    ///   addresses.
    static func to(_ path: String, _ query: [String: String] = [:]) -> String {
        let parts = query.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
            .map { "\(encoded($0.key))=\(encoded($0.value))" }
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }

    /// RFC 3986: everything but unreserved signs.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (byte < 16 ? "0" : "") + hex
            }
        }
        return result
    }
}
