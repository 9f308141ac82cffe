import Foundation
import Synchronization
import Testing

@testable import StationService

#if canImport(Glibc)
    import Glibc
#endif

/// Over real sockets: TLS, plain HTTP, and the words for systemd.
struct SocketTests {
    /// A certificate and its key, made by the openssl program.
    static func certificate(in folder: String, _ name: String) throws -> TLSFiles {
        let files = TLSFiles(certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
        _ = try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=station-\(name)", "-keyout", files.key, "-out", files.certificate,
        ])
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: files.key)
        return files
    }

    private static func openssl(_ arguments: [String], input: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        let (out, feed) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = out
        process.standardInput = feed
        try process.run()
        feed.fileHandleForWriting.write(Data(input.utf8))
        try feed.fileHandleForWriting.close()
        let text = out.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }

    /// Runs a service on a free port while `body` talks to it.
    private static func serving(
        tls: TLSFiles?, home: String, keepsHome: Bool = false,
        _ body: (_ bench: ServiceBench, _ address: String, _ port: Int) async throws -> Void
    ) async throws {
        var settings = ServiceSettings(home: home, program: "tests")
        settings.listen = ListenAddress(host: "127.0.0.1", port: 0)
        settings.tls = tls
        settings.guests = true
        let bench = try await ServiceBench(settings: settings, units: 2, pace: 0, keepsHome: keepsHome)
        let (addresses, tell) = AsyncStream<String>.makeStream()
        let running = Task { try await bench.service.run(orders: []) { tell.yield($0) } }
        var iterator = addresses.makeAsyncIterator()
        let address = await iterator.next() ?? ""
        let port = URLComponents(string: address)?.port ?? 0
        do { try await body(bench, String(address.dropLast()), port) } catch {
            bench.service.stop()
            try await running.value
            throw error
        }
        bench.service.stop()
        try await running.value
        #expect(LocalAddress.beside(database: home + "/station.db") == nil)
        try await bench.store.close()
    }

    /// Renewed as certbot does it: both files written anew while the service runs.
    @Test func aRenewedCertificateIsShownWithoutARestart() async throws {
        let home = try Self.temporary()
        let files = try Self.certificate(in: home, "shown")
        let next = try Self.certificate(in: home, "next")
        let old = home + "/old.pem"
        try FileManager.default.copyItem(atPath: files.certificate, toPath: old)
        func put(_ from: String, _ to: String) throws {
            let draft = to + ".new"
            try FileManager.default.copyItem(atPath: from, toPath: draft)
            #expect(rename(draft, to) == 0)
        }
        try await Self.serving(tls: files, home: home) { bench, address, _ in
            func isShown(_ certificate: String) async -> Bool {
                (try? await HTTPClient(trusting: certificate).send("GET", address + "/healthz"))?.status
                    == 200
            }
            #expect(await isShown(old))
            // Half of a renewal: the key does not fit, the old one is shown on, and the line is told.
            try put(next.certificate, files.certificate)
            bench.service.renewCertificate()
            #expect(await isShown(old))
            #expect(bench.sources.board.snapshot().alarms.map(\.code).contains("certificate"))
            try put(next.key, files.key)
            bench.service.renewCertificate()
            #expect(await isShown(next.certificate))
            #expect(await !isShown(old))
            // Two days are left, which the line is told as well.
            #expect(bench.sources.board.snapshot().alarms.map(\.code) == ["certificate-ends"])
        }
    }

    @Test func certificatesAreReadAgainOnlyWhenTheyWereWritten() throws {
        let home = try Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let files = try Self.certificate(in: home, "own")
        let shown = try ServerCertificate(files)
        #expect(try !shown.renew())
        #expect(shown.context.daysLeft == 1 || shown.context.daysLeft == 2)
        let before = shown.context
        #expect(try shown.renew(always: true))
        #expect(shown.context !== before)
        try FileManager.default.removeItem(atPath: files.certificate)
        #expect(throws: ServiceRefusal.self) { try shown.renew() }
    }

    /// What lay on the desk lies there again after a restart, as it lay: open orders open, paused ones left paused.
    @Test func ordersAreOpenAgainAfterARestart() async throws {
        let home = try Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await Self.serving(tls: nil, home: home, keepsHome: true) { bench, _, _ in
            for (order, mode) in [("0117", "scan"), ("0118", "scan"), ("0119", "scan"), ("0120", "scan")] {
                let answer = await bench.act(
                    "/api/v1/orders/WO-2026-\(order)/open", #"{"mode": "\#(mode)"}"#)
                #expect(answer.status == .ok, "\(answer.text)")
            }
            _ = await bench.act("/api/v1/orders/WO-2026-0118/pause")
            _ = await bench.act("/api/v1/orders/WO-2026-0119/close", #"{"reason": "made elsewhere"}"#)
        }
        try await Self.serving(tls: nil, home: home, keepsHome: true) { bench, _, _ in
            // They are opened behind the announcement.
            while bench.sources.board.snapshot().orders.count < 2 {
                await bench.sources.hub.wait(after: bench.sources.hub.lastSequence)
            }
            let orders = await bench.ask(.get, "/api/v1/orders", as: bench.console)
            let items = orders.json["items"] as? [[String: Any]] ?? []
            let standing = Dictionary(
                uniqueKeysWithValues: items.filter { $0["standing"] as? String != "new" }.map {
                    (($0["id"] as? String ?? "").suffix(4), $0["standing"] as? String ?? "")
                })
            #expect(standing == ["0117": "open", "0118": "shelved", "0119": "closed", "0120": "open"])
            #expect(bench.sources.board.snapshot().alarms.isEmpty)
            let start = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#)
            #expect(start.status == .accepted, "\(start.text)")
            await bench.until("A", ["passed"])
        }
    }

    private static func temporary() throws -> String {
        let home = NSTemporaryDirectory() + "socket-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        return home
    }

    @Test func tlsCarriesRequestsAndRefusesOldProtocols() async throws {
        let home = try Self.temporary()
        let files = try Self.certificate(in: home, "own")
        let foreign = try Self.certificate(in: home, "foreign")
        try await Self.serving(tls: files, home: home) { _, address, port in
            #expect(address.hasPrefix("https://"))
            let client = HTTPClient(trusting: files.certificate)
            let line = try await client.send("GET", address + "/api/v1/line")
            #expect(line.status == 200)
            #expect(line.header("Strict-Transport-Security") != nil)
            // Larger than one TLS record.
            let large = try await client.send("GET", address + "/api/v1/entries?limit=500")
            #expect(large.status == 200)
            await #expect(throws: (any Error).self) {
                try await HTTPClient(trusting: foreign.certificate).send("GET", address + "/api/v1/line")
            }
            let target = "127.0.0.1:\(port)"
            let modern = try Self.openssl(["s_client", "-connect", target, "-tls1_3", "-alpn", "h2,http/1.1"])
            #expect(modern.contains("ALPN protocol: http/1.1"))
            let twelve = try Self.openssl(["s_client", "-connect", target, "-tls1_2"], input: "R\n")
            #expect(twelve.contains("TLSv1.2"))
            #expect(!twelve.contains("HTTP/1.1 200"))
            let old = try Self.openssl([
                "s_client", "-connect", target, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0",
            ])
            #expect(!old.contains("Verify return code: 0") || old.contains("alert"))
            #expect(old.contains("Cipher is (NONE)") || old.contains("alert"))
            let plain = try await HTTPClient().send("GET", "http://127.0.0.1:\(port)/api/v1/line")
            #expect(plain.status == 400)
            #expect(String(decoding: plain.body, as: UTF8.self).contains("https://"))
            // After all of that it still serves.
            #expect(try await client.send("GET", address + "/healthz").status == 200)
        }
    }

    @Test func certificatesThatCannotWork() throws {
        let home = try Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let one = try Self.certificate(in: home, "one")
        let two = try Self.certificate(in: home, "two")
        let junk = home + "/junk.pem"
        try "-----BEGIN CERTIFICATE-----\nnot\n".write(toFile: junk, atomically: true, encoding: .utf8)
        chmod(junk, 0o600)
        for (files, word) in [
            (TLSFiles(certificate: one.certificate, key: two.key), "does not belong"),
            (TLSFiles(certificate: home + "/none", key: one.key), "can't be read"),
            (TLSFiles(certificate: one.certificate, key: home + "/none"), "can't be read"),
            (TLSFiles(certificate: junk, key: one.key), "no certificate chain"),
            (TLSFiles(certificate: one.certificate, key: junk), "no key"),
        ] {
            #expect { try TLSContext(server: files) } throws: { "\($0)".contains(word) }
        }
        chmod(one.key, 0o644)
        #expect { try TLSContext(server: one) } throws: { "\($0)".contains("chmod 600") }
    }

    @Test func plainHTTPServesResumesAndSurvivesAFloodOfHeaders() async throws {
        let home = try Self.temporary()
        try await Self.serving(tls: nil, home: home) { _, address, _ in
            let client = HTTPClient()
            #expect(try await client.send("GET", address + "/readyz").status == 200)
            let local = try #require(LocalAddress.beside(database: home + "/station.db"))
            let headers = [("Authorization", "Bearer \(local.token)")]
            #expect(try await client.send("GET", address + "/metrics", headers: headers).status == 200)
            let flood = (0..<400).map { ("X-Flood-\($0)", String(repeating: "x", count: 200)) }
            let answer = try? await client.send("GET", address + "/healthz", headers: flood)
            #expect((answer?.status ?? 400) >= 400)
            let events = Mutex<[UInt8]>([])
            _ = try? await client.send(
                "GET", address + "/api/v1/events", patience: .milliseconds(400),
                onBody: { bytes in events.withLock { $0 += bytes } })
            let text = String(decoding: events.withLock { $0 }, as: UTF8.self)
            #expect(text.hasPrefix("retry: 1000\n\nid: "))
            #expect(text.contains("event: snapshot\ndata: {"))
            #expect(try await client.send("GET", address + "/healthz").status == 200)
        }
    }

    @Test(arguments: [
        ("127.0.0.1:8720", true), ("localhost:80", true), ("[::1]:443", true), ("127.8.9.1:1", true),
        ("0.0.0.0:80", false), ("10.0.0.1:80", false), ("[::]:80", false), ("127.evil.example.com:80", false),
        ("station-7:443", false),
    ])
    func addressesBeyondThisMachineNeedTLS(text: String, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.isLoopback == isLoopback)
        #expect("\(address)" == text)
        var settings = ServiceSettings(home: "/nowhere", program: "tests")
        settings.listen = address
        if isLoopback {
            try settings.check()
        } else {
            #expect(throws: ServiceRefusal.insecure(address)) { try settings.check() }
            settings.insecureBeyondLoopback = true
            try settings.check()
            settings.insecureBeyondLoopback = false
            settings.tls = TLSFiles(certificate: "c", key: "k")
            try settings.check()
        }
    }

    @Test(arguments: ["", ":80", "host", "host:", "host:x", "host:70000", "::1:80", "[::1]80", "[::1"])
    func textThatIsNoAddress(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test func systemdHearsReadyAndSignsOfLife() throws {
        let path = NSTemporaryDirectory() + "notify-\(UUID().uuidString.prefix(8))"
        let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(receiver)
            unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(receiver, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        let notifier = SystemdNotifier(environment: [
            "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())",
        ])
        #expect(notifier.watchdog == .seconds(30))
        notifier.ready("listening")
        notifier.alive()
        notifier.stopping()
        let heard = (0..<3).map { _ in
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = recv(receiver, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
        #expect(heard[0] == "READY=1\nSTATUS=listening")
        #expect(heard[1] == "WATCHDOG=1")
        #expect(heard[2].hasPrefix("STOPPING=1"))
        #expect(SystemdNotifier(environment: ["WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"]).watchdog == nil)
    }
}
