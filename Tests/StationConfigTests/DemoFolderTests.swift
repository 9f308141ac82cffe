import Imp003
import Testing

@testable import StationConfig

/// The station folder that is shipped.
@Suite struct DemoFolderTests {
    @Test func loadsWithoutAnyProblem() throws {
        let (folder, problems) = StationFolder.load(at: Demo.path, regulatory: try .shipped())
        #expect(problems.map(\.description) == [])
        _ = try #require(folder)
    }
}
