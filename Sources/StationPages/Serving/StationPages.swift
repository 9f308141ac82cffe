import StationConfig
import StationStore

/// Where pages get what they show.
public protocol PageSources: Sendable {
    /// The station's record.
    var reader: StationReader { get }
    /// What is configured now; nil while a folder is being replaced.
    var folder: StationFolder? { get async }
    /// The line as it stands.
    func lineState() async -> LineState
}

/// All pages of the station. Knows nothing of HTTP but what ``PageRequest`` and ``PageAnswer`` say.
public struct StationPages: Sendable {
    let sources: any PageSources
    let languages: [Language]

    /// - Parameter languages: those offered, the first being the one for who wants none of them.
    public init(sources: any PageSources, languages: [Language] = Language.all) {
        self.sources = sources
        self.languages = languages.isEmpty ? Language.all : languages
    }

    /// The page that was asked for.
    /// - Returns: nil when there is no such page.
    /// - Throws: `StoreError` when the record can't be read.
    public func answer(_ request: PageRequest) async throws -> PageAnswer? {
        let frame = frame(for: request)
        switch request.path.first {
        case nil:
            let page = OperatorPage(line: await sources.lineState(), scanner: ScannerSettings(), frame: frame)
            return Templates.render("operator", page.view)
        default: return nil
        }
    }

    /// A style sheet, a script or a picture of the pages; nil when there is none of that name.
    public static func asset(_ name: String) -> PageAnswer? {
        Assets.all[name].map {
            PageAnswer(contentType: $0.contentType, body: $0.bytes, etag: $0.etag)
        }
    }

    func frame(for request: PageRequest) -> PageFrame {
        let wish = request.query["lang"] ?? request.language
        return PageFrame(
            words: Words(language: Language.fitting(wish, among: languages)), languages: languages,
            viewer: request.viewer, path: "/" + request.path.map(Link.encoded).joined(separator: "/"),
            query: request.query, now: request.now)
    }
}
