-- The content of the factory firmware that a run's unit was given, where the slot knows it: SHA-256 of the source with
-- its libraries. Runs recorded before have none.
ALTER TABLE run ADD COLUMN firmware TEXT CHECK (length(firmware) = 64);
CREATE INDEX run_by_firmware ON run (firmware) WHERE firmware IS NOT NULL;
