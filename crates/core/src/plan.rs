//! Plans: how much of what an account may have.

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::PlanId;
use crate::problem::Problem;

/// The plan that every server has, and that a new account gets where nobody chose another: nothing is limited.
pub const UNLIMITED: PlanId = PlanId::from_uuid(Uuid::from_u128(1));

/// The most characters of a plan's name.
pub const MAX_NAME: usize = 100;
/// The highest limit of a plan; what needs more has none.
pub const MAX_LIMIT: i64 = 1_000_000_000;

/// What a plan limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Flows, with a published version or only a draft.
    Flows,
    /// Sessions that were started in a calendar month, UTC. A prepared one counts when it starts.
    Sessions,
    /// Memberships that were not ended, whether disabled or not.
    Members,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Flows, Self::Sessions, Self::Members];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flows => "flows",
            Self::Sessions => "sessions",
            Self::Members => "members",
        }
    }
}

/// How much an account may have; `None` is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Flows.
    pub flows: Option<i64>,
    /// Sessions started in a calendar month.
    pub sessions: Option<i64>,
    /// Members.
    pub members: Option<i64>,
}

impl Limits {
    /// The limit of one resource.
    pub const fn of(&self, resource: Resource) -> Option<i64> {
        match resource {
            Resource::Flows => self.flows,
            Resource::Sessions => self.sessions,
            Resource::Members => self.members,
        }
    }
}

/// A plan. Many accounts may have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its identifier.
    pub id: PlanId,
    /// What it is called.
    pub name: String,
    /// How much an account may have.
    pub limits: Limits,
}

impl Plan {
    /// A plan whose name has 1 to [`MAX_NAME`] characters on one line and whose limits are 0 to [`MAX_LIMIT`]; else
    /// all that is wrong.
    pub fn check(id: PlanId, name: &str, limits: Limits) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            problems.push(Problem::at(
                "/name",
                format!("a name has 1 to {MAX_NAME} characters on one line"),
            ));
        }
        for resource in Resource::ALL {
            if limits
                .of(resource)
                .is_some_and(|limit| !(0..=MAX_LIMIT).contains(&limit))
            {
                problems.push(Problem::at(
                    format!("/{}", resource.as_str()),
                    format!("a limit is 0 to {MAX_LIMIT}, or empty"),
                ));
            }
        }
        if problems.is_empty() {
            Ok(Self {
                id,
                name: name.to_owned(),
                limits,
            })
        } else {
            Err(problems)
        }
    }

    /// The names of what another state of this plan has otherwise: its name, and resources whose limits differ.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let limits = Resource::ALL
            .into_iter()
            .filter(|resource| self.limits.of(*resource) != other.limits.of(*resource));
        let name = (self.name != other.name).then_some("name");
        name.into_iter().chain(limits.map(Resource::as_str)).collect()
    }
}

/// How much an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Flows.
    pub flows: i64,
    /// Sessions started in this calendar month, UTC.
    pub sessions: i64,
    /// Members.
    pub members: i64,
}

impl Usage {
    /// The use of one resource.
    pub const fn of(&self, resource: Resource) -> i64 {
        match resource {
            Resource::Flows => self.flows,
            Resource::Sessions => self.sessions,
            Resource::Members => self.members,
        }
    }
}

/// The calendar month of a moment, UTC, as a number that grows by one each month.
pub fn month(at: DateTime<Utc>) -> i64 {
    i64::from(at.year()) * 12 + i64::from(at.month0())
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone};

    use super::*;

    #[test]
    fn a_month_ends_at_midnight_utc() {
        let first = Utc.with_ymd_and_hms(2027, 1, 1, 0, 0, 0).unwrap();
        assert_eq!(month(first), month(first - TimeDelta::microseconds(1)) + 1);
        assert_eq!(month(first), month(first + TimeDelta::days(30)));
    }

    #[test]
    fn a_plan_says_all_that_is_wrong_with_it() {
        let limits = Limits {
            flows: Some(-1),
            sessions: Some(MAX_LIMIT + 1),
            members: Some(0),
        };
        let problems = Plan::check(UNLIMITED, " \n", limits).unwrap_err();
        let places: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 3, "{places:?}");
        assert!(places[0].starts_with("/name") && places[1].starts_with("/flows"));
        assert!(places[2].starts_with("/sessions"));
        let plan = Plan::check(UNLIMITED, " Team ", Limits::default()).unwrap();
        assert_eq!(plan.name, "Team");
    }

    #[test]
    fn what_differs_is_named() {
        let plan = |name, flows, members| {
            let limits = Limits {
                flows,
                sessions: Some(1),
                members,
            };
            Plan::check(UNLIMITED, name, limits).unwrap()
        };
        let before = plan("Team", None, Some(9));
        assert!(before.differences(&before).is_empty());
        assert_eq!(before.differences(&plan("Crew", None, Some(9))), ["name"]);
        assert_eq!(
            before.differences(&plan("Team", Some(0), None)),
            ["flows", "members"]
        );
    }
}
