//! One transaction on either engine: the same SQL text, the same parameters, the same rows.
//!
//! A text is written once, with `$1` placeholders. Both engines type a placeholder by where it stands; where it
//! stands alone, say `CAST($1 AS BIGINT)`. Lists are built as `IN ($2, $3)`; sums are cast to BIGINT.

use resolutionflow_core::id::AccountId;

use super::postgres::PostgresTx;
use super::reach::Reach;
use super::sqlite::SqliteTx;
use super::value::{FromColumn, Parameter, Value};
use super::wake::Topic;
use crate::error::Failure;
use crate::{Error, Result};

/// Which database serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One file, one server.
    Sqlite,
    /// Several servers on one PostgreSQL.
    Postgres,
}

/// A transaction that is open.
///
/// It acts in one account, that of the first [`AccountId`](resolutionflow_core::id::AccountId) among its parameters; a
/// second one is [`Error::OtherAccount`]. PostgreSQL shows it the rows of that account and no others, and none before
/// the account is named, whatever the statement asks for; see [`Tx::across_accounts`].
///
/// An error of a statement spoils the whole transaction on both engines, as PostgreSQL has it: whoever drops
/// one and goes on gets [`Error::Swallowed`]. So say `ON CONFLICT DO NOTHING` rather than trying.
pub enum Tx {
    /// On SQLite nothing here ever waits.
    Sqlite(SqliteTx),
    /// On PostgreSQL each statement is one round trip; the first takes BEGIN along.
    Postgres(PostgresTx),
}

/// What a transaction remembers beside its rows.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) failure: Option<Failure>,
    pub(super) wakes: Vec<Topic>,
    /// The account that is acted in, once a statement has named it, and whether the next one goes across accounts.
    pub(super) reach: Reach,
}

impl Tx {
    /// Runs a statement and returns how many rows it changed.
    pub async fn execute(&mut self, sql: &str, parameters: &[&dyn Parameter]) -> Result<u64> {
        let result = match (self.notes().reach.of_next(parameters), &mut *self) {
            (Err(error), _) => Err(error),
            (Ok(_), Self::Sqlite(tx)) => tx.execute(sql, parameters),
            (Ok(reach), Self::Postgres(tx)) => tx.execute(sql, parameters, reach).await,
        };
        self.noted(result)
    }

    /// Reads exactly one row, or fails with [`Error::NoRow`].
    pub async fn one<R: FromRow>(&mut self, sql: &str, parameters: &[&dyn Parameter]) -> Result<R> {
        self.optional(sql, parameters).await?.ok_or(Error::NoRow)
    }

    /// Reads one row or none; more than one is [`Error::ManyRows`].
    pub async fn optional<R: FromRow>(
        &mut self,
        sql: &str,
        parameters: &[&dyn Parameter],
    ) -> Result<Option<R>> {
        let mut rows = self.all(sql, parameters).await?;
        let row = rows.pop();
        if rows.is_empty() {
            Ok(row)
        } else {
            Err(Error::ManyRows)
        }
    }

    /// Reads every row; the text bounds how many with `LIMIT`.
    pub async fn all<R: FromRow>(&mut self, sql: &str, parameters: &[&dyn Parameter]) -> Result<Vec<R>> {
        let result = match (self.notes().reach.of_next(parameters), &mut *self) {
            (Err(error), _) => Err(error),
            (Ok(_), Self::Sqlite(tx)) => tx.all(sql, parameters),
            (Ok(reach), Self::Postgres(tx)) => match tx.query(sql, parameters, reach).await {
                Ok(rows) => rows.iter().map(|row| R::from_row(&Row::Postgres(row))).collect(),
                Err(error) => Err(error),
            },
        };
        self.noted(result)
    }

    /// Lets the next statement, and no other, go across accounts: see and change the rows of all of them. What it names
    /// is not taken for the account that the transaction acts in. ADR 5 lists what does this, and why.
    #[must_use = "it is for the statement that follows"]
    pub fn across_accounts(&mut self) -> &mut Self {
        self.across_accounts_if(true)
    }

    /// As [`Tx::across_accounts`], where `across` says so.
    #[must_use = "it is for the statement that follows"]
    pub(crate) fn across_accounts_if(&mut self, across: bool) -> &mut Self {
        self.notes().reach.across = across;
        self
    }

    /// Goes on in another account than the one that was named first: for what leads from one into the other, such as
    /// an invite that is followed.
    pub fn go_on_in(&mut self, account: AccountId) {
        self.notes().reach.account = Some(account);
    }

    /// The engine, for an explicit match where the dialects truly differ.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Asks for the watchers of `topic` to be woken, if and when this transaction is committed.
    pub fn wake(&mut self, topic: Topic) {
        let wakes = &mut self.notes().wakes;
        if !wakes.contains(&topic) {
            wakes.push(topic);
        }
    }

    pub(super) fn notes(&mut self) -> &mut Notes {
        match self {
            Self::Sqlite(tx) => &mut tx.notes,
            Self::Postgres(tx) => &mut tx.notes,
        }
    }

    fn noted<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Some(failure) = result.as_ref().err().and_then(Error::failure) {
            self.notes().failure.get_or_insert(failure);
        }
        result
    }
}

/// One row of an answer.
pub enum Row<'r> {
    /// From SQLite.
    Sqlite(&'r rusqlite::Row<'r>),
    /// From PostgreSQL.
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// Reads the column at `index`, from 0.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T> {
        use rusqlite::types::ValueRef;
        let wrong = || Error::Column {
            index,
            wanted: std::any::type_name::<T>(),
        };
        let value = match self {
            Self::Sqlite(row) => match row.get_ref(index).map_err(|_| wrong())? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(|_| wrong())?),
                ValueRef::Blob(bytes) => Value::Bytes(bytes),
                ValueRef::Real(_) => return Err(wrong()),
            },
            Self::Postgres(row) => row.try_get(index).map_err(|_| wrong())?,
        };
        T::from_value(value).ok_or_else(wrong)
    }
}

/// What is made from a row: the store's own types, and tuples of up to four columns.
pub trait FromRow: Sized {
    /// Reads the columns.
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

macro_rules! tuples {
    ($(($($of:ident $index:literal),+))+) => {$(
        impl<$($of: FromColumn),+> FromRow for ($($of,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.get($index)?,)+))
            }
        }
    )+};
}

tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) }
