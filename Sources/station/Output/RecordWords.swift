// Words of the record that other rooms use as well; this file imports nothing else, so each has one meaning here.
import StationStore

typealias StationStoreUnit = UnitReport
typealias RecordedValue = MeasurementValue
typealias RecordFinding = Finding
