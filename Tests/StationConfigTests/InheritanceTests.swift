import Imp003
import Testing

@testable import StationConfig

/// `extends`, overlays, and what becomes of keys that are set to nothing.
@Suite struct InheritanceTests {
    /// A folder with the demo's SKUs and one more.
    private func load(_ text: String, _ more: Edit...) throws -> (
        sku: SKUDefinition?, problems: [ConfigProblem]
    ) {
        let copy = try FolderCopy()
        try copy.apply(.write("skus/mine.yaml", text))
        for edit in more { try copy.apply(edit) }
        let (folder, problems) = copy.load()
        return (folder?.sku("mine"), problems)
    }

    @Test func mapsMergeAndListsReplace() throws {
        let (sku, problems) = try load(
            """
            sku: mine
            extends: env-sensor-us
            markets: [US]
            module: { flash: { minimum: 2 MiB } }
            flash:
              images:
                - name: only
                  file: images/config.bin
                  user-address: 0x1000
                  sha256: \(Demo.sha256("images/config.bin"))
            retest: { attempts: 4 }
            """)
        let variant = try #require(sku?.variants.first, "\(problems)")
        #expect(variant.module.minimumFlash == 2_097_152)
        #expect(variant.module.profile == .release30)
        #expect(variant.images.map(\.name) == ["only"])
        #expect(variant.retest.attempts == 4)
        #expect(variant.retest.causes == [.fail, .silent, .aborted])
        #expect(variant.product == "Env Sensor")
        #expect(variant.markets.map(\.text) == ["US"])
        #expect(sku?.productDescription == nil)
        #expect(problems == [])
    }

    @Test func nothingTakesAnInheritedValueAway() throws {
        let (sku, problems) = try load(
            "sku: mine\nextends: env-sensor-eu\nnvram: ~\nlabel: null\nchannels:\nretest: ~\n")
        let variant = try #require(sku?.variants.first, "\(problems)")
        #expect(variant.nvram == nil)
        #expect(variant.label == nil)
        #expect(variant.retest == RetestPolicy.none)
        #expect(variant.markets.count == 17)
        let (without, missing) = try load("sku: mine\nextends: env-sensor-eu\nplan: ~\n")
        #expect(without == nil)
        #expect(missing.map(\.code) == [.missingKey])
        #expect(missing.first?.file == "skus/mine.yaml")
    }

    @Test func overlaysMakeVariantsAndTheRestIsGeneral() throws {
        let (sku, problems) = try load(
            """
            sku: mine
            extends: env-sensor-eu
            markets: [GB, DE, US, PR]
            overlays:
              US:
                channels: 1-11
                nvram:
                  file: nvram/bcm43362-us.txt
                  sha256: \(Demo.sha256("nvram/bcm43362-us.txt"))
              PR:
                channels: 1-11
                nvram: ~
                label: { copies: 3 }
            """)
        let variants = try #require(sku?.variants, "\(problems.map(\.description).joined(separator: "\n"))")
        #expect(variants.map(\.id) == ["mine", "mine/PR", "mine/US"])
        #expect(variants.map { $0.markets.map(\.text) } == [["DE", "GB"], ["PR"], ["US"]])
        #expect(variants.map(\.region) == [.gb, .us, .us])
        #expect(variants.map { $0.nvram?.file } == ["nvram/bcm43362-gb.txt", nil, "nvram/bcm43362-us.txt"])
        #expect(variants.map { $0.label?.copies } == [1, 3, 1])
        #expect(Set(variants.map(\.digest)).count == 3)
    }

    /// An heir's overlay lies over its base's; `~` in it takes the SKU's own value away, `MY: ~` the whole overlay.
    @Test func overlaysAreInherited() throws {
        let (sku, problems) = try load(
            """
            sku: mine
            extends: env-sensor-apac
            overlays:
              ID: { label: { copies: 5 }, nvram: ~ }
              MY: ~
              AU: { retest: { attempts: 1 } }
            """)
        let variants = try #require(sku?.variants, "\(problems)")
        #expect(variants.map(\.id) == ["mine", "mine/AU", "mine/ID"])
        #expect(variants[2].label?.copies == 5)
        #expect(variants[2].label?.template == "labels/unit-indoor.zpl.mustache")
        #expect(variants[2].nvram == nil)
        #expect(variants[1].nvram != nil)
        #expect(variants[1].retest.attempts == 1)
        let (grandchild, more) = try load(
            "sku: mine\nextends: middle\n",
            .write(
                "skus/middle.yaml", "sku: middle\nextends: env-sensor-apac\noverlays:\n  ID: { nvram: ~ }\n"))
        #expect(grandchild?.variants[1].nvram == nil, "\(more)")
        #expect(try load("sku: mine\nextends: env-sensor-apac\noverlays: ~\n").sku?.variants.count == 1)
    }

    /// When every market has an overlay, nothing is general, and a key may come from the overlays alone.
    @Test func aSKUOfOverlaysOnly() throws {
        let (sku, problems) = try load(
            """
            sku: mine
            product: Mine
            markets: [DE, FR]
            overlays:
              DE: { plan: door-counter }
              FR: { plan: env-sensor }
            """)
        #expect(sku?.variants.map(\.id) == ["mine/DE", "mine/FR"], "\(problems)")
        #expect(sku?.variant(for: nil) == nil)
    }

    @Test func aMistakeInABaseIsReportedOnceAtTheBase() throws {
        let copy = try FolderCopy()
        try copy.apply(.replace("skus/env-sensor-base.yaml", "profile: release-30", "profile: release-31"))
        let problems = copy.load().problems
        #expect(problems.map(\.file) == ["skus/env-sensor-base.yaml"], "\(problems)")
        #expect(problems.first?.description.contains("Did you mean `release-30`?") == true)
    }

    @Test func regionsFollowMarketsAndPromises() throws {
        let rows: [(keys: String, region: RegionCode, reason: String)] = [
            ("markets: [DE, FR]", .gb, "every market permits"),
            ("markets: [DE, PR]", .us, "PR permits channels 1-11 only"),
            ("markets: [DE, FR]\nchannels: 1-11", .us, "`channels` asks for no more"),
            ("markets: [DE]\nregion: US", .us, "written"),
            ("markets: [DE]\nregion: '0x00004247'", .gb, "written"),
            ("markets: [MY]\nregion: 0x00004247\nchannels: 1-13", .gb, "written"),
            ("markets: [JP]", .gb, "every market"),
        ]
        for (keys, region, reason) in rows {
            let (sku, problems) = try load("sku: mine\nproduct: Mine\nplan: door-counter\n\(keys)\n")
            #expect(sku?.variants.first?.region == region, "\(keys): \(problems)")
            #expect(sku?.variants.first?.regionReason.contains(reason) == true, "\(keys)")
        }
    }

    @Test func circlesOfEverySizeAreReportedOnce() throws {
        let (_, alone) = try load("sku: mine\nextends: mine\n")
        #expect(alone.map(\.code) == [.circularExtends])
        #expect(alone.first?.found == "mine → mine")
        let (_, three) = try load(
            "sku: mine\nextends: b\n", .write("skus/b.yaml", "sku: b\nextends: a\n"),
            .write("skus/a.yaml", "sku: a\nextends: mine\n"),
            .write("skus/c.yaml", "sku: c\nextends: mine\n"))
        #expect(three.map(\.found) == ["a → mine → b → a"])
        #expect(three.first?.file == "skus/a.yaml")
    }
}
