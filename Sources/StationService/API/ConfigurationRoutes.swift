import Blessing
import StationConfig
import StationStore

extension Sources {
    /// SKUs and plans as the folder has them.
    var configurationRoutes: [Route] {
        [
            Route(.get, "/api/v1/skus", "listSKUs", .needs(.readConfiguration)) { _ in
                .json(Listing(items: configuration.current.skus.filter { !$0.isAbstract }.map(SKUView.init)))
            },
            Route(.get, "/api/v1/skus/{sku}", "getSKU", .needs(.readConfiguration)) { exchange in
                guard let sku = configuration.current.sku(exchange.parameter("sku")) else {
                    throw Problem(.notFound, "There is no SKU “\(exchange.parameter("sku").shown)” here.")
                }
                return .json(SKUView(sku))
            },
            Route(.get, "/api/v1/plans", "listPlans", .needs(.readConfiguration)) { _ in
                .json(Listing(items: configuration.current.plans.map(PlanView.init)))
            },
            Route(.get, "/api/v1/plans/{plan}", "getPlan", .needs(.readConfiguration)) { exchange in
                guard let plan = configuration.current.plan(exchange.parameter("plan")) else {
                    throw Problem(.notFound, "There is no plan “\(exchange.parameter("plan").shown)” here.")
                }
                return .json(PlanView(plan))
            },
            Route(.get, "/api/v1/orders/{order}/plan", "getOrderPlan", .needs(.readConfiguration)) {
                exchange in
                let id = exchange.parameter("order")
                guard let order = configuration.current.order(id) else {
                    throw Problem(.notFound, "There is no work order “\(id.shown)” in the station folder.")
                }
                let plan = try BlessingPlan.make(for: order, in: configuration.current)
                return .bytes(plan.canonicalBytes, "application/json")
            },
            Route(
                .get, "/api/v1/configuration/problems", "validateConfiguration", .needs(.readConfiguration)
            ) { _ in
                let (folder, problems) = try configuration.load(configuration.current.root)
                return .json(ValidationView(valid: folder != nil, problems: problems))
            },
            Route(
                .post, "/api/v1/configuration/reload", "reloadConfiguration", .needs(.stageConfiguration),
                .acts, act: .configurationRead
            ) { exchange in
                try exchange.fields().finish()
                let problems = try configuration.refresh()
                guard !problems.hasErrors else { throw Problem(problems) }
                await desk.use(golden: configuration.current.station.golden)
                return .json(ValidationView(valid: true, problems: problems))
            },
        ]
    }
}

struct SKUView: Encodable, Sendable {
    struct Variant: Encodable, Sendable {
        var id: String
        var product: String
        var markets: [String]
        var region: String
        var channels: String
        var plan: String
        /// SHA-256 of the variant: what runs name it by.
        var digest: String
        var images: [Image]
        var attempts: Int
    }

    struct Image: Encodable, Sendable {
        var name: String
        var userAddress: Int64
        var size: Int
        var digest: String
    }

    var id: String
    var file: String
    var description: String?
    var markets: [String]
    var variants: [Variant]

    init(_ sku: SKUDefinition) {
        id = sku.id
        file = sku.file
        description = sku.productDescription
        markets = sku.markets.map(\.description)
        variants = sku.variants.map { variant in
            Variant(
                id: variant.id, product: variant.product, markets: variant.markets.map(\.description),
                region: "0x" + variant.region.readBack, channels: "\(variant.channels)", plan: variant.plan,
                digest: variant.digest.hex,
                images: variant.images.map {
                    Image(
                        name: $0.name, userAddress: Int64($0.userAddress), size: $0.size,
                        digest: $0.sha256.hex)
                }, attempts: variant.retest.attempts)
        }
    }
}

struct PlanView: Encodable, Sendable {
    struct Step: Encodable, Sendable {
        var name: String
        var timeoutSeconds: Double
        var retries: Int
        var measurements: [String]
    }

    var name: String
    var file: String
    var description: String?
    var digest: String
    var stopOnFail: Bool
    var steps: [Step]

    init(_ plan: TestPlan) {
        name = plan.name
        file = plan.file
        description = plan.planDescription
        digest = plan.digest.hex
        stopOnFail = plan.stopOnFail
        steps = plan.steps.map { step in
            let parts = step.timeout.components
            return Step(
                name: step.name, timeoutSeconds: Double(parts.seconds) + Double(parts.attoseconds) / 1e18,
                retries: step.retries, measurements: step.measurements.map(\.name))
        }
    }
}

struct ValidationView: Encodable, Sendable {
    var valid: Bool
    var problems: [ConfigProblem]
}
