import Foundation
import Imp003

/// The regulatory database of this machine, for tests that compare with it.
enum InstalledDatabase {
    /// Bytes of the first installed file; nil where the package is absent.
    static let bytes: [UInt8]? = {
        for directory in RegulatoryDatabase.standardDirectories {
            for name in RegulatoryDatabase.fileNames {
                if let data = FileManager.default.contents(atPath: directory + "/" + name) {
                    return Array(data)
                }
            }
        }
        return nil
    }()

    static var isPresent: Bool { bytes != nil }

    /// Says aloud why a comparison did not take place; shown beside the test's name.
    static let absence = "NOT COMPARED: no regulatory.db on this machine; install the package wireless-regdb"
}

/// The project's top-level folder, as seen from this file.
let projectFolder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
