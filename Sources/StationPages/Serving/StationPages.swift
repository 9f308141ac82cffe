import StationConfig
import StationStore

/// Where pages get what they show.
public protocol PageSources: Sendable {
    /// The station's record.
    var reader: StationReader { get }
    /// What is configured now; nil while there is none.
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
    /// - Returns: nil when there is no such page, or nothing is known of what it would be about.
    /// - Throws: `StoreError` when the record can't be read.
    public func answer(_ request: PageRequest) async throws -> PageAnswer? {
        let frame = frame(for: request)
        let folder = await sources.folder
        let desk = ReportDesk(frame: frame, reader: sources.reader, folder: folder, sources: sources)
        let report: Report?
        switch (request.path.first, request.path.dropFirst().first, request.path.count) {
        case (nil, _, _):
            let page = OperatorPage(
                line: await sources.lineState(), scanner: folder?.station.scanner ?? ScannerSettings(),
                references: folder?.station.golden.map { $0.units + $0.gaugeParts }?.map(\.name) ?? [],
                frame: frame)
            return Templates.render("operator", page.view)
        case ("signin", _, 1): return await signIn(frame, first: false)
        case ("setup", _, 1): return await signIn(frame, first: true)
        case ("line", _, 1): report = try await LinePage(desk: desk).report()
        case ("pareto", _, 1): report = try await ParetoPage(desk: desk).report()
        case ("measurements", _, 1): report = try await MeasurementsPage(desk: desk).report()
        case ("measurements", "one", 2): report = try await MeasurementPage(desk: desk).report()
        case ("units", _, 1):
            let (found, address) = try await UnitsPage(desk: desk).report()
            if let address { return .redirect(to: address) }
            report = found
        case ("units", "compare", 2): report = try await ComparePage(desk: desk).report()
        case ("units", let unit?, 2): report = try await UnitPage(desk: desk, key: unit).report()
        case ("units", let unit?, 3) where request.path[2] == "proof.json":
            return try await proof(unit, frame)
        case ("skus", _, 1): report = try await SKUsPage(desk: desk).report()
        case ("skus", "compare", 2): report = try await SKUComparePage(desk: desk).report()
        case ("gauge", _, 1): report = try await GaugePage(desk: desk).report()
        case ("golden", _, 1): report = try await GoldenPage(desk: desk).report()
        default: report = nil
        }
        return await report?.answer(frame, station: sources.lineState().station)
    }

    /// A page for what went wrong, for people.
    /// - Parameters:
    ///   - code: the stable code; nil for none.
    ///   - detail: one sentence; nil says what the status says.
    public func problem(
        _ status: Int, code: String? = nil, detail: String? = nil, for request: PageRequest
    ) async -> PageAnswer {
        let frame = frame(for: request)
        let known = frame.words.has("problem_\(status)") ? "\(status)" : "500"
        var view = frame.view(title: frame.words.say("problem_\(known)"))
        view["station"] = await sources.lineState().station
        view["detail"] = detail ?? frame.words.say("problem_\(known)_detail")
        view["todo"] = frame.words.say("problem_\(known)_todo")
        view["code"] = Section.orFalse(code)
        var answer = Templates.render("problem", view)
        answer.status = status
        return answer
    }

    /// A style sheet, a script or a picture of the pages; nil when there is none of that name.
    public static func asset(_ name: String) -> PageAnswer? {
        Assets.all[name].map {
            PageAnswer(contentType: $0.contentType, body: $0.bytes, etag: $0.etag)
        }
    }

    /// What every page may load, for the `Content-Security-Policy` header: nothing that does not come from here.
    public static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    /// - Parameter first: for the first administrator, who brings the set-up code.
    private func signIn(_ frame: PageFrame, first: Bool) async -> PageAnswer {
        let title = frame.words.say(first ? "setup_title" : "sign_in")
        var view = frame.view(title: title)
        view["first"] = first
        view["submit"] = title
        view["note"] = frame.words.say(first ? "setup_note" : "signin_note")
        view["action"] = first ? "/api/v1/setup" : "/api/v1/session"
        view["station"] = await sources.lineState().station
        // Only to a place of this station: an address of elsewhere would make a trap of this page.
        let next = first ? "/signin" : frame.query["next"] ?? "/"
        view["next"] = next.hasPrefix("/") && !next.hasPrefix("//") && !next.contains("\\") ? next : "/"
        return Templates.render("signin", view)
    }

    private func proof(_ unit: String, _ frame: PageFrame) async throws -> PageAnswer? {
        do {
            let bundle = try await sources.reader.proof(ofUnit: unit)
            return PageAnswer(
                contentType: "application/json", body: bundle.json + [0x0A],
                fileName: "proof-\(unit.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }).json")
        } catch StoreError.notFound {
            return nil
        } catch StoreError.notSigned {
            return .plain(frame.words.say("proof_not_signed"), status: 409)
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

extension PageAnswer {
    /// To another page: 303, the address in ``location``.
    static func redirect(to address: String) -> PageAnswer {
        PageAnswer(status: 303, contentType: "text/plain; charset=utf-8", body: [], location: address)
    }
}
