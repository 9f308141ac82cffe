import Foundation
import Testing

/// `station emulate booth`: fixture and unit on one desk.
@Suite(.serialized) struct BoothCommandTests {
    private static let fixture = """
        hardware.pinM.configure(DIGITAL_OUT, 0);
        hardware.pinC.configure(DIGITAL_IN, function() {
            if (hardware.pinC.read()) server.factoryblinkup("factory-floor", "blessed-be-the-line", hardware.pinM, BLINKUP_FAST | BLINKUP_ACTIVEHIGH);
        });
        agent.on("done", function(result) { server.log("fixture knows " + result.id); });
        """
    private static let fixtureAgent = """
        http.onrequest(function(request, response) {
            device.send("done", http.jsondecode(request.body));
            response.send(200, "OK");
        });
        """
    private static let unit = """
        imp.onidle(function() {
            server.bless(true, function(ok) { agent.send("result", { id = hardware.getdeviceid() }); });
        });
        """
    private static let unitAgent = """
        device.on("result", function(result) {
            http.post(imp.configparams.factory_fixture_url, {}, http.jsonencode(result)).sendsync();
        });
        """

    private static func desk() throws -> (station: StationProgram, path: String) {
        let station = try StationProgram()
        let path = station.home + "/nut"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in [
            "fixture.nut": fixture, "fixture.agent.nut": fixtureAgent, "unit.nut": unit,
            "unit.agent.nut": unitAgent,
        ] {
            try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
        }
        return (station, path)
    }

    private static func run(
        _ station: StationProgram, _ path: String, _ more: String...
    ) throws -> StationProgram.Outcome {
        try station.run(
            [
                "emulate", "booth", "--fixture", path + "/fixture.nut", "--fixture-agent",
                path + "/fixture.agent.nut", "--dut", path + "/unit.nut", "--dut-agent",
                path + "/unit.agent.nut",
            ] + more)
    }

    @Test func fromTheButtonToTheBlessedUnit() throws {
        let (station, path) = try Self.desk()
        defer { station.remove() }
        let outcome = try Self.run(station, path)
        #expect(outcome.status == 0, "\(outcome.out)\(outcome.error)")
        let id = try #require(outcome.out.split(separator: "\n").last?.dropFirst("blessed ".count))
        #expect(id.hasPrefix("30000c2a69"))
        #expect(outcome.out.contains("fixture knows \(id)"), "\(outcome.out)")
        let again = try Self.run(station, path)
        #expect(again.out == outcome.out, "the same each time")
        let other = try Self.run(station, path, "--seed", "2")
        #expect(other.out != outcome.out)
    }

    @Test(arguments: [
        (["--faults", "cloud-refuses", "--seconds", "30"], Int32(1), "was not blessed"),
        (["--webhook", "ftp://somewhere"], 64, "http://127.0.0.1:8080"),
        (["--faults", "on-fire"], 64, "on-fire"), (["--press", "nose"], 64, "footswitch"),
    ])
    func whatGoesWrong(options: [String], status: Int32, word: String) throws {
        let (station, path) = try Self.desk()
        defer { station.remove() }
        let outcome = try station.run(
            ["emulate", "booth", "--fixture", path + "/fixture.nut", "--dut", path + "/unit.nut"] + options)
        #expect(outcome.status == status)
        #expect(outcome.error.contains(word), "\(outcome.error)")
    }
}
