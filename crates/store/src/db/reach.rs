//! Whose rows a statement may touch. PostgreSQL's row security holds every statement to it; ADR 15 says how.

use std::fmt::Write;

use resolutionflow_core::id::AccountId;

use super::value::Parameter;
use crate::{Error, Result};

/// The setting by which a connection sees the rows of all accounts from the start.
pub(crate) const ACROSS: &str = "app.across=on";

/// Whose rows a statement may touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Those of this account; before one is named, nobody's.
    pub(super) account: Option<AccountId>,
    /// Those of every account.
    pub(super) across: bool,
}

impl Reach {
    /// Every account.
    pub(super) const ACROSS: Self = Self {
        account: None,
        across: true,
    };

    /// The reach of the next statement of a transaction; what it names is remembered, and whether it goes across
    /// accounts is forgotten.
    pub(super) fn of_next(&mut self, parameters: &[&dyn Parameter]) -> Result<Self> {
        let across = std::mem::take(&mut self.across);
        if !across {
            for account in parameters.iter().filter_map(Parameter::account) {
                if *self.account.get_or_insert(account) != account {
                    return Err(Error::OtherAccount);
                }
            }
        }
        Ok(Self { across, ..*self })
    }

    /// What PostgreSQL has to be told before a statement of this reach, where it was told `known` before: statements that
    /// hold until the transaction ends.
    pub(super) fn settings(self, known: Self) -> String {
        let mut sql = String::new();
        if let (Some(account), true) = (self.account, self.account != known.account) {
            write!(sql, "SET LOCAL app.account = '{account}';").expect("a string takes all");
        }
        if self.across != known.across {
            sql.push_str(if self.across {
                "SET LOCAL app.across = 'on';"
            } else {
                "SET LOCAL app.across = '';"
            });
        }
        sql
    }
}

#[cfg(test)]
mod tests {
    use resolutionflow_core::id::{Id, UserId};

    use super::*;

    fn account(number: u128) -> AccountId {
        Id::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn the_first_account_that_is_named_is_the_one() {
        let mut reach = Reach::default();
        let (user, ours, other) = (UserId::from_uuid(account(9).uuid()), account(1), account(2));
        assert_eq!(reach.of_next(&[&user, &7_i64]).unwrap(), Reach::default());
        let named = reach.of_next(&[&user, &Some(&ours)]).unwrap();
        assert_eq!(
            named,
            Reach {
                account: Some(ours),
                across: false
            }
        );
        assert_eq!(reach.of_next(&[&None::<AccountId>]).unwrap(), named);
        assert!(matches!(
            reach.of_next(&[&ours, &other]),
            Err(Error::OtherAccount)
        ));
    }

    #[test]
    fn one_statement_goes_across_accounts_and_names_none() {
        let mut reach = Reach {
            account: None,
            across: true,
        };
        let across = reach.of_next(&[&account(1), &account(2)]).unwrap();
        assert_eq!(across, Reach::ACROSS);
        assert_eq!(reach, Reach::default());
    }

    #[test]
    fn postgresql_is_told_what_changes() {
        let (none, ours) = (
            Reach::default(),
            Reach {
                account: Some(account(1)),
                across: false,
            },
        );
        let both = Reach { across: true, ..ours };
        let id = "00000000-0000-0000-0000-000000000001";
        assert_eq!(none.settings(none), "");
        assert_eq!(ours.settings(none), format!("SET LOCAL app.account = '{id}';"));
        assert_eq!(ours.settings(ours), "");
        assert_eq!(both.settings(ours), "SET LOCAL app.across = 'on';");
        assert_eq!(
            ours.settings(Reach::ACROSS),
            format!("SET LOCAL app.account = '{id}';SET LOCAL app.across = '';")
        );
    }
}
