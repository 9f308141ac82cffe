import Testing

@testable import People

struct RoleTests {
    @Test("Nobody but administrators may manage people and tokens", arguments: Role.allCases)
    func management(_ role: Role) {
        #expect(role.permissions.contains(.managePeople) == (role == .admin))
        #expect(role.permissions.contains(.manageTokens) == (role == .admin))
    }
}
