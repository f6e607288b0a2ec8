//! Whether PostgreSQL's row security binds the role that the server signs in as: it does not bind everybody.

use std::fmt;

use super::{Db, Engine};
use crate::{Error, Result};

/// Whether the database itself keeps accounts apart, beside the statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowSecurity {
    /// SQLite has nothing like it.
    Missing,
    /// It binds the server's role.
    Holds,
    /// It does not, or the role could do without it.
    Fails {
        /// What the server's role is called.
        role: String,
        /// Why; never empty.
        gaps: Vec<Gap>,
    },
}

/// Why row security does not bind a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The role is a superuser.
    Superuser,
    /// The role has the attribute `BYPASSRLS`.
    Bypass,
    /// The role owns the tables, and so may switch row security off.
    Owner,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Superuser => "is a superuser",
            Self::Bypass => "has BYPASSRLS",
            Self::Owner => "owns the tables",
        })
    }
}

impl Db {
    /// Whether PostgreSQL's row security binds the server's role.
    pub async fn row_security(&self) -> Result<RowSecurity> {
        if self.engine() == Engine::Sqlite {
            return Ok(RowSecurity::Missing);
        }
        // Whoever is a member of the owner's role may act as the owner.
        let (role, superuser, bypass, owner): (String, bool, bool, bool) = self
            .read::<_, Error, _>(|tx| {
                Box::pin(async move {
                    tx.one(
                        "SELECT CAST(r.rolname AS TEXT), r.rolsuper, r.rolbypassrls, \
                             NOT r.rolsuper AND pg_has_role(r.oid, c.relowner, 'MEMBER') \
                         FROM pg_roles r, pg_class c \
                         WHERE r.rolname = current_user AND c.oid = to_regclass('accounts')",
                        &[],
                    )
                    .await
                })
            })
            .await?;
        let gaps: Vec<Gap> = [
            (superuser, Gap::Superuser),
            (bypass && !superuser, Gap::Bypass),
            (owner, Gap::Owner),
        ]
        .into_iter()
        .filter_map(|(is, gap)| is.then_some(gap))
        .collect();
        Ok(if gaps.is_empty() {
            RowSecurity::Holds
        } else {
            RowSecurity::Fails { role, gaps }
        })
    }
}
