import Foundation
import HTTPTypes
import Hummingbird
import People
import StationConfig
import StationPages
import StationStore

/// What pages draw on.
struct ServicePages: PageSources {
    let sources: Sources

    var reader: StationReader { sources.reader }
    var folder: StationFolder? { sources.configuration.current }
    func lineState() async -> LineState { sources.board.snapshot() }
}

extension Sources {
    /// Which page needs what; the first part of the address chooses.
    static let pages: [(path: String, name: String, access: Access)] = [
        ("/", "pageOperator", .needs(.watchLine)),
        ("/signin", "pageSignIn", .everybody),
        ("/setup", "pageSetUp", .everybody),
        ("/line", "pageLine", .needs(.watchLine)),
        ("/line/{rest*}", "pageLineParts", .needs(.watchLine)),
        ("/pareto", "pagePareto", .needs(.readRecord)),
        ("/pareto/{rest*}", "pageParetoParts", .needs(.readRecord)),
        ("/measurements", "pageMeasurements", .needs(.readRecord)),
        ("/measurements/{rest*}", "pageMeasurement", .needs(.readRecord)),
        ("/units", "pageUnits", .needs(.readRecord)),
        ("/units/{unit}/proof.json", "pageProof", .needs(.readProofs)),
        ("/units/{rest*}", "pageUnit", .needs(.readRecord)),
        ("/skus", "pageSKUs", .needs(.readConfiguration)),
        ("/skus/{rest*}", "pageSKU", .needs(.readConfiguration)),
        ("/gauge", "pageGauge", .needs(.readRecord)),
        ("/gauge/{rest*}", "pageGaugeParts", .needs(.readRecord)),
        ("/golden", "pageGolden", .needs(.readRecord)),
        ("/charts/{rest*}", "pageChart", .needs(.readRecord)),
    ]

    var pageRoutes: [Route] {
        let pages = StationPages(sources: ServicePages(sources: self))
        let asset = Route(.get, "/assets/{name}", "pageAsset", .everybody) { exchange in
            guard let asset = StationPages.asset(exchange.parameter("name")) else {
                throw Problem(.path, "There is no such asset.")
            }
            var answer = Answer.page(asset)
            // Asked for again each time, so that no page runs an old script after an update.
            answer.headers[.cacheControl] = "no-cache"
            return answer
        }
        return [asset]
            + Self.pages.map { path, name, access in
                Route(.get, path, name, access, query: ["*"]) { exchange in
                    let request = PageRequest(
                        path: exchange.path, query: exchange.query,
                        language: exchange.language,
                        viewer: Viewer(exchange.caller), now: clock.utcMilliseconds())
                    guard let page = try await pages.answer(request) else {
                        throw Problem(.path, "There is no such page.")
                    }
                    return .page(page)
                }
            }
    }
}

extension Sources {
    /// Refusals as pages, in the visitor's language and frame.
    var problemPages: @Sendable (Problem, Request, String) async -> Answer {
        let pages = StationPages(sources: ServicePages(sources: self))
        return { problem, request, remote in
            let visitor = try? await gate.caller(of: request.headers, from: remote)
            let viewed = PageRequest(
                path: [], query: [:],
                language: visitor?.caller?.language ?? request.headers[.acceptLanguage] ?? "en",
                viewer: Viewer(visitor), now: clock.utcMilliseconds())
            let status = problem.code.entry.status
            // What a page's address or query can be wrong in is said in English only; the page says the rest.
            var answer = Answer.page(
                await pages.problem(
                    status, code: problem.code.rawValue, detail: status < 500 ? problem.detail : nil,
                    for: viewed))
            for field in problem.headers { answer.headers[field.name] = field.value }
            answer.headers[.cacheControl] = "no-store"
            return answer
        }
    }
}

extension Exchange {
    /// The visitor's own language, else the browser's.
    var language: String { caller?.caller?.language ?? headers[.acceptLanguage] ?? "en" }
}

extension Viewer {
    /// - Returns: nil for who is not signed in.
    init?(_ visitor: Visitor?) {
        guard let caller = visitor?.caller, case .session(let csrf) = caller.means else { return nil }
        self.init(name: caller.name, role: caller.role.rawValue, csrfToken: csrf)
    }
}

extension Answer {
    /// Pages run nothing but the station's own scripts and talk to nobody but the station.
    static let pagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "font-src 'self'; media-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'"

    static func page(_ page: PageAnswer) -> Answer {
        var answer = Answer(
            status: HTTPResponse.Status(code: page.status),
            headers: [.contentType: page.contentType, .contentSecurityPolicy: pagePolicy],
            body: .bytes(page.body))
        if let location = page.location { answer.headers[.location] = location }
        if let etag = page.etag { answer.headers[.eTag] = "\"\(etag)\"" }
        if let file = page.fileName {
            let safe = file.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
            answer.headers[.contentDisposition] = "attachment; filename=\"\(safe)\""
        }
        return answer
    }

    /// Where somebody who must sign in first is sent, with the way back.
    static func toSignIn(from path: String) -> Answer {
        let back = path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return Answer(
            status: .seeOther, headers: [.location: "/signin?next=\(back)", .cacheControl: "no-store"])
    }
}
