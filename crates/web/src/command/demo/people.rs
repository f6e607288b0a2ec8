//! Who works at the demo's company.

use resolutionflow_core::access::Role;

/// A person of the demo.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) role: Role,
}

impl Person {
    pub(super) fn first_name(&self) -> &'static str {
        self.name.split(' ').next().unwrap_or(self.name)
    }
}

/// The company.
pub(super) const ACCOUNT: &str = "Contoso IT";

/// The owner, then the engineers.
pub(super) const PEOPLE: [Person; 3] = [
    Person {
        name: "Morgan Osei",
        email: "morgan.osei@contoso.example",
        role: Role::Owner,
    },
    Person {
        name: "Lena Koch",
        email: "lena.koch@contoso.example",
        role: Role::Engineer,
    },
    Person {
        name: "Ravi Iyer",
        email: "ravi.iyer@contoso.example",
        role: Role::Engineer,
    },
];
