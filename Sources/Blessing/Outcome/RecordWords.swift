// The record's own words where other rooms use the same ones. This file imports nothing else, so each name has one
// meaning here; a module and its main type share the name `StationStore`, which rules out qualifying them in place.
import StationStore

typealias RecordedMeasurement = Measurement
typealias RecordedValue = MeasurementValue
typealias RecordedSerialRange = SerialRange
