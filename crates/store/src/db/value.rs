//! What goes into a statement and comes out of a row: one small enum that both drivers understand.
//!
//! SQLite keeps ids as BLOB of 16 bytes, times as INTEGER microseconds and booleans as 0 and 1; PostgreSQL has
//! a type for each. Nobody above this file sees the difference.

use std::any::TypeId;

use bytes::BytesMut;
use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, Id, kind};
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::error::NulInText;

type Anything = Box<dyn std::error::Error + Sync + Send>;

/// One value on its way to or from the database.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// A text, without NUL.
    Text(&'a str),
    /// Raw bytes.
    Bytes(&'a [u8]),
    /// An identifier.
    Uuid(Uuid),
    /// A point in time; what is finer than a microsecond is cut off.
    Time(DateTime<Utc>),
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Boolean(yes) => ValueRef::Integer(i64::from(*yes)),
            Self::Text(text) => ValueRef::Text(
                without_nul(text)
                    .map_err(rusqlite::Error::ToSqlConversionFailure)?
                    .as_bytes(),
            ),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Uuid(uuid) => ValueRef::Blob(uuid.as_bytes()),
            Self::Time(time) => ValueRef::Integer(time.timestamp_micros()),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Anything> {
        match *self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) if *ty == Type::INT4 => i32::try_from(number)?.to_sql_checked(ty, out),
            Self::Integer(number) if *ty == Type::INT2 => i16::try_from(number)?.to_sql_checked(ty, out),
            Self::Integer(number) => number.to_sql_checked(ty, out),
            Self::Boolean(yes) => yes.to_sql_checked(ty, out),
            Self::Text(text) => without_nul(text)?.to_sql_checked(ty, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(ty, out),
            Self::Uuid(uuid) => uuid.to_sql_checked(ty, out),
            Self::Time(time) => {
                DateTime::from_timestamp_micros(time.timestamp_micros()).to_sql_checked(ty, out)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true // Each variant's own implementation checks, above.
    }

    to_sql_checked!();
}

fn without_nul(text: &str) -> Result<&str, Anything> {
    if text.contains('\0') {
        Err(NulInText.into())
    } else {
        Ok(text)
    }
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Anything> {
        Ok(match *ty {
            Type::INT8 => Self::Integer(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::Integer(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Self::Integer(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Self::Boolean(bool::from_sql(ty, raw)?),
            Type::BYTEA => Self::Bytes(raw),
            Type::UUID => Self::Uuid(Uuid::from_sql(ty, raw)?),
            Type::TIMESTAMPTZ => Self::Time(DateTime::from_sql(ty, raw)?),
            _ => Self::Text(<&str>::from_sql(ty, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Anything> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        let own = [
            Type::INT8,
            Type::INT4,
            Type::INT2,
            Type::BOOL,
            Type::BYTEA,
            Type::UUID,
            Type::TIMESTAMPTZ,
        ];
        own.contains(ty) || <&str as FromSql>::accepts(ty)
    }
}

/// What may be bound to a placeholder.
pub trait Parameter: Sync {
    /// The value to bind.
    fn value(&self) -> Value<'_>;

    /// The account, where this is one: the statement acts in it.
    fn account(&self) -> Option<AccountId> {
        None
    }
}

/// What may be read from a column.
pub trait FromColumn: Sized {
    /// Takes the value, if it is one of this type.
    fn from_value(value: Value<'_>) -> Option<Self>;
}

/// Says of each type how it is bound.
macro_rules! bound {
    ($([$($of:tt)*] $type:ty: |$own:ident| $value:expr;)+) => {$(
        impl<$($of)*> Parameter for $type {
            fn value(&self) -> Value<'_> {
                let $own = self;
                $value
            }
        }
    )+};
}

/// Says of each type what it is read from.
macro_rules! read {
    ($([$($of:tt)*] $type:ty: $($from:pat => $own:expr),+;)+) => {$(
        impl<$($of)*> FromColumn for $type {
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value { $($from => $own,)+ _ => None }
            }
        }
    )+};
}

bound! {
    [] i64: |number| Value::Integer(*number);
    [] i32: |number| Value::Integer((*number).into());
    [] u32: |number| Value::Integer((*number).into());
    [] bool: |yes| Value::Boolean(*yes);
    [] str: |text| Value::Text(text);
    [] String: |text| Value::Text(text);
    [] [u8]: |bytes| Value::Bytes(bytes);
    [] Vec<u8>: |bytes| Value::Bytes(bytes);
    [const N: usize] [u8; N]: |bytes| Value::Bytes(bytes);
    [] Uuid: |uuid| Value::Uuid(*uuid);
    [] DateTime<Utc>: |time| Value::Time(*time);
}

impl<K: 'static> Parameter for Id<K> {
    fn value(&self) -> Value<'_> {
        Value::Uuid(self.uuid())
    }

    fn account(&self) -> Option<AccountId> {
        (TypeId::of::<K>() == TypeId::of::<kind::Account>()).then(|| Id::from_uuid(self.uuid()))
    }
}

impl<T: Parameter> Parameter for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, T::value)
    }

    fn account(&self) -> Option<AccountId> {
        self.as_ref().and_then(T::account)
    }
}

impl<T: Parameter + ?Sized> Parameter for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }

    fn account(&self) -> Option<AccountId> {
        (**self).account()
    }
}

read! {
    [] i64: Value::Integer(number) => Some(number);
    [] i32: Value::Integer(number) => number.try_into().ok();
    [] u32: Value::Integer(number) => number.try_into().ok();
    [] bool: Value::Boolean(yes) => Some(yes), Value::Integer(number @ 0..=1) => Some(number == 1);
    [] String: Value::Text(text) => Some(text.to_owned());
    [] Vec<u8>: Value::Bytes(bytes) => Some(bytes.to_vec());
    [const N: usize] [u8; N]: Value::Bytes(bytes) => bytes.try_into().ok();
    [] Uuid: Value::Uuid(uuid) => Some(uuid), Value::Bytes(bytes) => Uuid::from_slice(bytes).ok();
    [K] Id<K>: Value::Uuid(uuid) => Some(Id::from_uuid(uuid)),
        Value::Bytes(bytes) => Uuid::from_slice(bytes).ok().map(Id::from_uuid);
    [] DateTime<Utc>: Value::Time(time) => Some(time),
        Value::Integer(micros) => DateTime::from_timestamp_micros(micros);
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if value == Value::Null {
            Some(None)
        } else {
            T::from_value(value).map(Some)
        }
    }
}
