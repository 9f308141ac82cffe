-- What came of a day's runs of a SKU, counted as they go: a year of a million units is answered from a few thousand rows.

CREATE TABLE run_day (
    day    INTEGER NOT NULL,                             -- on which the runs began, days since 1970-01-01 UTC
    sku    TEXT NOT NULL,
    runs   INTEGER NOT NULL,
    units  INTEGER NOT NULL,                             -- different devices in them
    passed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    other  INTEGER NOT NULL,                             -- neither, or not at an end
    judged INTEGER NOT NULL,                             -- those that count in a yield
    PRIMARY KEY (day, sku),
    CHECK (runs = passed + failed + other AND units <= runs AND judged BETWEEN passed + failed AND runs)
) STRICT, WITHOUT ROWID;

INSERT INTO run_day (day, sku, runs, units, passed, failed, other, judged)
SELECT r.started_at / 86400000, u.sku, count(*), count(DISTINCT r.device), coalesce(sum(r.outcome = 'passed'), 0),
    coalesce(sum(r.outcome = 'failed'), 0), sum(r.outcome IS NULL OR r.outcome NOT IN ('passed', 'failed')),
    coalesce(sum(r.outcome IN ('passed', 'failed', 'quarantined', 'error')), 0)
FROM run r JOIN run_setup u ON u.id = r.setup GROUP BY 1, 2;

CREATE TRIGGER run_begins_in_its_day AFTER INSERT ON run
BEGIN
    INSERT INTO run_day (day, sku, runs, units, passed, failed, other, judged)
    VALUES (NEW.started_at / 86400000, (SELECT sku FROM run_setup WHERE id = NEW.setup), 1, 0, 0, 0, 1, 0)
    ON CONFLICT (day, sku) DO UPDATE SET runs = runs + 1, other = other + 1;
END;

-- A device counts once, however often it comes on that day.
CREATE TRIGGER run_counts_its_unit AFTER UPDATE OF device ON run WHEN OLD.device IS NULL AND NEW.device IS NOT NULL
BEGIN
    UPDATE run_day SET units = units + 1
    WHERE day = NEW.started_at / 86400000 AND sku = (SELECT sku FROM run_setup WHERE id = NEW.setup) AND NOT EXISTS (
        SELECT 1 FROM run r JOIN run_setup u ON u.id = r.setup
        WHERE r.device = NEW.device AND r.id <> NEW.id AND r.started_at / 86400000 = NEW.started_at / 86400000
            AND u.sku = run_day.sku);
END;

CREATE TRIGGER run_counts_its_end AFTER UPDATE OF outcome ON run WHEN OLD.outcome IS NULL AND NEW.outcome IS NOT NULL
BEGIN
    UPDATE run_day SET passed = passed + (NEW.outcome = 'passed'), failed = failed + (NEW.outcome = 'failed'),
        other = other - (NEW.outcome IN ('passed', 'failed')),
        judged = judged + (NEW.outcome IN ('passed', 'failed', 'quarantined', 'error'))
    WHERE day = NEW.started_at / 86400000 AND sku = (SELECT sku FROM run_setup WHERE id = NEW.setup);
END;

-- Attempts that did not pass: few, and the beginning of every question about retests.
CREATE INDEX run_not_passed ON run (device) WHERE outcome IN ('failed', 'quarantined', 'error');
